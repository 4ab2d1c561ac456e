import Foundation
import TLS
import TestSupport
import Testing
import Wire

/// Somebody between the two who cuts, changes, drops, doubles and swaps what passes.
@Suite("TLS: a hostile wire", .serialized) struct TLSMutationTests {
    /// `FUZZ_ROUNDS` has it go on for longer.
    static let rounds = ProcessInfo.processInfo.environment["FUZZ_ROUNDS"].flatMap(Int.init) ?? 200

    private static let said = String(repeating: "What the client has said. ", count: 900)

    @Test(
        "Whatever happens on the way, what is opened is the beginning of what was sealed",
        arguments: TLSVersion.allCases, [false, true])
    func mutated(version: TLSVersion, asksForCertificates: Bool) throws {
        let own = TestTLS.certificates
        // Who asks for certificates gives no tickets, and the other way round.
        let context = try TLSContext(
            certificate: own.hub, key: own.hubKey,
            clientAuthorities: asksForCertificates ? own.authority : nil)
        try own.makeClient("mutated", name: "warehouse-7")
        let client = try TestTLS.client(
            only: version, showing: asksForCertificates ? "mutated" : nil)
        var (failed, established, whole) = (0, 0, 0)
        for seed in 0..<Self.rounds {
            var random = SplitMix(UInt64(seed))
            let end = try Self.converse(context, client, &random)
            #expect(Array(Self.said.utf8).starts(with: end.opened), "seed \(seed)")
            failed += end.hasFailed ? 1 : 0
            established += end.isEstablished ? 1 : 0
            whole += end.opened.count == Self.said.utf8.count ? 1 : 0
        }
        // It has met all there is to meet: wires that broke early, late, and not at all.
        #expect(failed > Self.rounds / 10)
        #expect(established > Self.rounds / 10 && established < Self.rounds)
        #expect(whole > 0 && whole < established)
    }

    private struct End {
        /// What the server has opened.
        let opened: [UInt8]
        /// Whether it believes that the handshake is done.
        let isEstablished: Bool
        /// Whether either side found something wrong.
        let hasFailed: Bool
    }

    /// One conversation.
    private static func converse(
        _ context: TLSContext, _ client: TLSContext, _ random: inout SplitMix
    ) throws -> End {
        var pair = try TLSPair(server: context, client: client)
        var held = ByteBuffer()
        var hasSaid = false
        var hasFailed = false
        // A step in which it is changed; often none.
        let evil = random.next() % 8
        for step in 0..<12 where !hasFailed {
            var bytes = pair.toServer.array
            pair.toServer.removeAll()
            if step == Int(evil) { change(&bytes, &random) }
            var rest = bytes[...]
            while !rest.isEmpty, !hasFailed {
                let part = rest.prefix(Int(random.next() % 3000) + 1)
                rest = rest.dropFirst(part.count)
                held.append(Array(part).span.bytes)
                let outcome = pair.server.open(
                    &held, into: &pair.atServer, answering: &pair.toClient)
                if outcome != .opened { hasFailed = true }
            }
            let outcome = pair.client.open(
                &pair.toClient, into: &pair.atClient, answering: &pair.toServer)
            if outcome != .opened { hasFailed = true }
            if pair.client.isEstablished, !hasSaid {
                hasSaid = true
                pair.say(said)
            }
        }
        return End(
            opened: pair.atServer.array, isEstablished: pair.server.isEstablished,
            hasFailed: hasFailed)
    }

    private static func change(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        guard !bytes.isEmpty else { return }
        for _ in 0...(random.next() % 3) {
            let place = Int(random.next() % UInt64(bytes.count))
            switch random.next() % 5 {
            case 0: bytes[place] ^= UInt8(1 << (random.next() % 8))
            case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
            case 3: bytes += bytes[place...]
            default: bytes.removeSubrange(place..<min(bytes.count, place + 7))
            }
            if bytes.isEmpty { return }
        }
    }
}

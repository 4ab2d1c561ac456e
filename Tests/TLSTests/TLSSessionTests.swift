import Foundation
import TestSupport
import Testing
import Wire

@testable import TLS

@Suite("TLS: a session") struct TLSSessionTests {
    @Test("Both sides agree on TLS 1.3, and what one says the other opens")
    func exchange() throws {
        var pair = try TLSPair()
        #expect(pair.settle() == (.opened, .opened))
        #expect(pair.client.isEstablished && pair.server.isEstablished)
        #expect(pair.server.version == "TLSv1.3")
        pair.say("question")
        pair.answer("answer")
        pair.settle()
        #expect(pair.atServer.array == Array("question".utf8))
        #expect(pair.atClient.array == Array("answer".utf8))
    }

    @Test("A megabyte is cut into records and comes out whole")
    func large() throws {
        var pair = try TLSPair()
        pair.settle()
        let text = String(repeating: "0123456789abcdef", count: 65_536)
        pair.answer(text)
        #expect(pair.toClient.count > text.utf8.count)
        #expect(pair.toClient.count < text.utf8.count + 65 * 64)
        pair.settle()
        #expect(pair.atClient.array == Array(text.utf8))
    }

    @Test("Records may be cut anywhere", arguments: [1, 2, 3, 5, 7, 64, 1000])
    func cut(piece: Int) throws {
        var pair = try TLSPair()
        var wire = ByteBuffer()
        var held = ByteBuffer()
        var said = false
        for _ in 0..<20_000 where !(pair.toServer.isEmpty && pair.toClient.isEmpty && said) {
            swap(&wire, &pair.toServer)
            while !wire.isEmpty {
                let part = wire.array.prefix(piece)
                wire.consume(part.count)
                held.append(Array(part).span.bytes)
                let outcome = pair.server.open(
                    &held, into: &pair.atServer, answering: &pair.toClient)
                #expect(outcome == .opened)
            }
            _ = pair.client.open(&pair.toClient, into: &pair.atClient, answering: &pair.toServer)
            if pair.client.isEstablished, !said {
                pair.say("one")
                pair.say(String(repeating: "two", count: 20_000))
                said = true
            }
        }
        #expect(pair.atServer.count == 3 + 60_000)
        #expect(held.count == 0)
    }

    @Test("Of a record that has only begun nothing is taken, and nothing is kept of one opened")
    func held() throws {
        var pair = try TLSPair()
        pair.settle()
        pair.say("whole")
        let first = pair.toServer.count
        pair.say("begun")
        pair.toServer.truncate(to: pair.toServer.count - 1)
        let rest = pair.toServer.count - first
        _ = pair.server.open(&pair.toServer, into: &pair.atServer, answering: &pair.toClient)
        #expect(pair.atServer.array == Array("whole".utf8))
        #expect(pair.toServer.count == rest)
    }

    @Test("The end is told, and after it the other side may still say something")
    func end() throws {
        var pair = try TLSPair()
        pair.settle()
        pair.say("last")
        pair.client.end(into: &pair.toServer)
        #expect(pair.settle().server == .ended)
        #expect(pair.atServer.array == Array("last".utf8))
        pair.answer("heard")
        #expect(pair.settle().client == .opened)
        #expect(pair.atClient.array == Array("heard".utf8))
        // Once only, and nothing behind it.
        pair.client.end(into: &pair.toServer)
        pair.say("more")
        #expect(pair.toServer.count == 0)
    }

    @Test("A byte changed on the way ends the session, with an alert")
    func changed() throws {
        var pair = try TLSPair()
        pair.settle()
        pair.say("pay 10")
        var bytes = pair.toServer.array
        bytes[bytes.count - 3] ^= 1
        pair.toServer.removeAll()
        pair.toServer.append(bytes.span.bytes)
        guard case .failed(let failure) = pair.settle().server else {
            Issue.record("a forged record was opened")
            return
        }
        #expect(failure.description.contains("mac"))
        #expect(pair.atServer.count == 0)
    }

    @Test(
        "Garbage instead of a handshake fails, and does no more",
        arguments: [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), [22, 3, 1, 0, 5, 1, 0, 0, 1, 0],
            [21, 3, 3, 0, 2, 2, 40], [23, 3, 3, 0, 3, 1, 2, 3],
            [UInt8](repeating: 22, count: 20_000), [22, 3, 0, 0, 4, 1, 0, 0, 0],
        ] as [[UInt8]])
    func garbage(bytes: [UInt8]) throws {
        let own = TestTLS.certificates
        let server = TLSSession(
            serving: try TLSContext(certificate: own.hub, key: own.hubKey))
        var sealed = ByteBuffer()
        var plain = ByteBuffer()
        var answer = ByteBuffer()
        sealed.append(bytes.span.bytes)
        guard case .failed = server.open(&sealed, into: &plain, answering: &answer) else {
            Issue.record("garbage was taken for a handshake")
            return
        }
        #expect(!server.isEstablished && plain.count == 0)
        // It is over: what follows is not looked at.
        sealed.append(bytes.span.bytes)
        #expect(server.open(&sealed, into: &plain, answering: &answer) == .opened)
        #expect(plain.count == 0)
    }

    @Test(
        "What cannot be a record ends the session at once, also where it is agreed on",
        arguments: TLSVersion.allCases)
    func impossible(version: TLSVersion) throws {
        for bytes in [[0, 3, 3, 0, 9], [23, 3, 3, 0xFF, 0xFF], [23, 9]] as [[UInt8]] {
            var pair = try TLSPair(client: TestTLS.client(only: version))
            #expect(pair.settle() == (.opened, .opened))
            pair.say("whole")
            pair.toServer.append(bytes.span.bytes)
            #expect(pair.step() == .failed(TLSFailure("what came is no record of TLS")))
            #expect(pair.atServer.array == Array("whole".utf8))
        }
    }

    @Test("Keys are renewed now and then; who does nothing else is sent away")
    func renewing() throws {
        var pair = try TLSPair()
        pair.settle()
        for number in 1...64 {
            pair.client.renewKeys(into: &pair.toServer)
            // That something is said between does not make it cheaper.
            pair.say("\(number % 10)")
        }
        #expect(pair.settle().server == .opened)
        #expect(pair.atServer.count == 64)
        pair.client.renewKeys(into: &pair.toServer)
        #expect(pair.settle().server == .failed(TLSFailure("too many records that hold nothing")))
    }

    @Test("A client believes only whom its authority vouches for, and only under that name")
    func belief() throws {
        let stranger = try TestCertificates()
        let others = try TLSContext(authorities: stranger.authority)
        for (context, host) in [(others, "127.0.0.1"), (TestTLS.client, "127.0.0.2")] {
            var pair = try TLSPair(client: context, host: host)
            let outcome = pair.settle()
            guard case .failed(let failure) = outcome.client else {
                Issue.record("\(host) was believed")
                continue
            }
            #expect(failure.description.contains("certificate verify failed"))
            #expect(!pair.server.isEstablished)
        }
        var pair = try TLSPair(host: "localhost")
        #expect(pair.settle() == (.opened, .opened))
    }
}

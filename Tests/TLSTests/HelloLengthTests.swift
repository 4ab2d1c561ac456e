import TestSupport
import Testing
import Wire

@testable import TLS

@Suite("TLS: the length of a hello") struct HelloLengthTests {
    /// Handshake bytes as records of at most so many bytes each.
    private func records(_ bytes: [UInt8], of size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { start in
            let part = bytes[start..<min(start + size, bytes.count)]
            return [22, 3, 1, UInt8(part.count >> 8), UInt8(part.count & 0xFF)] + part
        }
    }

    private func isAccepted(_ bytes: [UInt8], of size: Int) -> Bool {
        var hello = HelloLength()
        return records(bytes, of: size).allSatisfy { hello.accepts($0.span.bytes) }
    }

    @Test("Up to 16 KiB it is believed, however it is cut", arguments: [1, 2, 3, 4, 5, 16_000])
    func lengths(size: Int) {
        let (whole, long): ([UInt8], [UInt8]) = ([1, 0, 0x40, 0], [1, 0, 0x40, 1])
        let content = [UInt8](repeating: 1, count: 0x4000)
        #expect(isAccepted(whole, of: size))
        #expect(!isAccepted(long, of: size))
        #expect(!isAccepted([1, 2, 1, 0x44], of: size))
        #expect(isAccepted(whole + content, of: size))
        // The second one, and one behind another message; what a message holds is no head.
        #expect(!isAccepted(whole + content + long, of: size))
        #expect(!isAccepted([16, 0, 0, 2, 9, 9] + long, of: size))
        #expect(isAccepted([16, 0, 0, 4] + long + whole, of: size))
        // Others' lengths OpenSSL minds.
        #expect(isAccepted([11, 2, 1, 0x44], of: size))
    }

    @Test("Records of other kinds are not of the handshake")
    func others() {
        var hello = HelloLength()
        let records: [[UInt8]] = [
            [20, 3, 3, 0, 4, 1, 2, 1, 0x44], [22, 3, 3, 0, 1, 1], [20, 3, 3, 0, 1, 1],
            [22, 3, 3, 0, 3, 2, 1, 0x44],
        ]
        let accepted = records.map { hello.accepts($0.span.bytes) }
        #expect(accepted == [true, true, true, false])
    }

    private let long: [UInt8] = [22, 3, 1, 0, 4, 1, 2, 1, 0x44]
    private let refused = TLSSession.Outcome.failed(TLSFailure("the client's hello is too long"))

    @Test("A hello that says it is long ends the session before OpenSSL makes room for it")
    func refusedAtOnce() throws {
        var pair = try TLSPair()
        pair.toServer.removeAll()
        pair.toServer.append(long.span.bytes)
        #expect(pair.settle().server == refused)
    }

    @Test("So does the second one that a server asks for", arguments: [false, true])
    func second(hasChange: Bool) throws {
        var pair = try TLSPair()
        var bytes = pair.toServer.array
        // The last group of those offered, and the one whose key comes along, become one that the
        // server does not know: it asks for another key.
        for before in [[1, 3, 1, 4], [0, 0x33, 0, 0x26, 0, 0x24, 0, 0x1D]] as [[UInt8]] {
            let end = try #require(bytes.firstRange(of: before)).upperBound
            bytes.replaceSubrange(end - 2..<end, with: [0x0A, 0x0A])
        }
        if hasChange { bytes += [20, 3, 3, 0, 1, 1] }
        pair.toServer.removeAll()
        pair.toServer.append(bytes.span.bytes)
        #expect(pair.step() == .opened)
        #expect(!pair.toClient.isEmpty && !pair.server.isEstablished)
        pair.toServer.append(long.span.bytes)
        #expect(pair.step() == refused)
    }

    @Test("Handshakes of TLS 1.2, sealed at their end, go through as ever")
    func sealed() throws {
        // What is sealed begins with a random number: one in some hundred looks like a long hello.
        for _ in 0..<600 {
            var pair = try TLSPair(client: TestTLS.client(only: .tls12))
            try #require(pair.settle() == (.opened, .opened))
            try #require(pair.server.version == "TLSv1.2")
        }
    }
}

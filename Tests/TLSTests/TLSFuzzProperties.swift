// Compiled twice: with the tests, which replay the kept corpora, and by Tests/Fuzz/run together
// with the sources of TLS and Wire, as one module.
#if !FUZZING
import TestSupport
@testable import TLS
#endif
import Wire

/// What must hold of TLS for any bytes whatever. Each property answers what is broken, or nil.
enum TLSFuzzProperties {
    typealias Property = @Sendable ([UInt8]) -> String?

    /// All of them, by the name of their corpus.
    static let all: [(name: String, holds: Property)] = [
        ("records", records), ("session", session),
    ]

    // MARK: Records

    /// Pieces make no difference, and a plain reader of the whole finds the same.
    static func records(_ bytes: [UInt8]) -> String? {
        let whole = cut(bytes, pieces: max(bytes.count, 1))
        if cut(bytes, pieces: 1) != whole { return "byte by byte differs from the whole" }
        if cut(bytes, pieces: 7) != whole { return "in sevens differs from the whole" }
        let length = whole.records.reduce(0) { $0 + $1.count }
        if length > bytes.count { return "longer than what came" }
        switch TLSRecords.front(of: bytes.span.bytes) {
        case .whole(let all): if all != length { return "all at once are another length" }
        case .begun, .impossible: if length > 0 { return "all at once are none" }
        }
        return whole.isLong == isLong(whole.records) ? nil : "another length of a hello"
    }

    private struct Cut: Equatable {
        var records: [[UInt8]] = []
        var isImpossible = false
        /// One of them begins a hello that is too long.
        var isLong = false
    }

    private static func cut(_ bytes: [UInt8], pieces size: Int) -> Cut {
        var (cut, hello) = (Cut(), HelloLength())
        var buffer: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) where !cut.isImpossible {
            buffer += bytes[start..<min(start + size, bytes.count)]
            take: while true {
                switch TLSRecords.front(of: buffer.span.bytes, most: 1) {
                case .begun: break take
                case .impossible:
                    cut.isImpossible = true
                    break take
                case .whole(let length):
                    let record = Array(buffer[..<length])
                    cut.records.append(record)
                    // It is not asked any more then.
                    if !cut.isLong, !hello.accepts(record.span.bytes) { cut.isLong = true }
                    buffer.removeFirst(length)
                }
            }
        }
        return cut
    }

    /// The same, of all messages put together.
    private static func isLong(_ records: [[UInt8]]) -> Bool {
        var rest = records.filter { $0[0] == 22 }.flatMap { $0.dropFirst(5) }[...]
        while rest.count >= 4 {
            let head = Array(rest.prefix(4)).map { Int($0) }
            let length = head[1] << 16 | head[2] << 8 | head[3]
            if head[0] == 1, length > 16_384 { return true }
            rest = rest.dropFirst(4 + length)
        }
        return false
    }

    // MARK: A session

    /// Whatever a server gets that is not its client's: it opens nothing, and pieces make no
    /// difference. The first byte says how far it is: not begun, or agreed on TLS 1.2 or 1.3.
    static func session(_ bytes: [UInt8]) -> String? {
        guard let first = bytes.first else { return nil }
        let version = [nil, TLSVersion.tls12, .tls13][Int(first % 3)]
        let rest = Array(bytes.dropFirst())
        let whole = serve(rest, pieces: max(rest.count, 1), after: version)
        if serve(rest, pieces: 1, after: version) != whole { return "byte by byte differs" }
        if serve(rest, pieces: 7, after: version) != whole { return "in sevens differs" }
        if whole.opened > 0 { return "something was opened" }
        return whole.kept <= rest.count ? nil : "longer than what came"
    }

    private struct End: Equatable {
        var outcome = TLSSession.Outcome.opened
        var opened = 0
        var kept = 0
    }

    private static func serve(
        _ bytes: [UInt8], pieces size: Int, after version: TLSVersion?
    ) -> End {
        var plain = ByteBuffer()
        var answer = ByteBuffer()
        var sealed = ByteBuffer()
        let server = TLSSession(serving: hub)
        var end = End()
        if let version, !shakeHands(server, version) { end.outcome = .ended }
        for start in stride(from: 0, to: bytes.count, by: size) where end.outcome == .opened {
            sealed.append(bytes.span.bytes.extracting(start..<min(start + size, bytes.count)))
            end.outcome = server.open(&sealed, into: &plain, answering: &answer)
        }
        end.opened = plain.count
        // What stands behind the fault, came in one piece with it or not.
        if end.outcome == .opened { end.kept = sealed.count }
        return end
    }

    private static func shakeHands(_ server: TLSSession, _ version: TLSVersion) -> Bool {
        let client = TLSSession(
            connecting: version == .tls12 ? client12 : client13, to: "127.0.0.1")
        var toServer = ByteBuffer()
        var toClient = ByteBuffer()
        var plain = ByteBuffer()
        client.begin(into: &toServer)
        for _ in 0..<3 {
            guard server.open(&toServer, into: &plain, answering: &toClient) == .opened,
                client.open(&toClient, into: &plain, answering: &toServer) == .opened
            else { return false }
        }
        return server.isEstablished
    }

    #if FUZZING
    private static let files = (hub: "bin/hub.pem", key: "bin/hub.key", authority: "bin/hub.pem")
    #else
    private static let files = (
        hub: TestTLS.certificates.hub, key: TestTLS.certificates.hubKey,
        authority: TestTLS.certificates.authority
    )
    #endif

    private static let hub = made { try TLSContext(certificate: files.hub, key: files.key) }
    private static let client12 = made { try client(.tls12) }
    private static let client13 = made { try client(.tls13) }

    private static func client(_ version: TLSVersion) throws -> TLSContext {
        let context = try TLSContext(authorities: files.authority)
        context.speak(only: version)
        return context
    }

    private static func made(_ make: () throws -> TLSContext) -> TLSContext {
        do { return try make() } catch { fatalError("\(error)") }
    }
}

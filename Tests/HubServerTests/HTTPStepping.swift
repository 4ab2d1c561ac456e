import TestSupport
import Testing
import Wire

/// A hub of one loop, fed in steps: what was sent is taken in before the next is.
///
/// A second client's request, answered by the same loop, shows that everything sent before it has
/// been read: so the cuts are those that the test makes, not those that the kernel happens to.
final class HTTPStepping {
    let hub: RunningHub
    private let probe: RawClient

    init() throws {
        hub = try RunningHub(loops: 1)
        probe = try hub.client()
    }

    func settle() throws {
        try #require(try probe.get("/healthz").status == 200)
    }

    /// Sends `pieces` to `client`'s connection, each read before the next is sent.
    func send(_ pieces: [ArraySlice<UInt8>], by client: RawClient) throws {
        for (place, piece) in pieces.enumerated() where !piece.isEmpty {
            if place > 0 { try settle() }
            try client.send(Array(piece))
        }
    }

    /// Sends `bytes` cut at `cuts`, which rise.
    func send(_ bytes: [UInt8], cutAt cuts: [Int], by client: RawClient) throws {
        let bounds = [0] + cuts + [bytes.count]
        try send(zip(bounds, bounds.dropFirst()).map { bytes[$0..<$1] }, by: client)
    }
}

/// Expects a refusal in the form that every refusal has (RFC 9457).
func expectProblem(
    _ answer: Answer, _ status: Int, _ code: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(answer.status == status, sourceLocation: sourceLocation)
    #expect(answer.code == code, sourceLocation: sourceLocation)
    #expect(
        answer[field: "Content-Type"] == "application/problem+json", sourceLocation: sourceLocation)
    #expect(answer["status"].integer == status, sourceLocation: sourceLocation)
    #expect(
        answer["type"].text == "urn:problem:message-center:\(code)", sourceLocation: sourceLocation)
    #expect(answer["title"].text?.isEmpty == false, sourceLocation: sourceLocation)
    #expect(answer["detail"].text?.isEmpty == false, sourceLocation: sourceLocation)
    #expect(answer["retryable"] == .boolean(true) || answer["retryable"] == .boolean(false))
    #expect(answer["errors"].elements != nil, sourceLocation: sourceLocation)
    let name = answer[field: "X-Request-Id"] ?? ""
    #expect(!name.isEmpty, sourceLocation: sourceLocation)
    #expect(answer["instance"].text == "urn:request:\(name)", sourceLocation: sourceLocation)
}

/// What a server answered to one request.
public struct HTTPAnswer: Sendable {
    /// The status code, such as 201.
    public let status: Int
    /// The header fields in the order they came; names as they were sent.
    public let headers: [(name: String, value: String)]
    /// The content, unpacked where it came compressed.
    public let body: [UInt8]

    /// Puts an answer together; for tests and for answers from elsewhere.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first field of that name; names match without regard to case (RFC 9110 §5.1).
    public func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// The seconds a client is asked to wait before it tries again, where the server says so in
    /// seconds (RFC 9110 §10.2.3).
    public var retryAfter: Int? {
        guard let text = header("Retry-After"), let seconds = Int(text), seconds >= 0
        else { return nil }
        return seconds
    }
}

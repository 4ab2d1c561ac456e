/// One request as `HTTPTransport` and `HTTPSender` send it.
public struct HTTPRequest: Sendable {
    /// The method, such as `GET`.
    public var method: String
    /// Begins with a slash; already escaped (see `HTTPTransport.escape`).
    public var path: String
    /// Sent as it is; without a body where nil.
    public var body: [UInt8]?
    /// The media type of the body.
    public var contentType: String
    /// For everything from connecting to the last byte of the answer.
    public var timeout: Duration
    /// Further fields.
    public var headers: [(name: String, value: String)]

    /// A request; `path` begins with a slash.
    public init(
        _ method: String = "GET", _ path: String, body: [UInt8]? = nil,
        contentType: String = "application/json", timeout: Duration = .seconds(30),
        headers: [(name: String, value: String)] = []
    ) {
        precondition(path.hasPrefix("/"), "a path begins with a slash")
        self.method = method
        self.path = path
        self.body = body
        self.contentType = contentType
        self.timeout = timeout
        self.headers = headers
    }
}

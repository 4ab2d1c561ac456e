/// HTTP requests to one server over one kept connection, one at a time; calls block.
///
/// libcurl rather than URLSession: on Linux the latter takes neither a private certificate
/// authority nor a client certificate.
///
/// Not `Sendable`: a transport belongs to the thread that uses it. Two threads have two, and
/// asynchronous code has an `HTTPSender`.
public final class HTTPTransport {
    /// Where requests go, without a slash at its end.
    public let base: String

    private let authorization: String?
    private let userAgent: String
    private let handle: TransportHandle

    /// An answer may be as large as the largest page the hub hands out, and room beside it.
    public static let largestAnswer = 64 << 20

    /// Prepares requests to `base`, such as `http://127.0.0.1:8088`; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - base: `http` or `https`, a host, perhaps a port and a path that every request's path
    ///     is appended to.
    ///   - token: sent as `Authorization: Bearer` (RFC 6750).
    ///   - userAgent: the name the server writes into its log.
    ///   - options: certificates, proxy, and how long connecting may take.
    /// - Throws: a `TransportFailure` of reason `unusable` that says what is wrong.
    public init(
        base: String, token: String? = nil, userAgent: String = "message-center",
        options: HTTPOptions = HTTPOptions()
    ) throws(TransportFailure) {
        let address = try TransportAddress(base)
        try options.check()
        self.base = address.base
        self.userAgent = userAgent
        authorization = try token.map { text throws(TransportFailure) in
            try Self.authorization(for: text)
        }
        var options = options
        if options.proxy == nil, address.isLoopback { options.proxy = "" }
        handle = try TransportHandle(options)
    }

    /// Sends one request and waits for its whole answer.
    ///
    /// - Parameter cancellation: ends the transfer when it is set, at once after a `wake`.
    /// - Throws: a `TransportFailure` where there is no answer. When it is `timedOut`, `broken` or
    ///   `cancelled`, the server may have acted on the request all the same.
    public func perform(
        _ request: HTTPRequest, unless cancellation: Cancellation? = nil
    ) throws(TransportFailure) -> HTTPAnswer {
        var fields = request.headers.map { "\($0.name): \($0.value)" }
        fields.append("User-Agent: \(userAgent)")
        // An empty value takes the field out that libcurl would add by itself.
        fields.append(
            request.body == nil ? "Content-Type:" : "Content-Type: \(request.contentType)")
        fields.append("Expect:")
        if let authorization { fields.append(authorization) }
        return try handle.perform(
            request, url: base + request.path, fields: fields, unless: cancellation)
    }

    /// Makes a transfer that waits look whether it was cancelled. The one call that any thread
    /// may make, at any time.
    public func wake() { handle.wake() }

    /// Makes any text fit for one segment or one query value of a path: everything but the
    /// unreserved characters of RFC 3986 §2.3 as `%XX`.
    public static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                escaped.append(byte)
            default:
                escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    private static func authorization(for token: String) throws(TransportFailure) -> String {
        guard !token.isEmpty, token.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw TransportFailure(
                .unusable, "the token is empty or has characters that no token has")
        }
        return "Authorization: Bearer \(token)"
    }
}

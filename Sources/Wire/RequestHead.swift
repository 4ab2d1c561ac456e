/// What a request's first lines say, as flags and as places in the bytes: nothing is copied.
///
/// All ranges count from the first byte that the parser was given.
package struct RequestHead: Equatable, Sendable, BitwiseCopyable {
    package enum Method: UInt8, Sendable, BitwiseCopyable {
        case get, head, post, put, delete, options, patch
        /// Any other token, also a known word in lower case: methods are case-sensitive.
        case other
    }

    package enum ContentType: UInt8, Sendable, BitwiseCopyable {
        /// The field is missing or empty.
        case none
        /// `application/json`
        case json
        /// `application/x-ndjson` or `application/ndjson`: one JSON text a line.
        case ndjson
        case other
    }

    package var method = Method.other
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    package var minorVersion: UInt8 = 1
    /// The media type alone; parameters such as `charset` are not looked at.
    package var contentType = ContentType.none
    /// The body comes in chunks; `contentLength` is then nil.
    package var isChunked = false
    /// The connection stays open after the answer: from the version and `Connection`.
    package var keepAlive = true
    /// The client waits for `100 Continue` before it sends the body.
    package var expectsContinue = false
    /// `Expect` asks for something else: 417 (RFC 9110, section 10.1.1).
    package var hasUnknownExpectation = false
    /// A gzip answer is welcome, by `Accept-Encoding` and its weights.
    package var acceptsGzip = false
    /// The body is encoded in some other way than `identity`.
    package var hasContentEncoding = false
    /// There is `X-Forwarded-For`: a proxy hands it on. See `forwardedFor(inHead:)`.
    package var isForwarded = false
    /// The length of the body that follows, if the request says so; nil and not chunked: no body.
    package var contentLength: Int?
    /// The request target as sent; see `Target`.
    package var target = ByteRange.none
    /// The host, and the port if it is said, that the request is for: of an absolute target, else
    /// the value of `Host` (RFC 9112, section 3.3).
    package var host = ByteRange.none
    /// The value of `Origin`: the site whose page made a browser send this (RFC 6454, section 7).
    package var origin = ByteRange.none
    /// The value of `Authorization`.
    package var authorization = ByteRange.none
    /// The value of `X-Request-Id`, if it is 1 to 128 visible ASCII characters.
    package var requestID = ByteRange.none
    /// The value of the first `Accept`.
    package var accept = ByteRange.none
    /// The value of the first `If-None-Match`.
    package var ifNoneMatch = ByteRange.none
    /// The value of the first `Cookie`.
    package var cookie = ByteRange.none
    /// How many bytes the head takes, with the empty line that ends it: where the body begins.
    package var length = 0

    package init() {}
}

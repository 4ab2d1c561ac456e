/// The header fields that mean something to the hub. All others are checked and passed over.
enum FieldName: UInt8 {
    case host, accept, expect, origin, connection, contentType, requestID, authorization,
        ifNoneMatch, cookie, forwardedFor
    case contentLength, acceptEncoding, contentEncoding, transferEncoding
    case other

    /// The field whose name, in whatever case, stands in `range`; the bytes are known to be
    /// tokens. Length and first letter leave at most one candidate to compare.
    @inline(__always)
    init(_ bytes: RawSpan, _ range: Range<Int>) {
        let start = range.lowerBound
        let first = bytes.byte(at: start) | 0x20
        let candidate: (name: StaticString, field: FieldName)
        switch (range.count, first) {
        case (4, UInt8(ascii: "h")): candidate = ("host", .host)
        case (6, UInt8(ascii: "a")): candidate = ("accept", .accept)
        case (6, UInt8(ascii: "c")): candidate = ("cookie", .cookie)
        case (6, UInt8(ascii: "e")): candidate = ("expect", .expect)
        case (6, UInt8(ascii: "o")): candidate = ("origin", .origin)
        case (10, UInt8(ascii: "c")): candidate = ("connection", .connection)
        case (12, UInt8(ascii: "c")): candidate = ("content-type", .contentType)
        case (12, UInt8(ascii: "x")): candidate = ("x-request-id", .requestID)
        case (13, UInt8(ascii: "a")): candidate = ("authorization", .authorization)
        case (13, UInt8(ascii: "i")): candidate = ("if-none-match", .ifNoneMatch)
        case (14, UInt8(ascii: "c")): candidate = ("content-length", .contentLength)
        case (15, UInt8(ascii: "a")): candidate = ("accept-encoding", .acceptEncoding)
        case (15, UInt8(ascii: "x")): candidate = ("x-forwarded-for", .forwardedFor)
        case (16, UInt8(ascii: "c")): candidate = ("content-encoding", .contentEncoding)
        case (17, UInt8(ascii: "t")): candidate = ("transfer-encoding", .transferEncoding)
        default:
            self = .other
            return
        }
        self = bytes.hasToken(candidate.name, at: start) ? candidate.field : .other
    }
}

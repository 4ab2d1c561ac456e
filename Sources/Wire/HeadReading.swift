/// What the lines of a head have said so far, and the rules that they must keep to.
///
/// A line is given without its CRLF and holds no control characters but tabs: the parser has seen
/// to that while it looked for the line's end.
struct HeadReading: Sendable {
    /// What a list of codings said of one of them.
    enum Wish {
        case unsaid, refused, welcome
    }

    var head = RequestHead()
    private var fields = 0
    var hasHost = false
    var hasTransferEncoding = false
    var hasContentType = false
    var saysClose = false
    var saysKeepAlive = false
    var gzip = Wish.unsaid
    var anyCoding = Wish.unsaid

    // MARK: The request line

    /// `method SP target SP HTTP/1.x`, RFC 9112, section 3.
    mutating func readRequestLine(
        _ line: Range<Int>, of bytes: RawSpan, maxTargetBytes: Int
    ) throws(RequestFailure) {
        let methodEnd = Self.firstNonToken(in: line, of: bytes)
        guard methodEnd > line.lowerBound, methodEnd < line.upperBound,
            bytes.byte(at: methodEnd) == ASCII.space
        else { throw Self.badRequestLine }
        let targetStart = methodEnd &+ 1
        var targetEnd = targetStart
        while targetEnd < line.upperBound, bytes.byte(at: targetEnd).isTarget { targetEnd &+= 1 }
        guard targetEnd < line.upperBound else { throw Self.badRequestLine }
        guard bytes.byte(at: targetEnd) == ASCII.space else { throw Self.badTargetByte }
        guard targetEnd &- targetStart <= maxTargetBytes else { throw Self.targetTooLong }
        try readVersion(targetEnd &+ 1..<line.upperBound, of: bytes)
        head.method = Self.method(line.lowerBound..<methodEnd, of: bytes)
        head.target = ByteRange(targetStart..<targetEnd)
        try checkTarget(targetStart..<targetEnd, of: bytes)
    }

    /// `HTTP/1.1` or `HTTP/1.0`, in exactly these eight bytes.
    private mutating func readVersion(
        _ range: Range<Int>, of bytes: RawSpan
    ) throws(RequestFailure) {
        guard range.count == 8 else { throw Self.badRequestLine }
        let word = bytes.word(at: range.lowerBound)
        if word == 0x312E_312F_5054_5448 {  // "HTTP/1.1" read from its end
            head.minorVersion = 1
        } else if word == 0x302E_312F_5054_5448 {  // "HTTP/1.0"
            head.minorVersion = 0
        } else {
            // Any other pair of digits is a version, only not one spoken here.
            let isVersion =
                word & 0x00FF_00FF_FFFF_FFFF == 0x002E_002F_5054_5448
                && bytes.byte(at: range.lowerBound &+ 5).isDigit
                && bytes.byte(at: range.lowerBound &+ 7).isDigit
            throw isVersion ? Self.otherVersion : Self.badRequestLine
        }
    }

    private static func method(_ range: Range<Int>, of bytes: RawSpan) -> RequestHead.Method {
        switch range.count {
        case 3 where bytes.isExactly("GET", at: range.lowerBound): .get
        case 3 where bytes.isExactly("PUT", at: range.lowerBound): .put
        case 4 where bytes.isExactly("POST", at: range.lowerBound): .post
        case 4 where bytes.isExactly("HEAD", at: range.lowerBound): .head
        case 5 where bytes.isExactly("PATCH", at: range.lowerBound): .patch
        case 6 where bytes.isExactly("DELETE", at: range.lowerBound): .delete
        case 7 where bytes.isExactly("OPTIONS", at: range.lowerBound): .options
        default: .other
        }
    }

    /// A path, an absolute URI of http or https, or `*` for OPTIONS (RFC 9112, section 3.2).
    private mutating func checkTarget(_ range: Range<Int>, of bytes: RawSpan) throws(RequestFailure)
    {
        guard !range.isEmpty else { throw Self.badRequestLine }
        let first = bytes.byte(at: range.lowerBound)
        if first == ASCII.slash { return }
        if first == UInt8(ascii: "*") && range.count == 1 && head.method == .options { return }
        guard let authority = Target.authority(range, of: bytes) else { throw Self.badTarget }
        guard !authority.isEmpty, Self.isHost(authority, of: bytes) else { throw Self.badTarget }
        head.host = ByteRange(authority)
    }

    // MARK: Header fields

    /// `name: value`, RFC 9112, section 5.
    mutating func readField(
        _ line: Range<Int>, of bytes: RawSpan, atMost maxFields: Int
    ) throws(RequestFailure) {
        fields &+= 1
        guard fields <= maxFields else { throw Self.tooManyFields }
        let colon = Self.firstNonToken(in: line, of: bytes)
        guard colon > line.lowerBound, colon < line.upperBound,
            bytes.byte(at: colon) == ASCII.colon
        else { throw Self.badField(line, stoppedAt: colon, of: bytes) }
        let name = FieldName(bytes, line.lowerBound..<colon)
        if name == .other { return }
        try read(name, bytes.trimmingBlanks(colon &+ 1..<line.upperBound), of: bytes)
    }

    private mutating func read(
        _ name: FieldName, _ value: Range<Int>, of bytes: RawSpan
    ) throws(RequestFailure) {
        switch name {
        case .host: try readHost(value, of: bytes)
        case .contentLength: try readContentLength(value, of: bytes)
        case .transferEncoding: try readTransferEncoding(value, of: bytes)
        case .connection: readConnection(value, of: bytes)
        case .expect: readExpect(value, of: bytes)
        case .acceptEncoding: readAcceptEncoding(value, of: bytes)
        case .contentType: try readContentType(value, of: bytes)
        case .contentEncoding:
            if !value.isEmpty && !bytes.equals("identity", in: value) {
                head.hasContentEncoding = true
            }
        case .authorization:
            guard !head.authorization.isPresent else { throw Self.twoAuthorizations }
            head.authorization = ByteRange(value)
        case .origin:
            guard !head.origin.isPresent else { throw Self.twoOrigins }
            head.origin = ByteRange(value)
        case .requestID: readRequestID(value, of: bytes)
        // Lists, of which a later line would only be a continuation: the first one decides.
        case .accept: if !head.accept.isPresent { head.accept = ByteRange(value) }
        case .ifNoneMatch: if !head.ifNoneMatch.isPresent { head.ifNoneMatch = ByteRange(value) }
        // Clients send all their cookies in one line (RFC 6265, section 5.4).
        case .cookie: if !head.cookie.isPresent { head.cookie = ByteRange(value) }
        case .forwardedFor: head.isForwarded = true
        case .other: break
        }
    }

    // MARK: The whole

    /// Checks what only all lines together can break, and answers the finished head.
    mutating func finish(length: Int) throws(RequestFailure) -> RequestHead {
        if head.minorVersion == 1 {
            guard hasHost else { throw Self.noHost }
            head.keepAlive = !saysClose
        } else {
            guard !hasTransferEncoding else { throw Self.chunkedInOldVersion }
            head.keepAlive = saysKeepAlive && !saysClose
            // To be ignored there (RFC 9110, section 10.1.1).
            head.expectsContinue = false
        }
        guard !hasTransferEncoding || head.contentLength == nil else { throw Self.twoLengths }
        head.acceptsGzip = gzip == .welcome || gzip == .unsaid && anyCoding == .welcome
        head.length = length
        return head
    }

    // MARK: Parts of lines

    @inline(__always)
    static func firstNonToken(in range: Range<Int>, of bytes: RawSpan) -> Int {
        var position = range.lowerBound
        while position < range.upperBound, bytes.byte(at: position).isToken { position &+= 1 }
        return position
    }

    /// Says what is wrong with a field line whose name stops at `position`.
    private static func badField(
        _ line: Range<Int>, stoppedAt position: Int, of bytes: RawSpan
    ) -> RequestFailure {
        if position == line.upperBound { return noColon }
        let byte = bytes.byte(at: position)
        if position == line.lowerBound {
            if byte.isBlank { return foldedLine }
            return byte == ASCII.colon ? emptyName : badName
        }
        return byte.isBlank ? blankInName : badName
    }
}

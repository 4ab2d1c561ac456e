/// What the lines of a head have said so far, and the rules that they must keep to.
///
/// A line is given without its CRLF and holds no control characters but tabs: the parser has seen
/// to that while it looked for the line's end.
struct HeadReading: Sendable {
    /// What a list of codings said of one of them.
    private enum Wish {
        case unsaid, refused, welcome
    }

    private var head = RequestHead()
    private var fields = 0
    private var hasHost = false
    private var hasTransferEncoding = false
    private var hasContentType = false
    private var saysClose = false
    private var saysKeepAlive = false
    private var gzip = Wish.unsaid
    private var anyCoding = Wish.unsaid

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
    private func checkTarget(_ range: Range<Int>, of bytes: RawSpan) throws(RequestFailure) {
        guard !range.isEmpty else { throw Self.badRequestLine }
        let first = bytes.byte(at: range.lowerBound)
        if first == ASCII.slash { return }
        if first == UInt8(ascii: "*") && range.count == 1 && head.method == .options { return }
        guard let authority = Target.authority(range, of: bytes) else { throw Self.badTarget }
        guard !authority.isEmpty, Self.isHost(authority, of: bytes) else { throw Self.badTarget }
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
        case .requestID: readRequestID(value, of: bytes)
        // Lists, of which a later line would only be a continuation: the first one decides.
        case .accept: if !head.accept.isPresent { head.accept = ByteRange(value) }
        case .ifNoneMatch: if !head.ifNoneMatch.isPresent { head.ifNoneMatch = ByteRange(value) }
        case .other: break
        }
    }

    /// Exactly one in HTTP/1.1, at most one before (RFC 9112, section 3.2).
    private mutating func readHost(_ value: Range<Int>, of bytes: RawSpan) throws(RequestFailure) {
        guard !hasHost else { throw Self.twoHosts }
        guard Self.isHost(value, of: bytes) else { throw Self.badHost }
        hasHost = true
    }

    /// Digits only, once (RFC 9110, section 8.6; RFC 9112, section 6.3 would allow a list of equal
    /// values, which nobody sends who has nothing to hide).
    private mutating func readContentLength(
        _ value: Range<Int>, of bytes: RawSpan
    ) throws(RequestFailure) {
        guard head.contentLength == nil else { throw Self.twoContentLengths }
        guard let length = bytes.decimal(in: value) else { throw Self.badContentLength }
        head.contentLength = length
    }

    /// `chunked` and nothing else (RFC 9112, sections 6.1 and 7).
    private mutating func readTransferEncoding(
        _ value: Range<Int>, of bytes: RawSpan
    ) throws(RequestFailure) {
        guard !hasTransferEncoding else { throw Self.badTransferEncoding }
        hasTransferEncoding = true
        guard !bytes.equals("chunked", in: value) else {
            head.isChunked = true
            return
        }
        var hasChunked = false
        var elements = ListElements(value)
        while let element = elements.next(in: bytes) {
            guard !hasChunked, !element.isEmpty,
                Self.firstNonToken(in: element, of: bytes) == element.upperBound
            else { throw Self.badTransferEncoding }
            hasChunked = bytes.equals("chunked", in: element)
        }
        throw Self.unknownTransferEncoding
    }

    private mutating func readConnection(_ value: Range<Int>, of bytes: RawSpan) {
        var elements = ListElements(value)
        while let element = elements.next(in: bytes) {
            if bytes.equals("close", in: element) { saysClose = true }
            if bytes.equals("keep-alive", in: element) { saysKeepAlive = true }
        }
    }

    private mutating func readExpect(_ value: Range<Int>, of bytes: RawSpan) {
        if bytes.equals("100-continue", in: value) {
            head.expectsContinue = true
        } else {
            head.hasUnknownExpectation = true
        }
    }

    /// Codings with weights, of which `q=0` refuses (RFC 9110, section 12.5.3).
    private mutating func readAcceptEncoding(_ value: Range<Int>, of bytes: RawSpan) {
        var elements = ListElements(value)
        while let element = elements.next(in: bytes) {
            var end = element.lowerBound
            while end < element.upperBound, bytes.byte(at: end) != ASCII.semicolon { end &+= 1 }
            let coding = bytes.trimmingBlanks(element.lowerBound..<end)
            let wish = Self.isWelcome(end..<element.upperBound, of: bytes) ? Wish.welcome : .refused
            if bytes.equals("gzip", in: coding) || bytes.equals("x-gzip", in: coding) {
                gzip = wish
            } else if bytes.equals("*", in: coding) {
                anyCoding = wish
            }
        }
    }

    /// Whether the weight `;q=…` is above zero: missing, or with a digit other than 0 in it. What
    /// is not a weight does not count as one.
    private static func isWelcome(_ weight: Range<Int>, of bytes: RawSpan) -> Bool {
        guard !weight.isEmpty else { return true }
        let weight = bytes.trimmingBlanks(weight.lowerBound &+ 1..<weight.upperBound)
        guard weight.count >= 3, bytes.equals("q=", in: weight.prefix(2)) else { return false }
        return weight.dropFirst(2).contains { (0x31...0x39).contains(bytes.byte(at: $0)) }
    }

    private mutating func readContentType(
        _ value: Range<Int>, of bytes: RawSpan
    ) throws(RequestFailure) {
        guard !hasContentType else { throw Self.twoContentTypes }
        hasContentType = true
        var end = value.lowerBound
        while end < value.upperBound, bytes.byte(at: end) != ASCII.semicolon { end &+= 1 }
        let type = bytes.trimmingBlanks(value.lowerBound..<end)
        if bytes.equals("application/json", in: type) {
            head.contentType = .json
        } else if bytes.equals("application/x-ndjson", in: type)
            || bytes.equals("application/ndjson", in: type)
        {
            head.contentType = .ndjson
        } else if !type.isEmpty {
            head.contentType = .other
        }
    }

    /// An identifier that can not be put into logs and answers as it is counts as none.
    private mutating func readRequestID(_ value: Range<Int>, of bytes: RawSpan) {
        guard (1...128).contains(value.count) else { return }
        for position in value where !bytes.byte(at: position).isVisible { return }
        head.requestID = ByteRange(value)
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
    private static func firstNonToken(in range: Range<Int>, of bytes: RawSpan) -> Int {
        var position = range.lowerBound
        while position < range.upperBound, bytes.byte(at: position).isToken { position &+= 1 }
        return position
    }

    /// `host [":" port]` (RFC 9110, section 7.2), where the host may be empty or `[an address]`.
    private static func isHost(_ range: Range<Int>, of bytes: RawSpan) -> Bool {
        var position = range.lowerBound
        let end = range.upperBound
        if position < end, bytes.byte(at: position) == UInt8(ascii: "[") {
            position += 1
            let start = position
            while position < end,
                bytes.byte(at: position).isHostName || bytes.byte(at: position) == ASCII.colon
            { position &+= 1 }
            guard position > start, position < end, bytes.byte(at: position) == UInt8(ascii: "]")
            else { return false }
            position += 1
        } else {
            while position < end, bytes.byte(at: position).isHostName { position &+= 1 }
        }
        guard position < end else { return true }
        guard bytes.byte(at: position) == ASCII.colon, end - position <= 6 else { return false }
        return (position + 1..<end).allSatisfy { bytes.byte(at: $0).isDigit }
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

// MARK: - What is refused

extension HeadReading {
    static let targetTooLong = RequestFailure(
        414, "The request target is too long: shorten the query or send it in a body.")
    private static let badRequestLine = RequestFailure(
        400, "The request line is malformed: send 'METHOD target HTTP/1.1', one space between.")
    private static let otherVersion = RequestFailure(
        505, "Only HTTP/1.1 and HTTP/1.0 are spoken here: send the request in one of them.")
    private static let badTargetByte = RequestFailure(
        400, "The target holds a character that must be percent-encoded, or a fragment.")
    private static let badTarget = RequestFailure(
        400, "The target must be a path that begins with '/', or an http:// address.")
    private static let tooManyFields = RequestFailure(
        431, "The request has too many header fields: send fewer.")
    private static let noColon = RequestFailure(
        400, "A header line has no colon: send 'Name: value'.")
    private static let foldedLine = RequestFailure(
        400, "A header line begins with a blank: send each field on one line.")
    private static let emptyName = RequestFailure(
        400, "A header field has no name: send 'Name: value'.")
    private static let badName = RequestFailure(
        400, "A header field's name holds a character that names may not have.")
    private static let blankInName = RequestFailure(
        400, "A header field's name holds a blank: the colon must follow the name at once.")
    private static let noHost = RequestFailure(
        400, "HTTP/1.1 requires a Host field: send one.")
    private static let twoHosts = RequestFailure(
        400, "The request has two Host fields: send one.")
    private static let badHost = RequestFailure(
        400, "The Host field is malformed: send 'host' or 'host:port'.")
    private static let twoContentLengths = RequestFailure(
        400, "The request has two Content-Length fields: send one.")
    private static let badContentLength = RequestFailure(
        400, "Content-Length must be one number, of digits only.")
    private static let badTransferEncoding = RequestFailure(
        400, "Transfer-Encoding must be 'chunked', once.")
    private static let unknownTransferEncoding = RequestFailure(
        501, "This Transfer-Encoding is not known here: send 'chunked', or a Content-Length.")
    private static let chunkedInOldVersion = RequestFailure(
        400, "HTTP/1.0 has no Transfer-Encoding: send a Content-Length.")
    private static let twoLengths = RequestFailure(
        400, "The request has both Content-Length and Transfer-Encoding: send one of them.")
    private static let twoAuthorizations = RequestFailure(
        400, "The request has two Authorization fields: send one.")
    private static let twoContentTypes = RequestFailure(
        400, "The request has two Content-Type fields: send one.")
}

/// What each of the known header fields must keep to, and what it says.
extension HeadReading {
    /// Exactly one in HTTP/1.1, at most one before (RFC 9112, section 3.2).
    mutating func readHost(_ value: Range<Int>, of bytes: RawSpan) throws(RequestFailure) {
        guard !hasHost else { throw Self.twoHosts }
        guard Self.isHost(value, of: bytes) else { throw Self.badHost }
        hasHost = true
        if !head.host.isPresent { head.host = ByteRange(value) }
    }

    /// Digits only, once (RFC 9110, section 8.6; RFC 9112, section 6.3 would allow a list of equal
    /// values, which nobody sends who has nothing to hide).
    mutating func readContentLength(
        _ value: Range<Int>, of bytes: RawSpan
    ) throws(RequestFailure) {
        guard head.contentLength == nil else { throw Self.twoContentLengths }
        guard let length = bytes.decimal(in: value) else { throw Self.badContentLength }
        head.contentLength = length
    }

    /// `chunked` and nothing else (RFC 9112, sections 6.1 and 7).
    mutating func readTransferEncoding(
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

    mutating func readConnection(_ value: Range<Int>, of bytes: RawSpan) {
        var elements = ListElements(value)
        while let element = elements.next(in: bytes) {
            if bytes.equals("close", in: element) { saysClose = true }
            if bytes.equals("keep-alive", in: element) { saysKeepAlive = true }
        }
    }

    mutating func readExpect(_ value: Range<Int>, of bytes: RawSpan) {
        if bytes.equals("100-continue", in: value) {
            head.expectsContinue = true
        } else {
            head.hasUnknownExpectation = true
        }
    }

    /// Codings with weights, of which `q=0` refuses (RFC 9110, section 12.5.3).
    mutating func readAcceptEncoding(_ value: Range<Int>, of bytes: RawSpan) {
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

    mutating func readContentType(
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
    mutating func readRequestID(_ value: Range<Int>, of bytes: RawSpan) {
        guard (1...128).contains(value.count) else { return }
        for position in value where !bytes.byte(at: position).isVisible { return }
        head.requestID = ByteRange(value)
    }

    /// `host [":" port]` (RFC 9110, section 7.2), where the host may be empty or `[an address]`.
    static func isHost(_ range: Range<Int>, of bytes: RawSpan) -> Bool {
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
}

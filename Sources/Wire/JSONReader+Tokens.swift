/// The tokens of JSON's grammar, each passed over and checked.
extension JSONReader {
    /// Passes over white space; the byte that comes then, which is not consumed.
    @inline(__always)
    mutating func firstByte() throws(JSONError) -> UInt8 {
        skipWhitespace()
        guard position < bytes.byteCount else { throw JSONError(.unexpectedEnd, at: position) }
        return bytes.byte(at: position)
    }

    func unexpected() -> JSONError {
        let isMark = position == 0 && bytes.byte(at: 0) == 0xEF
        return JSONError(isMark ? .byteOrderMark : .unexpectedByte, at: position)
    }

    mutating func scanWord(_ word: StaticString) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard position < bytes.byteCount else { throw JSONError(.unexpectedEnd, at: position) }
            guard bytes.byte(at: position) == word.utf8Start[index] else { throw unexpected() }
            position &+= 1
        }
    }

    /// Passes over a number (RFC 8259, section 6); answers whether it has neither fraction nor
    /// exponent.
    mutating func scanNumber() throws(JSONError) -> Bool {
        if bytes.byte(at: position) == ASCII.minus { position &+= 1 }
        if position < bytes.byteCount, bytes.byte(at: position) == ASCII.zero {
            position &+= 1
            // A digit here would be an octal number's, or an oversight.
            if position < bytes.byteCount, bytes.byte(at: position).isDigit {
                throw JSONError(.malformedNumber, at: position)
            }
        } else {
            try scanDigits()
        }
        var isWhole = true
        if position < bytes.byteCount, bytes.byte(at: position) == ASCII.dot {
            isWhole = false
            position &+= 1
            try scanDigits()
        }
        if position < bytes.byteCount, bytes.byte(at: position) | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position &+= 1
            if position < bytes.byteCount,
                bytes.byte(at: position) == ASCII.plus || bytes.byte(at: position) == ASCII.minus
            {
                position &+= 1
            }
            try scanDigits()
        }
        return isWhole
    }

    /// Passes over at least one digit.
    @inline(__always)
    private mutating func scanDigits() throws(JSONError) {
        let start = position
        while position < bytes.byteCount, bytes.byte(at: position).isDigit { position &+= 1 }
        guard position > start else {
            let isEnd = position == bytes.byteCount
            throw JSONError(isEnd ? .unexpectedEnd : .malformedNumber, at: position)
        }
    }

    /// Passes over a string, from its opening quote on.
    mutating func scanText() throws(JSONError) -> JSONText {
        let start = position &+ 1
        var hasEscapes = false
        var next = start
        while true {
            next = bytes.firstSpecialInText(from: next)
            guard next < bytes.byteCount else { throw JSONError(.unexpectedEnd, at: next) }
            let byte = bytes.byte(at: next)
            if byte == ASCII.quote { break }
            if byte == ASCII.backslash {
                hasEscapes = true
                next = try scanEscape(at: next)
            } else if byte < ASCII.space {
                throw JSONError(.controlCharacter, at: next)
            } else {
                next = try scanUTF8(at: next)
            }
        }
        position = next &+ 1
        return JSONText(range: ByteRange(start..<next), hasEscapes: hasEscapes)
    }

    /// Checks a run of characters beyond ASCII; answers where it ends.
    private func scanUTF8(at offset: Int) throws(JSONError) -> Int {
        var next = offset
        repeat {
            let length = bytes.lengthOfUTF8Sequence(at: next)
            guard length > 0 else { throw JSONError(.malformedUTF8, at: next) }
            next &+= length
        } while next < bytes.byteCount && bytes.byte(at: next) >= 0x80
        return next
    }

    /// Checks the escape whose backslash stands at `offset`, both halves of a surrogate pair
    /// together; answers where it ends.
    private mutating func scanEscape(at offset: Int) throws(JSONError) -> Int {
        guard offset &+ 1 < bytes.byteCount else {
            throw JSONError(.unexpectedEnd, at: bytes.byteCount)
        }
        switch bytes.byte(at: offset &+ 1) {
        case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return offset &+ 2
        case UInt8(ascii: "u"):
            try checkDigits(ofEscapeAt: offset)
            guard let escape = escape(at: offset, bytes.byteCount) else {
                if loneSurrogate == nil { loneSurrogate = offset }
                return offset &+ 6
            }
            if escape.length > 6 { try checkDigits(ofEscapeAt: offset &+ 6) }
            return offset &+ escape.length
        default: throw JSONError(.malformedEscape, at: offset)
        }
    }

    /// Checks the four digits of the `\u` escape whose backslash stands at `offset`.
    private func checkDigits(ofEscapeAt offset: Int) throws(JSONError) {
        for index in 2..<6 {
            guard offset &+ index < bytes.byteCount else {
                throw JSONError(.unexpectedEnd, at: bytes.byteCount)
            }
            guard bytes.byte(at: offset &+ index).hexValue != nil else {
                throw JSONError(.malformedEscape, at: offset)
            }
        }
    }
}

extension RawSpan {
    /// The first byte from `start` on that a string's scan must stop at: quote, backslash, control
    /// character, or anything beyond ASCII; the end if there is none.
    @inline(__always)
    fileprivate func firstSpecialInText(from start: Int) -> Int {
        var position = start
        while position &+ 8 <= byteCount {
            let word = word(at: position)
            let marks =
                word.bytesBelow(0x20) | word.bytesEqual(to: ASCII.quote)
                | word.bytesEqual(to: ASCII.backslash) | word.bytesBeyondASCII
            if marks != 0 { return position &+ marks.bytesBeforeLowestMark }
            position &+= 8
        }
        while position < byteCount {
            let byte = byte(at: position)
            if byte < 0x20 || byte == ASCII.quote || byte == ASCII.backslash || byte >= 0x80 {
                return position
            }
            position &+= 1
        }
        return byteCount
    }
}

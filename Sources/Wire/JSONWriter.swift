/// Writing JSON (RFC 8259) straight into the output.
extension ByteBuffer {
    /// Appends `text`, which is UTF-8, as a JSON string: quoted, with quotes, backslashes and
    /// control characters escaped, and everything else as it is.
    package mutating func appendJSON(text: RawSpan) {
        reserve(text.byteCount &+ 2)
        append(ASCII.quote)
        var run = 0
        while run < text.byteCount {
            let end = text.firstToEscape(from: run)
            append(text.extracting(run..<end))
            guard end < text.byteCount else { break }
            appendEscape(of: text.byte(at: end))
            run = end &+ 1
        }
        append(ASCII.quote)
    }

    package mutating func appendJSON(text: UnsafeRawBufferPointer) {
        appendJSON(text: text.bytes)
    }

    package mutating func appendJSON(text: StaticString) {
        let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        appendJSON(text: bytes.bytes)
    }

    @_disfavoredOverload
    package mutating func appendJSON(text: String) {
        appendJSON(text: text.utf8.span.bytes)
    }

    private mutating func appendEscape(of byte: UInt8) {
        append(ASCII.backslash)
        switch byte {
        case ASCII.quote, ASCII.backslash: append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x0C: append(UInt8(ascii: "f"))
        case ASCII.lineFeed: append(UInt8(ascii: "n"))
        case ASCII.carriageReturn: append(UInt8(ascii: "r"))
        case ASCII.tab: append(UInt8(ascii: "t"))
        default:
            append("u00")
            append(byte >> 4 == 0 ? ASCII.zero : UInt8(ascii: "1"))
            append(hexDigit: byte & 15)
        }
    }

    /// Appends one hexadecimal digit, lower case.
    @inline(__always)
    mutating func append(hexDigit digit: UInt8) {
        append(digit < 10 ? ASCII.zero + digit : UInt8(ascii: "a") - 10 + digit)
    }

    /// Appends the UTF-8 of one character.
    mutating func append(utf8Of scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar).unsafelyUnwrapped { append(byte) }
    }

    /// Appends JSON that was checked, without the white space between its tokens.
    mutating func appendCompact(validJSON json: RawSpan) {
        reserve(json.byteCount)
        var run = 0
        var position = 0
        while position < json.byteCount {
            let byte = json.byte(at: position)
            if byte == ASCII.quote {
                position = json.endOfText(from: position &+ 1)
            } else if byte > ASCII.space {
                position &+= 1
            } else {
                append(json.extracting(run..<position))
                position &+= 1
                run = position
            }
        }
        append(json.extracting(run..<position))
    }
}

extension RawSpan {
    /// The first byte from `start` on that a JSON string must escape; the end if there is none.
    fileprivate func firstToEscape(from start: Int) -> Int {
        var position = start
        while position &+ 8 <= byteCount {
            let word = word(at: position)
            let marks =
                word.bytesBelow(0x20) | word.bytesEqual(to: ASCII.quote)
                | word.bytesEqual(to: ASCII.backslash)
            if marks != 0 { return position &+ marks.bytesBeforeLowestMark }
            position &+= 8
        }
        while position < byteCount {
            let byte = byte(at: position)
            if byte < 0x20 || byte == ASCII.quote || byte == ASCII.backslash { return position }
            position &+= 1
        }
        return byteCount
    }

    /// What follows the closing quote of the well-formed JSON string that goes on at `start`.
    fileprivate func endOfText(from start: Int) -> Int {
        var position = start
        while true {
            position = firstToEscape(from: position)
            if byte(at: position) == ASCII.quote { return position &+ 1 }
            position &+= 2
        }
    }
}

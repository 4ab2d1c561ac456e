/// What the strings mean that the reader found.
extension JSONReader {
    /// The bytes of `text` as they stand, escapes and all.
    @_lifetime(copy self)
    package func raw(_ text: JSONText) -> RawSpan {
        bytes.extracting(text.range.range)
    }

    /// The bytes of a value that `skipValue` passed over.
    @_lifetime(copy self)
    package func raw(_ value: ByteRange) -> RawSpan {
        bytes.extracting(value.range)
    }

    /// Appends the text with its escapes decoded, as UTF-8.
    ///
    /// Throws `loneSurrogate` for half of a surrogate pair, which no UTF-8 can say; nothing is
    /// appended then.
    package func decode(_ text: JSONText, into output: inout ByteBuffer) throws(JSONError) {
        guard text.hasEscapes else {
            output.append(raw(text))
            return
        }
        let start = output.count
        var position = text.range.range.lowerBound
        let end = text.range.range.upperBound
        while position < end {
            let run = endOfRun(position, end)
            output.append(bytes.extracting(position..<run))
            guard run < end else { return }
            guard let escape = escape(at: run, end) else {
                output.truncate(to: start)
                throw JSONError(.loneSurrogate, at: run)
            }
            output.append(utf8Of: escape.scalar)
            position = run + escape.length
        }
    }

    /// The text decoded. Throws `loneSurrogate` as `decode` does.
    package func text(_ text: JSONText) throws(JSONError) -> String {
        guard text.hasEscapes else { return bytes.text(in: text.range.range) }
        var decoded = ByteBuffer(capacity: Int(text.range.length))
        try decode(text, into: &decoded)
        return decoded.bytes.text(in: 0..<decoded.count)
    }

    /// Whether the text is `name`, where the case of ASCII letters does not count. `name` is ASCII,
    /// written in any case.
    package func matches(_ text: JSONText, _ name: StaticString) -> Bool {
        guard !text.hasEscapes else { return matchesEscaped(text, name) }
        guard Int(text.range.length) == name.utf8CodeUnitCount else { return false }
        let start = Int(text.range.offset)
        for index in 0..<name.utf8CodeUnitCount
        where bytes.byte(at: start &+ index).lowercased != name.utf8Start[index].lowercased {
            return false
        }
        return true
    }

    private func matchesEscaped(_ text: JSONText, _ name: StaticString) -> Bool {
        var position = text.range.range.lowerBound
        let end = text.range.range.upperBound
        for index in 0..<name.utf8CodeUnitCount {
            guard position < end else { return false }
            var byte = bytes.byte(at: position)
            var length = 1
            if byte == ASCII.backslash {
                guard let escape = escape(at: position, end), escape.scalar.isASCII else {
                    return false
                }
                byte = UInt8(truncatingIfNeeded: escape.scalar.value)
                length = escape.length
            }
            guard byte.lowercased == name.utf8Start[index].lowercased else { return false }
            position += length
        }
        return position == end
    }

    private func endOfRun(_ start: Int, _ end: Int) -> Int {
        var position = start
        while position < end, bytes.byte(at: position) != ASCII.backslash { position &+= 1 }
        return position
    }

    /// The character that the escape at `offset` stands for, and the bytes it takes, both halves
    /// of a surrogate pair together; nil for half of one.
    func escape(at offset: Int, _ end: Int) -> (scalar: Unicode.Scalar, length: Int)? {
        switch bytes.byte(at: offset + 1) {
        case UInt8(ascii: "b"): return ("\u{8}", 2)
        case UInt8(ascii: "f"): return ("\u{C}", 2)
        case UInt8(ascii: "n"): return ("\n", 2)
        case UInt8(ascii: "r"): return ("\r", 2)
        case UInt8(ascii: "t"): return ("\t", 2)
        case UInt8(ascii: "u"):
            let unit = codeUnit(at: offset + 2)
            if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
            guard unit < 0xDC00, offset + 12 <= end,
                bytes.byte(at: offset + 6) == ASCII.backslash,
                bytes.byte(at: offset + 7) == UInt8(ascii: "u")
            else { return nil }
            let low = codeUnit(at: offset + 8)
            guard (0xDC00...0xDFFF).contains(low) else { return nil }
            return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)).map { ($0, 12) }
        case let byte: return (Unicode.Scalar(byte), 2)
        }
    }

    /// The four hexadecimal digits from `offset` on, which the scan has checked or will check.
    private func codeUnit(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 4 | UInt32(bytes.byte(at: offset + $1).hexValue ?? 0) }
    }
}

extension JSON {
    /// Where a text is not JSON, and why.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        /// Bytes before the place.
        let offset: Int
        let expected: String

        var description: String { "at byte \(offset + 1): \(expected)" }
    }

    /// Reads one JSON text (RFC 8259), strictly.
    init(parsing bytes: [UInt8]) throws(Mistake) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }

    /// Reads one JSON text (RFC 8259), strictly.
    init(parsing text: String) throws(Mistake) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// A recursive descent over bytes that are all there.
private struct JSONParser {
    let bytes: [UInt8]
    var place = 0
    var depth = 0
    /// Deeper than any message, shallower than the stack.
    static let deepest = 256

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func fail(_ expected: String) -> JSON.Mistake {
        JSON.Mistake(offset: place, expected: expected)
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D {
            place += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        place += 1
        return true
    }

    mutating func document() throws(JSON.Mistake) -> JSON {
        let value = try value()
        skipSpace()
        guard place == bytes.count else { throw fail("nothing more is expected") }
        return value
    }

    private mutating func value() throws(JSON.Mistake) -> JSON {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"):
            return try nested { parser throws(JSON.Mistake) in try parser.object() }
        case UInt8(ascii: "["):
            return try nested { parser throws(JSON.Mistake) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func nested(
        _ read: (inout JSONParser) throws(JSON.Mistake) -> JSON
    ) throws(JSON.Mistake) -> JSON {
        depth += 1
        guard depth <= Self.deepest else { throw fail("nested deeper than \(Self.deepest)") }
        defer { depth -= 1 }
        place += 1
        return try read(&self)
    }

    private mutating func object() throws(JSON.Mistake) -> JSON {
        var members: [JSON.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fail("a member's name is expected") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fail("a colon is expected") }
            members.append(JSON.Member(name: name, value: try value()))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw fail("a comma or } is expected") }
        }
    }

    private mutating func array() throws(JSON.Mistake) -> JSON {
        var elements: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw fail("a comma or ] is expected") }
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSON.Mistake) -> JSON {
        for byte in word.description.utf8 {
            guard take(byte) else { throw fail("\(word) is expected") }
        }
        return value
    }

    private mutating func number() throws(JSON.Mistake) -> String {
        let start = place
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            guard digits() > 0 else { throw fail("a value is expected") }
        }
        if take(UInt8(ascii: ".")) {
            guard digits() > 0 else { throw fail("a digit is expected") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { throw fail("a digit is expected") }
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func digits() -> Int {
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        return place - start
    }

    private mutating func string() throws(JSON.Mistake) -> String {
        place += 1
        var text: [UInt8] = []
        while true {
            let start = place
            while let byte = next, byte >= 0x20, byte != 0x22, byte != 0x5C { place += 1 }
            text += bytes[start..<place]
            if take(0x22) { break }
            guard take(0x5C) else { throw fail("the string's end is expected") }
            text += String(try escape()).utf8
        }
        guard let valid = String(validating: text, as: UTF8.self) else {
            throw fail("the string before is not UTF-8")
        }
        return valid
    }

    private mutating func escape() throws(JSON.Mistake) -> Unicode.Scalar {
        guard let byte = next else { throw fail("an escape is expected") }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try codePoint()
        default: throw fail("no such escape")
        }
    }

    /// `XXXX` behind `\u`, and the second half where it is the first of a surrogate pair.
    private mutating func codePoint() throws(JSON.Mistake) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(0x5C), take(UInt8(ascii: "u")) else {
            throw fail("the second half of a surrogate pair is expected")
        }
        let second = try hexadecimal()
        let value = 0x10000 + (first - 0xD800) << 10 + (second &- 0xDC00)
        guard (0xDC00...0xDFFF).contains(second), let scalar = Unicode.Scalar(value) else {
            throw fail("the second half of a surrogate pair is expected")
        }
        return scalar
    }

    private mutating func hexadecimal() throws(JSON.Mistake) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw fail("four hexadecimal digits are expected") }
            value = value << 4 + UInt32(digit)
            place += 1
        }
        return value
    }
}

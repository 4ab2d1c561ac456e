/// Why a text cannot be what it should be.
struct JSONFlaw: Error, CustomStringConvertible {
    let description: String
    /// In bytes, from 0.
    let offset: Int
    /// It could be read, and cannot be true: who wrote it is wrong, not who passed it on.
    var isSenseless = false
}

/// Reads JSON from front to back, and leaves the values it is not asked about as the bytes they
/// are.
///
/// A message's body is kept byte for byte: in a tree of values large numbers would lose digits.
struct JSONScanner {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: Values

    /// Reads an object; `visit` has to read or skip the value of each member it is told of.
    mutating func members(
        _ visit: (String, inout JSONScanner) throws(JSONFlaw) -> Void
    ) throws(JSONFlaw) {
        try expect("{")
        guard !takes("}") else { return }
        repeat {
            let name = try string()
            try expect(":")
            try visit(name, &self)
        } while takes(",")
        try expect("}")
    }

    /// Reads an array; `visit` has to read or skip each element.
    mutating func elements(
        _ visit: (inout JSONScanner) throws(JSONFlaw) -> Void
    ) throws(JSONFlaw) {
        try expect("[")
        guard !takes("]") else { return }
        repeat { try visit(&self) } while takes(",")
        try expect("]")
    }

    /// Reads a whole number.
    mutating func integer() throws(JSONFlaw) -> Int {
        let text = try raw()
        guard let number = Int(String(decoding: text, as: UTF8.self)) else {
            throw flaw("a whole number was due")
        }
        return number
    }

    /// Reads a number of the contract: 0 and more, below 2^53. Sums of some of them stay far below
    /// what an `Int` holds.
    mutating func count() throws(JSONFlaw) -> Int {
        let text = String(decoding: try raw(), as: UTF8.self)
        if let number = Int(text), 0..<(1 << 53) ~= number { return number }
        let digits = text.drop { $0 == "-" }
        guard !digits.isEmpty, digits.allSatisfy({ "0"..."9" ~= $0 }) else {
            throw flaw("a whole number was due")
        }
        throw JSONFlaw(
            description: "\(text.prefix(30)) is not from 0 to 2^53 - 1", offset: offset,
            isSenseless: true)
    }

    /// Reads what names a message or a hub: visible ASCII characters that no text has to escape, 48
    /// at most.
    mutating func name() throws(JSONFlaw) -> String {
        let text = try string()
        guard Self.isName(text) else {
            throw JSONFlaw(
                description: "an id is not 1 to \(PositionFile.longestID) visible characters",
                offset: offset, isSenseless: true)
        }
        return text
    }

    static func isName(_ text: String) -> Bool {
        1...PositionFile.longestID ~= text.utf8.count
            && text.utf8.allSatisfy {
                0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }

    /// Reads any number, as a whole one; where it is larger than any that people would read, that.
    mutating func roughly() throws(JSONFlaw) -> Int {
        Int(min(max(try decimal(), -1e15), 1e15))
    }

    /// Reads any number.
    mutating func decimal() throws(JSONFlaw) -> Double {
        guard let number = Double(String(decoding: try raw(), as: UTF8.self)), number.isFinite
        else {
            throw flaw("a number was due")
        }
        return number
    }

    mutating func boolean() throws(JSONFlaw) -> Bool {
        switch String(decoding: try raw(), as: UTF8.self) {
        case "true": return true
        case "false": return false
        default: throw flaw("true or false was due")
        }
    }

    /// Reads a string; nil where null stands.
    mutating func optionalString() throws(JSONFlaw) -> String? {
        skipSpace()
        guard peek == UInt8(ascii: "n") else { return try string() }
        _ = try raw()
        return nil
    }

    /// Reads a string.
    mutating func string() throws(JSONFlaw) -> String {
        try expect("\"")
        let start = offset
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            offset += 1
        }
        guard peek == UInt8(ascii: "\\") else {
            let text = String(decoding: bytes[start..<offset], as: UTF8.self)
            try expectHere("\"")
            return text
        }
        return try escapedString(Array(bytes[start..<offset]))
    }

    /// The bytes of one value, whatever it is.
    mutating func raw() throws(JSONFlaw) -> ArraySlice<UInt8> {
        skipSpace()
        let start = offset
        var depth = 0
        repeat {
            guard let byte = peek else { throw flaw("it ends too early") }
            switch byte {
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                offset += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { throw flaw("a value was due") }
                depth -= 1
                offset += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw flaw("a value was due") }
                offset += 1
            default: skipWord()
            }
            if depth > 0 { skipSpace() }
        } while depth > 0
        return bytes[start..<offset]
    }

    /// Reads a value that is not needed.
    mutating func skip() throws(JSONFlaw) { _ = try raw() }

    /// Checks that nothing follows.
    mutating func end() throws(JSONFlaw) {
        skipSpace()
        guard offset == bytes.count else { throw flaw("something follows its end") }
    }

    // MARK: Bytes

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = peek, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { offset += 1 }
    }

    private mutating func takes(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(JSONFlaw) {
        skipSpace()
        try expectHere(character)
    }

    private mutating func expectHere(_ character: Unicode.Scalar) throws(JSONFlaw) {
        guard peek == UInt8(ascii: character) else { throw flaw("'\(character)' was due") }
        offset += 1
    }

    /// A number, or one of the three words.
    private mutating func skipWord() {
        offset += 1
        while let byte = peek {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"),
                UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), 0x00...0x20:
                return
            default: offset += 1
            }
        }
    }

    private mutating func skipString() throws(JSONFlaw) {
        offset += 1
        while let byte = peek {
            offset += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return }
        }
        throw flaw("a string has no end")
    }

    private mutating func escapedString(_ beginning: [UInt8]) throws(JSONFlaw) -> String {
        var text = beginning
        while let byte = peek {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += Array(String(try escaped()).utf8)
            default: text.append(byte)
            }
        }
        throw flaw("a string has no end")
    }

    private mutating func escaped() throws(JSONFlaw) -> Character {
        guard let byte = peek else { throw flaw("a string has no end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "u"): return Character(try scalar())
        default: return Character(Unicode.Scalar(byte))
        }
    }

    /// What stands behind `\u`, also as a pair; RFC 8259 §7. Half of a pair becomes U+FFFD.
    private mutating func scalar() throws(JSONFlaw) -> Unicode.Scalar {
        let first = try fourDigits()
        guard 0xD800...0xDBFF ~= first, bytes[offset...].starts(with: Array("\\u".utf8)) else {
            return Unicode.Scalar(first) ?? "\u{FFFD}"
        }
        offset += 2
        let second = try fourDigits()
        guard 0xDC00...0xDFFF ~= second else { return "\u{FFFD}" }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func fourDigits() throws(JSONFlaw) -> UInt32 {
        let digits = bytes[offset...].prefix(4)
        guard digits.count == 4,
            let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw flaw("four hexadecimal digits were due") }
        offset += 4
        return number
    }

    private func flaw(_ text: String) -> JSONFlaw { JSONFlaw(description: text, offset: offset) }
}

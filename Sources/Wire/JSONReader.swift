/// What kind of value comes next.
package enum JSONKind: UInt8, Sendable, BitwiseCopyable {
    case object, array, text, number, boolean, null
}

/// A string as it stands in the JSON: the bytes between the quotes, counted from the reader's
/// first.
package struct JSONText: Equatable, Sendable, BitwiseCopyable {
    package let range: ByteRange
    /// Whether a backslash is among them. Without one the bytes are the text.
    package let hasEscapes: Bool
}

/// Reads JSON (RFC 8259, strictly) in the order it stands, without building anything.
///
///     var reader = JSONReader(body)
///     try reader.beginObject()
///     while let name = try reader.nextMember() {
///         if reader.matches(name, "limit") { limit = try reader.readInteger() }
///         else { try reader.skipValue() }
///     }
///     try reader.finish()
///
/// After `beginObject` or `beginArray` call `nextMember` or `nextElement` until it says that the
/// end was passed, and read or skip each value between. Strings are checked to be UTF-8 without
/// control characters, numbers to keep to the grammar, nesting to be at most 128 deep; that names
/// are unique is left to the caller. Nothing is allocated but by `text`.
package struct JSONReader: ~Escapable {
    /// How deep arrays and objects may nest.
    package static let maxDepth = 128

    let bytes: RawSpan
    /// Where the reader stands.
    package internal(set) var position = 0
    /// How many arrays and objects are open.
    private(set) var depth = 0
    /// Whether the innermost open one has given nothing yet, so that no comma is due.
    private var isFirst = false
    /// How many bytes of white space were passed over.
    private(set) var blanks = 0
    /// Where half of a surrogate pair stands without the other, the first one met since this was
    /// set to nil. The grammar allows it; nobody can say what it means.
    var loneSurrogate: Int?

    /// Reads `bytes`, which hold one value and perhaps white space around it.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    // MARK: Structure

    /// The kind of the value that comes next, from its first byte.
    package mutating func peekKind() throws(JSONError) -> JSONKind {
        let byte = try firstByte()
        switch byte {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case ASCII.quote: return .text
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case ASCII.minus, ASCII.zero...ASCII.nine: return .number
        default: throw unexpected()
        }
    }

    /// Enters an object; then come its members.
    package mutating func beginObject() throws(JSONError) {
        guard try firstByte() == UInt8(ascii: "{") else { throw try mismatch(.notAnObject) }
        try enter()
    }

    /// Enters an array; then come its elements.
    package mutating func beginArray() throws(JSONError) {
        guard try firstByte() == UInt8(ascii: "[") else { throw try mismatch(.notAnArray) }
        try enter()
    }

    /// The name of the next member, with the reader before its value; nil when the object ends,
    /// which is then left.
    package mutating func nextMember() throws(JSONError) -> JSONText? {
        guard try advance(unless: UInt8(ascii: "}")) else { return nil }
        return try scanName()
    }

    /// Whether another element comes, with the reader before it; false when the array ends, which
    /// is then left.
    package mutating func nextElement() throws(JSONError) -> Bool {
        try advance(unless: UInt8(ascii: "]"))
    }

    /// Checks that nothing but white space follows the value.
    package mutating func finish() throws(JSONError) {
        skipWhitespace()
        if position < bytes.byteCount { throw JSONError(.trailingBytes, at: position) }
    }

    /// Passes over white space.
    @inline(__always)
    package mutating func skipWhitespace() {
        if position < bytes.byteCount, bytes.byte(at: position) <= ASCII.space {
            skipBlanks()
        }
    }

    private mutating func skipBlanks() {
        let start = position
        while position < bytes.byteCount, bytes.byte(at: position).isJSONBlank { position &+= 1 }
        blanks &+= position &- start
    }

    private mutating func enter() throws(JSONError) {
        guard depth < Self.maxDepth else { throw JSONError(.tooDeep, at: position) }
        depth &+= 1
        position &+= 1
        isFirst = true
    }

    /// Passes the comma that is due, or `end`, which closes the innermost array or object.
    private mutating func advance(unless end: UInt8) throws(JSONError) -> Bool {
        precondition(depth > 0, "nothing is open")
        let byte = try firstByte()
        if byte == end {
            position &+= 1
            depth &-= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard byte == ASCII.comma else { throw unexpected() }
        position &+= 1
        // What follows a comma must not be the end.
        guard try firstByte() != end else { throw unexpected() }
        return true
    }

    /// A member's name and the colon.
    mutating func scanName() throws(JSONError) -> JSONText {
        guard try firstByte() == ASCII.quote else { throw unexpected() }
        let name = try scanText()
        guard try firstByte() == ASCII.colon else { throw unexpected() }
        position &+= 1
        skipWhitespace()
        return name
    }

}

extension UInt8 {
    /// White space of RFC 8259, section 2.
    @inline(__always)
    fileprivate var isJSONBlank: Bool {
        self == ASCII.space || self == ASCII.lineFeed || self == ASCII.carriageReturn
            || self == ASCII.tab
    }
}

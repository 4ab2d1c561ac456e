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
    private var depth = 0
    /// Whether the innermost open one has given nothing yet, so that no comma is due.
    private var isFirst = false
    /// How many bytes of white space were passed over.
    private var blanks = 0

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
    private mutating func scanName() throws(JSONError) -> JSONText {
        guard try firstByte() == ASCII.quote else { throw unexpected() }
        let name = try scanText()
        guard try firstByte() == ASCII.colon else { throw unexpected() }
        position &+= 1
        skipWhitespace()
        return name
    }

    // MARK: Values

    /// Reads a string.
    package mutating func readText() throws(JSONError) -> JSONText {
        guard try firstByte() == ASCII.quote else { throw try mismatch(.notAText) }
        return try scanText()
    }

    /// Reads a number that is whole and written so, without fraction and exponent.
    ///
    /// Throws `notAnInteger` for any other value and `integerOutOfRange` for one too large, with
    /// the reader behind it.
    package mutating func readInteger() throws(JSONError) -> Int64 {
        guard try peekKind() == .number else { throw try mismatch(.notAnInteger) }
        let start = position
        guard try scanNumber() else { throw JSONError(.notAnInteger, at: start) }
        guard let value = integer(start..<position) else {
            throw JSONError(.integerOutOfRange, at: start)
        }
        return value
    }

    /// Reads `true` or `false`.
    package mutating func readBool() throws(JSONError) -> Bool {
        guard try peekKind() == .boolean else { throw try mismatch(.notABoolean) }
        let value = bytes.byte(at: position) == UInt8(ascii: "t")
        try scanWord(value ? "true" : "false")
        return value
    }

    /// Reads `null`.
    package mutating func readNull() throws(JSONError) {
        guard try peekKind() == .null else { throw try mismatch(.notNull) }
        try scanWord("null")
    }

    /// Passes over one value of any kind, checked in full, and answers where it stands.
    @discardableResult
    package mutating func skipValue() throws(JSONError) -> ByteRange {
        skipWhitespace()
        let start = position
        try scanValue()
        return ByteRange(start..<position)
    }

    /// Reads one value of any kind into `output`, without the white space between its tokens, all
    /// else byte for byte. Nothing is appended if it is malformed.
    package mutating func copyValueCompact(into output: inout ByteBuffer) throws(JSONError) {
        skipWhitespace()
        let start = position
        let blanksBefore = blanks
        try scanValue()
        let value = bytes.extracting(start..<position)
        if blanks == blanksBefore {
            output.append(value)
        } else {
            output.appendCompact(validJSON: value)
        }
    }

    /// The well-formed value where the reader stands is not of the kind asked for: passes over it.
    private mutating func mismatch(_ reason: JSONError.Reason) throws(JSONError) -> JSONError {
        let start = position
        try scanValue()
        return JSONError(reason, at: start)
    }

    private func integer(_ range: Range<Int>) -> Int64? {
        let isNegative = bytes.byte(at: range.lowerBound) == ASCII.minus
        var value: Int64 = 0
        for position in range.dropFirst(isNegative ? 1 : 0) {
            let digit = Int64(bytes.byte(at: position) &- ASCII.zero)
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            // Gathered below zero, where there is one number more.
            let (next, overflows) = product.subtractingReportingOverflow(digit)
            if tooLarge || overflows { return nil }
            value = next
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    // MARK: Any value

    /// Passes over the value that begins here. Without recursion: what is open lies in a stack of
    /// bits, so that no input can exhaust the thread's stack.
    private mutating func scanValue() throws(JSONError) {
        var nest = Nest(depthBelow: depth)
        repeat {
            if try opens(&nest) { continue }
            while !nest.isEmpty, try closes(&nest) {}
        } while !nest.isEmpty
    }

    /// Passes over a scalar, an empty container, or the beginning of a filled one, up to the first
    /// value in it; answers whether it was the last.
    private mutating func opens(_ nest: inout Nest) throws(JSONError) -> Bool {
        switch try peekKind() {
        case .text: _ = try scanText()
        case .number: _ = try scanNumber()
        case .null: try scanWord("null")
        case .boolean:
            try scanWord(bytes.byte(at: position) == UInt8(ascii: "t") ? "true" : "false")
        case .object:
            guard try beginsFilled(&nest, isObject: true) else { return false }
            _ = try scanName()
            return true
        case .array: return try beginsFilled(&nest, isObject: false)
        }
        return false
    }

    private mutating func beginsFilled(
        _ nest: inout Nest, isObject: Bool
    ) throws(JSONError) -> Bool {
        guard nest.hasRoom else { throw JSONError(.tooDeep, at: position) }
        position &+= 1
        if try firstByte() == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            position &+= 1
            return false
        }
        nest.push(isObject: isObject)
        return true
    }

    /// After a value: passes over a comma up to the next value, or over the end of the innermost
    /// container; answers whether it was the end.
    private mutating func closes(_ nest: inout Nest) throws(JSONError) -> Bool {
        let byte = try firstByte()
        if byte == ASCII.comma {
            position &+= 1
            if nest.isInObject { _ = try scanName() }
            return false
        }
        guard byte == (nest.isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
            throw unexpected()
        }
        position &+= 1
        nest.pop()
        return true
    }

    // MARK: Tokens

    /// Passes over white space; the byte that comes then, which is not consumed.
    @inline(__always)
    private mutating func firstByte() throws(JSONError) -> UInt8 {
        skipWhitespace()
        guard position < bytes.byteCount else { throw JSONError(.unexpectedEnd, at: position) }
        return bytes.byte(at: position)
    }

    private func unexpected() -> JSONError {
        let isMark = position == 0 && bytes.byte(at: 0) == 0xEF
        return JSONError(isMark ? .byteOrderMark : .unexpectedByte, at: position)
    }

    private mutating func scanWord(_ word: StaticString) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard position < bytes.byteCount else { throw JSONError(.unexpectedEnd, at: position) }
            guard bytes.byte(at: position) == word.utf8Start[index] else { throw unexpected() }
            position &+= 1
        }
    }

    /// Passes over a number (RFC 8259, section 6); answers whether it has neither fraction nor
    /// exponent.
    private mutating func scanNumber() throws(JSONError) -> Bool {
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
    private mutating func scanText() throws(JSONError) -> JSONText {
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

    /// Checks the escape whose backslash stands at `offset`; answers where it ends.
    private func scanEscape(at offset: Int) throws(JSONError) -> Int {
        guard offset &+ 1 < bytes.byteCount else {
            throw JSONError(.unexpectedEnd, at: bytes.byteCount)
        }
        switch bytes.byte(at: offset &+ 1) {
        case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return offset &+ 2
        case UInt8(ascii: "u"):
            for index in 2..<6 {
                guard offset &+ index < bytes.byteCount else {
                    throw JSONError(.unexpectedEnd, at: bytes.byteCount)
                }
                guard bytes.byte(at: offset &+ index).hexValue != nil else {
                    throw JSONError(.malformedEscape, at: offset)
                }
            }
            return offset &+ 6
        default: throw JSONError(.malformedEscape, at: offset)
        }
    }
}

/// The containers open inside a value that is being passed over, a bit each: 1 for an object.
private struct Nest {
    private var kinds: UInt128 = 0
    private var count = 0
    private let room: Int

    init(depthBelow: Int) {
        room = JSONReader.maxDepth - depthBelow
    }

    var isEmpty: Bool { count == 0 }
    var hasRoom: Bool { count < room }
    var isInObject: Bool { kinds & 1 == 1 }

    mutating func push(isObject: Bool) {
        kinds = kinds &<< 1 | (isObject ? 1 : 0)
        count &+= 1
    }

    mutating func pop() {
        kinds = kinds &>> 1
        count &-= 1
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

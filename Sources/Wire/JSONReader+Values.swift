/// Reading single values, of the kind asked for or of any.
extension JSONReader {
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
    /// else byte for byte. Nothing is appended if it is malformed, or holds half of a surrogate
    /// pair (`loneSurrogate`, with the reader behind the value).
    package mutating func copyValueCompact(into output: inout ByteBuffer) throws(JSONError) {
        skipWhitespace()
        let start = position
        let blanksBefore = blanks
        loneSurrogate = nil
        try scanValue()
        if let loneSurrogate { throw JSONError(.loneSurrogate, at: loneSurrogate) }
        let value = bytes.extracting(start..<position)
        if blanks == blanksBefore {
            output.append(value)
        } else {
            output.appendCompact(validJSON: value)
        }
    }

    /// The well-formed value where the reader stands is not of the kind asked for: passes over it.
    mutating func mismatch(_ reason: JSONError.Reason) throws(JSONError) -> JSONError {
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

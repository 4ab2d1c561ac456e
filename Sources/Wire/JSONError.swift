/// Why bytes could not be read as the JSON that was asked for.
package struct JSONError: Error, Equatable, Sendable, BitwiseCopyable {
    package enum Reason: UInt8, Sendable, BitwiseCopyable {
        case unexpectedEnd, unexpectedByte, byteOrderMark, trailingBytes
        case malformedNumber, controlCharacter, malformedEscape, malformedUTF8
        case tooDeep
        // From here on the text is well-formed, but not what was asked for.
        case loneSurrogate
        case notAnObject, notAnArray, notAText, notAnInteger, notABoolean, notNull
        case integerOutOfRange
    }

    package let reason: Reason
    /// The byte at which it shows, counted from the reader's first; for a value of the wrong kind
    /// its first byte.
    package let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// Whether the bytes are no JSON at all, so that nothing after the place is known. Otherwise
    /// the reader stands behind the value, and reading can go on.
    package var isMalformed: Bool { reason.rawValue < Reason.loneSurrogate.rawValue }

    /// What is wrong, for the sender; a predicate where the value itself is meant.
    package var text: StaticString {
        switch reason {
        case .unexpectedEnd: "the JSON text ends too early"
        case .unexpectedByte: "a character stands where JSON does not allow it"
        case .byteOrderMark: "a byte order mark stands before the JSON text: leave it out"
        case .trailingBytes: "something follows the end of the JSON text"
        case .malformedNumber: "a number is malformed"
        case .controlCharacter: "a string holds a control character: escape it"
        case .malformedEscape: "a string holds an escape that JSON does not know"
        case .malformedUTF8: "a string is not UTF-8"
        case .tooDeep: "arrays and objects are nested deeper than 128 levels"
        case .loneSurrogate: "must not hold half of a surrogate pair"
        case .notAnObject: "must be an object"
        case .notAnArray: "must be an array"
        case .notAText: "must be a string"
        case .notAnInteger: "must be an integer"
        case .notABoolean: "must be true or false"
        case .notNull: "must be null"
        case .integerOutOfRange: "must be an integer that fits into 64 bits"
        }
    }
}

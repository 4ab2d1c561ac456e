// Unsafe only in name: `RawSpan.unsafeLoad` checks its bounds, "unsafe" says that any bits are
// taken for the type asked, and integers have no bad bits. The pointer of a StaticString is read
// within its own count. All loads of the parsers go through here.

/// Reading, searching and comparing bytes where they lie.
extension RawSpan {
    /// The byte at `offset`, which must lie inside.
    @inline(__always)
    @usableFromInline
    func byte(at offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes from `offset` on, the first of them lowest.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The part that `range` names, counted from this span's start.
    @inlinable
    @_lifetime(copy self)
    package func extracting(_ range: ByteRange) -> RawSpan {
        extracting(range.range)
    }

    /// Whether the bytes from `offset` on are those of `name`, a lower-case name of at least four
    /// letters and hyphens, in whatever case; for bytes known to be tokens of that length.
    ///
    /// One bit folds the case: of all token bytes only the letter itself becomes that letter, and
    /// only the hyphen a hyphen.
    @inline(__always)
    func hasToken(_ name: StaticString, at offset: Int) -> Bool {
        let count = name.utf8CodeUnitCount
        let expected = UnsafeRawPointer(name.utf8Start)
        // Steps of one width, of which the last overlaps the one before.
        if count >= 8 {
            var index = 0
            while true {
                let word = unsafeLoadUnaligned(fromByteOffset: offset &+ index, as: UInt64.self)
                guard
                    word | .repeating(0x20)
                        == expected.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                else { return false }
                if index &+ 8 == count { return true }
                index = min(index &+ 8, count &- 8)
            }
        }
        precondition(count >= 4)
        let first = unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let last = unsafeLoadUnaligned(fromByteOffset: offset &+ count &- 4, as: UInt32.self)
        return first | 0x2020_2020 == expected.loadUnaligned(as: UInt32.self)
            && last | 0x2020_2020
                == expected.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
    }

    /// Whether the bytes from `offset` on, at least as many as those of `text`, are the same.
    @inline(__always)
    func isExactly(_ text: StaticString, at offset: Int) -> Bool {
        let expected = text.utf8Start
        for index in 0..<text.utf8CodeUnitCount where byte(at: offset &+ index) != expected[index] {
            return false
        }
        return true
    }

    /// The number that the digits in `range` make; nil if there are none, if anything else stands
    /// there, or if it does not fit.
    func decimal(in range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        var value = 0
        for position in range {
            let byte = byte(at: position)
            guard byte.isDigit else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = product.addingReportingOverflow(Int(byte &- ASCII.zero))
            guard !tooLarge, !overflows else { return nil }
            value = sum
        }
        return value
    }

    /// Whether `range` holds `text`, where the case of ASCII letters does not count. `text` is
    /// written in lower case.
    package func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let expected = text.utf8Start
        for index in 0..<range.count
        where byte(at: range.lowerBound + index).lowercased != expected[index] {
            return false
        }
        return true
    }

    /// The text in `range`, which is known to be UTF-8 (what is not would be replaced).
    package func text(in range: Range<Int>) -> String {
        extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The first byte from `start` on that is a control character (below 0x20, or DEL); `end` if
    /// there is none before it.
    func firstControl(from start: Int, to end: Int) -> Int {
        var position = start
        while position &+ 8 <= end {
            let word = word(at: position)
            let marks = word.bytesBelow(0x20) | word.bytesEqual(to: ASCII.delete)
            if marks != 0 { return position &+ marks.bytesBeforeLowestMark }
            position &+= 8
        }
        while position < end {
            let byte = byte(at: position)
            if byte < 0x20 || byte == ASCII.delete { return position }
            position &+= 1
        }
        return end
    }

    /// `range` without the blanks (space, tab) at its ends: what RFC 9110 calls OWS.
    func trimmingBlanks(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, byte(at: lower).isBlank { lower &+= 1 }
        while upper > lower, byte(at: upper &- 1).isBlank { upper &-= 1 }
        return lower..<upper
    }

    /// How long the well-formed UTF-8 sequence of a character beyond ASCII at `offset` is: 2 to 4,
    /// or 0 if it is not one (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF).
    func lengthOfUTF8Sequence(at offset: Int) -> Int {
        let room = byteCount &- offset
        let first = byte(at: offset)
        if first < 0xE0 {
            return first >= 0xC2 && room >= 2 && isContinuation(offset &+ 1) ? 2 : 0
        }
        if first < 0xF0 {
            guard room >= 3, isContinuation(offset &+ 2) else { return 0 }
            let low: UInt8 = first == 0xE0 ? 0xA0 : 0x80
            let high: UInt8 = first == 0xED ? 0x9F : 0xBF
            return (low...high).contains(byte(at: offset &+ 1)) ? 3 : 0
        }
        guard first <= 0xF4, room >= 4, isContinuation(offset &+ 2), isContinuation(offset &+ 3)
        else { return 0 }
        let low: UInt8 = first == 0xF0 ? 0x90 : 0x80
        let high: UInt8 = first == 0xF4 ? 0x8F : 0xBF
        return (low...high).contains(byte(at: offset &+ 1)) ? 4 : 0
    }

    @inline(__always)
    private func isContinuation(_ offset: Int) -> Bool { byte(at: offset) & 0xC0 == 0x80 }
}

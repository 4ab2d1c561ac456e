/// Entity tags in conditional requests (RFC 9110, sections 8.8.3 and 13.1.2).
package enum EntityTags {
    /// Whether the value of `If-None-Match` lists `tag`, which is written with its quotes, or is
    /// `*`. Compared weakly: a `W/` before a listed tag does not count. A malformed rest of the
    /// list matches nothing.
    package static func list(_ value: RawSpan, contains tag: RawSpan) -> Bool {
        let whole = value.trimmingBlanks(0..<value.byteCount)
        if value.equals("*", in: whole) { return true }
        var position = whole.lowerBound
        while position < whole.upperBound {
            let byte = value.byte(at: position)
            if byte == ASCII.comma || byte.isBlank {
                position += 1
                continue
            }
            guard let listed = opaqueTag(in: value, position..<whole.upperBound) else {
                return false
            }
            if value.extracting(listed).hasSameBytes(as: tag) { return true }
            position = listed.upperBound
        }
        return false
    }

    /// The tag that begins `range`, from quote to quote; nil if none does.
    private static func opaqueTag(in value: RawSpan, _ range: Range<Int>) -> Range<Int>? {
        var start = range.lowerBound
        if range.count > 2 && value.isExactly("W/", at: start) { start += 2 }
        guard value.byte(at: start) == ASCII.quote else { return nil }
        var end = start + 1
        while end < range.upperBound, value.byte(at: end) != ASCII.quote { end += 1 }
        return end < range.upperBound ? start..<end + 1 : nil
    }
}

extension RawSpan {
    /// Whether both hold the same bytes.
    package func hasSameBytes(as other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        for offset in 0..<byteCount where byte(at: offset) != other.byte(at: offset) {
            return false
        }
        return true
    }
}

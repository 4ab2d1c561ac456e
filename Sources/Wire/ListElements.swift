/// The elements of a field value that is a list (RFC 9110, section 5.6.1): what stands between
/// commas, without the blanks around it. Empty elements are given too.
///
/// Not for lists whose elements may hold quoted commas.
struct ListElements {
    private var position: Int
    private let end: Int

    init(_ value: Range<Int>) {
        position = value.lowerBound
        end = value.upperBound
    }

    /// The next element, or nil after the last.
    mutating func next(in bytes: RawSpan) -> Range<Int>? {
        guard position <= end else { return nil }
        var comma = position
        while comma < end, bytes.byte(at: comma) != ASCII.comma { comma &+= 1 }
        defer { position = comma &+ 1 }
        return bytes.trimmingBlanks(position..<comma)
    }
}

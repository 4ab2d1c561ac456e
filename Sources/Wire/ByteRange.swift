/// A stretch of bytes inside a larger one: where it begins and how long it is.
///
/// Trivial and eight bytes wide, so that a parsed request or JSON text names its parts without
/// copying them. What the offset counts from is said by whoever hands the range out.
@usableFromInline
package struct ByteRange: Equatable, Sendable, BitwiseCopyable {
    @usableFromInline package var offset: UInt32
    @usableFromInline package var length: UInt32

    @inlinable
    package init(offset: Int, length: Int) {
        self.offset = UInt32(offset)
        self.length = UInt32(length)
    }

    @inlinable
    package init(_ range: Range<Int>) {
        self.init(offset: range.lowerBound, length: range.count)
    }

    /// The range of something that is not there. Offset 0 is never a field's value (a request's
    /// method stands there), so it can say so.
    @inlinable
    package static var none: ByteRange { ByteRange(offset: 0, length: 0) }

    /// Whether there is something, even if it is empty.
    @inlinable
    package var isPresent: Bool { offset != 0 || length != 0 }

    @inlinable
    package var isEmpty: Bool { length == 0 }

    @inlinable
    package var range: Range<Int> { Int(offset)..<Int(offset) + Int(length) }
}

/// When the writer deletes the next slice of the garbage that lies below the border.
///
/// A slice a millisecond at most: publishes come first, and half of the disk's time and more is
/// left to them. Times are nanoseconds of the monotonic clock. Used by the writer's thread alone.
package struct TrimPace {
    private static let slice: UInt64 = 1_000_000
    /// A reader still looks at what lies there: a tick of a loop is over in that time.
    private static let reader: UInt64 = 10_000_000
    /// After a failure, and so how often the log can tell of one.
    private static let failure: UInt64 = 1_000_000_000

    /// When the next slice is due; nil: nothing is left, as far as is known.
    private var next: UInt64?

    /// - Parameter next: a start looks at once for what a crash has left.
    package init(startingAt next: UInt64 = 0) {
        self.next = next
    }

    package func isDue(_ now: UInt64) -> Bool { next.map { now >= $0 } ?? false }

    /// Whether something may be left.
    package var isPending: Bool { next != nil }

    /// Notes that the border, or the archive's beginning, has moved.
    package mutating func moved(_ now: UInt64) {
        if next == nil { next = now }
    }

    /// Notes what a slice found.
    ///
    /// - Parameters:
    ///   - rows: rows it saw to; none with `isLeft`: a reader is in the way.
    ///   - isLeft: whether garbage is left.
    package mutating func trimmed(rows: Int, isLeft: Bool, _ now: UInt64) {
        next = rows > 0 ? now + Self.slice : isLeft ? now + Self.reader : nil
    }

    package mutating func failed(_ now: UInt64) {
        next = now + Self.failure
    }
}

/// How often the writer saves rows that are newer in memory than on disk, and that no commit has
/// taken along; and so how often a store that failed is asked again.
///
/// Times are nanoseconds of the monotonic clock. Used by the writer's thread alone.
package struct FlushPace {
    /// Rows saved in one transaction, so that no publish waits for thousands of them.
    package static let rows = 100
    private static let nanoseconds: UInt64 = 1_000_000_000

    private var last: UInt64 = 0

    package init() {}

    package func isDue(_ now: UInt64) -> Bool { now - last >= Self.nanoseconds }

    /// Notes that so many rows were taken to be saved. Where there are more, the next round goes on
    /// with them.
    package mutating func took(rows: Int, _ now: UInt64) {
        if rows < Self.rows { last = now }
    }

    /// Notes that the transaction failed: the store is not asked again at once, however many rows
    /// are left.
    package mutating func failed(_ now: UInt64) {
        last = now
    }
}

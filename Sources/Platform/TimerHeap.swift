/// Deadlines, the earliest first: a binary heap.
///
/// Nothing is ever taken out of the middle. A connection whose deadline moved on is asked when the
/// old one expires, and then puts in the new one: one entry per connection, instead of a change
/// with every request.
package struct TimerHeap: Sendable {
    /// One deadline.
    package struct Entry: Equatable, Sendable {
        /// Nanoseconds of `MonotonicClock`.
        package let deadline: UInt64

        /// Whom it concerns; may have become stale.
        package let token: Token

        @inlinable
        package init(deadline: UInt64, token: Token) {
            self.deadline = deadline
            self.token = token
        }
    }

    /// Parent of `i` is `(i - 1) / 2`, and never later than its children.
    @usableFromInline var entries: ContiguousArray<Entry> = []

    @inlinable
    package init(capacity: Int = 0) {
        entries.reserveCapacity(capacity)
    }

    @inlinable package var count: Int { entries.count }
    @inlinable package var isEmpty: Bool { entries.isEmpty }

    /// When the next one expires, `nil` when there is none.
    @inlinable
    package var nextDeadline: UInt64? { entries.first?.deadline }

    /// Adds a deadline, in nanoseconds of `MonotonicClock`. O(log n).
    @inlinable
    package mutating func insert(deadline: UInt64, token: Token) {
        let entry = Entry(deadline: deadline, token: token)
        entries.append(entry)
        var hole = entries.count - 1
        while hole > 0 {
            let parent = (hole - 1) / 2
            if entries[parent].deadline <= deadline { break }
            entries[hole] = entries[parent]
            hole = parent
        }
        entries[hole] = entry
    }

    /// Takes out the earliest entry whose deadline is `now` or before. O(log n).
    @inlinable
    package mutating func popExpired(now: UInt64) -> Entry? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty { sink(last) }
        return first
    }

    /// Lets `entry` sink from the top to where no child is earlier.
    @inlinable
    mutating func sink(_ entry: Entry) {
        var hole = 0
        while true {
            var child = 2 * hole + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].deadline < entries[child].deadline {
                child += 1
            }
            if entry.deadline <= entries[child].deadline { break }
            entries[hole] = entries[child]
            hole = child
        }
        entries[hole] = entry
    }
}

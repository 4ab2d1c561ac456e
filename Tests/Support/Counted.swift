import Platform

/// Counts, on many threads, up to a total.
package final class Counted: Sendable {
    private let total: Int
    private let count = Locked(0)

    package init(total: Int) {
        self.total = total
    }

    package func add(_ number: Int) { count.withLock { $0 += number } }

    package var value: Int { count.withLock { $0 } }
    package var isDone: Bool { value >= total }
}

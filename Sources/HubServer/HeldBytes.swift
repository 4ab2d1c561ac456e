import Hub
import Synchronization

/// Bytes that the connections of one loop hold, against the loop's share of what the hub may hold.
///
/// Only the loop's thread adds; `/metrics` reads what it shows.
struct HeldBytes {
    private(set) var count = 0
    let share: Int
    private let shown: Metrics.Count

    /// - Parameters:
    ///   - total: bytes that all loops may hold.
    ///   - shown: where other threads read the count.
    init(of total: Int, loops: Int, shown: Metrics.Count) {
        share = max(total / loops, Limits.leastShare)
        self.shown = shown
    }

    /// Whether the share is used up.
    var isFull: Bool { count >= share }

    /// Whether so many more would use it up.
    func isFull(with more: Int) -> Bool { count + more >= share }

    mutating func change(by difference: Int) {
        count += difference
        shown.value.store(count, ordering: .relaxed)
    }
}

/// What the hub has done since its start, at one moment: for rates, which are differences.
struct Tally {
    /// Messages stored, handed out to warehouses, and done by them.
    var published: Int64
    var handedOut: Int64
    var committed: Int64
    /// Monotonic nanoseconds.
    var now: UInt64

    init(_ metrics: Metrics, committed: Int64, now: UInt64) {
        published = Int64(metrics.total(.published))
        handedOut = Int64(metrics.total(.handedOut))
        self.committed = committed
        self.now = now
    }

    /// At the hub's start.
    init(start now: UInt64) {
        (published, handedOut, committed) = (0, 0, 0)
        self.now = now
    }

    /// Milliseconds since `earlier`.
    func milliseconds(since earlier: Tally) -> Int64 { Int64((now - earlier.now) / 1_000_000) }
}

/// What the hub was, and what it did, over a short while: one point of its charts.
///
/// What it did is kept as counts of that while, not as counters since the start: so a restart
/// leaves no mark, and samples add up to coarser ones without loss.
package struct Sample: Equatable, Sendable {
    /// Milliseconds since 1970 when the while ended.
    package var at: Int64
    /// Milliseconds that it took, of the monotonic clock.
    package var span: Int64

    // Over the while.

    /// Messages stored.
    package var published: Int64 = 0
    /// Messages handed out to warehouses.
    package var handedOut: Int64 = 0
    /// Messages that warehouses got done.
    package var committed: Int64 = 0
    /// Messages that all warehouses together lacked, at most.
    package var lagMessages: Int64 = 0
    /// Seconds since the oldest of them was created, at most.
    package var lagSeconds: Int64 = 0

    // At its end.

    /// The newest index.
    package var head: Int64 = 0
    /// Bytes of the store's pages in use.
    package var storeBytes: Int64 = 0
    /// Bytes of the archive's frames.
    package var archiveBytes: Int64 = 0
    /// Bytes of room on the fuller of the disks of data and archive.
    package var freeBytes: Int64 = 0

    package init(at: Int64, span: Int64) {
        self.at = at
        self.span = span
    }

    /// Goes on until the end of `later`.
    package mutating func add(_ later: Sample) {
        published += later.published
        handedOut += later.handedOut
        committed += later.committed
        lagMessages = max(lagMessages, later.lagMessages)
        lagSeconds = max(lagSeconds, later.lagSeconds)
        span += later.span
        at = later.at
        head = later.head
        storeBytes = later.storeBytes
        archiveBytes = later.archiveBytes
        freeBytes = later.freeBytes
    }

    /// One sample of the same time as all of `samples`, which are in their order; nil: of none.
    package static func sum(_ samples: some Sequence<Sample>) -> Sample? {
        var sum: Sample?
        for sample in samples {
            if sum == nil { sum = sample } else { sum!.add(sample) }
        }
        return sum
    }

    /// How finely the history is kept.
    package enum Grain: Int64, Sendable, CaseIterable {
        /// As they were taken, every ten seconds.
        case fine = 0
        /// A minute each.
        case coarse = 1

        /// Milliseconds after which they go.
        package var kept: Int64 {
            switch self {
            case .fine: 3 * 3_600_000
            case .coarse: 8 * 86_400_000
            }
        }
    }
}

/// A store that keeps the hub's history of itself.
package protocol SampleStore {
    /// Begins a transaction that has no sync of its own: it is on disk with the next that has.
    mutating func beginUnsynced() throws(StoreFailure)
    /// Seconds since 1970 before which no history of positions is kept, wherever the border is: the
    /// next `trim` lets it go.
    var historyFloor: Int64 { get set }
    /// Keeps samples, and deletes those whose time is over, within the open transaction.
    mutating func keep(_ samples: [Sample], _ grain: Sample.Grain) throws(StoreFailure)
}

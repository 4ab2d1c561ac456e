import Archive
import Hub
import HubSQLite
import Platform

/// Looks at all warehouses, a slice at a time, and remembers of each what does not change between
/// two looks: so a fleet that stands still costs no reads. Used on one thread.
final class FleetLook {
    /// What all warehouses come to.
    struct Totals {
        /// Messages that they lack, together.
        var lagMessages: Int64 = 0
        /// Seconds since the oldest of these was created.
        var lagSeconds: Int64 = 0
        /// The same of those at work alone.
        var lagSecondsAtWork: Int64 = 0
        /// Messages that they got done since the hub's start.
        var done: Int64 = 0
        /// How many are in which state.
        var states: [String: Int] = [:]
    }

    /// How far a position is, which stays true as long as it is not moved.
    private struct Known {
        let committed: Int64
        /// Messages of the line at or below it.
        let ordinal: Int64
        /// When the next message was created: milliseconds since 1970.
        let created: Int64
    }

    private let hub: HubState
    private let reader: SQLiteReader
    private let archived: ArchivedLines
    private let epoch: ReaderEpochs.Reader
    private var known: [UInt32: Known] = [:]
    private var pruned: Int64
    private var archiveLooks = 0

    /// Warehouses looked at within one epoch, so that nothing waits for this thread.
    private static let slice = 100
    /// Positions looked up in the archive in one look, each by unpacking a frame or two; of the
    /// others the border tells enough until the next look.
    private static let archiveLooks = 20

    /// - Parameter epoch: this thread's place among the readers.
    init(hub: HubState, reader: SQLiteReader, epoch: ReaderEpochs.Reader) {
        self.hub = hub
        self.reader = reader
        self.epoch = epoch
        archived = ArchivedLines(
            reader: reader, archive: ArchiveReader(folder: hub.configuration.archive),
            topics: KnownTopics(hub.topics))
        pruned = hub.lines.pruned
    }

    /// Shows every warehouse as it is now, by rising wid; adds them up.
    func all(_ visit: (WarehouseSight) -> Void) -> Totals {
        if pruned != hub.lines.pruned {
            pruned = hub.lines.pruned
            known.removeAll(keepingCapacity: true)
        }
        archiveLooks = 0
        var totals = Totals()
        var after: UInt32?
        while true {
            let warehouses = hub.warehouses.list(after: after, limit: Self.slice)
            epoch.reading {
                for warehouse in warehouses {
                    let sight = sight(of: warehouse)
                    totals.add(sight)
                    visit(sight)
                }
            }
            after = warehouses.last?.wid
            if warehouses.count < Self.slice { break }
        }
        if archiveLooks == 0 { archived.archive.removeAll() }
        return totals
    }

    private func sight(of warehouse: Warehouse) -> WarehouseSight {
        let line = hub.lines.line(of: warehouse.wid)
        return WarehouseSight(
            warehouse, line: line, lag: lag(of: warehouse, line),
            position: PositionState(
                line, committed: warehouse.committed,
                leavingThrough: hub.metrics.archive.leavingThrough),
            now: MonotonicClock.now(), wall: hub.clock.nowMilliseconds())
    }

    private func lag(of warehouse: Warehouse, _ line: Line) -> WarehouseSight.Lag {
        guard !warehouse.isRetired else { return .none }
        let wid = warehouse.wid
        if let known = known[wid], known.committed == warehouse.committed {
            return lag(line.count - known.ordinal, known.created)
        }
        guard let found = find(line, after: warehouse.committed) else {
            known[wid] = nil
            return .none
        }
        // Where the archive could not be asked, the next look asks again.
        if let exact = found.exact { known[wid] = exact }
        return lag(line.count - found.ordinal, found.created)
    }

    private func lag(_ messages: Int64, _ created: Int64) -> WarehouseSight.Lag {
        let age = max(0, hub.clock.nowMilliseconds() - created) / 1000
        return messages > 0 ? WarehouseSight.Lag(messages: messages, seconds: age) : .none
    }

    private struct Found {
        let ordinal: Int64
        let created: Int64
        let exact: Known?
    }

    /// Nil: there is nothing behind `committed`.
    private func find(_ line: Line, after committed: Int64) -> Found? {
        let ordinal = line.ordinal(through: committed)
        // At least this much is left, and if it is archived, at least so old.
        let age = line.border > 0 ? hub.lines.borderTime : hub.clock.nowMilliseconds()
        let guess = Found(ordinal: ordinal, created: age, exact: nil)
        if line.isArchived(after: committed) {
            guard archiveLooks < Self.archiveLooks else { return guess }
            archiveLooks += 1
            return (try? archivedPosition(line, committed)) ?? guess
        }
        guard let next = line.first(after: committed) else { return nil }
        guard let created = try? created(of: next) else { return guess }
        let exact = Known(committed: committed, ordinal: ordinal, created: created)
        return Found(ordinal: ordinal, created: created, exact: exact)
    }

    private func archivedPosition(
        _ line: Line, _ committed: Int64
    ) throws(ReadFailure) -> Found? {
        let ordinal = try archived.ordinal(of: line, through: committed)
        guard let created = try archived.firstCreated(of: line, after: committed) else {
            return nil
        }
        let exact = Known(committed: committed, ordinal: ordinal, created: created)
        return Found(ordinal: ordinal, created: created, exact: exact)
    }

    private func created(of index: Int64) throws(StoreFailure) -> Int64 {
        var created: Int64 = 0
        try reader.rows(at: [index]) { row in
            created = row.created
            return false
        }
        return created
    }
}

extension FleetLook.Totals {
    fileprivate mutating func add(_ sight: WarehouseSight) {
        lagMessages += sight.lag.messages
        lagSeconds = max(lagSeconds, sight.lag.seconds)
        if sight.warehouse.isAtWork { lagSecondsAtWork = max(lagSecondsAtWork, sight.lag.seconds) }
        done += sight.warehouse.rate.done
        states[sight.state, default: 0] += 1
    }
}

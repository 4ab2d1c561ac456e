import Hub
import HubSQLite
import Platform

/// Tells of warehouses whose next message leaves the store, before it does: once each, in the log,
/// and as a count. A pull goes on out of the archive, but slower, and only as long as that is kept.
struct PositionWatch {
    private let hub: HubState
    private let reader: SQLiteReader
    private let epoch: ReaderEpochs.Reader
    /// Those whose next message is not far from leaving, or has left.
    private var known: [UInt32: PositionState] = [:]
    private var next: UInt64 = 0

    /// Warehouses looked at within one epoch, so that nothing waits for this thread.
    private static let slice = 100
    /// Changes told in the log in one look; the others are only counted.
    private static let told = 20
    /// A look takes this share of the time at most: with a hundred thousand warehouses it comes
    /// less often.
    private static let share: UInt64 = 50

    init(hub: HubState, reader: SQLiteReader) {
        self.hub = hub
        self.reader = reader
        epoch = hub.epochs.readers[hub.configuration.loops + 2]
    }

    mutating func look(_ now: UInt64) {
        guard now >= next else { return }
        do throws(StoreFailure) {
            hub.metrics.archive.leavingThrough = try leavingThrough()
        } catch {
            // Those whose business is the store tell of it.
            return
        }
        lookAtAll()
        next = now + (MonotonicClock.now() - now) * Self.share
    }

    /// The newest message in the last fifth of its time, or of the store's bytes.
    private func leavingThrough() throws(StoreFailure) -> Int64 {
        let retention = hub.configuration.retention
        let (border, head) = (hub.lines.border, hub.lines.head)
        guard head > border else { return border }
        let cutoff = retention.leavingCutoff(wall: hub.clock.nowMilliseconds())
        let byAge = try reader.lastIndex(before: cutoff, above: border, head: head)
        guard let size = try hub.size(of: reader), let safe = retention.safe(of: size) else {
            return byAge
        }
        return max(byAge, head - safe)
    }

    private mutating func lookAtAll() {
        var found: [UInt32: PositionState] = [:]
        var after: UInt32?
        var changes = 0
        while true {
            let warehouses = hub.warehouses.list(after: after, limit: Self.slice)
            epoch.reading {
                for warehouse in warehouses where warehouse.hasStarted && !warehouse.isRetired {
                    let state = PositionState(
                        hub.lines.line(of: warehouse.wid), committed: warehouse.committed,
                        leavingThrough: hub.metrics.archive.leavingThrough)
                    if state != .stored { found[warehouse.wid] = state }
                    guard state != known[warehouse.wid] ?? .stored else { continue }
                    changes += 1
                    if changes <= Self.told { tell(warehouse, state) }
                }
            }
            after = warehouses.last?.wid
            if warehouses.count < Self.slice { break }
        }
        if changes > Self.told {
            hub.log.warning("the same goes for \(changes - Self.told) warehouses more")
        }
        known = found
        let archived = found.count { $0.value == .archived }
        hub.metrics.archive.note(leaving: found.count - archived, archived: archived)
    }

    private func tell(_ warehouse: Warehouse, _ state: PositionState) {
        let name = "warehouse \(warehouse.wid), which has committed up to \(warehouse.committed),"
        switch state {
        case .stored:
            hub.log.info("\(name) needs nothing any more that leaves the store")
        case .leaving:
            hub.log.warning("\(name) needs messages that leave the store soon for the archive")
        case .archived:
            hub.log.warning("\(name) needs messages that are in the archive: it pulls from there")
        }
    }
}

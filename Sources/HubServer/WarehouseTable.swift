package import Hub
import Platform

/// The warehouses as all threads see them: one lock, held for some hundred nanoseconds.
///
/// Loops admit pulls and note what they handed out; the writer puts in place what is on disk.
package final class WarehouseTable: Sendable {
    private struct Rows {
        var places: [UInt32: Int] = [:]
        var rows: [Warehouse] = []
        /// Rows whose `delivered` or last pull is newer than on disk.
        var dirty: [Int] = []
        var isDirty: [Bool] = []
        /// All wids, rising, for lists.
        var wids: [UInt32] = []
        var letters = LetterTotals()

        mutating func add(_ warehouse: Warehouse) {
            wids.insert(warehouse.wid, at: firstWid(above: warehouse.wid))
            places[warehouse.wid] = rows.count
            letters.add(warehouse)
            rows.append(warehouse)
            isDirty.append(false)
        }

        /// The place in `wids` of the first one above `wid`.
        func firstWid(above wid: UInt32) -> Int {
            var (low, high) = (0, wids.count)
            while low < high {
                let middle = (low + high) / 2
                if wids[middle] <= wid { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private let rows: Locked<Rows>

    /// The table at the start: nobody has called yet, so a holder keeps its lease as if it just
    /// had.
    init(_ warehouses: [Warehouse], now: UInt64) {
        var rows = Rows()
        for var warehouse in warehouses {
            warehouse.renewLease(now)
            rows.add(warehouse)
        }
        self.rows = Locked(rows)
    }

    /// How many there are.
    package var count: Int { rows.withLock { $0.rows.count } }

    /// What the dead letters of all warehouses come to.
    var letters: LetterTotals { rows.withLock(\.letters) }

    /// The warehouse as it is now.
    package subscript(wid: UInt32) -> Warehouse? {
        rows.withLock { rows in rows.places[wid].map { rows.rows[$0] } }
    }

    /// Runs `body` on the row itself; nil goes in when nobody knows `wid`.
    ///
    /// - Parameter noting: the row is newer than on disk afterwards.
    func with<Result: Sendable>(
        _ wid: UInt32, noting: Bool = false, _ body: (inout Warehouse?) -> Result
    ) -> Result {
        rows.withLock { rows in
            guard let place = rows.places[wid] else {
                var none: Warehouse?
                return body(&none)
            }
            var row: Warehouse? = rows.rows[place]
            let result = body(&row)
            rows.rows[place] = row!
            if noting, !rows.isDirty[place] {
                rows.isDirty[place] = true
                rows.dirty.append(place)
            }
            return result
        }
    }

    /// Puts rows in place that the writer has on disk.
    ///
    /// - Parameter ordinal: how many messages of a line are at or below an index: for the rate.
    /// - Returns: those whose waiting pulls must look again.
    func install(
        _ changed: [Warehouse], ordinal: (_ wid: UInt32, _ index: Int64) -> Int64
    ) -> [UInt32] {
        let now = MonotonicClock.now()
        var toldOf: [UInt32] = []
        for warehouse in changed {
            let counted = ordinal(warehouse.wid, warehouse.committed)
            rows.withLock { rows in
                if let place = rows.places[warehouse.wid] {
                    if rows.rows[place].rate.isFresh {
                        let before = rows.rows[place].committed
                        rows.rows[place].rate.begin(at: ordinal(warehouse.wid, before))
                    }
                    if rows.rows[place].endsWaiting(warehouse) { toldOf.append(warehouse.wid) }
                    rows.letters.remove(rows.rows[place])
                    rows.rows[place].install(warehouse)
                    rows.letters.add(rows.rows[place])
                } else {
                    rows.add(warehouse)
                }
                let place = rows.places[warehouse.wid]!
                let end = rows.rows[place].pageEnd
                let done = end?.index == warehouse.committed ? end!.ordinal : counted
                if rows.rows[place].wasSought {
                    rows.rows[place].rate.begin(at: done)
                } else {
                    rows.rows[place].rate.note(ordinal: done, now: now)
                }
            }
        }
        return toldOf
    }

    /// Some of the rows that are newer than on disk; the caller saves them.
    func takeDirty(atMost count: Int) -> [Warehouse] {
        rows.withLock { rows in
            let taken = Array(rows.dirty.prefix(count))
            rows.dirty.removeFirst(taken.count)
            return taken.map { place in
                rows.isDirty[place] = false
                return rows.rows[place]
            }
        }
    }

    /// The warehouses with the lowest numbers above `wid`, for lists; copied a hundred at a time,
    /// so that no loop waits for the lock.
    package func list(after wid: UInt32?, limit: Int) -> [Warehouse] {
        var listed: [Warehouse] = []
        while listed.count < limit {
            let more = slice(after: listed.last?.wid ?? wid, limit: min(100, limit - listed.count))
            listed += more
            if more.count < 100 { break }
        }
        return listed
    }

    private func slice(after wid: UInt32?, limit: Int) -> [Warehouse] {
        rows.withLock { rows in
            let first = wid.map { rows.firstWid(above: $0) } ?? 0
            return rows.wids[first...].prefix(limit).map { rows.rows[rows.places[$0]!] }
        }
    }

    /// Has rows be written again whose transaction failed.
    func noteUnsaved(_ warehouses: [Warehouse]) {
        for warehouse in warehouses { with(warehouse.wid, noting: true) { _ in } }
    }
}

/// Open dead letters, and orders that are not carried out yet, of all warehouses but the retired:
/// these leave the alarms.
struct LetterTotals: Sendable {
    private(set) var dead = 0
    private(set) var parked = 0
    private(set) var orders = 0

    mutating func add(_ warehouse: Warehouse) { count(warehouse, 1) }
    mutating func remove(_ warehouse: Warehouse) { count(warehouse, -1) }

    private mutating func count(_ warehouse: Warehouse, _ sign: Int) {
        guard let letters = warehouse.letters, !warehouse.isRetired else { return }
        dead += sign * letters.dead
        parked += sign * letters.parked
        orders += sign * letters.orders.count
    }
}

import Hub
import TestSupport

/// What must be true, kept in the plainest way beside the hub: the log as an array, and for each
/// warehouse what its changes, in the order of the commits, lead to.
struct Model {
    /// A warehouse as the contract has it.
    struct Row {
        var hasStarted = false
        var committed: Int64 = 0
        /// The end of what was handed out without a hole since `committed`.
        var delivered: Int64 = 0
        var holder: SessionName?
        /// Whom an operator took the lease from last.
        var takenFrom: SessionName?
        var isPaused = false
        /// Rises when what was handed out becomes void: seek, other holder, restart.
        var voids = 0
        var seeks = 0
        /// The stretches that `autocommit` gave away since the last seek, in whatever order their
        /// answers went out.
        var givenAway: [Range<Int64>] = []
    }

    let trace: Trace
    private(set) var log: [MessageCopy] = []
    private(set) var rows: [UInt32: Row] = [:]

    init(_ trace: Trace) {
        self.trace = trace
    }

    subscript(wid: UInt32) -> Row { rows[wid] ?? Row() }

    // MARK: The log

    /// Takes in what is on the disk behind what was there; it may only have grown, at its end.
    mutating func follow(_ disk: MemoryDisk, head: Int64) {
        trace.check(head >= Int64(log.count), "the log ends at \(head), it had \(log.count)")
        guard head > Int64(log.count) else { return }
        do throws(StoreFailure) {
            let reader = MemoryReader(disk)
            try reader.rows(at: Array(Int64(log.count) + 1...head)[...]) { row in
                append(MessageCopy(row))
                return true
            }
        } catch {
            trace.violate("a hole in the log: \(error)")
        }
    }

    private mutating func append(_ message: MessageCopy) {
        trace.check(message.index == Int64(log.count) + 1, "index \(message.index) is not dense")
        let last = log.last
        trace.check(message.created >= last?.created ?? 0, "created fell at \(message.index)")
        let nth = log.count { $0.wid == message.wid } + 1
        trace.check(message.nth == Int64(nth), "message \(message.index) is not the \(nth)th")
        log.append(message)
    }

    /// The line of `wid` above `from` and up to `next`.
    func line(_ wid: UInt32, from: Int64, next: Int64) -> [MessageCopy] {
        guard from < next, next <= Int64(log.count) else { return [] }
        return log[Int(from)..<Int(next)].filter { $0.wid == 0 || $0.wid == wid }
    }

    // MARK: Warehouses

    /// Takes in one change that is on disk. `trusts`: the hub has not seen a pull since its start.
    mutating func apply(
        _ wid: UInt32, _ change: Warehouse.Change, to changed: Warehouse, trusts: Bool
    ) {
        var row = self[wid]
        switch change {
        case .pull(let session, let takeOver, _, let commit, let start):
            settle(wid, &row, session, takeOver: takeOver, start: start)
            if let commit { self.commit(wid, &row, commit, trusts: trusts) }
        case .commit(let index, let session):
            trace.check(
                session == nil || row.holder == nil || session == row.holder,
                "wid \(wid): \(name(session)) commits, \(name(row.holder)) holds")
            commit(wid, &row, index, trusts: trusts)
        case .advance(let from, let to, let session, _):
            trace.check(
                session == nil || session == row.holder,
                "wid \(wid): \(name(session)) advances, \(name(row.holder)) holds")
            trace.check(row.committed == from, "wid \(wid): advances \(from), not \(row.committed)")
            trace.check(!row.isPaused, "wid \(wid): advances while paused")
            row.committed = to
            row.delivered = max(row.delivered, to)
        case .seek(let index):
            (row.committed, row.delivered, row.hasStarted) = (index, index, true)
            row.voids += 1
            row.seeks += 1
            row.givenAway = []
        case .pause(let paused):
            row.isPaused = paused
        case .takeOver:
            if let holder = row.holder, holder != .operator {
                (row.holder, row.delivered) = (.operator, row.committed)
                row.voids += 1
                row.takenFrom = holder
            }
        case .release, .retire, .describe:
            break
        }
        trace.check(
            changed.committed == row.committed,
            "wid \(wid): committed \(changed.committed), due \(row.committed), after \(change)")
        trace.check(
            changed.holder == row.holder,
            "wid \(wid): held by \(name(changed.holder)), due \(name(row.holder))")
        rows[wid] = row
    }

    private func settle(
        _ wid: UInt32, _ row: inout Row, _ session: SessionName?, takeOver: Bool, start: Int64
    ) {
        if !row.hasStarted {
            (row.committed, row.delivered, row.hasStarted) = (start, start, true)
        }
        guard !row.isPaused, let session, session != row.holder else { return }
        trace.check(
            takeOver || row.holder != .operator || session != row.takenFrom,
            "wid \(wid): \(name(session)) pulls on though an operator has taken over")
        row.holder = session
        row.delivered = row.committed
        row.voids += 1
    }

    private func commit(_ wid: UInt32, _ row: inout Row, _ index: Int64, trusts: Bool) {
        guard index > row.committed else { return }
        trace.check(
            trusts || index <= row.delivered,
            "wid \(wid): committed \(index), delivered \(row.delivered)")
        trace.check(index <= Int64(log.count), "wid \(wid): committed \(index) ahead of the head")
        row.committed = index
        row.delivered = max(row.delivered, index)
    }

    /// Notes a page that is being handed out, read when the row had `voids`.
    mutating func handOut(_ wid: UInt32, from: Int64, next: Int64, voids: Int) {
        guard voids == self[wid].voids, from <= self[wid].delivered else { return }
        rows[wid]!.delivered = max(rows[wid]!.delivered, next)
    }

    /// Notes a page that `autocommit` gives away, for good.
    mutating func giveAway(_ wid: UInt32, from: Int64, next: Int64, seeks: Int) {
        guard seeks == self[wid].seeks else { return }
        let page = from + 1..<next + 1
        trace.check(
            !self[wid].givenAway.contains { $0.overlaps(page) },
            "wid \(wid): given away twice, \(page) of \(self[wid].givenAway)")
        rows[wid]!.givenAway.append(page)
    }

    /// The hub has started again, and found these warehouses.
    mutating func restart(_ found: [Warehouse], mayBeNewer: Bool) {
        for warehouse in found {
            var row = self[warehouse.wid]
            if !mayBeNewer {
                trace.check(
                    warehouse.committed == row.committed && warehouse.holder == row.holder,
                    "wid \(warehouse.wid): found committed \(warehouse.committed) of "
                        + "\(name(warehouse.holder)), was \(row.committed) of \(name(row.holder))")
            } else {
                row.givenAway = []
            }
            row.seeks += mayBeNewer ? 1 : 0
            row.hasStarted = warehouse.hasStarted
            row.committed = warehouse.committed
            row.delivered = warehouse.committed
            row.holder = warehouse.holder
            row.isPaused = warehouse.isPaused
            row.voids += 1
            rows[warehouse.wid] = row
        }
        let known = Set(found.map(\.wid))
        for wid in rows.keys {
            trace.check(known.contains(wid), "wid \(wid) is forgotten")
        }
    }

    private func name(_ session: SessionName?) -> String { session?.text ?? "nobody" }
}

package import Hub
import Platform
import SQLite

extension SQLiteStore: ArchivableStore {
    package mutating func archive(
        _ frame: ArchivedFrame, trimmed: [TrimmedLine]
    ) throws(StoreFailure) {
        guard frame.first == archiveState.border + 1 else {
            throw .other("frame \(frame.first) does not follow \(archiveState.border)")
        }
        do throws(SQLiteError) {
            try archiving.insert(frame)
            for line in trimmed { try archiving.save(line) }
            try archiving.set("border", frame.last)
            try archiving.set("border_time", frame.created.upperBound)
            try archiving.set(digest: frame.digest)
        } catch {
            throw StoreFailure(error)
        }
        archiveState.border = frame.last
        archiveState.borderTime = frame.created.upperBound
        archiveState.lastDigest = frame.digest
    }

    package mutating func prune(through index: Int64, time: Int64) throws(StoreFailure) {
        do throws(SQLiteError) {
            let ends = "SELECT count(*) FROM frames WHERE first<=\(index) AND last=\(index)"
            guard try connection.scalar(ends) == 1 else {
                throw SQLiteError(code: .error, message: "no frame ends at \(index)")
            }
            try archiving.set("pruned", index)
            try archiving.set("pruned_time", time)
        } catch {
            throw StoreFailure(error)
        }
        KillPoint.pass("prune.written")
        archiveState.pruned = index
        archiveState.prunedTime = time
    }

    // MARK: The garbage

    package mutating func trim(
        atMost rows: Int, through border: Int64
    ) throws(StoreFailure) -> Int {
        let border = min(border, archiveState.border)
        let isDue = history.isDue(archiveState, floor: historyFloor)
        guard forgotten < border || mayHaveGarbage || isDue else { return 0 }
        // Nobody waits for it: a crash that undoes it only leaves the garbage for the next start.
        // So it has no sync of its own but goes along with the next one, and no publisher waits for
        // two. The log keeps its order whatever of it is on disk: https://sqlite.org/wal.html.
        try begin(synced: false)
        var count = 0
        if forgotten < border {
            count = try trimRows(atMost: rows, through: border)
        } else if mayHaveGarbage {
            count = try trimRest(atMost: rows)
            if count == 0 { mayHaveGarbage = false }
        }
        if count == 0 { count = try trimHistory(atMost: rows) }
        try commit()
        return count
    }

    /// Rows of the log, their ids, and the blocks of wids that hold nothing else.
    private mutating func trimRows(
        atMost rows: Int, through border: Int64
    ) throws(StoreFailure) -> Int {
        var ids: [(id: MessageID, index: Int64)] = []
        do throws(SQLiteError) {
            try readGarbage(into: &ids, atMost: rows, through: border)
            guard let last = ids.last?.index else {
                forgetting = border
                return 0
            }
            forgottenIDs.removeAll(keepingCapacity: true)
            for (id, index) in ids where hubIDs.index(in: id) != index {
                if id.milliseconds > archiveState.borderTime {
                    // Its table has to know it as long as nobody asks the archive for it.
                    try statements.insertID(id, index)
                    try archiving.run(archiving.insertLateID, id)
                } else {
                    try archiving.run(archiving.deleteID, id, index)
                    forgottenIDs.append((id, index))
                }
            }
            _ = try archiving.run(archiving.deleteRows, last, on: connection)
            let lastBlock = last - Int64(WidBlock.size) + 1
            _ = try archiving.run(archiving.deleteBlocks, lastBlock, on: connection)
            forgetting = last
            return ids.count
        } catch {
            throw StoreFailure(error)
        }
    }

    private func readGarbage(
        into ids: inout [(id: MessageID, index: Int64)], atMost rows: Int, through border: Int64
    ) throws(SQLiteError) {
        let garbage = archiving.garbage
        defer { garbage.reset() }
        garbage.bind(1, border)
        garbage.bind(2, Int64(rows))
        while try garbage.step() {
            ids.append((MessageID(bytes: garbage.bytes(1)), garbage.int64(0)))
        }
    }

    /// Late ids that the border's time has passed, the rows of pruned frames, which are large, and
    /// dead letters that came to their end before the border's time.
    private mutating func trimRest(atMost rows: Int) throws(StoreFailure) -> Int {
        do throws(SQLiteError) {
            let bound = MessageID(high: UInt64(archiveState.borderTime + 1) << 16, low: 0)
            var late: [(id: MessageID, index: Int64)] = []
            try readLate(into: &late, before: bound, atMost: rows)
            for (id, index) in late {
                try archiving.run(archiving.deleteID, id, index)
                try archiving.run(archiving.deleteLateID, id)
            }
            forgottenIDs = late
            let frames = try archiving.run(
                archiving.deleteFrames, archiveState.pruned, Int64(max(1, rows / 32)),
                on: connection)
            let letters = try archiving.run(
                letters.deleteOld, archiveState.borderTime, Int64(rows), on: connection)
            return late.count + frames + letters
        } catch {
            throw StoreFailure(error)
        }
    }

    private func readLate(
        into ids: inout [(id: MessageID, index: Int64)], before bound: MessageID, atMost rows: Int
    ) throws(SQLiteError) {
        let late = archiving.lateIDs
        try bound.withBytes { (bytes) throws(SQLiteError) in
            defer { late.reset() }
            late.bind(1, bytes: bytes)
            late.bind(2, Int64(rows))
            while try late.step() { ids.append((MessageID(bytes: late.bytes(0)), late.int64(1))) }
        }
    }

    /// Goes on with the sweep through the history: warehouse by warehouse.
    private mutating func trimHistory(atMost rows: Int) throws(StoreFailure) -> Int {
        guard history.isDue(archiveState, floor: historyFloor) else { return 0 }
        do throws(SQLiteError) {
            if history.begin(archiveState, floor: historyFloor) {
                try archiving.set("history_time", history.second * 1000)
            }
            var count = 0
            while count < rows {
                guard let wid = try nextHistory() else {
                    history.end()
                    break
                }
                let rest = rows - count
                let deleted = try archiving.run(
                    archiving.deleteHistory, wid, history.second, Int64(rest), on: connection)
                if deleted < rest { history.done(wid) }
                count += deleted + 1
            }
            return count
        } catch {
            throw StoreFailure(error)
        }
    }

    private func nextHistory() throws(SQLiteError) -> Int64? {
        let next = archiving.nextHistory
        defer { next.reset() }
        next.bind(1, history.wid)
        return try next.step() ? next.optionalInt64(0) : nil
    }
}

/// A sweep through the history of positions, which lies by warehouse and not by time: so it is gone
/// through as a whole, but not for each frame.
struct HistorySweep {
    /// Rows before this second go, seconds since 1970.
    private(set) var second: Int64 = 0
    /// The warehouse that was done last; nil: no sweep is under way.
    private var last: Int64?

    /// The border's time moves on by so many seconds until the next sweep.
    private static let interval: Int64 = 600
    /// The same for the time that history is kept at most: where nothing moves to the archive.
    private static let floorInterval: Int64 = 21_600

    var wid: Int64 { last ?? -1 }

    /// - Parameter floor: seconds since 1970 before which no history is kept.
    func isDue(_ state: ArchiveState, floor: Int64) -> Bool {
        if last != nil { return true }
        if state.border > 0, state.borderTime / 1000 >= second + Self.interval { return true }
        return floor >= second + Self.floorInterval
    }

    /// Begins a sweep, if none is under way.
    ///
    /// - Returns: whether it goes beyond the border's time, which readers then have to know.
    mutating func begin(_ state: ArchiveState, floor: Int64) -> Bool {
        guard last == nil else { return false }
        let border = state.border > 0 ? state.borderTime / 1000 : 0
        second = max(border, floor)
        last = -1
        return floor > border
    }

    mutating func done(_ wid: Int64) { last = wid }
    mutating func end() { last = nil }
}

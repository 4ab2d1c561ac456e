package import Hub
import Platform
package import SQLite

/// The store in one SQLite file: the writing side.
///
/// WAL with `synchronous=FULL`: a commit returns after its frames are synced
/// (https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_synchronous). Checkpoints
/// are not made here but beside the commits (`Checkpointer`), which is why `wal_autocheckpoint`
/// is 0.
package struct SQLiteStore: Store {
    package let connection: Connection
    let statements: WriterStatements
    let archiving: ArchiveStatements
    let letters: LetterStatements
    let audit: AuditStatements
    package var auditEntries = Limits.auditEntries
    /// The copy that was made before an older store was brought to this schema; nil: none was due.
    package let upgrade: Upgrade?
    private var block = WidBlock(first: 1)
    private var recentIDs = RecentIDs()
    /// The newest index inserted, and what it was when the open transaction began.
    private var head: Int64 = 0
    private var headAtBegin: Int64 = 0
    /// The newest row of each warehouse's history, as this process has written it.
    private var newestHistory: [UInt32: HistoryRow] = [:]

    /// The border as the open transaction has it, and as it was when that began.
    var archiveState = ArchiveState()
    private var archiveAtBegin = ArchiveState()
    var hubIDs = HubIDs(tag: 0)
    /// Garbage up to here is deleted, what the open transaction deletes, and whose ids those are.
    package private(set) var forgotten: Int64 = 0
    var forgetting: Int64 = 0
    var forgottenIDs: [(id: MessageID, index: Int64)] = []
    /// Whether late ids or pruned frames may be there to delete.
    var mayHaveGarbage = true
    var history = HistorySweep()
    /// Seconds since 1970 before which no history of positions is kept, wherever the border is.
    package var historyFloor: Int64 = 0
    /// How the connection is set.
    private var syncsCommits = true

    /// Opens or makes the store at `path`.
    ///
    /// - Parameters:
    ///   - telling: is told in words what an upgrade is at, which may take long.
    ///   - freshHub: the identity of a store that is made now.
    package init(
        path: String, busyTimeoutMilliseconds: Int32 = 2000,
        telling: (String) -> Void = { _ in },
        freshHub: @autoclosure () -> (hub: String, tag: UInt32)
    ) throws(StoreFailure) {
        SQLiteLibrary.configure()
        let connection = try StoreFailure.translating { () throws(SQLiteError) in
            try Connection(
                path: path, mode: .readWriteCreate, busyTimeoutMilliseconds: busyTimeoutMilliseconds
            )
        }
        upgrade = try Self.claim(connection, telling)
        (statements, archiving, letters, audit) = try StoreFailure.translating {
            () throws(SQLiteError) in
            (
                try WriterStatements(connection), try ArchiveStatements(connection),
                try LetterStatements(connection), try AuditStatements(connection)
            )
        }
        self.connection = connection
        try makeIdentity(freshHub)
    }

    /// Makes sure that the file is ours, and brings it to the present schema. What is not ours is
    /// left as it is: already the journal mode would stay in it.
    ///
    /// - Returns: the copy of an older store, if it was one.
    private static func claim(
        _ connection: Connection, _ telling: (String) -> Void
    ) throws(StoreFailure) -> Upgrade? {
        do throws(FileMark.Refused) {
            try Schema.mark.check(connection)
        } catch {
            switch error {
            case .foreign: throw .other(error.description)
            case .tooShort(_, let bytes):
                throw .damaged("a file of \(bytes) bytes is no database")
            case .failed(_, let cause): throw StoreFailure(cause)
            }
        }
        try StoreFailure.translating { () throws(SQLiteError) in try set(connection) }
        let upgrade = try Upgrade.prepare(connection, telling: telling)
        if let upgrade {
            telling(
                "upgrades \(connection.path) to schema version \(upgrade.to), copy \(upgrade.copy)")
        }
        do throws(Migrations.Refused) {
            try Schema.migrations.run(on: connection)
            return upgrade
        } catch {
            if case .failed(_, _, let cause) = error { throw StoreFailure(cause) }
            throw .other(error.description)
        }
    }

    private static func set(_ connection: Connection) throws(SQLiteError) {
        for setting in [
            "page_size=4096", "auto_vacuum=NONE", "journal_mode=WAL", "synchronous=FULL",
            "wal_autocheckpoint=0", "cache_size=-65536", "mmap_size=0", "secure_delete=OFF",
            "temp_store=MEMORY", "foreign_keys=OFF",
        ] {
            try connection.execute("PRAGMA \(setting)")
        }
    }

    private func makeIdentity(
        _ fresh: () -> (hub: String, tag: UInt32)
    ) throws(StoreFailure) {
        try StoreFailure.translating { () throws(SQLiteError) in
            let query = "SELECT count(*) FROM meta WHERE name='hub'"
            guard try connection.scalar(query) == 0 else { return }
            let (hub, tag) = fresh()
            precondition(hub.utf8.allSatisfy { $0 != UInt8(ascii: "'") })
            try connection.execute(
                """
                BEGIN IMMEDIATE;
                INSERT INTO meta VALUES('hub', '\(hub)'), ('tag', \(tag));
                COMMIT
                """)
        }
    }

    // MARK: Transactions

    package mutating func begin() throws(StoreFailure) {
        try begin(synced: true)
    }

    /// - Parameter synced: whether all of it is on disk when `commit` returns.
    mutating func begin(synced: Bool) throws(StoreFailure) {
        if synced != syncsCommits {
            try StoreFailure.translating { () throws(SQLiteError) in
                try connection.execute("PRAGMA synchronous=\(synced ? "FULL" : "NORMAL")")
            }
            syncsCommits = synced
        }
        headAtBegin = head
        archiveAtBegin = archiveState
        forgetting = forgotten
        try refillBlock()
        block.begin()
        try run(statements.begin)
    }

    package mutating func commit() throws(StoreFailure) {
        if head > headAtBegin { try insertIDs() }
        try run(statements.commit)
        recentIDs.commit(before: headAtBegin, head: head)
        headAtBegin = head
        forgotten = forgetting
        if !forgottenIDs.isEmpty {
            recentIDs.forget(forgottenIDs)
            forgottenIDs.removeAll(keepingCapacity: true)
        }
        if archiveState != archiveAtBegin { mayHaveGarbage = true }
    }

    private mutating func insertIDs() throws(StoreFailure) {
        do throws(SQLiteError) {
            try recentIDs.drain(before: headAtBegin, head: head) {
                (id, index) throws(SQLiteError) in
                try statements.insertID(id, index)
            }
        } catch {
            throw StoreFailure(error)
        }
    }

    package mutating func rollBack() {
        block.rollBack()
        recentIDs.rollBack()
        head = headAtBegin
        archiveState = archiveAtBegin
        forgetting = forgotten
        forgottenIDs.removeAll(keepingCapacity: true)
        newestHistory.removeAll()
        guard connection.inTransaction else { return }
        // A full disk or a failed write has SQLite roll back by itself; else this does.
        try? connection.execute("ROLLBACK")
    }

    /// Reads the wids of the present block again, where a rollback has lost them.
    private mutating func refillBlock() throws(StoreFailure) {
        guard block.hasHole else { return }
        do throws(SQLiteError) {
            var refilled = WidBlock(first: block.first)
            refilled.skip(through: archiveState.border)
            let rows = try connection.prepare(
                "SELECT wid FROM log WHERE idx>=\(refilled.next) ORDER BY idx")
            while try rows.step() {
                refilled.append(UInt32(truncatingIfNeeded: rows.int64(0)))
            }
            block = refilled
        } catch {
            throw StoreFailure(error)
        }
    }

    func run(_ statement: Statement) throws(StoreFailure) {
        try StoreFailure.translating { () throws(SQLiteError) in
            defer { statement.reset() }
            try statement.stepDone()
        }
    }

    // MARK: Messages

    package mutating func claim(
        _ id: MessageID, for index: Int64
    ) throws(StoreFailure) -> Int64? {
        if let recent = recentIDs[id] { return recent }
        if recentIDs.mayBeInTable(id), let holder = try holder(of: id) { return holder }
        recentIDs.claim(id, for: index)
        return nil
    }

    private func holder(of id: MessageID) throws(StoreFailure) -> Int64? {
        try StoreFailure.translating { () throws(SQLiteError) in
            try statements.holder.index(of: id)
        }
    }

    package mutating func unclaim(_ id: MessageID) throws(StoreFailure) {
        recentIDs.unclaim(id)
    }

    package mutating func insert(_ row: MessageRow) throws(StoreFailure) {
        do throws(SQLiteError) {
            try statements.insert(row)
            block.append(row.wid)
            head = row.index
            if block.isFull { try WriterStatements.save(&block, statements.insertBlock) }
        } catch {
            throw StoreFailure(error)
        }
        if row.replayOf != nil { KillPoint.pass("replay.inserted") }
    }

    package mutating func look(
        at index: Int64, _ visit: (MessageRow) -> Void
    ) throws(StoreFailure) -> Bool {
        try StoreFailure.translating { () throws(SQLiteError) in
            let statement = statements.message
            defer { statement.reset() }
            statement.bind(1, index)
            guard try statement.step() else { return false }
            visit(MessageColumns.row(statement))
            return true
        }
    }

    package mutating func save(_ topic: StoredTopic, number: Int32) throws(StoreFailure) {
        try StoreFailure.translating { () throws(SQLiteError) in
            let statement = statements.saveTopic
            defer { statement.reset() }
            statement.bind(1, Int64(number))
            statement.bind(2, text: topic.name)
            statement.bind(3, topic.count)
            statement.bind(4, topic.lastIndex)
            statement.bind(5, topic.lastCreated)
            try statement.stepDone()
        }
    }

    // MARK: Warehouses

    package mutating func save(_ warehouse: Warehouse, wall: Int64) throws(StoreFailure) {
        try StoreFailure.translating { () throws(SQLiteError) in
            try statements.save(warehouse)
            guard warehouse.hasStarted else { return }
            // A second of history is written once, then rewritten until the next one begins. A
            // clock that was stepped back goes on in the newest second.
            // A warehouse that only asked is where it was.
            let newest = newestHistory[warehouse.wid]
            let row = HistoryRow(warehouse, second: max(newest?.second ?? 0, wall / 1000))
            guard newest?.delivered != row.delivered || newest?.committed != row.committed
            else { return }
            try statements.saveHistory(warehouse, second: row.second)
            newestHistory[warehouse.wid] = row
        }
    }

    // MARK: The start

    package mutating func load(into lines: Lines) throws(StoreFailure) -> StoreState {
        do throws(SQLiteError) {
            var loader = try StoreLoader(connection)
            let state = try loader.load(into: lines)
            block = loader.block
            head = state.head
            archiveState = state.archive
            archiveAtBegin = state.archive
            hubIDs = state.ids
            mayHaveGarbage = true
            history = HistorySweep()
            let oldest = try connection.scalar("SELECT min(idx) FROM log")
            forgotten = min(state.border, (oldest ?? .max) - 1)
            forgetting = forgotten
            try loadRecentIDs(state)
            return state
        } catch {
            throw StoreFailure(error)
        }
    }

    /// Reads the ids that may not be in the table yet from the log: also those of archived messages
    /// whose rows are still there, as they may be late ones.
    private mutating func loadRecentIDs(_ state: StoreState) throws(SQLiteError) {
        let greatest = try connection.prepare("SELECT max(id) FROM ids")
        let floor =
            try greatest.step() && !greatest.isNull(0) ? MessageID(bytes: greatest.bytes(0)) : nil
        recentIDs = RecentIDs(floor: floor)
        let rows = try connection.prepare("SELECT idx, id FROM log WHERE idx>=?")
        rows.bind(1, RecentIDs.firstIndex(head: head))
        while try rows.step() {
            let id = MessageID(bytes: rows.bytes(1))
            // The hub's own lead to their message by themselves.
            guard state.ids.index(in: id) != rows.int64(0) else { continue }
            recentIDs.restore(id, for: rows.int64(0), head: head)
        }
        recentIDs.restored()
    }
}

/// A row of the history of positions.
private struct HistoryRow {
    /// Seconds since 1970.
    let second: Int64
    let delivered: Int64
    let committed: Int64

    init(_ warehouse: Warehouse, second: Int64) {
        self.second = second
        delivered = warehouse.delivered
        committed = warehouse.committed
    }
}

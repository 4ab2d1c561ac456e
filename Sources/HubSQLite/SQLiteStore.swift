import Glibc
package import Hub
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
    /// The copy that was made before an older store was brought to this schema; nil: none was due.
    package let upgrade: Upgrade?
    private var block = WidBlock(first: 1)
    private var recentIDs = RecentIDs()
    /// The newest index inserted, and what it was when the open transaction began.
    private var head: Int64 = 0
    private var headAtBegin: Int64 = 0
    private var historySecond: [UInt32: Int64] = [:]

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

    /// Opens or makes the store at `path`.
    ///
    /// - Parameter freshHub: the identity of a store that is made now.
    package init(
        path: String, busyTimeoutMilliseconds: Int32 = 2000,
        freshHub: @autoclosure () -> (hub: String, tag: UInt32)
    ) throws(StoreFailure) {
        SQLiteLibrary.configure()
        try Self.checkSize(of: path)
        let connection = try StoreFailure.translating { () throws(SQLiteError) in
            try Self.open(path, busyTimeoutMilliseconds)
        }
        upgrade = try Upgrade.prepare(connection)
        do {
            try Schema.migrations.run(on: connection)
        } catch {
            throw Self.failure(of: error)
        }
        (statements, archiving) = try StoreFailure.translating { () throws(SQLiteError) in
            (try WriterStatements(connection), try ArchiveStatements(connection))
        }
        self.connection = connection
        try makeIdentity(freshHub)
    }

    /// SQLite takes a file shorter than its smallest page for an empty database, and would write
    /// over what somebody has put there.
    private static func checkSize(of path: String) throws(StoreFailure) {
        var status = stat()
        guard stat(path, &status) == 0, (1..<512).contains(status.st_size) else { return }
        throw .damaged("a file of \(status.st_size) bytes is no database")
    }

    private static func failure(of error: Migrations.Refused) -> StoreFailure {
        if case .failed(_, _, let cause) = error { return StoreFailure(cause) }
        return .other(error.description)
    }

    private static func open(
        _ path: String, _ busyTimeout: Int32
    ) throws(SQLiteError) -> Connection {
        let connection = try Connection(
            path: path, mode: .readWriteCreate, busyTimeoutMilliseconds: busyTimeout)
        for setting in [
            "page_size=4096", "auto_vacuum=NONE", "journal_mode=WAL", "synchronous=FULL",
            "wal_autocheckpoint=0", "cache_size=-65536", "mmap_size=0", "secure_delete=OFF",
            "temp_store=MEMORY", "foreign_keys=OFF",
        ] {
            try connection.execute("PRAGMA \(setting)")
        }
        return connection
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
        headAtBegin = head
        archiveAtBegin = archiveState
        forgetting = forgotten
        try refillBlock()
        block.begin()
        try run(statements.begin)
    }

    package mutating func commit() throws(StoreFailure) {
        let savesIDs = headAtBegin / RecentIDs.interval != head / RecentIDs.interval
        if savesIDs { try saveIDs() }
        try run(statements.commit)
        recentIDs.commit(saved: savesIDs)
        forgotten = forgetting
        if !forgottenIDs.isEmpty {
            recentIDs.forget(forgottenIDs)
            forgottenIDs.removeAll(keepingCapacity: true)
        }
        if archiveState != archiveAtBegin { mayHaveGarbage = true }
    }

    private func saveIDs() throws(StoreFailure) {
        do throws(SQLiteError) {
            for (id, index) in recentIDs.sorted { try statements.insertID(id, index) }
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
        historySecond.removeAll()
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

    private func run(_ statement: Statement) throws(StoreFailure) {
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
        if let holder = try holder(of: id) { return holder }
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
            let second = max(historySecond[warehouse.wid] ?? 0, wall / 1000)
            try statements.saveHistory(warehouse, second: second)
            historySecond[warehouse.wid] = second
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

    /// Reads the ids that no commit has put into the table yet from the log: also those of archived
    /// messages whose rows are still there, as they may be late ones.
    private mutating func loadRecentIDs(_ state: StoreState) throws(SQLiteError) {
        recentIDs = RecentIDs()
        let saved = head / RecentIDs.interval * RecentIDs.interval
        let rows = try connection.prepare("SELECT idx, id FROM log WHERE idx>?")
        rows.bind(1, saved)
        while try rows.step() {
            let id = MessageID(bytes: rows.bytes(1))
            // The hub's own lead to their message by themselves.
            guard state.ids.index(in: id) != rows.int64(0) else { continue }
            recentIDs.claim(id, for: rows.int64(0))
        }
        recentIDs.commit(saved: false)
    }
}

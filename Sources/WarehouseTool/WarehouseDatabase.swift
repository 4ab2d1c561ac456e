import Glibc
package import MessageCenterClient
import Platform
package import SQLite

/// The warehouse's database: its rows, and how far they are. A row and the place of its message in
/// the line are changed by one transaction, so that no crash comes between them.
///
/// Its calls wait for the disk, and for other programs that hold the database: one connection, used
/// by one call at a time.
package actor WarehouseDatabase: PositionKeeper {
    private let wid: Int64
    private let connection: Connection
    private var statements: [String: Statement] = [:]
    /// What the consumer has said is done.
    private var saved: Position?
    /// Ids of the messages applied since then: they may come once more after a crash.
    private var applied: Set<String> = []
    private let syncsEachCommit: Bool

    /// Opens the database for good: makes the program's own tables and reads the position.
    package init(path: String, wid: Int) throws(SQLiteError) {
        self.wid = Int64(wid)
        connection = try Self.open(path)
        try connection.transaction { [connection] () throws(SQLiteError) in
            try connection.execute(Self.tables)
        }
        // In the write-ahead log a commit need not be synced by itself: the position that is told
        // to the hub is, and the log is one file in order. Other journals have no order to rely on.
        let mode = try connection.prepare("PRAGMA journal_mode")
        syncsEachCommit = try mode.step() && mode.text(0) != "wal"
        mode.reset()
        if !syncsEachCommit { try connection.execute("PRAGMA synchronous = NORMAL") }
        let row = try connection.prepare(
            "SELECT hub, done, ordinal FROM message_center_position WHERE wid = ?")
        row.bind(1, Int64(wid))
        if try row.step() {
            saved = Position(
                hub: row.text(0), index: Int(row.int64(1)),
                ordinal: row.optionalInt64(2).map(Int.init))
        }
        row.reset()
        let ids = try connection.prepare("SELECT id FROM message_center_applied WHERE wid = ?")
        ids.bind(1, Int64(wid))
        while try ids.step() { applied.insert(ids.text(0)) }
        ids.reset()
    }

    /// Opens the file, made if it is not there; a new one gets a write-ahead log, so that others
    /// can read it while it is written.
    package static func open(_ path: String) throws(SQLiteError) -> Connection {
        let connection = try Connection(path: path, busyTimeoutMilliseconds: 5000)
        if try connection.scalar("SELECT count(*) FROM sqlite_schema") == 0 {
            try connection.execute("PRAGMA journal_mode = WAL")
        }
        return connection
    }

    /// A database in memory that has the tables of the one at `path`, and no rows: to hold a
    /// configuration against what is there without changing it.
    package static func sketch(_ path: String) throws(SQLiteError) -> Connection {
        let sketch = try Connection(path: ":memory:")
        guard access(path, F_OK) == 0 else { return sketch }
        let original = try Connection(path: path, mode: .readOnly)
        let texts = try original.prepare(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' "
                + "ESCAPE '\\' AND type IN ('table', 'index')")
        // What needs a module that is not here is no table for rows.
        while try texts.step() { try? sketch.execute(texts.text(0)) }
        return sketch
    }

    /// The place that the database at `path` keeps, without opening it for writing; nil in one that
    /// has none.
    package static func position(at path: String, wid: Int) throws(SQLiteError) -> Position? {
        guard access(path, F_OK) == 0 else { return nil }
        let connection = try Connection(path: path, mode: .readOnly)
        guard try TableShape("message_center_position", in: connection) != nil else { return nil }
        let row = try connection.prepare(
            "SELECT hub, done FROM message_center_position WHERE wid = ?")
        row.bind(1, Int64(wid))
        guard try row.step() else { return nil }
        return Position(hub: row.text(0), index: Int(row.int64(1)))
    }

    private static let tables = """
        CREATE TABLE IF NOT EXISTS message_center_position(
          wid INTEGER PRIMARY KEY, hub TEXT NOT NULL, done INTEGER NOT NULL, ordinal INTEGER);
        CREATE TABLE IF NOT EXISTS message_center_applied(
          wid INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (wid, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS message_center_bootstrap(
          wid INTEGER PRIMARY KEY, hub TEXT NOT NULL, head INTEGER NOT NULL,
          step INTEGER NOT NULL, cursor TEXT, rows INTEGER NOT NULL, finished INTEGER NOT NULL);
        """

    // MARK: The position

    package func load() -> Position? { saved }

    /// On disk when it returns, with all rows before it. The messages applied up to now are done by
    /// the consumer's word then, and not looked for any more.
    package func save(_ position: Position) throws(SQLiteError) {
        if !syncsEachCommit { try connection.execute("PRAGMA synchronous = FULL") }
        defer {
            if !syncsEachCommit { try? connection.execute("PRAGMA synchronous = NORMAL") }
        }
        try connection.transaction { () throws(SQLiteError) in
            let row = try statement(
                """
                INSERT INTO message_center_position (wid, hub, done, ordinal)
                VALUES (?, ?, ?, ?) ON CONFLICT (wid) DO UPDATE SET hub = excluded.hub,
                done = excluded.done, ordinal = excluded.ordinal
                """)
            row.bind(1, wid)
            row.bind(2, text: position.hub)
            row.bind(3, Int64(position.index))
            row.bind(4, position.ordinal.map(Int64.init))
            try row.stepDone()
            let forget = try statement("DELETE FROM message_center_applied WHERE wid = ?")
            forget.bind(1, wid)
            try forget.stepDone()
        }
        saved = position
        applied = []
    }

    // MARK: Rows

    /// A change of one row.
    package enum Change: Sendable, Equatable {
        case upsert(TableTarget, [Value])
        case delete(TableTarget, [Value])
        case none
    }

    /// Whether the message, to its last one if it stands for several, is applied already and only
    /// the position is not saved: it comes again after a crash. By its id, and not by its index: a
    /// dead letter that is tried again stands before much that is done.
    package func has(_ message: Message) -> Bool { applied.contains(message.id) }

    /// Applies `change` and notes the message, in one transaction.
    package func apply(_ change: Change, of message: Message) throws(SQLiteError) {
        guard change != .none else { return }
        try connection.transaction { () throws(SQLiteError) in
            try run(change)
            let note = try statement(
                "INSERT OR IGNORE INTO message_center_applied (wid, id) VALUES (?, ?)")
            note.bind(1, wid)
            note.bind(2, text: message.id)
            try note.stepDone()
            KillPoint.pass("tool.row")
        }
        applied.insert(message.id)
        KillPoint.pass("tool.applied")
    }

    private func run(_ change: Change) throws(SQLiteError) {
        switch change {
        case .upsert(let target, let values): try run(target.upsertSQL, values)
        case .delete(let target, let values): try run(target.deleteSQL, values)
        case .none: break
        }
    }

    private func run(_ sql: String, _ values: [Value]) throws(SQLiteError) {
        let statement = try statement(sql)
        for (place, value) in values.enumerated() { statement.bind(Int32(place + 1), value) }
        try statement.stepDone()
    }

    private func statement(_ sql: String) throws(SQLiteError) -> Statement {
        if let statement = statements[sql] { return statement }
        let statement = try connection.prepare(sql)
        statements[sql] = statement
        return statement
    }

    // MARK: Bootstrap

    /// How far a bootstrap is.
    package struct BootstrapState: Sendable, Equatable {
        /// Where consumption begins: the hub's head before the first page was read.
        package let start: Position
        /// The step under way, from 0.
        package var step = 0
        /// Where its next page begins; nil at its beginning.
        package var cursor: String?
        /// Rows written by all steps so far.
        package var rows = 0
        package var isFinished = false
    }

    package func bootstrapState() throws(SQLiteError) -> BootstrapState? {
        let row = try statement(
            "SELECT hub, head, step, cursor, rows, finished FROM message_center_bootstrap "
                + "WHERE wid = ?")
        defer { row.reset() }
        row.bind(1, wid)
        guard try row.step() else { return nil }
        return BootstrapState(
            start: Position(hub: row.text(0), index: Int(row.int64(1))), step: Int(row.int64(2)),
            cursor: row.isNull(3) ? nil : row.text(3), rows: Int(row.int64(4)),
            isFinished: row.int64(5) != 0)
    }

    /// Writes the rows of a page and the place behind it, in one transaction. At the end the
    /// position is written too: consumption begins at the noted head.
    package func write(
        _ rows: [[Value]], to target: TableTarget?, _ state: BootstrapState
    ) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            if let target {
                for values in rows { try run(target.upsertSQL, values) }
            }
            let row = try statement(
                "INSERT OR REPLACE INTO message_center_bootstrap "
                    + "(wid, hub, head, step, cursor, rows, finished) VALUES (?, ?, ?, ?, ?, ?, ?)")
            row.bind(1, wid)
            row.bind(2, text: state.start.hub)
            row.bind(3, Int64(state.start.index))
            row.bind(4, Int64(state.step))
            if let cursor = state.cursor { row.bind(5, text: cursor) } else { row.bindNull(5) }
            row.bind(6, Int64(state.rows))
            row.bind(7, state.isFinished ? 1 : 0)
            try row.stepDone()
            KillPoint.pass("tool.page")
        }
        if state.isFinished { try save(state.start) }
    }

    /// The first of these tables that has a row in it.
    package func firstFilled(of targets: [TableTarget]) throws(SQLiteError) -> String? {
        for target in targets {
            let table = Value.quoted(name: target.table)
            if try connection.scalar("SELECT 1 FROM \(table) LIMIT 1") != nil {
                return target.table
            }
        }
        return nil
    }
}

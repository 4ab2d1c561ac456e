import Hub
import SQLite

/// The writer's statements, prepared once, and how their parameters are filled.
struct WriterStatements {
    let begin: Statement
    let commit: Statement
    let insertBlock: Statement
    let holder: Statement
    let message: Statement
    let saveTopic: Statement
    private let insertIntoIDs: Statement
    private let insertMessage: Statement
    private let saveWarehouse: Statement
    private let insertHistory: Statement
    let insertSample: Statement
    let deleteSamples: Statement

    static let insertBlockSQL = "INSERT INTO wids(first, block) VALUES(?,?)"

    init(_ connection: Connection) throws(SQLiteError) {
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        insertMessage = try connection.prepare(
            "INSERT INTO log(\(MessageColumns.list)) VALUES(?,?,?,?,?,?,?,?,?,?,?)")
        insertBlock = try connection.prepare(Self.insertBlockSQL)
        insertIntoIDs = try connection.prepare("INSERT OR IGNORE INTO ids(id, idx) VALUES(?,?)")
        holder = try connection.prepare("SELECT idx FROM ids WHERE id=?")
        message = try connection.prepare("SELECT \(MessageColumns.list) FROM log WHERE idx=?")
        saveTopic = try connection.prepare(
            """
            INSERT INTO topics(number, name, count, last_index, last_created) VALUES(?,?,?,?,?)
            ON CONFLICT(number) DO UPDATE SET count=excluded.count,
                last_index=excluded.last_index, last_created=excluded.last_created
            """)
        saveWarehouse = try connection.prepare(
            """
            INSERT OR REPLACE INTO warehouses(\(WarehouseColumns.list))
            VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
            """)
        insertHistory = try connection.prepare(
            "INSERT OR REPLACE INTO history(wid, second, delivered, committed) VALUES(?,?,?,?)")
        insertSample = try connection.prepare(
            """
            INSERT OR REPLACE INTO samples(\(SampleColumns.list))
            VALUES(?,?,?,?,?,?,?,?,?,?,?,?)
            """)
        deleteSamples = try connection.prepare(
            """
            DELETE FROM samples WHERE grain=?1 AND at IN
                (SELECT at FROM samples WHERE grain=?1 AND at<?2 ORDER BY at LIMIT ?3)
            """)
    }

    func insertID(_ id: MessageID, _ index: Int64) throws(SQLiteError) {
        try id.withBytes { (bytes) throws(SQLiteError) in
            defer { insertIntoIDs.reset() }
            insertIntoIDs.bind(1, bytes: bytes)
            insertIntoIDs.bind(2, index)
            try insertIntoIDs.stepDone()
        }
    }

    func insert(_ row: MessageRow) throws(SQLiteError) {
        try row.id.withBytes { (id) throws(SQLiteError) in
            defer { insertMessage.reset() }
            insertMessage.bind(1, row.index)
            insertMessage.bind(2, bytes: id)
            insertMessage.bind(3, Int64(row.topic))
            insertMessage.bind(4, Int64(row.wid))
            insertMessage.bind(5, row.nth)
            if let key = row.key {
                insertMessage.bind(6, text: key)
            } else {
                insertMessage.bindNull(6)
            }
            insertMessage.bind(7, text: row.body)
            insertMessage.bind(8, row.created)
            insertMessage.bind(9, row.occurred)
            if let original = row.replayOf {
                insertMessage.bind(10, copying: original.id.withBytes { Array($0) })
            } else {
                insertMessage.bindNull(10)
            }
            insertMessage.bind(11, row.replayOf?.index)
            try insertMessage.stepDone()
        }
    }

    /// Keeps a full block, and begins the next one.
    static func save(
        _ block: inout WidBlock, _ insertBlock: Statement
    ) throws(SQLiteError) {
        let first = block.first
        try block.withBytes { (bytes) throws(SQLiteError) in
            defer { insertBlock.reset() }
            insertBlock.bind(1, first)
            insertBlock.bind(2, bytes: bytes)
            try insertBlock.stepDone()
        }
        block.startNext()
    }

    func save(_ warehouse: Warehouse) throws(SQLiteError) {
        defer { saveWarehouse.reset() }
        WarehouseColumns.bind(warehouse, to: saveWarehouse)
        try saveWarehouse.stepDone()
    }

    func saveHistory(_ warehouse: Warehouse, second: Int64) throws(SQLiteError) {
        defer { insertHistory.reset() }
        insertHistory.bind(1, Int64(warehouse.wid))
        insertHistory.bind(2, second)
        insertHistory.bind(3, warehouse.delivered)
        insertHistory.bind(4, warehouse.committed)
        try insertHistory.stepDone()
    }
}

extension Statement {
    /// The index that the id, its only parameter, stands for.
    func index(of id: MessageID) throws(SQLiteError) -> Int64? {
        try id.withBytes { (bytes) throws(SQLiteError) -> Int64? in
            defer { reset() }
            bind(1, bytes: bytes)
            return try step() ? int64(0) : nil
        }
    }
}

/// The columns of a warehouse's row.
enum WarehouseColumns {
    static let list = """
        wid, committed, delivered, started, holder, former_holders, lease, paused, retired, name,
        expect_every, registered, last_pull, last_commit, client_name, client_version,
        client_host, clock_skew, sought, seeks
        """

    static func bind(_ warehouse: Warehouse, to statement: Statement) {
        let numbers: [(Int32, Int64)] = [
            (1, Int64(warehouse.wid)), (2, warehouse.committed), (3, warehouse.delivered),
            (4, warehouse.hasStarted ? 1 : 0), (7, warehouse.leaseSeconds),
            (8, warehouse.isPaused ? 1 : 0), (9, warehouse.isRetired ? 1 : 0),
            (11, warehouse.expectEverySeconds), (12, warehouse.registered),
            (13, warehouse.lastPull), (14, warehouse.lastCommit), (20, warehouse.seeks),
        ]
        for (column, value) in numbers { statement.bind(column, value) }
        if let holder = warehouse.holder {
            statement.bind(5, text: holder.text)
        } else {
            statement.bindNull(5)
        }
        // A session's name has no white space, so one separates them.
        statement.bind(6, text: warehouse.formerHolders.map(\.text).joined(separator: " "))
        statement.bind(10, text: warehouse.name)
        statement.bind(15, text: warehouse.client.name)
        statement.bind(16, text: warehouse.client.version)
        statement.bind(17, text: warehouse.client.host)
        statement.bind(18, warehouse.client.clockSkew)
        statement.bind(19, warehouse.wasSought ? 1 : -warehouse.restoredThrough)
    }

    static func warehouse(_ row: Statement) -> Warehouse {
        var warehouse = Warehouse(wid: UInt32(truncatingIfNeeded: row.int64(0)))
        warehouse.committed = row.int64(1)
        warehouse.delivered = row.int64(2)
        warehouse.hasStarted = row.int64(3) != 0
        warehouse.holder = row.isNull(4) ? nil : SessionName(row.text(4))
        warehouse.formerHolders = row.text(5).split(separator: " ").compactMap {
            SessionName(String($0))
        }
        warehouse.leaseSeconds = row.int64(6)
        warehouse.isPaused = row.int64(7) != 0
        warehouse.isRetired = row.int64(8) != 0
        warehouse.name = row.text(9)
        warehouse.expectEverySeconds = row.int64(10)
        warehouse.registered = row.int64(11)
        warehouse.lastPull = row.int64(12)
        warehouse.lastCommit = row.int64(13)
        warehouse.client.name = row.text(14)
        warehouse.client.version = row.text(15)
        warehouse.client.host = row.text(16)
        warehouse.client.clockSkew = row.optionalInt64(17)
        warehouse.wasSought = row.int64(18) > 0
        warehouse.restoredThrough = max(0, -row.int64(18))
        warehouse.seeks = row.int64(19)
        return warehouse
    }
}

import Hub
import SQLite

/// The writer's statements for the archive's catalogue, and for the garbage below the border.
struct ArchiveStatements {
    let insertFrame: Statement
    let saveTrimmed: Statement
    let setNumber: Statement
    let setDigest: Statement

    let garbage: Statement
    let deleteRows: Statement
    let deleteBlocks: Statement
    let deleteID: Statement
    let insertLateID: Statement
    let lateIDs: Statement
    let deleteLateID: Statement
    let deleteFrames: Statement
    let nextHistory: Statement
    let deleteHistory: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        let places = Array(repeating: "?", count: FrameColumns.count).joined(separator: ",")
        insertFrame = try connection.prepare(
            "INSERT INTO frames(\(FrameColumns.list)) VALUES(\(places))")
        saveTrimmed = try connection.prepare(
            "INSERT OR REPLACE INTO trimmed(wid, count, last) VALUES(?,?,?)")
        setNumber = try connection.prepare("UPDATE meta SET value=?2 WHERE name=?1")
        setDigest = try connection.prepare("UPDATE meta SET value=? WHERE name='digest'")

        garbage = try connection.prepare(
            "SELECT idx, id FROM log WHERE idx<=? ORDER BY idx LIMIT ?")
        deleteRows = try connection.prepare("DELETE FROM log WHERE idx<=?")
        deleteBlocks = try connection.prepare("DELETE FROM wids WHERE first<=?")
        deleteID = try connection.prepare("DELETE FROM ids WHERE id=? AND idx=?")
        insertLateID = try connection.prepare("INSERT OR IGNORE INTO late_ids(id) VALUES(?)")
        lateIDs = try connection.prepare(
            "SELECT id, idx FROM late_ids JOIN ids USING(id) WHERE id<? ORDER BY id LIMIT ?")
        deleteLateID = try connection.prepare("DELETE FROM late_ids WHERE id=?")
        deleteFrames = try connection.prepare(
            """
            DELETE FROM frames WHERE first IN
                (SELECT first FROM frames WHERE first<=?1 AND last<=?1 ORDER BY first LIMIT ?2)
            """)
        nextHistory = try connection.prepare("SELECT min(wid) FROM history WHERE wid>?")
        // The newest of the old rows stays: it tells where the warehouse was then.
        deleteHistory = try connection.prepare(
            """
            DELETE FROM history WHERE wid=?1 AND second IN
                (SELECT second FROM history WHERE wid=?1 AND second<
                    (SELECT max(second) FROM history WHERE wid=?1 AND second<?2)
                ORDER BY second LIMIT ?3)
            """)
    }

    func insert(_ frame: ArchivedFrame) throws(SQLiteError) {
        defer { insertFrame.reset() }
        FrameColumns.bind(frame, to: insertFrame)
        try insertFrame.stepDone()
        // The copies of its bytes need not wait for the next frame.
        insertFrame.clearBindings()
    }

    func save(_ line: TrimmedLine) throws(SQLiteError) {
        defer { saveTrimmed.reset() }
        saveTrimmed.bind(1, Int64(line.wid))
        saveTrimmed.bind(2, line.count)
        saveTrimmed.bind(3, line.last)
        try saveTrimmed.stepDone()
    }

    func set(_ name: String, _ value: Int64) throws(SQLiteError) {
        defer { setNumber.reset() }
        setNumber.bind(1, text: name)
        setNumber.bind(2, value)
        try setNumber.stepDone()
    }

    func set(digest: [UInt8]) throws(SQLiteError) {
        defer { setDigest.reset() }
        setDigest.bind(1, copying: digest)
        try setDigest.stepDone()
    }

    /// Runs a statement whose first parameter is an id.
    func run(
        _ statement: Statement, _ id: MessageID, _ index: Int64? = nil
    ) throws(SQLiteError) {
        try id.withBytes { (bytes) throws(SQLiteError) in
            defer { statement.reset() }
            statement.bind(1, bytes: bytes)
            if let index { statement.bind(2, index) }
            try statement.stepDone()
        }
    }

    /// Runs a statement whose parameters are numbers; returns how many rows it changed.
    func run(
        _ statement: Statement, _ numbers: Int64..., on connection: Connection
    ) throws(SQLiteError) -> Int {
        defer { statement.reset() }
        for (place, number) in numbers.enumerated() { statement.bind(Int32(place) + 1, number) }
        try statement.stepDone()
        return Int(connection.changes)
    }
}

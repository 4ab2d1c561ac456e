import Glibc
import SQLite
import Testing

@Suite("Connection")
struct ConnectionTests {
    private let database = TemporaryDatabase()

    @Test("What one connection commits the other reads, and not before")
    func twoConnections() throws {
        // writer                          reader
        let writer = try database.openWithTable()
        let reader = try database.open(.readOnly)
        try writer.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES(1, 'a')")
        #expect(try reader.scalar("SELECT count(*) FROM t") == 0)
        try writer.execute("COMMIT")
        #expect(try reader.scalar("SELECT count(*) FROM t") == 1)
        try reader.execute("BEGIN; SELECT count(*) FROM t")
        try writer.execute("INSERT INTO t VALUES(2, 'b')")
        #expect(try reader.scalar("SELECT count(*) FROM t") == 1, "its snapshot is older")
        try reader.execute("COMMIT")
        #expect(try reader.scalar("SELECT count(*) FROM t") == 2)
    }

    @Test("A second writer is told that the database is busy")
    func busy() throws {
        let first = try database.openWithTable()
        let second = try database.open()
        try first.execute("BEGIN IMMEDIATE")
        #expect(second.failure(of: "BEGIN IMMEDIATE")?.code == .busy)
    }

    @Test("A second writer waits as long as its busy time-out")
    func busyTimeout() throws {
        let first = try database.openWithTable()
        let second = try database.open(busyTimeoutMilliseconds: 60)
        try first.execute("BEGIN IMMEDIATE")
        let before = milliseconds()
        #expect(second.failure(of: "BEGIN IMMEDIATE")?.code == .busy)
        #expect(milliseconds() - before >= 50)
        second.setBusyTimeout(milliseconds: 0)
        try first.execute("COMMIT")
        #expect(second.failure(of: "BEGIN IMMEDIATE") == nil)
    }

    private func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    @Test("A transaction begun by reading cannot write over what came meanwhile")
    func busySnapshot() throws {
        let first = try database.openWithTable()
        let second = try database.open()
        try second.execute("BEGIN; SELECT * FROM t")
        try first.execute("INSERT INTO t VALUES(1, 'a')")
        let error = second.failure(of: "INSERT INTO t VALUES(2, 'b')")
        #expect(error?.code == .busySnapshot)
        #expect(error?.code.primary == .busy)
    }

    @Test("A read-only connection refuses to write")
    func readOnly() throws {
        let writer = try database.openWithTable()
        let reader = try database.open(.readOnly)
        let error = reader.failure(of: "INSERT INTO t VALUES(1, 'a')")
        #expect(error?.code.primary == .readOnly)
        #expect(error?.sql == "INSERT INTO t VALUES(1, 'a')")
        #expect(try writer.scalar("SELECT count(*) FROM t") == 0)
    }

    @Test("A read-only connection needs a file, and the error names it")
    func missingFile() {
        let error = #expect(throws: SQLiteError.self) { try database.open(.readOnly) }
        #expect(error?.code.primary == .cannotOpen)
        #expect(error?.description.contains(database.path) == true)
    }

    @Test("A file that is no database is refused when it is read")
    func notADatabase() throws {
        let file = fopen(database.path, "w")
        fputs(String(repeating: "no database at all ", count: 100), file)
        fclose(file)
        let connection = try database.open()
        #expect(connection.failure(of: "SELECT * FROM sqlite_schema")?.code == .notADatabase)
    }

    @Test("A transaction is committed when its body returns and rolled back when it throws")
    func transaction() throws {
        let connection = try database.openWithTable()
        try connection.transaction { () throws(SQLiteError) in
            #expect(connection.inTransaction)
            try connection.execute("INSERT INTO t VALUES(1, 'a')")
        }
        #expect(!connection.inTransaction)
        #expect(throws: SQLiteError.self) {
            try connection.transaction { () throws(SQLiteError) in
                try connection.execute("INSERT INTO t VALUES(2, 'b')")
                try connection.execute("INSERT INTO t VALUES(1, 'twice')")
            }
        }
        #expect(!connection.inTransaction)
        #expect(try connection.scalar("SELECT max(id) FROM t") == 1)
    }

    @Test("Changes and row ids are those of the last statement")
    func changes() throws {
        let connection = try database.openWithTable()
        try connection.execute("INSERT INTO t VALUES(7, 'a'), (8, 'b')")
        #expect(connection.changes == 2)
        #expect(connection.lastInsertRowID == 8)
        try connection.execute("DELETE FROM t WHERE id = 7")
        #expect(connection.changes == 1)
    }

    @Test("A scalar is the first value, and nil where there is none")
    func scalar() throws {
        let connection = try database.openWithTable()
        #expect(try connection.scalar("SELECT 42") == 42)
        #expect(try connection.scalar("SELECT NULL") == nil)
        #expect(try connection.scalar("SELECT id FROM t") == nil)
        #expect(connection.path == database.path)
        #expect(connection.cacheUsed > 0)
    }

    @Test("An interrupted statement says so")
    func interrupt() throws {
        let connection = try database.openWithTable()
        let endless = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n
            """
        let statement = try connection.prepare(endless)
        #expect(try statement.step())
        connection.interrupt()
        let error = #expect(throws: SQLiteError.self) {
            while try statement.step() {}
        }
        #expect(error?.code == .interrupted)
    }

    @Test("A long statement asks whether it may go on, and is interrupted by a no")
    func asking() throws {
        let connection = try database.openWithTable()
        let statement = try connection.prepare(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)
            SELECT count(*) FROM n
            """)
        var asked = 0
        try connection.asking(every: 100) {
            asked += 1
            return true
        } _: { () throws(SQLiteError) in
            #expect(try statement.step())
        }
        #expect(asked > 1000)
        statement.reset()
        let error = #expect(throws: SQLiteError.self) {
            try connection.asking(every: 100) {
                false
            } _: { () throws(SQLiteError) in
                _ = try statement.step()
            }
        }
        #expect(error?.code == .interrupted)
        let before = asked
        #expect(try statement.step())
        #expect(asked == before)
    }

    @Test("A statement can be interrupted from another thread")
    func interruption() throws {
        let connection = try database.openWithTable()
        // Long enough not to end before the other thread comes, and no test without an end.
        let long = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT i FROM n LIMIT 100000000
            """
        let statement = try connection.prepare(long)
        #expect(try statement.step())
        // A thread of its own: tasks may have to wait for a long time beside tests that block.
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Box(connection.interruption)).toOpaque()
        #expect(pthread_create(&thread, nil, interruptThread, argument) == 0)
        let error = #expect(throws: SQLiteError.self) { while try statement.step() {} }
        pthread_join(thread, nil)
        #expect(error?.code == .interrupted)
    }

    @Test("A misspelt column in double quotes is an error, not a text")
    func doubleQuotes() throws {
        let connection = try database.openWithTable()
        let error = connection.failure(of: "SELECT \"valeu\" FROM t")
        #expect(error?.message == "no such column: valeu")
    }

    @Test("A checkpoint tells how many frames the log has and how many are copied")
    func checkpoint() throws {
        let connection = try database.openWithTable()
        try connection.execute("PRAGMA wal_autocheckpoint=0; INSERT INTO t VALUES(1, 'a')")
        let passive = try connection.checkpoint(.passive)
        #expect(passive.logFrames > 0)
        #expect(passive.checkpointedFrames == passive.logFrames)
        let truncated = try connection.checkpoint(.truncate)
        #expect(truncated == (0, 0))
    }

    @Test("A passive checkpoint stops at what a reader still sees; a restart is busy")
    func checkpointBesideReader() throws {
        let writer = try database.openWithTable()
        let reader = try database.open(.readOnly)
        try writer.execute("PRAGMA wal_autocheckpoint=0; INSERT INTO t VALUES(1, 'a')")
        try reader.execute("BEGIN; SELECT * FROM t")
        try writer.execute("INSERT INTO t VALUES(2, 'b')")
        let frames = try writer.checkpoint(.passive)
        #expect(frames.checkpointedFrames < frames.logFrames)
        let error = #expect(throws: SQLiteError.self) { try writer.checkpoint(.restart) }
        #expect(error?.code == .busy)
    }

    @Test("Without a write-ahead log there is nothing to count")
    func checkpointWithoutLog() throws {
        #expect(try database.open().checkpoint(.passive) == (-1, -1))
    }

    @Test("The library is set up once, however often it is asked")
    func configure() {
        SQLiteLibrary.configure()
        SQLiteLibrary.configure()
        #expect(SQLiteLibrary.version.hasPrefix("3."))
    }
}

private final class Box {
    let interruption: Interruption

    init(_ interruption: Interruption) {
        self.interruption = interruption
    }
}

private func interruptThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().interruption.interrupt()
    return nil
}

import SQLite
import Testing

@Suite("Statement")
struct StatementTests {
    private let database = TemporaryDatabase()
    private let connection: Connection

    init() throws {
        connection = try database.openWithTable()
    }

    @Test("One statement runs again and again with other parameters")
    func reuse() throws {
        let insert = try connection.prepare("INSERT INTO t VALUES(?, ?)")
        for number in 1...1000 as ClosedRange<Int64> {
            insert.bind(1, number)
            insert.bind(2, number * number)
            try insert.stepDone()
        }
        let select = try connection.prepare("SELECT value FROM t WHERE id = ?")
        for number in [1, 500, 1000] as [Int64] {
            select.bind(1, number)
            #expect(try select.step())
            #expect(select.int64(0) == number * number)
            #expect(try !select.step())
            select.reset()
        }
    }

    @Test("Numbers come back as they were", arguments: [0, 1, -1, .min, .max] as [Int64])
    func numbers(value: Int64) throws {
        let statement = try connection.prepare("SELECT ?, typeof(?1)")
        statement.bind(1, value)
        #expect(try statement.step())
        #expect(statement.int64(0) == value)
        #expect(statement.optionalInt64(0) == value)
        #expect(statement.text(1) == "integer")
    }

    @Test(
        "Texts come back as they were, the empty one as a text",
        arguments: ["", "a", "Lager 倉庫 🏭", "with\0zero", String(repeating: "x", count: 100_000)])
    func texts(value: String) throws {
        let statement = try connection.prepare("SELECT ?, typeof(?1), ?, typeof(?2)")
        statement.bind(1, text: value)
        try Array(value.utf8).withUnsafeBytes { utf8 throws in
            statement.bind(2, text: utf8)
            #expect(try statement.step())
            #expect(statement.text(0) == value)
            #expect(statement.text(1) == "text")
            #expect(statement.text(2) == value)
            #expect(statement.text(3) == "text")
            statement.reset()
            statement.clearBindings()
        }
    }

    @Test("Blobs come back as they were, the empty one as a blob", arguments: [0, 1, 16, 70_000])
    func blobs(count: Int) throws {
        let value = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let statement = try connection.prepare("SELECT ?, typeof(?1), ?, typeof(?2)")
        statement.bind(2, copying: value)
        try value.withUnsafeBytes { bytes throws in
            statement.bind(1, bytes: bytes)
            #expect(try statement.step())
            #expect(Array(statement.bytes(0)) == value)
            #expect(statement.text(1) == "blob")
            #expect(Array(statement.bytes(2)) == value)
            #expect(statement.text(3) == "blob")
            statement.reset()
            statement.clearBindings()
        }
    }

    @Test("Bytes without an address are empty, too")
    func noAddress() throws {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let statement = try connection.prepare("SELECT typeof(?), typeof(?)")
        statement.bind(1, bytes: nothing)
        statement.bind(2, text: nothing)
        #expect(try statement.step())
        #expect(statement.text(0) == "blob")
        #expect(statement.text(1) == "text")
    }

    @Test("NULL is told from 0 and from empty")
    func null() throws {
        let statement = try connection.prepare("SELECT ?, ?, ?")
        statement.bindNull(1)
        statement.bind(2, nil)
        statement.bind(3, 0)
        #expect(try statement.step())
        #expect(statement.isNull(0) && statement.isNull(1) && !statement.isNull(2))
        #expect(statement.optionalInt64(0) == nil)
        #expect(statement.int64(0) == 0)
        #expect(statement.bytes(0).isEmpty)
        #expect(statement.text(0) == "")
    }

    @Test("A reset keeps the parameters, clearing them makes them NULL")
    func clearing() throws {
        let statement = try connection.prepare("SELECT ?")
        statement.bind(1, 5)
        #expect(try statement.step())
        statement.reset()
        #expect(try statement.step())
        #expect(statement.int64(0) == 5)
        statement.reset()
        statement.clearBindings()
        #expect(try statement.step())
        #expect(statement.isNull(0))
        #expect(statement.columnCount == 1)
        #expect(statement.sql == "SELECT ?")
    }

    @Test("A statement that failed can be run again at once, and holds no lock")
    func afterFailure() throws {
        let insert = try connection.prepare("INSERT INTO t VALUES(?, 'a')")
        insert.bind(1, 1)
        try insert.stepDone()
        #expect(throws: SQLiteError.self) { try insert.stepDone() }
        #expect(try database.open().failure(of: "INSERT INTO t VALUES(2, 'b')") == nil)
        insert.bind(1, 3)
        try insert.stepDone()
        #expect(try connection.scalar("SELECT count(*) FROM t") == 3)
    }

    @Test("Rows where none were expected are an error")
    func unexpectedRow() throws {
        let statement = try connection.prepare("SELECT 1")
        let error = #expect(throws: SQLiteError.self) { try statement.stepDone() }
        #expect(error?.code == .misuse)
    }

    @Test("A statement keeps its connection open")
    func ownsConnection() throws {
        func prepared() throws -> Statement { try database.open().prepare("SELECT 7") }
        let statement = try prepared()
        #expect(try statement.step())
        #expect(statement.int64(0) == 7)
    }

    @Test("A parameter that is not there ends the process")
    func wrongParameter() async {
        await #expect(processExitsWith: .failure) {
            let connection = try Connection(path: ":memory:")
            try connection.prepare("SELECT ?").bind(2, 1)
        }
    }
}

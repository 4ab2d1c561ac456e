import SQLite
import Testing

@Suite("SQLite error")
struct ErrorTests {
    @Test("A primary code stands for all that extend it, an extended one for itself")
    func matching() {
        func word(_ code: SQLiteError.Code) -> String {
            switch code {
            case .constraintUnique: "unique"
            case .constraint: "constraint"
            case .busy: "busy"
            default: "other"
            }
        }
        #expect(word(.constraintUnique) == "unique")
        #expect(word(.constraintPrimaryKey) == "constraint")
        #expect(word(.busySnapshot) == "busy")
        #expect(word(.full) == "other")
    }

    @Test(
        "A violated constraint has its extended code",
        arguments: [
            ("INSERT INTO t VALUES(1, 'b', 9)", SQLiteError.Code.constraintPrimaryKey),
            ("INSERT INTO t VALUES(2, 'a', 9)", .constraintUnique),
        ])
    func constraints(sql: String, code: SQLiteError.Code) throws {
        let database = TemporaryDatabase()
        let connection = try database.open()
        try connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name UNIQUE, n INT)")
        try connection.execute("INSERT INTO t VALUES(1, 'a', 9)")
        #expect(connection.failure(of: sql)?.code == code)
    }

    @Test("The text has message, code and statement, and never a parameter's value")
    func text() throws {
        let database = TemporaryDatabase()
        let connection = try database.openWithTable()
        let insert = try connection.prepare("INSERT INTO t VALUES(?, ?)")
        insert.bind(1, 1)
        insert.bind(2, text: "secret")
        try insert.stepDone()
        let error = #expect(throws: SQLiteError.self) { try insert.stepDone() }
        #expect(
            error?.description == "UNIQUE constraint failed: t.id (SQLite code 1555) "
                + "in: INSERT INTO t VALUES(?, ?)")
    }

    @Test("A mistake in a statement is told when it is prepared")
    func syntax() throws {
        let database = TemporaryDatabase()
        let connection = try database.open()
        let error = #expect(throws: SQLiteError.self) { try connection.prepare("SELEKT 1") }
        #expect(error?.code == .error)
        #expect(error?.message == "near \"SELEKT\": syntax error")
        let empty = #expect(throws: SQLiteError.self) { try connection.prepare(" -- nothing") }
        #expect(empty?.code == .misuse)
    }
}

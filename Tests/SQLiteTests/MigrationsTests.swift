import SQLite
import Testing

@Suite("Migrations")
struct MigrationsTests {
    private let database = TemporaryDatabase()
    private let steps = [
        "CREATE TABLE a(x)",
        "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES(1, 2)",
        "CREATE TABLE b(z)",
    ]

    private func version(_ connection: Connection) throws -> Int64? {
        try connection.scalar("PRAGMA user_version")
    }

    @Test("A file of any earlier version is brought to the newest", arguments: 0...3)
    func fromEarlier(first: Int) throws {
        let connection = try database.open()
        try Migrations(Array(steps.prefix(first))).run(on: connection)
        #expect(try version(connection) == Int64(first))
        try Migrations(steps).run(on: connection)
        #expect(try version(connection) == 3)
        #expect(try connection.scalar("SELECT count(*) FROM a") == 1, "each step ran once")
    }

    @Test("A file of a later program is refused with both versions, and left as it is")
    func newer() throws {
        let connection = try database.open()
        try Migrations(steps).run(on: connection)
        let error = #expect(throws: Migrations.Refused.self) {
            try Migrations(Array(steps.prefix(1))).run(on: connection)
        }
        #expect(error == .newer(path: database.path, found: 3, known: 1))
        #expect(
            error?.description == "\(database.path) has schema version 3, this program knows "
                + "versions up to 1: run a newer program, or restore a backup")
        #expect(try version(connection) == 3)
    }

    @Test("A step that fails leaves nothing behind, and the steps before it stay")
    func failure() throws {
        let connection = try database.open()
        let broken = Migrations([steps[0], "CREATE TABLE c(x); INSERT INTO nowhere VALUES(1)"])
        let error = #expect(throws: Migrations.Refused.self) { try broken.run(on: connection) }
        #expect(error?.description.contains("schema version 2: no such table: nowhere") == true)
        #expect(try version(connection) == 1)
        #expect(try connection.scalar("SELECT count(*) FROM sqlite_schema") == 1)
        #expect(!connection.inTransaction)
        try Migrations(steps).run(on: connection)
        #expect(try version(connection) == 3)
    }

    @Test("A step that another program is just doing is not done twice")
    func concurrent() throws {
        let first = try database.open()
        let second = try database.open(busyTimeoutMilliseconds: 0)
        try first.execute("BEGIN IMMEDIATE")
        let error = #expect(throws: Migrations.Refused.self) {
            try Migrations(steps).run(on: second)
        }
        guard case .failed(_, 1, let cause) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(cause.code == .busy)
    }
}

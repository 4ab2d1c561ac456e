import Glibc
import SQLite
import Testing

@Suite("Whose a file is")
struct FileMarkTests {
    private let database = TemporaryDatabase()
    private let mark = FileMark(applicationID: 77, proof: "SELECT x FROM a")

    private func check(_ making: String) throws -> FileMark.Refused? {
        let connection = try database.open()
        try connection.execute(making)
        do throws(FileMark.Refused) {
            try mark.check(connection)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "A new file is taken, a marked one, and one of before the mark",
        arguments: [
            "", "PRAGMA journal_mode=WAL", "PRAGMA application_id=77; CREATE TABLE other(y)",
            "CREATE TABLE a(x); PRAGMA user_version=1",
        ])
    func ours(making: String) throws {
        #expect(try check(making) == nil)
    }

    @Test(
        "What another program made is refused, with its number",
        arguments: [
            ("PRAGMA application_id=78", 78), ("PRAGMA application_id=-1", -1),
            ("PRAGMA application_id=78; CREATE TABLE a(x); PRAGMA user_version=1", 78),
            ("CREATE TABLE a(x)", 0), ("CREATE TABLE other(y); PRAGMA user_version=1", 0),
            ("CREATE TABLE a(y); PRAGMA user_version=1", 0), ("PRAGMA user_version=1", 0),
            ("CREATE VIEW v AS SELECT 1", 0),
        ])
    func foreign(making: String, number: Int64) throws {
        let refused = try check(making)
        #expect(refused == .foreign(path: database.path, applicationID: number))
        #expect(refused?.description.contains("application_id \(number)") == true)
    }

    @Test("A file too short for a database is refused, and left as it is")
    func short() throws {
        let file = open(database.path, O_CREAT | O_WRONLY, 0o600)
        #expect(write(file, "a note", 6) == 6)
        close(file)
        let connection = try database.open()
        #expect(throws: FileMark.Refused.tooShort(path: database.path, bytes: 6)) {
            try mark.check(connection)
        }
        var status = stat()
        #expect(stat(database.path, &status) == 0 && status.st_size == 6)
    }

    @Test("A file that cannot be read is no other program's")
    func held() throws {
        let holder = try database.openWithTable()
        try holder.execute(
            "PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; INSERT INTO t VALUES(1, 1)")
        let connection = try database.open()
        let refused = #expect(throws: FileMark.Refused.self) { try mark.check(connection) }
        guard case .failed(_, let cause) = refused else {
            Issue.record("unexpected: \(String(describing: refused))")
            return
        }
        #expect(cause.code == .busy)
    }

    @Test("While another program makes the file ours it is not taken for somebody else's")
    func meanwhile() throws {
        let maker = try database.open()
        try maker.execute("PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; CREATE TABLE a(x)")
        let connection = try database.open()
        try mark.check(connection)
        try maker.execute("PRAGMA user_version=1; COMMIT")
        try mark.check(connection)
        try maker.execute(mark.sql)
        try mark.check(connection)
    }
}

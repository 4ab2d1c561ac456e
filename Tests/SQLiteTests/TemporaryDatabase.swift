import Glibc
import SQLite

/// A database file of one test, removed with its log at the end.
final class TemporaryDatabase {
    let path: String

    init() {
        var template = Array("/tmp/sqlite-tests-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self) + "/test.db"
    }

    deinit {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
        rmdir(String(path.dropLast("/test.db".count)))
    }

    func open(
        _ mode: Connection.Mode = .readWriteCreate, busyTimeoutMilliseconds: Int32 = 0
    ) throws -> Connection {
        try Connection(
            path: path, mode: mode, busyTimeoutMilliseconds: busyTimeoutMilliseconds)
    }

    /// A connection to a database in WAL mode with the table `t(id INTEGER PRIMARY KEY, value)`.
    func openWithTable() throws -> Connection {
        let connection = try open()
        try connection.execute(
            "PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, value)")
        return connection
    }
}

extension Connection {
    /// The error that `sql` fails with, `nil` when it does not.
    func failure(of sql: String) -> SQLiteError? {
        do {
            try execute(sql)
            return nil
        } catch {
            return error
        }
    }
}

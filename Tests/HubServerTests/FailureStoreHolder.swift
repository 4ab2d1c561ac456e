import SQLite

/// Another program that holds a database's write lock.
final class DatabaseHolder {
    private let connection: Connection

    init(_ path: String) throws {
        connection = try Connection(path: path, busyTimeoutMilliseconds: 5000)
        try connection.execute("BEGIN EXCLUSIVE")
    }

    func letGo() {
        try? connection.execute("ROLLBACK")
    }
}

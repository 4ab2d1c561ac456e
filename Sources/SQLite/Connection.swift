// Unsafe: holds SQLite's handle of the connection, which lives exactly as long as this object.

import CSQLite

/// A connection to a database file. One owner, and one thread at a time; others may only use its
/// `interruption`.
///
/// Finish with a connection's statements before the connection: each keeps it alive.
package final class Connection {
    /// What a connection may do.
    package enum Mode: Sendable {
        /// Read and write; the file is made if it is not there.
        case readWriteCreate

        /// Read and write; the file must be there.
        case readWrite

        /// Read only; the file must be there.
        case readOnly
    }

    /// The file, as it was given.
    package let path: String

    @usableFromInline let handle: OpaquePointer

    /// Opens `path`; <https://sqlite.org/c3ref/open.html>.
    ///
    /// - Parameter busyTimeoutMilliseconds: how long a statement waits for other connections'
    ///   locks before it throws `.busy`; 0 not at all.
    package init(
        path: String, mode: Mode = .readWriteCreate, busyTimeoutMilliseconds: Int32 = 5000
    ) throws(SQLiteError) {
        SQLiteLibrary.configure()
        self.path = path
        handle = try Self.open(path, mode)
        setBusyTimeout(milliseconds: busyTimeoutMilliseconds)
        // A misspelt column in double quotes is an error, not a text: sqlite.org/quirks.html.
        csqlite_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0)
        csqlite_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0)
    }

    private static func open(_ path: String, _ mode: Mode) throws(SQLiteError) -> OpaquePointer {
        let access =
            switch mode {
            case .readWriteCreate: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readWrite: SQLITE_OPEN_READWRITE
            case .readOnly: SQLITE_OPEN_READONLY
            }
        // No mutex: see `SQLiteLibrary`. Extended codes: a full disk and a torn page differ there.
        let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        if code == SQLITE_OK, let handle { return handle }
        let message = String(cString: handle.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
        // Also a failed opening leaves a handle, to be asked and then closed.
        sqlite3_close(handle)
        throw SQLiteError(code: .init(rawValue: code), message: "\(path): \(message)")
    }

    deinit {
        // Every statement holds its connection, so none is open now.
        let code = sqlite3_close(handle)
        assert(code == SQLITE_OK, "a statement outlived its connection")
    }

    /// Whether the name that was opened now has another file, or none: it was moved or replaced,
    /// and what others do under that name does not come here
    /// (<https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlhasmoved>).
    package var hasMoved: Bool {
        var isMoved: Int32 = 0
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &isMoved)
        return isMoved != 0
    }

    /// How long statements wait for other connections' locks from now on; 0 not at all.
    package func setBusyTimeout(milliseconds: Int32) {
        sqlite3_busy_timeout(handle, milliseconds)
    }

    /// The error of the call that has just failed with `code`.
    @usableFromInline
    func error(_ code: Int32, sql: String?) -> SQLiteError {
        SQLiteError(
            code: .init(rawValue: code), message: String(cString: sqlite3_errmsg(handle)), sql: sql)
    }
}

extension Connection {
    /// Runs one statement, or several with semicolons between, to their ends.
    ///
    /// For settings and schemas; what is run again and again is prepared.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw error(code, sql: sql) }
    }

    /// Compiles one statement, to be kept and run many times.
    ///
    /// PERSISTENT is "a hint to the query planner that the prepared statement will be retained for
    /// a long time" (<https://sqlite.org/c3ref/c_prepare_dont_log.html>): it then takes no memory
    /// from the pool for short-lived things.
    package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        try Statement(self, sql)
    }

    /// The first column of the first row of `sql`; `nil` when there is no row, or NULL in it.
    package func scalar(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.int64(0)
    }

    /// Rows that the last INSERT, UPDATE or DELETE has changed.
    package var changes: Int64 { sqlite3_changes64(handle) }

    /// The row id that the last INSERT gave.
    package var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Whether BEGIN was run and neither COMMIT nor ROLLBACK since. Some errors, such as a full
    /// disk, roll back by themselves: ask before a ROLLBACK.
    package var inTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Parameter immediate: takes the write lock at once, so that no later statement can find
    ///   the database changed under it (`.busySnapshot`).
    package func transaction<Result>(
        immediate: Bool = true, _ body: () throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        try execute(immediate ? "BEGIN IMMEDIATE" : "BEGIN")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // What went wrong first is what counts.
            if inTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Bytes that this connection's page cache takes.
    package var cacheUsed: Int {
        var (now, peak): (Int32, Int32) = (0, 0)
        sqlite3_db_status(handle, SQLITE_DBSTATUS_CACHE_USED, &now, &peak, 0)
        return Int(now)
    }

    /// What another thread needs to stop a statement of this connection.
    package var interruption: Interruption { Interruption(self) }

    /// Stops the statement that is running, which throws `.interrupted`; nothing happens if there
    /// is none; <https://sqlite.org/c3ref/interrupt.html>.
    package func interrupt() {
        sqlite3_interrupt(handle)
    }
}

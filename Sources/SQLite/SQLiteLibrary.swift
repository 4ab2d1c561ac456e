import CSQLite

/// Settings of the SQLite library for the whole process.
package enum SQLiteLibrary {
    /// Sets the library up; later calls do nothing. Any thread may call; each `Connection` does.
    ///
    /// - *Multi-thread mode*: safe as long as neither a connection nor anything made from it, such
    ///   as a statement, is used by two threads at the same time
    ///   (<https://sqlite.org/threadsafe.html>). A connection has one owner here, so its mutexes
    ///   would guard nothing.
    /// - *No memory statistics*: counting takes a global mutex at each allocation, on which
    ///   threads with connections of their own would meet
    ///   (<https://sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigmemstatus>).
    ///
    /// Both can only be set before the library is first used.
    package static func configure() {
        configured
    }

    /// The version in use, such as `3.40.1`.
    package static var version: String { String(cString: sqlite3_libversion()) }

    /// Initialised once, by whichever thread comes first; the others wait for it.
    private static let configured: Void = {
        precondition(sqlite3_threadsafe() != 0, "this SQLite was built for a single thread")
        // SQLITE_MISUSE says that somebody here has used SQLite before: slower, not wrong.
        _ = csqlite_config_multithread()
        _ = csqlite_config_memstatus(0)
        sqlite3_initialize()
    }()
}

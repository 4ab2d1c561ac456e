package import Hub
import SQLite

/// A copy of a database that others go on writing to, as it is at one moment.
package enum StoreCopy {
    /// Bytes that a copy of the database at `path` takes at most.
    package static func size(of path: String) throws(StoreFailure) -> Int64 {
        try StoreFailure.translating { () throws(SQLiteError) in
            let connection = try Connection(path: path, mode: .readOnly)
            func number(_ name: String) throws(SQLiteError) -> Int64 {
                try connection.scalar("PRAGMA \(name)") ?? 0
            }
            return try (number("page_count") - number("freelist_count")) * number("page_size")
        }
    }

    /// Writes the database at `path` anew to `copy`, which must not be there: one read transaction,
    /// so one moment, while other connections and programs go on writing.
    ///
    /// VACUUM INTO (https://sqlite.org/lang_vacuum.html#vacuuminto) and not the online backup:
    /// that begins again whenever another process commits, and a busy hub commits always. It also
    /// leaves out free pages, and writes each table from end to end. As long as it reads, the
    /// write-ahead log of the original cannot begin anew.
    ///
    /// - Parameter mayGoOn: is asked every few rows, and may take its time: the copying waits. If
    ///   it says no, the copying ends with a failure, and what it has made is worth nothing.
    package static func make(
        of path: String, at copy: String, while mayGoOn: () -> Bool
    ) throws(StoreFailure) {
        try StoreFailure.translating { () throws(SQLiteError) in
            let connection = try Connection(path: path, mode: .readOnly)
            // The copy's cache is as large as this one's. What does not fit is written as it comes,
            // the rest at one go at the end, during which nobody is asked: so it is small.
            try connection.execute("PRAGMA cache_size=-256")
            try connection.execute("PRAGMA temp_store=MEMORY")
            let vacuum = try connection.prepare("VACUUM INTO ?")
            vacuum.bind(1, text: copy)
            try connection.asking(every: 40, mayGoOn) { () throws(SQLiteError) in
                try vacuum.stepDone()
            }
        }
    }

    /// Reads the whole file at `path` and checks it, as SQLite can: every page is in one place, all
    /// rows are in order, and unique where they should be; PRAGMA integrity_check.
    package static func checkIntegrity(of path: String) throws(StoreFailure) {
        let finding = try StoreFailure.translating { () throws(SQLiteError) in
            let connection = try Connection(path: path, mode: .readOnly)
            let check = try connection.prepare("PRAGMA integrity_check(1)")
            return try check.step() ? check.text(0) : ""
        }
        guard finding == "ok" else { throw .damaged(finding) }
    }
}

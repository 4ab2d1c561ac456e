package import Hub
import SQLite

/// What some frames of the catalogue come to.
package struct CatalogueTotal: Equatable, Sendable {
    package var frames = 0
    /// Bytes in the files, headers included.
    package var bytes = 0
    /// Bytes of their lines.
    package var rawBytes = 0
    /// The last message of the last of them.
    package var last: Int64 = 0
}

extension SQLiteReader {
    /// Frames that one call adds up: far less than the 50 ms that a reader may take.
    private static let totalled = 1000

    /// Adds up the frames behind message `last`, so many at most that no reader is long at it.
    package func total(after last: Int64) throws(StoreFailure) -> CatalogueTotal {
        try StoreFailure.translating { () throws(SQLiteError) in
            let statement = try connection.prepare(
                """
                SELECT count(*), sum(length), sum(raw), max(last) FROM (SELECT length, raw, last
                    FROM frames WHERE first>\(last) ORDER BY first LIMIT \(Self.totalled))
                """)
            var total = CatalogueTotal()
            guard try statement.step(), statement.int64(0) > 0 else { return total }
            total.frames = Int(statement.int64(0))
            total.bytes = Int(statement.int64(1))
            total.rawBytes = Int(statement.int64(2))
            total.last = statement.int64(3)
            return total
        }
    }

    /// Bytes of the store's pages that are in use. Free ones will be used again before the file
    /// grows.
    package func bytesInUse() throws(StoreFailure) -> Int64 {
        try StoreFailure.translating { () throws(SQLiteError) in
            let pages = try connection.scalar("PRAGMA page_count") ?? 0
            let free = try connection.scalar("PRAGMA freelist_count") ?? 0
            return (pages - free) * (try connection.scalar("PRAGMA page_size") ?? 0)
        }
    }
}

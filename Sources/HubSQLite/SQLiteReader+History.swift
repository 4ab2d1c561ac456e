package import Hub
import SQLite

/// Where a warehouse was.
package struct StoredPosition: Equatable, Sendable {
    package let committed: Int64
    package let delivered: Int64

    package init(committed: Int64, delivered: Int64) {
        self.committed = committed
        self.delivered = delivered
    }
}

extension SQLiteReader {
    /// Where `wid` was at the end of each of these seconds, since 1970; nil where nothing is known
    /// of it: before its first position, or where its history was let go.
    ///
    /// A position counts until the next one, so each is one look by the primary key, however many
    /// rows lie between.
    package func positions(
        of wid: UInt32, at seconds: [Int64]
    ) throws(StoreFailure) -> [StoredPosition?] {
        do throws(SQLiteError) {
            let statement = try connection.prepare(
                """
                SELECT committed, delivered FROM history WHERE wid=? AND second<=?
                    ORDER BY second DESC LIMIT 1
                """)
            statement.bind(1, Int64(wid))
            var positions: [StoredPosition?] = []
            for second in seconds {
                defer { statement.reset() }
                statement.bind(2, second)
                positions.append(
                    try statement.step()
                        ? StoredPosition(
                            committed: statement.int64(0), delivered: statement.int64(1)) : nil)
            }
            return positions
        } catch {
            throw StoreFailure(error)
        }
    }
}

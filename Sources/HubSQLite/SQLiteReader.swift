package import Hub
import SQLite

/// The store in one SQLite file: a reading side, one a thread.
///
/// A page is one explicit read transaction over kept statements by primary key: a hundred rows
/// with one statement of a hundred parameters, the rest of them NULL.
package final class SQLiteReader: StoreReader {
    let connection: Connection
    private let beginStatement: Statement
    private let endStatement: Statement
    private let one: Statement
    private let many: Statement
    private let heads: Statement
    private let byID: Statement
    private let recentByID: Statement
    private let createdAt: Statement
    private let delivered: Statement
    private let committed: Statement
    private let frameHolding: Statement
    private let framesFrom: Statement
    private let framesMayHold: Statement
    let letters: LetterReading
    let audit: Statement

    /// Rows that one statement asks for.
    private static let width = 100

    package init(path: String, busyTimeoutMilliseconds: Int32 = 1000) throws(StoreFailure) {
        do throws(SQLiteError) {
            connection = try Connection(
                path: path, mode: .readOnly, busyTimeoutMilliseconds: busyTimeoutMilliseconds)
            for setting in ["mmap_size=0", "cache_size=-16384", "query_only=ON"] {
                try connection.execute("PRAGMA \(setting)")
            }
            beginStatement = try connection.prepare("BEGIN")
            endStatement = try connection.prepare("COMMIT")
            let places = Array(repeating: "?", count: Self.width).joined(separator: ",")
            let select = "SELECT \(MessageColumns.list) FROM log WHERE"
            one = try connection.prepare("\(select) idx=?")
            many = try connection.prepare("\(select) idx IN (\(places)) ORDER BY idx")
            heads = try connection.prepare(
                "SELECT \(MessageColumns.head) FROM log WHERE idx IN (\(places)) ORDER BY idx")
            let border = "(SELECT value FROM meta WHERE name='border')"
            byID = try connection.prepare("SELECT idx FROM ids WHERE id=? AND idx>\(border)")
            recentByID = try connection.prepare(
                """
                SELECT idx FROM log WHERE id=? AND idx>max(\(border),
                    ((SELECT max(idx) FROM log)/\(RecentIDs.generation)-1)*\(RecentIDs.generation))
                """)
            createdAt = try connection.prepare("SELECT created FROM log WHERE idx=?")
            delivered = try connection.prepare(Self.history("delivered"))
            committed = try connection.prepare(Self.history("committed"))
            frameHolding = try connection.prepare(
                Self.frames("first<=?1 AND last>=?1 ORDER BY first DESC LIMIT 1"))
            framesFrom = try connection.prepare(
                Self.frames(
                    """
                    first>=(SELECT coalesce(max(first), 0) FROM frames WHERE first<=?1)
                        AND last>=?1 ORDER BY first LIMIT ?2
                    """))
            // The index has all that tells which they are: the rows themselves are large.
            framesMayHold = try connection.prepare(
                Self.frames(
                    """
                    first IN (SELECT first FROM frames INDEXED BY frames_by_id
                        WHERE greatest_id>=?1 AND least_id<=?1 AND first>?2
                            AND first>(SELECT value FROM meta WHERE name='pruned')
                        ORDER BY first LIMIT ?3) ORDER BY first
                    """))
            letters = try LetterReading(connection)
            audit = try connection.prepare(Self.auditQuery)
        } catch {
            throw StoreFailure(error)
        }
    }

    /// The first second in which a position was at or above an index. Rows older than the border,
    /// or than history is kept, are gone but for the newest, so a time below would be a guess.
    private static func history(_ position: String) -> String {
        """
        SELECT second, second<(SELECT max(value) FROM meta
                WHERE name IN ('border_time', 'history_time'))/1000 FROM history
            WHERE wid=? AND second>=? AND \(position)>=? ORDER BY second LIMIT 1
        """
    }

    /// Frames that were not pruned.
    private static func frames(_ condition: String) -> String {
        """
        SELECT \(FrameColumns.list) FROM frames
            WHERE last>(SELECT value FROM meta WHERE name='pruned') AND \(condition)
        """
    }

    package func begin() throws(StoreFailure) {
        try run(beginStatement)
    }

    package func end() {
        // Ending a read cannot fail but for misuse; what is open then ends with the next one.
        try? run(endStatement)
    }

    private func run(_ statement: Statement) throws(StoreFailure) {
        try StoreFailure.translating { () throws(SQLiteError) in
            defer { statement.reset() }
            try statement.stepDone()
        }
    }

    package func rows(
        at indexes: ArraySlice<Int64>, _ visit: (MessageRow) -> Bool
    ) throws(StoreFailure) {
        var rest = indexes
        while !rest.isEmpty {
            let some = rest.prefix(Self.width)
            rest = rest.dropFirst(some.count)
            let goesOn =
                some.count == 1
                ? try row(at: some.first!, visit) : try someRows(some, visit)
            guard goesOn else { return }
        }
    }

    private func row(
        at index: Int64, _ visit: (MessageRow) -> Bool
    ) throws(StoreFailure) -> Bool {
        defer { one.reset() }
        one.bind(1, index)
        guard try step(one) else { throw Self.missing(index) }
        return visit(MessageColumns.row(one))
    }

    private func someRows(
        _ indexes: ArraySlice<Int64>, _ visit: (MessageRow) -> Bool
    ) throws(StoreFailure) -> Bool {
        bind(many, indexes)
        defer { many.reset() }
        for index in indexes {
            guard try step(many) else { throw Self.missing(index) }
            let row = MessageColumns.row(many)
            guard row.index == index else { throw Self.missing(index) }
            guard visit(row) else { return false }
        }
        return true
    }

    private func bind(_ statement: Statement, _ indexes: ArraySlice<Int64>) {
        var place: Int32 = 0
        for index in indexes {
            place += 1
            statement.bind(place, index)
        }
        while place < Int32(Self.width) {
            place += 1
            statement.bindNull(place)
        }
    }

    /// A statement that names the body reads all of it, page by page, before anybody has seen the
    /// topic. So the heads come by one without it, and whole rows one by one.
    package func rows(
        at indexes: ArraySlice<Int64>, bodiesOf isWanted: (_ topic: Int32) -> Bool,
        _ visit: (MessageRow) -> Bool
    ) throws(StoreFailure) {
        var rest = indexes
        while !rest.isEmpty {
            let some = rest.prefix(Self.width)
            rest = rest.dropFirst(some.count)
            guard try someRows(some, isWanted, visit) else { return }
        }
    }

    private func someRows(
        _ indexes: ArraySlice<Int64>, _ isWanted: (Int32) -> Bool, _ visit: (MessageRow) -> Bool
    ) throws(StoreFailure) -> Bool {
        bind(heads, indexes)
        defer { heads.reset() }
        for index in indexes {
            guard try step(heads) else { throw Self.missing(index) }
            let head = MessageColumns.head(heads)
            guard head.index == index else { throw Self.missing(index) }
            guard try isWanted(head.topic) ? row(at: index, visit) : visit(head) else {
                return false
            }
        }
        return true
    }

    private func step(_ statement: Statement) throws(StoreFailure) -> Bool {
        do throws(SQLiteError) { return try statement.step() } catch { throw StoreFailure(error) }
    }

    private static func missing(_ index: Int64) -> StoreFailure {
        .damaged("message \(index) is not in the log")
    }

    package func index(of id: MessageID) throws(StoreFailure) -> Int64? {
        try StoreFailure.translating { () throws(SQLiteError) in
            if let index = try byID.index(of: id) { return index }
            // The newest ids are not in the table yet; their messages are few enough to look at.
            return try recentByID.index(of: id)
        }
    }

    package func lastIndex(
        before time: Int64, above border: Int64, head: Int64
    ) throws(StoreFailure) -> Int64 {
        try StoreFailure.translating { () throws(SQLiteError) in
            // `created` never falls with the index, so halving finds the place.
            var (low, high) = (border, max(border, head))
            while low < high {
                let middle = (low + high + 1) / 2
                defer { createdAt.reset() }
                createdAt.bind(1, middle)
                let isBefore = try createdAt.step() && createdAt.int64(0) < time
                if isBefore { low = middle } else { high = middle - 1 }
            }
            return low
        }
    }

    package func journey(
        of index: Int64, wid: UInt32, since created: Int64
    ) throws(StoreFailure) -> Journey {
        try StoreFailure.translating { () throws(SQLiteError) in
            Journey(
                delivered: try second(delivered, index, wid, created),
                committed: try second(committed, index, wid, created))
        }
    }

    private func second(
        _ statement: Statement, _ index: Int64, _ wid: UInt32, _ created: Int64
    ) throws(SQLiteError) -> Int64? {
        defer { statement.reset() }
        statement.bind(1, Int64(wid))
        statement.bind(2, created / 1000)
        statement.bind(3, index)
        guard try statement.step(), statement.int64(1) == 0 else { return nil }
        return statement.int64(0) * 1000
    }

    // MARK: The archive's catalogue

    package func frame(holding index: Int64) throws(StoreFailure) -> ArchivedFrame? {
        frameHolding.bind(1, index)
        return try frames(frameHolding).first
    }

    package func frames(
        from index: Int64, limit: Int
    ) throws(StoreFailure) -> [ArchivedFrame] {
        framesFrom.bind(1, index)
        framesFrom.bind(2, Int64(limit))
        return try frames(framesFrom)
    }

    package func frames(
        mayHold id: MessageID, above index: Int64, limit: Int
    ) throws(StoreFailure) -> [ArchivedFrame] {
        framesMayHold.bind(1, copying: id.withBytes { Array($0) })
        framesMayHold.bind(2, index)
        framesMayHold.bind(3, Int64(limit))
        return try frames(framesMayHold)
    }

    private func frames(_ statement: Statement) throws(StoreFailure) -> [ArchivedFrame] {
        try StoreFailure.translating { () throws(SQLiteError) in
            defer { statement.reset() }
            var frames: [ArchivedFrame] = []
            while try statement.step() { frames.append(FrameColumns.frame(statement)) }
            return frames
        }
    }
}

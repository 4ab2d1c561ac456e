package import Hub
import SQLite

/// Reads a whole store that nobody writes to, and tells whether it agrees with itself: the log, the
/// blocks of wids, the places in the lists, ids, topics, warehouses, the archive's border, dead
/// letters.
package struct StoreCheck {
    /// What the store is.
    package struct Facts: Sendable {
        package let identity: StoreIdentity
        /// The newest message.
        package let head: Int64
        /// The version of its tables.
        package let schema: Int64
    }

    let connection: Connection
    private let head: Int64
    /// Messages at or below it are in the archive.
    private let border: Int64
    private let identity: StoreIdentity
    private let schema: Int64

    private init(path: String) throws(StoreFailure) {
        do throws(SQLiteError) {
            connection = try Connection(path: path, mode: .readOnly)
            schema = try connection.scalar("PRAGMA user_version") ?? 0
            try Self.checkSchema(connection, schema)
            identity = try StoreIdentity(connection)
            border = try connection.scalar("SELECT value FROM meta WHERE name='border'") ?? 0
            head = try StoreIdentity.head(connection)
        } catch {
            throw StoreFailure(error)
        }
        guard !identity.hub.isEmpty else { throw .damaged("it does not say which hub it is of") }
    }

    private static func checkSchema(
        _ connection: Connection, _ version: Int64
    ) throws(SQLiteError) {
        do throws(FileMark.Refused) {
            try Schema.mark.check(connection)
        } catch {
            if case .failed(_, let cause) = error { throw cause }
            throw SQLiteError(code: .notADatabase, message: "\(error)")
        }
        guard version >= 1 else {
            throw SQLiteError(code: .corrupt, message: "no hub has written to it")
        }
        let known = Schema.migrations.newest
        guard version <= known else {
            throw SQLiteError(
                code: .error,
                message: """
                    its schema version is \(version), this program knows versions up to \(known): \
                    use a newer program
                    """)
        }
    }

    /// Checks the store in the file at `path`.
    ///
    /// - Parameter progress: is called now and then with messages read, and how many there are.
    /// - Throws: `.damaged` with what does not agree; `.other` for a schema that is too new.
    package static func run(
        path: String, progress: (_ done: Int64, _ of: Int64) -> Void = { _, _ in }
    ) throws(StoreFailure) -> Facts {
        let check = try StoreCheck(path: path)
        do throws(SQLiteError) {
            let topics = try check.topics()
            let given = try check.readLog(topics, progress)
            try check.checkIDs(given: given)
            try check.checkWarehouses()
            try check.checkCatalogue()
            try check.checkLetters()
        } catch {
            throw StoreFailure(error)
        }
        return Facts(identity: check.identity, head: check.head, schema: check.schema)
    }

    static func damage(_ what: String) -> SQLiteError {
        SQLiteError(code: .corrupt, message: what)
    }

    func hasTable(_ name: String) throws(SQLiteError) -> Bool {
        try connection.scalar("SELECT count(*) FROM sqlite_schema WHERE name='\(name)'") == 1
    }

    // MARK: Topics

    private func topics() throws(SQLiteError) -> [StoredTopic] {
        let rows = try connection.prepare(
            "SELECT name, count, last_index, number FROM topics ORDER BY number")
        var topics: [StoredTopic] = []
        while try rows.step() {
            guard rows.int64(3) == Int64(topics.count) else {
                throw Self.damage("topic \(topics.count) is missing")
            }
            var topic = StoredTopic(name: rows.text(0))
            (topic.count, topic.lastIndex) = (rows.int64(1), rows.int64(2))
            guard topic.lastIndex <= head else {
                throw Self.damage("topic \(topic.name) is ahead of the log")
            }
            topics.append(topic)
        }
        return topics
    }

    // MARK: The log

    /// Reads the log above the border, in its order. Returns how many of its messages bear an id
    /// that a publisher gave and that must be in the table of ids by now.
    private func readLog(
        _ topics: [StoredTopic], _ progress: (Int64, Int64) -> Void
    ) throws(SQLiteError) -> Int64 {
        var counts = try trimmedCounts()
        var topicCounts = [Int64](repeating: 0, count: topics.count)
        var blocks = try WidBlocks(connection, border: border)
        let ids = identity.ids
        let firstRecent = RecentIDs.firstIndex(head: head)
        var (last, created, given) = (border, Int64.min, Int64(0))
        let rows = try connection.prepare(
            """
            SELECT idx, id, wid, nth, topic, created FROM log WHERE idx>\(border) ORDER BY idx
            """)
        while try rows.step() {
            let index = rows.int64(0)
            guard index == last + 1 else { throw Self.damage("message \(last + 1) is missing") }
            let wid = UInt32(truncatingIfNeeded: rows.int64(2))
            let nth = counts[wid, default: 0] + 1
            counts[wid] = nth
            guard rows.int64(3) == nth else {
                throw Self.damage(
                    "message \(index) of wid \(wid) has number \(rows.int64(3)), not \(nth)")
            }
            guard try blocks.wid(of: index, head: head).map({ $0 == wid }) ?? true else {
                throw Self.damage("message \(index) has another wid in its block")
            }
            let topic = Int(rows.int64(4))
            guard topics.indices.contains(topic) else {
                throw Self.damage("message \(index) has topic \(topic), which is missing")
            }
            if index <= topics[topic].lastIndex { topicCounts[topic] += 1 }
            guard rows.int64(5) >= created else {
                throw Self.damage("message \(index) is older than the one before")
            }
            created = rows.int64(5)
            if index < firstRecent, ids.index(in: MessageID(bytes: rows.bytes(1))) != index {
                given += 1
            }
            last = index
            if index & 0xFFFF == 0 { progress(index - border, head - border) }
        }
        guard last == head else { throw Self.damage("message \(last + 1) is missing") }
        // Of a topic whose messages were archived only the newest can be counted.
        if border == 0,
            let wrong = topics.indices.first(where: { topicCounts[$0] != topics[$0].count })
        {
            throw Self.damage(
                """
                topic \(topics[wrong].name) has \(topicCounts[wrong]) messages, and says \
                \(topics[wrong].count)
                """)
        }
        progress(head - border, head - border)
        return given
    }

    /// By wid: its messages at or below the border.
    private func trimmedCounts() throws(SQLiteError) -> [UInt32: Int64] {
        guard try hasTable("trimmed") else { return [:] }
        var counts: [UInt32: Int64] = [:]
        var sum: Int64 = 0
        let rows = try connection.prepare("SELECT wid, count FROM trimmed")
        while try rows.step() {
            counts[UInt32(truncatingIfNeeded: rows.int64(0))] = rows.int64(1)
            sum += rows.int64(1)
        }
        guard sum == border else {
            throw Self.damage(
                "\(sum) messages are counted as archived, and the border is \(border)")
        }
        return counts
    }

    // MARK: Ids, warehouses

    /// - Parameter given: messages whose id must be in the table.
    private func checkIDs(given: Int64) throws(SQLiteError) {
        let wrong = try connection.scalar(
            """
            SELECT ids.idx FROM ids LEFT JOIN log ON log.idx=ids.idx
            WHERE ids.idx>\(border) AND log.id IS NOT ids.id LIMIT 1
            """)
        if let wrong { throw Self.damage("an id leads to message \(wrong), which has another") }
        let found = try connection.scalar(
            """
            SELECT count(*) FROM ids
            WHERE idx>\(border) AND idx<\(RecentIDs.firstIndex(head: head))
            """)
        guard found == given else {
            throw Self.damage("\(given) ids should be in their table, \(found ?? 0) are")
        }
    }

    private func checkWarehouses() throws(SQLiteError) {
        let ahead = try connection.scalar(
            "SELECT wid FROM warehouses WHERE max(committed, delivered)>\(head) LIMIT 1")
        if let ahead { throw Self.damage("warehouse \(ahead) is ahead of the log") }
    }

    // MARK: The archive's catalogue

    /// Each frame follows the one before, and the last one ends at the border.
    private func checkCatalogue() throws(SQLiteError) {
        guard try hasTable("frames") else { return }
        let rows = try connection.prepare("SELECT first, last FROM frames ORDER BY first")
        var end: Int64?
        while try rows.step() {
            if let end, rows.int64(0) != end + 1 {
                throw Self.damage("the frame of message \(end + 1) is not in the catalogue")
            }
            end = rows.int64(1)
        }
        guard (end ?? border) == border else {
            throw Self.damage("the catalogue ends at message \(end ?? 0), the border is \(border)")
        }
    }
}

/// The blocks of wids beside the log, in the same order.
private struct WidBlocks {
    private let rows: Statement
    private var first: Int64
    private var wids: [UInt32] = []

    /// Blocks that lie below the border may be gone already.
    init(_ connection: Connection, border: Int64) throws(SQLiteError) {
        let size = Int64(WidBlock.size)
        first = border / size * size + 1 - size
        rows = try connection.prepare(
            "SELECT first, block FROM wids WHERE first>\(first) ORDER BY first")
    }

    /// The wid that the blocks have for `index`, which rises by one a call; nil for messages of the
    /// block that is not full yet.
    mutating func wid(of index: Int64, head: Int64) throws(SQLiteError) -> UInt32? {
        let size = Int64(WidBlock.size)
        if index >= first + size {
            first += size
            guard first + size - 1 <= head else {
                wids = []
                return nil
            }
            try readBlock()
        }
        return wids.isEmpty ? nil : wids[Int(index - first)]
    }

    private mutating func readBlock() throws(SQLiteError) {
        guard try rows.step(), rows.int64(0) == first, rows.bytes(1).count == WidBlock.size * 4
        else {
            throw SQLiteError(code: .corrupt, message: "the block of wids \(first) is not there")
        }
        wids.removeAll(keepingCapacity: true)
        WidBlock.read(rows.bytes(1)) { wids.append($0) }
    }
}

import Hub
import SQLite

/// Reads a store at the start: the blocks of wids, less than a block of the log, and the tables
/// that fit in memory. Ten million messages take a tenth of a second.
struct StoreLoader {
    private let connection: Connection
    /// The block that the next message goes into.
    private(set) var block = WidBlock(first: 1)
    private var topics: [StoredTopic] = []
    private var head: Int64 = 0
    private var lastCreated: Int64 = 0
    private var archive = ArchiveState()

    init(_ connection: Connection) throws(SQLiteError) {
        self.connection = connection
    }

    mutating func load(into lines: Lines) throws(SQLiteError) -> StoreState {
        try connection.execute("BEGIN IMMEDIATE")
        defer { if connection.inTransaction { try? connection.execute("ROLLBACK") } }
        try loadTopics()
        try loadArchive(into: lines)
        begin()
        if try !blocksFit() { try dropBlocks() }
        do throws(SQLiteError) {
            try loadBlocks(into: lines)
            try loadTail(into: lines)
        } catch  where error.code == .corrupt && head > archive.border {
            // Blocks of the right size may still tell something else than the log does.
            try loadFromLog(into: lines)
        }
        lines.publish(head: head) { _ in }
        let identity = try StoreIdentity(connection)
        let state = StoreState(
            hub: identity.hub, ids: identity.ids, forks: identity.forks, head: head,
            lastCreated: lastCreated, topics: topics, warehouses: try warehouses(),
            archive: archive, lastLetter: try lastLetter())
        try connection.execute("COMMIT")
        return state
    }

    private func number(_ name: String) throws(SQLiteError) -> Int64 {
        try connection.scalar("SELECT value FROM meta WHERE name='\(name)'") ?? 0
    }

    /// Reads the border, and how much of each list is in the archive.
    private mutating func loadArchive(into lines: Lines) throws(SQLiteError) {
        archive.border = try number("border")
        archive.borderTime = try number("border_time")
        archive.pruned = try number("pruned")
        archive.prunedTime = try number("pruned_time")
        let digest = try connection.prepare("SELECT value FROM meta WHERE name='digest'")
        if try digest.step() { archive.lastDigest = Array(digest.bytes(0)) }
        let rows = try connection.prepare("SELECT wid, count, last FROM trimmed")
        var count: Int64 = 0
        while try rows.step() {
            lines.restore(
                wid: UInt32(truncatingIfNeeded: rows.int64(0)), count: rows.int64(1),
                last: rows.int64(2))
            count += rows.int64(1)
        }
        guard count == archive.border else {
            throw Self.damage("\(count) messages left it, and the border is \(archive.border)")
        }
        lines.restore(border: archive.border, time: archive.borderTime, pruned: archive.pruned)
    }

    /// The block that the border lies in is the first that counts; what is archived of it is left
    /// out.
    private var firstBlock: Int64 {
        archive.border / Int64(WidBlock.size) * Int64(WidBlock.size) + 1
    }

    /// Everything that follows begins at the border.
    private mutating func begin() {
        block = WidBlock(first: firstBlock)
        head = archive.border
        lastCreated = archive.borderTime
    }

    private mutating func loadTopics() throws(SQLiteError) {
        let rows = try connection.prepare(
            "SELECT name, count, last_index, last_created, number FROM topics ORDER BY number")
        while try rows.step() {
            guard rows.int64(4) == Int64(topics.count) else {
                throw Self.damage("topic \(topics.count) is missing")
            }
            var topic = StoredTopic(name: rows.text(0))
            topic.count = rows.int64(1)
            topic.lastIndex = rows.int64(2)
            topic.lastCreated = rows.int64(3)
            topics.append(topic)
        }
    }

    /// Whether the blocks are all there, of the right size, and not ahead of the log.
    private func blocksFit() throws(SQLiteError) -> Bool {
        let size = Int64(WidBlock.size)
        let rows = try connection.prepare(
            """
            SELECT count(*), max(first), min(length(block)), max(length(block)),
                sum((first - 1) % \(size)) FROM wids WHERE first>=\(firstBlock)
            """)
        guard try rows.step(), rows.int64(0) > 0 else { return true }
        let end = firstBlock - 1 + rows.int64(0) * size
        guard rows.int64(1) == end - size + 1, rows.int64(2) == size * 4, rows.int64(3) == size * 4,
            rows.int64(4) == 0
        else { return false }
        return try connection.scalar("SELECT max(idx) FROM log") ?? 0 >= end
    }

    /// Begins again without the blocks.
    private mutating func loadFromLog(into lines: Lines) throws(SQLiteError) {
        lines.rollBack()
        topics = []
        begin()
        try loadTopics()
        try dropBlocks()
        try loadTail(into: lines)
    }

    /// Forgets blocks that do not fit; the log has everything, and `loadTail` makes them anew.
    private func dropBlocks() throws(SQLiteError) {
        try connection.execute("DELETE FROM wids")
    }

    private mutating func loadBlocks(into lines: Lines) throws(SQLiteError) {
        let rows = try connection.prepare(
            "SELECT block FROM wids WHERE first>=\(firstBlock) ORDER BY first")
        while try rows.step() {
            var index = block.first
            WidBlock.read(rows.bytes(0)) { wid in
                if index > archive.border { _ = lines.append(index, wid: wid) }
                index += 1
            }
            block.startNext()
        }
        head = max(archive.border, block.first - 1)
    }

    /// Reads what came after the last block from the log itself, and counts its topics. Where there
    /// were no blocks, that is everything, and blocks are made of it.
    private mutating func loadTail(into lines: Lines) throws(SQLiteError) {
        if head > archive.border {
            lastCreated =
                try connection.scalar("SELECT created FROM log WHERE idx=\(head)") ?? 0
        }
        block.skip(through: archive.border)
        let insertBlock = try connection.prepare(WriterStatements.insertBlockSQL)
        let rows = try connection.prepare(
            "SELECT idx, wid, nth, topic, created FROM log WHERE idx>\(head) ORDER BY idx")
        while try rows.step() {
            let index = rows.int64(0)
            let wid = UInt32(truncatingIfNeeded: rows.int64(1))
            let nth = lines.append(index, wid: wid)
            guard index == head + 1, nth == rows.int64(2) else {
                throw Self.damage(
                    """
                    message \(index) of wid \(wid) has number \(rows.int64(2)) in its line; \
                    message \(head + 1) was due, and number \(nth)
                    """)
            }
            let topic = Int(rows.int64(3))
            guard topics.indices.contains(topic) else {
                throw Self.damage("message \(index) has topic \(topic), which is missing")
            }
            block.append(wid)
            if block.isFull { try WriterStatements.save(&block, insertBlock) }
            head = index
            lastCreated = rows.int64(4)
            if index > topics[topic].lastIndex {
                topics[topic].note(index: index, created: lastCreated)
            }
        }
    }

    private static func damage(_ message: String) -> SQLiteError {
        SQLiteError(code: .corrupt, message: "the log is not what the hub wrote: \(message)")
    }

    private func warehouses() throws(SQLiteError) -> [Warehouse] {
        let rows = try connection.prepare(
            "SELECT \(WarehouseColumns.list) FROM warehouses ORDER BY wid")
        let trays = try trays()
        var warehouses: [Warehouse] = []
        while try rows.step() {
            var warehouse = WarehouseColumns.warehouse(rows)
            warehouse.noteStart(head: head)
            warehouse.letters = trays[warehouse.wid]
            warehouses.append(warehouse)
        }
        return warehouses
    }

    // MARK: Dead letters

    private func lastLetter() throws(SQLiteError) -> Int64 {
        try connection.scalar("SELECT seq FROM sqlite_sequence WHERE name='dead_letters'") ?? 0
    }

    /// What the open letters of each warehouse come to.
    private func trays() throws(SQLiteError) -> [UInt32: LetterTray] {
        let rows = try connection.prepare(LetterColumns.select("settled=0"))
        var letters: [UInt32: [DeadLetter]] = [:]
        while try rows.step() {
            let letter = try LetterColumns.letter(rows)
            letters[letter.wid, default: []].append(letter)
        }
        return letters.compactMapValues { LetterTray($0, newest: LetterTray.orderBefore) }
    }
}

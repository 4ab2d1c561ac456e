import Glibc
import Hub
@testable import HubSQLite
import SQLite
import TestSupport
import Testing

/// What only a store in a file can meet.
@Suite("The store in an SQLite file")
struct SQLiteStoreTests {
    // MARK: Blocks of wids

    /// A store of `count` messages, of which every third is of wid 9.
    private func filled(_ count: Int) throws -> Place {
        let place = Place(.sqlite)
        var open = try place.open()
        try open.append((0..<count).map { $0 % 3 == 0 ? 9 : 0 }, head: 0)
        return place
    }

    private func execute(_ sql: String, on place: Place) throws {
        try Connection(path: place.path).execute(sql)
    }

    private func count(_ sql: String, on place: Place) throws -> Int64? {
        try Connection(path: place.path).scalar(sql)
    }

    @Test("A block is saved with the message that completes it")
    func blocks() throws {
        let place = try filled(9000)
        #expect(try count("SELECT count(*) FROM wids", on: place) == 2)
        #expect(try count("SELECT sum(length(block)) FROM wids", on: place) == 2 * 4 * 4096)
        #expect(try count("SELECT max(first) FROM wids", on: place) == 4097)
    }

    @Test(
        "Blocks that are missing or do not fit are made anew from the log",
        arguments: [
            "DELETE FROM wids",
            "DELETE FROM wids WHERE first=1",
            "DELETE FROM wids WHERE first=4097",
            "UPDATE wids SET block=x'00' WHERE first=4097",
            "UPDATE wids SET first=4098 WHERE first=4097",
            "INSERT INTO wids VALUES(8193, zeroblob(16384))",
            "UPDATE wids SET first=2 WHERE first=1",
            "UPDATE wids SET block=zeroblob(16384) WHERE first=1",
        ])
    func rebuilt(damage: String) throws {
        let place = try filled(9000)
        let before = try place.open().line(9)
        try execute(damage, on: place)
        let open = try place.open()
        #expect(open.state.head == 9000)
        #expect(open.line(9) == before)
        #expect(open.line(9).count == 9000)
        #expect(open.line(0).count == 6000)
        #expect(try count("SELECT sum(length(block)) FROM wids", on: place) == 2 * 4 * 4096)
        #expect(try count("SELECT min(first)*10000+max(first) FROM wids", on: place) == 14_097)
    }

    @Test("After blocks were made anew the store goes on as if nothing had been")
    func goesOn() throws {
        let place = try filled(9000)
        try execute("DELETE FROM wids WHERE first=1", on: place)
        var open = try place.open()
        try open.append(Array(repeating: 9, count: 4000), head: 9000)
        #expect(try count("SELECT count(*) FROM wids", on: place) == 3)
        #expect(try place.open().line(9).count == 13_000)
    }

    @Test(
        "A log that is not what the hub wrote is told loudly, and is not touched",
        arguments: [
            "UPDATE log SET nth=nth+1 WHERE idx=8999",
            "UPDATE log SET wid=5 WHERE idx=8999",
            "DELETE FROM log WHERE idx=8500",
            "UPDATE log SET idx=9001 WHERE idx=9000",
            "DELETE FROM wids; UPDATE log SET nth=nth+1 WHERE idx=77",
            "DELETE FROM wids; DELETE FROM log WHERE idx=1",
            "UPDATE log SET topic=5 WHERE idx=9000",
            "UPDATE log SET topic=-1 WHERE idx=9000",
            "DELETE FROM topics WHERE number=0",
            "DELETE FROM topics",
        ])
    func loud(damage: String) throws {
        let place = try filled(9000)
        do {
            var open = try place.open()
            try open.transaction { (store) throws(StoreFailure) in
                try store.save(StoredTopic(name: "Order_Created"), number: 1)
            }
        }
        _ = try place.open()
        try execute(damage, on: place)
        let blocks = try count("SELECT count(*) FROM wids", on: place)
        #expect { _ = try place.open() } throws: { isDamaged($0) }
        #expect(try count("SELECT count(*) FROM wids", on: place) == blocks)
    }

    private func isDamaged(_ error: any Error) -> Bool {
        if case .damaged(let detail) = error as? StoreFailure { return !detail.isEmpty }
        return false
    }

    // MARK: Crashes

    @Test("A copy of the files taken at any moment has everything committed, and nothing else")
    func copied() throws {
        let place = Place(.sqlite)
        var open = try place.open()
        var head: Int64 = 0
        for round in 0..<12 {
            try open.append((0..<700).map { UInt32($0 % 4) }, head: head)
            head += 700
            // A transaction under way, large enough to spill into the log.
            try open.store.begin()
            let large = String(repeating: "x", count: 200_000)
            for number in 1...5 as ClosedRange<Int64> {
                try MessageCopy(head + number, nth: 1, body: large).withRow {
                    (row) throws(StoreFailure) in try open.store.insert(row)
                }
            }
            copyFiles(place)
            open.store.rollBack()
            if round % 3 == 2 {
                let store = try #require(open.store as? SQLiteStore)
                _ = try store.connection.checkpoint(.passive)
            }
            let copy = try place.openSQLite(place.copyPath)
            #expect(copy.state.head == head)
            #expect(copy.line(3) == open.line(3))
            #expect(try copy.rows(at: Array(1...head)).count == Int(head))
        }
    }

    /// As a machine would find the files that loses its power now.
    private func copyFiles(_ place: Place) {
        for suffix in ["-shm", "-journal"] { unlink(place.copyPath + suffix) }
        for suffix in ["", "-wal"] {
            let source = open(place.path + suffix, O_RDONLY)
            let copy = open(place.copyPath + suffix, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(source, &buffer, buffer.count)
                if count <= 0 { break }
                precondition(write(copy, buffer, count) == count)
            }
            close(source)
            close(copy)
        }
    }

    // MARK: Failures

    @Test("A second program that holds the lock: busy, and nothing remains")
    func busy() throws {
        let place = Place(.sqlite)
        var open = try place.open()
        try open.append([0], head: 0)
        let other = try Connection(path: place.path)
        try other.execute("BEGIN IMMEDIATE")
        #expect(throws: StoreFailure.busy) { try open.store.begin() }
        open.store.rollBack()
        try other.execute("COMMIT")
        try open.append([9], head: 1)
        #expect(try place.open().state.head == 2)
    }

    @Test(
        "An id leads to its message wherever it waits, whatever the batches and the starts between",
        arguments: [
            // Sizes of batches; 0 = the hub is killed and starts again.
            [100, 0, 8000, 91, 1, 1, 0, 1, 0],
            [5000, 5000, 0, 5000, 0, 5000, 0, 5000, 0],
            [8191, 1, 0, 8192, 0, 1, 8192, 0],
            [10_000, 10_000, 10_000, 0, 1, 0],
            [20_000, 0, 4000, 4000, 4000, 0, 30, 0],
        ])
    func recentIDs(batches: [Int]) throws {
        let place = Place(.sqlite)
        var random = SplitMix(41)
        var ids: [UInt64] = []
        var open = try OpenWriter(place)
        for size in batches {
            if size == 0 { open = try OpenWriter(place) }
            // Clocks differ: an id may be less than many before it.
            let fresh = (ids.count..<ids.count + size).map { place -> UInt64 in
                let skew = UInt64(random.number(0...1_000_000_000)) * 1000
                return UInt64(place) * 100_000 + skew + UInt64(place % 1000)
            }
            if size > 0 { #expect(open.publish(fresh, from: ids.count) == .stored(fresh: size)) }
            ids += fresh
            let head = Int64(ids.count)
            let first = RecentIDs.firstIndex(head: head)
            #expect(
                try open.connection.scalar(
                    """
                    SELECT count(*) FROM log WHERE idx<\(first)
                        AND NOT EXISTS (SELECT 1 FROM ids WHERE ids.id=log.id AND ids.idx=log.idx)
                    """) == 0)
            let reader = try SQLiteReader(path: place.path)
            for _ in 0..<300 {
                let number = Int(random.number(0...Int64(ids.count - 1)))
                #expect(open.publish([ids[number]], from: number) == .stored(fresh: 0))
                #expect(try reader.index(of: .publishers(ids[number])) == Int64(number + 1))
            }
        }
        #expect(try open.connection.scalar("SELECT count(*) FROM log") == Int64(ids.count))
    }

    /// A writer on the store of a place, and what a test asks of it.
    private struct OpenWriter {
        let connection: Connection
        private var writer: Writer<SQLiteStore>

        init(_ place: Place) throws {
            var store = try place.sqliteStore(place.path)
            connection = store.connection
            let lines = Lines()
            let state = try store.load(into: lines)
            writer = Writer(store: store, state: state, lines: lines)
        }

        mutating func publish(_ ids: [UInt64], from first: Int) -> WriteBatch.Outcome {
            let batch = WriteBatch(loop: 0)
            batch.publish(
                ids.enumerated().map {
                    Draft("\(first + $0)", topic: "T", wid: 3, id: .publishers($1))
                })
            let outcome = writer.write(
                [batch], wall: 1, now: 1, registered: 0, lookup: { _ in nil })
            if outcome.failure == nil { writer.publish { _ in } }
            return batch.publishes[0].outcome
        }
    }

    @Test("A full disk: nothing of the transaction remains, and it goes on when there is room")
    func full() throws {
        let place = Place(.sqlite)
        let store = try place.sqliteStore(place.path)
        let connection = store.connection
        var copy = store
        let lines = Lines()
        let state = try copy.load(into: lines)
        var writer = Writer(store: copy, state: state, lines: lines)
        func publish(_ count: Int, from first: UInt64) -> WriteBatch.Outcome {
            let batch = WriteBatch(loop: 0)
            batch.publish(
                (0..<count).map {
                    Draft(
                        String(repeating: "b", count: 500), topic: "T\(first)", wid: 3,
                        id: .publishers(first + UInt64($0)))
                })
            let outcome = writer.write(
                [batch], wall: 1, now: 1, registered: 0, lookup: { _ in nil })
            if outcome.failure == nil { writer.publish { _ in } }
            return batch.publishes[0].outcome
        }
        #expect(publish(100, from: 1) == .stored(fresh: 100))
        let pages = try #require(try connection.scalar("PRAGMA page_count"))
        try connection.execute("PRAGMA max_page_count=\(pages + 10)")
        for _ in 0..<3 {
            #expect(publish(5000, from: 1000) == .failed(.full))
            #expect(!connection.inTransaction)
            #expect(writer.head == 100)
            #expect(writer.topicCount == 1)
            #expect(try connection.scalar("SELECT count(*) FROM log") == 100)
            #expect(try connection.scalar("SELECT count(*) FROM ids") == 0)
            #expect(try connection.scalar("SELECT count(*) FROM wids") == 0)
        }
        #expect(publish(100, from: 1) == .stored(fresh: 0), "ids of before are still known")
        #expect(publish(1, from: 900) == .stored(fresh: 1), "what fits is still stored")
        try connection.execute("PRAGMA max_page_count=1000000")
        #expect(publish(5000, from: 1000) == .stored(fresh: 5000))
        #expect(writer.head == 5101)
        let again = try place.open()
        #expect(again.state.head == 5101)
        #expect(again.line(3).count == 5101)
    }

    @Test(
        "A file that is no database is damaged, and stays as it is",
        arguments: [20, 4096, 100_000])
    func garbage(size: Int) throws {
        let place = Place(.sqlite)
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
        let file = open(place.path, O_CREAT | O_WRONLY, 0o600)
        precondition(write(file, bytes, size) == size)
        close(file)
        #expect { _ = try place.open() } throws: { isDamaged($0) }
        let found = open(place.path, O_RDONLY)
        var content = [UInt8](repeating: 0, count: size + 1)
        #expect(read(found, &content, size + 1) == size)
        #expect(content.dropLast() == bytes[...])
        close(found)
    }

    @Test("A file of a later program is refused in words, and stays as it is")
    func newer() throws {
        let place = try filled(10)
        try execute("PRAGMA user_version=99", on: place)
        #expect { _ = try place.open() } throws: { error in
            guard case .other(let detail) = error as? StoreFailure else { return false }
            return detail.contains("schema version 99")
        }
        #expect(try count("PRAGMA user_version", on: place) == 99)
    }

    @Test("A store is marked as the hub's")
    func marked() throws {
        let place = try filled(10)
        let mark = Int64(Schema.mark.applicationID)
        #expect(try count("PRAGMA application_id", on: place) == mark)
    }

    @Test(
        "The database of another program is refused in words, and stays as it is",
        arguments: [
            "CREATE TABLE books(title)", "CREATE TABLE books(title); PRAGMA user_version=1",
            "CREATE TABLE meta(name, value); PRAGMA user_version=1", "PRAGMA application_id=5",
        ])
    func foreign(making: String) throws {
        let place = Place(.sqlite)
        try execute(making, on: place)
        let before = try RawFile.bytes(place.path)
        #expect { _ = try place.open() } throws: { error in
            guard case .other(let detail) = error as? StoreFailure else { return false }
            return detail.contains("another program") && detail.contains("--data")
        }
        #expect(try RawFile.bytes(place.path) == before)
    }

    @Test("A directory that is not there is a failure of the disk")
    func noDirectory() throws {
        #expect {
            _ = try Place(.sqlite).openSQLite("/tmp/no-such-directory/hub.db")
        } throws: { error in
            if case .disk = error as? StoreFailure { true } else { false }
        }
    }

    @Test("The log waits for nobody else's checkpoint: a commit makes none")
    func noCheckpoint() throws {
        let place = Place(.sqlite)
        var open = try place.open()
        for round in 0..<20 as Range<Int64> {
            try open.append(Array(repeating: 0, count: 500), head: round * 500)
        }
        var status = stat()
        #expect(stat(place.path, &status) == 0)
        #expect(status.st_size < 1 << 16, "all of it is still in the write-ahead log")
    }
}

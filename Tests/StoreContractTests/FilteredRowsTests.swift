import Foundation
import Hub
import HubSQLite
import SQLite
import TestSupport
import Testing

/// Reading for a filter: bodies that nobody wants stay where they are.
@Suite("Rows for a filter")
struct FilteredRowsTests {
    private func rows(
        _ reader: any StoreReader, _ indexes: [Int64], wanting topics: Set<Int32>,
        limit: Int = .max
    ) throws(StoreFailure) -> [MessageCopy] {
        var copies: [MessageCopy] = []
        try reader.begin()
        defer { reader.end() }
        try reader.rows(at: indexes[...], bodiesOf: { topics.contains($0) }) { row in
            copies.append(MessageCopy(row))
            return copies.count < limit
        }
        return copies
    }

    @Test(
        "Of a topic that is not wanted, place, topic and key are shown; of others all",
        arguments: StoreKind.allCases)
    func rows(kind: StoreKind) throws {
        var open = try Place(kind).open()
        let copies = (1...250 as ClosedRange<Int64>).map { index in
            MessageCopy(
                index, wid: 3, nth: index, topic: Int32(index % 3),
                key: index % 2 == 0 ? "key \(index)" : nil, body: "body \(index)",
                created: 1000 + index, occurred: index)
        }
        try open.transaction { (store) throws(StoreFailure) in
            for copy in copies {
                try copy.withRow { (row) throws(StoreFailure) in try store.insert(row) }
            }
        }
        let all = (1...250 as ClosedRange<Int64>).map { $0 }
        #expect(try rows(open.reader, all, wanting: [0, 1, 2]) == copies)
        let some = try rows(open.reader, all, wanting: [1])
        #expect(some.count == 250)
        for (row, copy) in zip(some, copies) {
            if copy.topic == 1 {
                #expect(row == copy)
            } else {
                #expect(row.index == copy.index && row.topic == copy.topic && row.wid == copy.wid)
                #expect(row.nth == copy.nth && row.key == copy.key && row.body == "")
            }
        }
        #expect(try rows(open.reader, all, wanting: [], limit: 130).map(\.index) == Array(1...130))
        #expect(try rows(open.reader, [7], wanting: [1]) == [copies[6]])
        #expect(throws: StoreFailure.self) { try rows(open.reader, [250, 251], wanting: []) }
        #expect(throws: StoreFailure.self) { try rows(open.reader, [251], wanting: [0, 1, 2]) }
    }

    @Test("The body of an unwanted message is not even read from the file")
    func unread() throws {
        let place = Place(.sqlite)
        try store(place)
        try cutBodies(place.path)
        let reader = try SQLiteReader(path: place.path)
        // The chain of the large body's pages leads nowhere now.
        #expect(throws: StoreFailure.self) { try rows(reader, [1, 2], wanting: [0, 1]) }
        #expect(try rows(reader, [1, 2], wanting: [1]).map(\.body) == ["", "small"])
    }

    /// A large body of topic 0, a small one of topic 1, both in the database itself.
    private func store(_ place: Place) throws {
        var open = try place.open()
        let large = String(repeating: "x", count: 100_000)
        try open.transaction { (store) throws(StoreFailure) in
            for copy in [
                MessageCopy(1, nth: 1, topic: 0, body: large),
                MessageCopy(2, nth: 2, topic: 1, body: "small"),
            ] {
                try copy.withRow { (row) throws(StoreFailure) in try store.insert(row) }
            }
        }
        let store = try #require(open.store as? SQLiteStore)
        _ = try store.connection.checkpoint(.truncate)
    }

    /// Makes every page that is full of a body's bytes point to a page beyond the file's end
    /// (https://sqlite.org/fileformat2.html, section 1.6).
    private func cutBodies(_ path: String) throws {
        var bytes = try RawFile.bytes(path)
        var cut = 0
        for page in stride(from: 0, to: bytes.count, by: 4096)
        where bytes[page + 4..<page + 4092].allSatisfy({ $0 == UInt8(ascii: "x") }) {
            bytes.replaceSubrange(page..<page + 4, with: [0x7F, 0xFF, 0xFF, 0xFF])
            cut += 1
        }
        #expect(cut > 20)
        try Data(bytes).write(to: URL(filePath: path))
    }
}

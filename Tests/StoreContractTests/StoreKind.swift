import Foundation
import Glibc
import Hub
import HubSQLite
import SQLite
import TestSupport

/// The stores that the contract is asked of.
enum StoreKind: String, CaseIterable, Sendable {
    case memory, sqlite
}

/// A place that outlives a store: where each kind keeps what is committed.
final class Place {
    let kind: StoreKind
    let disk = MemoryDisk(hub: "the-hub", tag: 4711)
    private let directory: String

    init(_ kind: StoreKind) {
        self.kind = kind
        var template = Array("/tmp/store-tests-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil)
        directory = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    }

    deinit {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            unlink("\(directory)/\(name)")
        }
        rmdir(directory)
    }

    var path: String { "\(directory)/hub.db" }
    var copyPath: String { "\(directory)/copy.db" }

    /// Opens the store as a start of the hub does.
    func open() throws(StoreFailure) -> OpenStore {
        switch kind {
        case .memory: try OpenStore(MemoryStore(disk), reader: MemoryReader(disk))
        case .sqlite: try openSQLite(path)
        }
    }

    func openSQLite(_ path: String) throws(StoreFailure) -> OpenStore {
        let store = try sqliteStore(path)
        return try OpenStore(store, reader: try SQLiteReader(path: path))
    }

    func sqliteStore(
        _ path: String, busyTimeoutMilliseconds: Int32 = 0
    ) throws(StoreFailure) -> SQLiteStore {
        try SQLiteStore(
            path: path, busyTimeoutMilliseconds: busyTimeoutMilliseconds,
            freshHub: (hub: "the-hub", tag: 4711))
    }
}

/// A store that has been loaded, whatever its kind, and a reader beside it.
struct OpenStore {
    var store: any Store
    let reader: any StoreReader
    let lines = Lines()
    let state: StoreState
    private var hasTopic: Bool

    init(_ store: any Store, reader: any StoreReader) throws(StoreFailure) {
        self.store = store
        self.reader = reader
        state = try self.store.load(into: lines)
        hasTopic = !state.topics.isEmpty
    }

    /// Runs `body` as one transaction.
    mutating func transaction(
        _ body: (inout any Store) throws(StoreFailure) -> Void
    ) throws(StoreFailure) {
        try store.begin()
        try body(&store)
        try store.commit()
    }

    /// Keeps topic 0 in the open transaction.
    mutating func saveTopic(_ topic: StoredTopic) throws(StoreFailure) {
        try store.save(topic, number: 0)
        hasTopic = true
    }

    /// Appends messages of topic 0 behind `head` in one transaction, as the writer would.
    mutating func append(_ wids: [UInt32], head: Int64) throws(StoreFailure) {
        let (lines, isFirst) = (self.lines, !hasTopic)
        hasTopic = true
        try transaction { (store) throws(StoreFailure) in
            if isFirst { try store.save(StoredTopic(name: "Order_Changed"), number: 0) }
            for (place, wid) in wids.enumerated() {
                let index = head + Int64(place) + 1
                let copy = MessageCopy(
                    index, wid: wid, nth: lines.append(index, wid: wid), body: "\(index)",
                    created: 1000 + index)
                try copy.withRow { (row) throws(StoreFailure) in try store.insert(row) }
            }
        }
        lines.publish(head: head + Int64(wids.count)) { _ in }
    }

    mutating func look(at index: Int64) throws(StoreFailure) -> MessageCopy? {
        var copy: MessageCopy?
        let found = try store.look(at: index) { copy = MessageCopy($0) }
        precondition(found == (copy != nil))
        return copy
    }

    func rows(at indexes: [Int64], limit: Int = .max) throws(StoreFailure) -> [MessageCopy] {
        var copies: [MessageCopy] = []
        try reader.begin()
        defer { reader.end() }
        try reader.rows(at: indexes[...]) { row in
            copies.append(MessageCopy(row))
            return copies.count < limit
        }
        return copies
    }

    /// The line of `wid` as indexes, ordinals and places.
    func line(_ wid: UInt32) -> [[Int64]] {
        defer { withExtendedLifetime(lines) {} }
        var cursor = lines.line(of: wid).cursor(after: 0)
        var entries: [[Int64]] = []
        while let entry = cursor.next() { entries.append([entry.index, entry.ordinal, entry.nth]) }
        return entries
    }
}

import Archive
import Foundation
package import Hub
import HubSQLite
import SQLite

/// All messages that a hub has at one moment, as its files tell: those in its archive, read again
/// and verified, and those in its store. Also of a hub that runs, or was killed.
package struct Holdings {
    /// A message, wherever it is.
    package struct Message: Equatable, Sendable {
        package let index: Int64
        package let wid: UInt32
        package let nth: Int64
        package let id: String
        package let topic: String
        package let body: String
        package let created: Int64
    }

    /// It does not fit together.
    package struct Unsound: Error, CustomStringConvertible {
        package let description: String
    }

    package private(set) var border: Int64 = 0
    package private(set) var pruned: Int64 = 0
    package private(set) var frames: [ArchivedFrame] = []
    package private(set) var archived: [Message] = []
    package private(set) var stored: [Message] = []
    /// Rows of the store that lie at or below the border.
    package private(set) var garbage = 0

    /// Every message, in order.
    package var all: [Message] { archived + stored }

    /// Reads everything.
    ///
    /// - Parameters:
    ///   - data: the hub's folder.
    ///   - archive: where its archive is, if not in there.
    package init(_ data: String, archive: String? = nil) throws {
        try readStore(data)
        let reader = try SQLiteReader(path: data + "/hub.db")
        while let more = try next(reader), !more.isEmpty { frames += more }
        try readArchive(archive ?? data + "/archive")
        try check()
    }

    private func next(_ reader: SQLiteReader) throws -> [ArchivedFrame]? {
        let last = frames.last?.last ?? pruned
        guard last < border else { return nil }
        return try reader.frames(from: last + 1, limit: 100).filter { $0.last <= border }
    }

    private mutating func readStore(_ data: String) throws {
        let connection = try Connection(path: data + "/hub.db", busyTimeoutMilliseconds: 5000)
        try connection.execute("BEGIN")
        border = try connection.scalar("SELECT value FROM meta WHERE name='border'") ?? -1
        pruned = try connection.scalar("SELECT value FROM meta WHERE name='pruned'") ?? -1
        garbage = Int(try connection.scalar("SELECT count(*) FROM log WHERE idx<=\(border)") ?? 0)
        let rows = try connection.prepare(
            """
            SELECT idx, wid, nth, id, name, body, created FROM log JOIN topics ON number=topic
                WHERE idx>\(border) ORDER BY idx
            """)
        while try rows.step() {
            stored.append(
                Message(
                    index: rows.int64(0), wid: UInt32(rows.int64(1)), nth: rows.int64(2),
                    id: id(rows.bytes(3)), topic: rows.text(4), body: rows.text(5),
                    created: rows.int64(6)))
        }
        try connection.execute("COMMIT")
    }

    private func id(_ bytes: UnsafeRawBufferPointer) -> String {
        func word(_ offset: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        return MessageIDs.text(high: word(0), low: word(8))
    }

    private mutating func readArchive(_ folder: String) throws {
        let reader = ArchiveReader(folder: folder)
        var previous = pruned == 0 ? ArchivedFrame.noDigest : nil
        for frame in frames {
            try reader.verify(frame, previous: previous)
            previous = frame.digest
            var names: [String] = []
            try reader.unpack(frame).rows(
                after: frame.first - 1,
                topics: { name in
                    names.append(name.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
                    return Int32(names.count - 1)
                },
                visit: { row in
                    archived.append(
                        Message(
                            index: row.index, wid: row.wid, nth: row.nth,
                            id: MessageIDs.text(high: row.id.high, low: row.id.low),
                            topic: names[Int(row.topic)],
                            body: String(decoding: row.body, as: UTF8.self),
                            created: row.created))
                    return true
                })
        }
    }

    /// Each message is in exactly one place, none is missing, and each line counts without a hole.
    private func check() throws {
        var (due, nths) = (pruned + 1, [UInt32: Int64]())
        for message in all {
            guard message.index == due else {
                throw Unsound(description: "message \(message.index) where \(due) was due")
            }
            due += 1
            guard message.nth == (nths[message.wid] ?? message.nth - 1) + 1 else {
                throw Unsound(description: "message \(message.index) is number \(message.nth)")
            }
            nths[message.wid] = message.nth
        }
        guard archived.last?.index ?? pruned == border else {
            throw Unsound(description: "the archive ends at \(archived.last?.index ?? 0)")
        }
    }
}

import Foundation
import Hub
import HubSQLite
import SQLite
import TestSupport
import Testing

@testable import Backup

/// The copy of a database, which lets others have the disk.
@Suite("Copies of databases") struct CopyTests {
    private let folder: TemporaryFolder
    private var source: String { folder.path + "/source.db" }
    private var target: String { folder.path + "/target.db" }

    /// Some 25 MB, with an index whose order is not that of the rows.
    init() throws {
        folder = try TemporaryFolder()
        let connection = try Connection(path: source)
        try connection.execute("PRAGMA journal_mode=WAL")
        try connection.execute("CREATE TABLE log(idx INTEGER PRIMARY KEY, body TEXT)")
        try connection.execute("CREATE TABLE ids(id BLOB PRIMARY KEY, idx INTEGER) WITHOUT ROWID")
        try connection.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
            INSERT INTO log SELECT i, hex(zeroblob(100)) FROM n;
            INSERT INTO ids SELECT randomblob(16), idx FROM log;
            """)
    }

    @Test("Never does more than a slice come unsynced, nor at the end")
    func slices() throws {
        var lengths: [Int] = []
        try StoreCopy.make(of: source, at: target) {
            if let length = try? size() { lengths.append(length) }
            return true
        }
        lengths.append(try size())
        #expect(lengths.last! > 20_000_000)
        let steps = zip(lengths.dropFirst(), lengths).map { $0 - $1 }
        #expect(steps.max()! <= Pace.behindOthers.slice * 2, "\(steps.max()!)")
        try StoreCopy.checkIntegrity(of: target)
    }

    private func size() throws -> Int {
        try FileManager.default.attributesOfItem(atPath: target)[.size] as? Int ?? 0
    }

    @Test(
        "A pause is four times as long as the work before it, and a second at most",
        arguments: [
            (0, 0), (999, 0), (2_000_000, 8_000), (300_000_000, 1_000_000),
        ] as [(UInt64, UInt32)])
    func pauses(nanoseconds: UInt64, microseconds: UInt32) {
        #expect(Pace.behindOthers.pause(after: nanoseconds) == microseconds)
        #expect(Pace.alone.pause(after: nanoseconds) == 0)
    }

    @Test("A copy that may not go on ends with a failure")
    func ended() throws {
        var asked = 0
        #expect(throws: StoreFailure.self) {
            try StoreCopy.make(of: source, at: target) {
                asked += 1
                return asked < 1000
            }
        }
        #expect(asked == 1000)
        #expect(try size() < 20_000_000)
    }
}

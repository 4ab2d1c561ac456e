import Foundation
import Hub
import HubSQLite
import SQLite
import TestSupport
import Testing

@testable import Backup

/// What happened to a backup since it was made is found, and nothing is restored of it.
@Suite("Backups: damage") struct DamageTests {
    private let place: BackupPlace

    init() throws {
        place = try BackupPlace()
        let hub = try place.serve()
        try hub.client().publishMany(50, wid: 3)
        _ = try hub.client().pull(3)
        try hub.stop()
        #expect(try place.backup().status == 0)
        #expect(place.flaw() == nil)
    }

    @Test("A flipped byte anywhere is found, and its file named")
    func flipped() throws {
        for name in try place.names(in: "backup") {
            let bytes = try place.bytes(of: "backup/\(name)")
            let step = bytes.count < 2000 ? 1 : bytes.count / 97
            for position in stride(from: 0, to: bytes.count, by: step) + [bytes.count - 1] {
                var changed = bytes
                changed[position] ^= 1 << UInt8(position % 8)
                try place.write(changed, to: "backup/\(name)")
                let flaw = place.flaw()
                #expect(flaw != nil, "byte \(position) of \(name)")
                let isNamed =
                    flaw?.file == name || name == Manifest.name && flaw?.file == Manifest.sumsName
                #expect(isNamed, "byte \(position) of \(name): \(flaw!)")
            }
            try place.write(bytes, to: "backup/\(name)")
        }
        #expect(place.flaw() == nil)
    }

    @Test("restore names the file and the reason, and makes nothing")
    func refused() throws {
        var bytes = try place.bytes(of: "backup/hub.db")
        bytes[bytes.count / 2] ^= 4
        try place.write(bytes, to: "backup/hub.db")
        let exit = try place.restore(into: "restored")
        #expect(exit.status == 1)
        #expect(exit.errors.contains("hub.db: its bytes are not"), "\(exit.errors)")
        #expect(try place.names(in: "").filter { $0.hasPrefix("restored") } == [])
        #expect(try place.run(["backup", "verify", place.path("backup")]).status == 1)
    }

    @Test("A file that is cut, missing, another's, or too many is found")
    func files() throws {
        let manager = FileManager.default
        for name in try place.names(in: "backup") {
            let bytes = try place.bytes(of: "backup/\(name)")
            for wrong in [Array(bytes.dropLast()), bytes + [0], [], Array("other".utf8)] {
                try place.write(wrong, to: "backup/\(name)")
                #expect(place.flaw() != nil, "\(name)")
            }
            try manager.removeItem(atPath: place.path("backup/\(name)"))
            #expect(place.flaw()?.reason.contains("no such file") == true, "\(name)")
            try place.write(bytes, to: "backup/\(name)")
        }
        for name in ["hub.db-journal", "hub.db-wal", "notes", "archive"] {
            try place.write([1], to: "backup/\(name)")
            #expect(place.flaw()?.file == name)
            try manager.removeItem(atPath: place.path("backup/\(name)"))
        }
        #expect(place.flaw() == nil)
        #expect(place.flaw(of: "nothing") != nil)
    }
}

/// A store that is sound to SQLite but does not agree with itself is no good copy.
@Suite("Backups: a store that does not agree") struct StoreCheckTests {
    /// Long enough for blocks of wids, and for ids in their table.
    private static let messages = 17_000
    private let place: BackupPlace

    init() throws {
        place = try BackupPlace()
        let hub = try place.serve()
        let client = try hub.client()
        try client.publishMany(Self.messages, wid: 3)
        _ = try client.pull(3)
        try hub.stop()
        #expect(try place.backup().status == 0)
    }

    @Test("Each table is held against the log")
    func tables() throws {
        let sound = try place.bytes(of: "backup/hub.db")
        let facts = try StoreCheck.run(path: place.path("backup/hub.db"))
        #expect(facts.head == Int64(Self.messages))
        let changes: [(sql: String, why: String)] = [
            ("DELETE FROM log WHERE idx=9000", "message 9000 is missing"),
            ("UPDATE log SET nth=5 WHERE idx=9000", "number 5"),
            ("UPDATE log SET topic=7 WHERE idx=9", "topic 7"),
            ("UPDATE log SET created=1 WHERE idx=9", "older than"),
            ("UPDATE log SET wid=4, nth=1 WHERE idx=8192", "in its block"),
            ("DELETE FROM wids WHERE first=4097", "block of wids 4097"),
            ("UPDATE wids SET block=zeroblob(16384) WHERE first=1", "in its block"),
            ("UPDATE wids SET block=x'00' WHERE first=1", "block of wids 1"),
            ("DELETE FROM ids WHERE idx=700", "ids should be"),
            ("UPDATE ids SET idx=701 WHERE idx=700", "leads to message 701"),
            ("DELETE FROM topics", "topic 0"),
            ("UPDATE topics SET number=1", "topic 0 is missing"),
            ("UPDATE topics SET count=count+1", "messages, and says"),
            ("UPDATE topics SET last_index=99999", "ahead of the log"),
            ("UPDATE warehouses SET committed=99999", "warehouse 3 is ahead"),
            ("UPDATE warehouses SET delivered=99999", "warehouse 3 is ahead"),
            ("DELETE FROM meta WHERE name='hub'", "which hub"),
            ("INSERT INTO meta VALUES('fork/x', 'y')", "fork from hub x"),
            ("PRAGMA user_version=0", "no hub has written"),
            ("PRAGMA application_id=5", "another program"),
        ]
        for change in changes {
            try place.write(sound, to: "backup/hub.db")
            try place.change("backup/hub.db", change.sql)
            #expect(throws: StoreFailure.self, "\(change.sql)") {
                do throws(StoreFailure) {
                    _ = try StoreCheck.run(path: place.path("backup/hub.db"))
                } catch {
                    #expect("\(error)".contains(change.why), "\(change.sql): \(error)")
                    throw error
                }
            }
        }
        // And the whole way: every digest fits, and still it is refused.
        try place.write(sound, to: "backup/hub.db")
        try place.change("backup/hub.db", "DELETE FROM log WHERE idx=9000")
        try place.seal()
        let exit = try place.restore(into: "restored")
        #expect(exit.status == 1)
        #expect(exit.errors.contains("message 9000 is missing"), "\(exit.errors)")
    }

    @Test("A page that is broken is found while the backup is made")
    func brokenPage() throws {
        let path = place.path("data/hub.db")
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.seek(toOffset: 4096 * 40)
        try file.write(contentsOf: Data(repeating: 0xAB, count: 4096))
        try file.close()
        let exit = try place.backup("other")
        #expect(exit.status == 1)
        #expect(exit.errors.contains("hub.db"), "\(exit.errors)")
        #expect(try place.names(in: "").filter { $0.hasPrefix("other") } == [])
    }
}

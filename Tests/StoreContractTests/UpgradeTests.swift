import Foundation
import Hub
import HubSQLite
import SQLite
import TestSupport
import Testing

/// Stores that earlier versions of the program have made.
@Suite("A store of an earlier version")
struct UpgradeTests {
    private func old() throws -> Place {
        let place = Place(.sqlite)
        try Connection(path: place.path).execute(OldStore.version1)
        return place
    }

    private func files(beside place: Place) throws -> [String] {
        let folder = (place.path as NSString).deletingLastPathComponent
        return try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.contains(".v") }.map { "\(folder)/\($0)" }
    }

    private func version(_ path: String) throws -> Int64? {
        try Connection(path: path, mode: .readOnly).scalar("PRAGMA user_version")
    }

    @Test("It is copied, then brought to the present schema, once, with everything in it")
    func upgraded() throws {
        let place = try old()
        let store = try place.sqliteStore(place.path)
        let upgrade = try #require(store.upgrade)
        #expect(upgrade.from == 1)
        #expect(upgrade.to == Schema.migrations.newest)
        #expect(try files(beside: place) == [upgrade.copy])
        let name = #/hub\.db\.v1-\d{8}T\d{6}Z\.backup/#
        #expect(try name.wholeMatch(in: (upgrade.copy as NSString).lastPathComponent) != nil)

        #expect(try version(place.path) == Schema.migrations.newest)
        let mark = try Connection(path: place.path).scalar("PRAGMA application_id")
        #expect(mark == Int64(Schema.mark.applicationID))
        var open = try place.open()
        #expect(open.state.hub == "the-hub")
        #expect(open.state.archive == ArchiveState())
        #expect(open.line(5) == [[1, 1, 1], [2, 2, 1]])
        #expect(open.state.topics.map(\.count) == [2])
        #expect(open.state.warehouses.map(\.name) == ["five"])
        #expect(open.state.warehouses.map { $0.letters == nil } == [true])
        #expect(open.state.warehouses.map(\.seeks) == [0])
        #expect(open.state.lastLetter == 0)
        #expect(try open.look(at: 2)?.body == "{\"n\":2}")
        #expect(try open.rows(at: [1, 2]).map(\.replayOf) == [nil, nil])
        #expect(try files(beside: place).count == 1, "a present store is not copied")
        #expect(try place.sqliteStore(place.path).upgrade == nil)
    }

    @Test("Frames that version 4 noted do not tell of the messages before them, later ones do")
    func frames() throws {
        let place = Place(.sqlite)
        let hub = try place.archivingHub()
        for _ in 0..<20 { _ = hub.publish([Draft(wid: 3)]) }
        try hub.archive(through: 10)
        try Connection(path: place.path).execute(
            """
            ALTER TABLE frames DROP COLUMN previous; ALTER TABLE warehouses DROP COLUMN seeks;
            DROP TABLE audit; DROP TABLE samples;
            DELETE FROM meta WHERE name IN ('history_time', 'carried'); PRAGMA user_version=4
            """)
        try hub.restart()
        try hub.archive(through: 20)
        let previous = try hub.reader.frames(from: 1, limit: 9).map { $0.wids.map(\.previous) }
        #expect(previous == [[nil], [10]])
    }

    @Test("A store of version 6 gets its table of samples, empty, and goes on")
    func samples() throws {
        let place = Place(.sqlite)
        let hub = try place.archivingHub()
        for _ in 0..<20 { _ = hub.publish([Draft(wid: 3)]) }
        try hub.archive(through: 10)
        let connection = try Connection(path: place.path)
        try connection.execute(
            """
            DROP TABLE samples; DELETE FROM meta WHERE name IN ('history_time', 'carried');
            ALTER TABLE warehouses DROP COLUMN seeks; PRAGMA user_version=6
            """)
        try hub.restart()
        #expect(try connection.scalar("SELECT count(*) FROM samples") == 0)
        #expect(
            try connection.scalar("SELECT value FROM meta WHERE name='history_time'") == 0)
        #expect(hub.line(3).count == 10)
        _ = hub.publish([Draft(wid: 3)])
        #expect(hub.line(3).count == 11)
    }

    @Test("The copy is the store as it was, which the program before can open")
    func copy() throws {
        let place = try old()
        let copy = try #require(try place.sqliteStore(place.path).upgrade).copy
        let connection = try Connection(path: copy, mode: .readOnly)
        #expect(try connection.scalar("PRAGMA user_version") == 1)
        #expect(try connection.scalar("SELECT count(*) FROM log") == 2)
        #expect(
            try connection.scalar("SELECT count(*) FROM sqlite_schema WHERE name='frames'") == 0)
    }

    @Test("Without room for the copy it stays as it was, and says what it needs")
    func noRoom() throws {
        let place = try old()
        let connection = try Connection(path: place.path)
        let error = #expect(throws: StoreFailure.self) {
            try Upgrade.prepare(connection, free: { _ in 4096 })
        }
        guard case .other(let detail) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(detail.contains("was not upgraded"))
        #expect(detail.contains("no room for"))
        #expect(try files(beside: place).isEmpty)
        #expect(try version(place.path) == 1)
    }

    @Test(
        "What a copy that was broken off has left is in nobody's way; what cannot be made is told")
    func broken() throws {
        let place = try old()
        let part = place.path + ".v1.backup.part"
        try Data("half".utf8).write(to: URL(fileURLWithPath: part))
        #expect(try place.sqliteStore(place.path).upgrade != nil)
        #expect(try files(beside: place).allSatisfy { $0.hasSuffix(".backup") })

        let other = try old()
        let blocked = other.path + ".v1.backup.part"
        try FileManager.default.createDirectory(
            atPath: blocked, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: blocked) }
        #expect {
            _ = try other.sqliteStore(other.path)
        } throws: { error in
            guard case .other(let detail) = error as? StoreFailure else { return false }
            return detail.contains("was not upgraded")
        }
        #expect(try version(other.path) == 1)
    }

    @Test("A store with an archive whose counts do not reach the border is damaged")
    func damaged() throws {
        let place = Place(.sqlite)
        let hub = try place.archivingHub()
        for _ in 0..<20 { _ = hub.publish([Draft(wid: 3)]) }
        try hub.archive(through: 10)
        let connection = try Connection(path: place.path)
        try connection.execute("UPDATE trimmed SET count=9")
        #expect(throws: StoreFailure.self) { try place.open() }
        try connection.execute("UPDATE trimmed SET count=10")
        try connection.execute("DELETE FROM log WHERE idx=11")
        #expect(throws: StoreFailure.self) { try place.open() }
    }

    @Test(
        "Blocks of wids that are gone or wrong are made anew behind the border",
        arguments: [
            "DELETE FROM wids", "DELETE FROM wids WHERE first=8193",
            "UPDATE wids SET block=zeroblob(16384) WHERE first=8193",
            "UPDATE wids SET block=zeroblob(16384) WHERE first=4097",
        ], [5000, 8191, 8192, 8193] as [Int64])
    func blocks(damage: String, border: Int64) throws {
        let place = Place(.sqlite)
        let hub = try place.archivingHub()
        for start in 0..<13 {
            _ = hub.publish((0..<1000).map { Draft(wid: UInt32((start + $0) % 3)) })
        }
        let lines = (0...2).map { hub.line($0) }
        try hub.archive(through: border)
        try hub.trimAll()
        let connection = try Connection(path: place.path)
        #expect(
            try connection.scalar("SELECT min(first) FROM wids") == border / 4096 * 4096 + 1)
        try connection.execute(damage)
        try hub.restart()
        #expect((0...2).map { hub.line($0) } == lines.map { $0.filter { $0.index > border } })
        _ = hub.publish((0..<4000).map { _ in Draft(wid: 1) })
        let line = hub.line(1)
        try hub.restart()
        #expect(hub.line(1) == line)
    }
}

import Foundation
import HubSQLite
import TestSupport
import Testing

@testable import Backup

/// Archive files in a backup: as far as the store's catalogue knows them, held against its digests.
@Suite("Backups with archive files") struct ArchiveBackupTests {
    private let place: BackupPlace
    private let files = ["2026-11-19-h.jsonl.zst", "2026-11-20-h.jsonl.zst"]
    /// By file: the bytes that the catalogue knows.
    private let known: [[UInt8]]

    /// A store of 50 messages, 30 of which have moved to three frames in two files.
    init() throws {
        place = try BackupPlace()
        let hub = try place.serve()
        try hub.client().publishMany(50, wid: 3)
        try hub.stop()
        var previous = [UInt8](repeating: 0, count: 32)
        var sql = """
            CREATE TABLE IF NOT EXISTS frames(
                first INTEGER PRIMARY KEY, last INTEGER NOT NULL, file TEXT NOT NULL,
                offset INTEGER NOT NULL, length INTEGER NOT NULL, raw INTEGER NOT NULL,
                created_first INTEGER NOT NULL, created_last INTEGER NOT NULL, least_id BLOB,
                greatest_id BLOB, digest BLOB NOT NULL, wids BLOB NOT NULL);
            CREATE TABLE IF NOT EXISTS trimmed(
                wid INTEGER PRIMARY KEY, count INTEGER NOT NULL, last INTEGER NOT NULL);
            INSERT INTO trimmed VALUES(3, 30, 30);
            INSERT OR REPLACE INTO meta VALUES('border', 30);
            DELETE FROM log WHERE idx<=20;

            """
        var known: [[UInt8]] = [[], []]
        for (number, file) in [0, 1, 1].enumerated() {
            // The second one is larger than what is read at once.
            let size = number == 1 ? Pace.behindOthers.slice + 77 : 1000
            let frame = Self.frame(previous: previous, size: size)
            let sum = SHA256()
            sum.update(previous)
            sum.update(frame)
            previous = sum.finish()
            sql += """
                INSERT INTO frames(first, last, file, offset, length, raw, created_first,
                    created_last, digest, wids)
                VALUES(\(number * 10 + 1), \(number * 10 + 10), '\(files[file])',
                    \(known[file].count), \(frame.count), 1, 0, 0, x'\(SHA256.hex(previous))', x'');

                """
            known[file] += frame
        }
        self.known = known
        try place.change("data/hub.db", sql)
        try FileManager.default.createDirectory(
            atPath: place.path("data/archive"), withIntermediateDirectories: true)
        try place.write(known[0], to: "data/archive/" + files[0])
        // What the archive is writing and the catalogue does not know yet.
        try place.write(known[1] + [1, 2, 3], to: "data/archive/" + files[1])
    }

    /// The beginning of docs/archive-format.md's frame, and bytes of any kind behind it.
    private static func frame(previous: [UInt8], size: Int) -> [UInt8] {
        let time = "2026-11-19T08:00:00.000Z"
        let header = Array(
            """
            {"format":1,"hub":"h","first":1,"last":2,"from":"\(time)","to":"\(time)","raw":1,\
            "length":1,"leastId":null,"greatestId":null,"previous":"\(SHA256.hex(previous))"}

            """.utf8)
        let count = UInt32(header.count)
        return [0x5C, 0x2A, 0x4D, 0x18] + (0..<4).map { UInt8(count >> (8 * $0) & 0xFF) }
            + header + (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    }

    private func backup(_ name: String = "backup", _ words: String...) throws -> ProgramExit {
        try place.run(["backup", "--data", place.data, "--to", place.path(name)] + words)
    }

    @Test("They are copied as far as the catalogue knows them, verified, and restored")
    func copied() throws {
        let exit = try backup("backup", "--with-archive")
        #expect(exit.status == 0, "\(exit.errors)")
        #expect(try place.names(in: "backup/archive") == files)
        for (file, bytes) in zip(files, known) {
            #expect(try place.bytes(of: "backup/archive/" + file) == bytes)
        }
        #expect(place.flaw() == nil)
        let restored = try place.restore(into: "restored")
        #expect(restored.status == 0, "\(restored.errors)")
        for (file, bytes) in zip(files, known) {
            #expect(try place.bytes(of: "restored/archive/" + file) == bytes)
        }
        #expect(try place.names(in: "restored") == ["archive", "hub.db", "tokens.db"])
    }

    @Test("Without the flag they stay where they are, and elsewhere they are found if told")
    func elsewhere() throws {
        #expect(try backup().status == 0)
        #expect(!place.isThere("backup/archive"))
        try FileManager.default.moveItem(
            atPath: place.path("data/archive"), toPath: place.path("elsewhere"))
        let missing = try backup("second", "--with-archive")
        #expect(missing.status == 1)
        #expect(missing.errors.contains(files[0]), "\(missing.errors)")
        #expect(!place.isThere("second") && !place.isThere("second.partial"))
        #expect(
            try backup("third", "--with-archive", "--archive", place.path("elsewhere")).status == 0)
        #expect(try place.names(in: "third/archive") == files)
        #expect(try backup("fourth", "--archive", place.path("elsewhere")).status == 2)
    }

    @Test("One that is cut or damaged is named, with its frame, and no backup is made")
    func damaged() throws {
        let path = "data/archive/" + files[1]
        for (bytes, why) in [
            (Array(known[1].dropLast()), "are in the catalogue"),
            (known[1].flipping(Pace.behindOthers.slice / 2), "messages 11 to 20"),
            (known[1].flipping(known[1].count - 1), "messages 21 to 30"),
        ] {
            try place.write(bytes, to: path)
            let exit = try backup("backup", "--with-archive")
            #expect(exit.status == 1)
            #expect(exit.errors.contains(files[1]), "\(exit.errors)")
            #expect(exit.errors.contains(why), "\(exit.errors)")
            #expect(!place.isThere("backup") && !place.isThere("backup.partial"))
        }
    }

    @Test("A byte flipped in the backup's copy is found, and files that changed places")
    func flipped() throws {
        #expect(try backup("backup", "--with-archive").status == 0)
        for (file, bytes) in zip(files, known) {
            for position in [0, 9, bytes.count / 2, bytes.count - 1] {
                try place.write(bytes.flipping(position), to: "backup/archive/" + file)
                #expect(place.flaw()?.file == "archive/" + file, "byte \(position)")
            }
            try place.write(bytes, to: "backup/archive/" + file)
        }
        try place.write([], to: "backup/archive/2026-11-21-h.jsonl.zst")
        #expect(place.flaw()?.file == "archive/2026-11-21-h.jsonl.zst")
        try FileManager.default.removeItem(atPath: place.path("backup/archive/" + files[0]))
        #expect(place.flaw() != nil)
    }

    @Test("What was pruned is not looked for; the next frame tells what it followed")
    func pruned() throws {
        try place.change("data/hub.db", "INSERT OR REPLACE INTO meta VALUES('pruned', 10)")
        try FileManager.default.removeItem(atPath: place.path("data/archive/" + files[0]))
        let exit = try backup("backup", "--with-archive")
        #expect(exit.status == 0, "\(exit.errors)")
        #expect(try place.names(in: "backup/archive") == [files[1]])
        #expect(place.flaw() == nil)
        try place.write(known[1].flipping(50), to: "data/archive/" + files[1])
        #expect(try backup("second", "--with-archive").status == 1)
    }

    @Test(
        "A border, counts and a catalogue that do not agree are found",
        arguments: [
            ("UPDATE meta SET value=29 WHERE name='border'", "border is 29"),
            ("UPDATE trimmed SET count=29", "border is 30"),
            ("DELETE FROM frames WHERE first=11", "message 11 is not in the catalogue"),
            ("DELETE FROM frames WHERE first=21", "ends at message 20"),
            ("DELETE FROM log WHERE idx<=31", "message 31 is missing"),
        ])
    func disagreeing(sql: String, why: String) throws {
        try place.change("data/hub.db", sql)
        let exit = try backup()
        #expect(exit.status == 1)
        #expect(exit.errors.contains(why), "\(exit.errors)")
    }
}

extension [UInt8] {
    fileprivate func flipping(_ position: Int) -> [UInt8] {
        var bytes = self
        bytes[position] ^= 0x10
        return bytes
    }
}

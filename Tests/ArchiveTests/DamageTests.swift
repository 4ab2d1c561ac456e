import Archive
import Hub
import Platform
import TestSupport
import Testing

@Suite("Archive: damage")
struct DamageTests {
    /// Three frames of one day in one file.
    private func shelf() throws -> Shelf {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(9), borders: [3, 6])
        #expect(shelf.frames.count == 3)
        return shelf
    }

    /// The failures that verifying frame by frame finds, by the frame's place.
    private func failures(_ shelf: Shelf) -> [Int: ArchiveFailure] {
        let reader = shelf.reader()
        var failures: [Int: ArchiveFailure] = [:]
        var previous = ArchivedFrame.noDigest
        for (place, frame) in shelf.frames.enumerated() {
            do throws(ArchiveFailure) {
                try reader.verify(frame, previous: previous)
            } catch {
                failures[place] = error
            }
            // Reading finds it just as well.
            do throws(ArchiveFailure) {
                _ = try shelf.reader().unpack(frame)
                #expect(failures[place] == nil)
            } catch {
                #expect(failures[place] == error)
            }
            previous = frame.digest
        }
        return failures
    }

    @Test(
        "One changed byte anywhere is noticed, and its frame named", arguments: [0x01, 0x80, 0xFF])
    func flipped(mask: Int) throws {
        let shelf = try shelf()
        let file = shelf.frames[0].file
        let whole = try shelf.bytes(file)
        for offset in whole.indices {
            var bytes = whole
            bytes[offset] ^= UInt8(mask)
            try shelf.overwrite(file, bytes)
            let hit = shelf.frames.firstIndex { $0.bytes.contains(Int64(offset)) }!
            let frame = shelf.frames[hit]
            let found = failures(shelf)
            #expect(Array(found.keys) == [hit])
            switch found[hit] {
            case .damaged(file, frame.first...frame.last, frame.bytes, _): break
            // The first frame's header says whose file it is.
            case .foreign(file, let hub) where hit == 0 && hub != Shelf.hub: break
            default: Issue.record("byte \(offset): \(String(describing: found[hit]))")
            }
        }
        try shelf.overwrite(file, whole)
        #expect(failures(shelf).isEmpty)
    }

    @Test("A file cut anywhere is noticed, and each frame that lacks bytes is named")
    func cut() throws {
        let shelf = try shelf()
        let file = shelf.frames[0].file
        let whole = try shelf.bytes(file)
        for length in whole.indices {
            try shelf.overwrite(file, Array(whole[..<length]))
            let found = failures(shelf)
            for (place, frame) in shelf.frames.enumerated() {
                if frame.bytes.upperBound <= length {
                    #expect(found[place] == nil)
                    continue
                }
                guard
                    case .cut(file, frame.first...frame.last, frame.bytes, let detail) = found[
                        place]
                else {
                    Issue.record("\(length) bytes: \(String(describing: found[place]))")
                    continue
                }
                #expect(detail.contains("after \(length) bytes"))
            }
        }
    }

    @Test("A file that is missing is named")
    func missing() throws {
        let shelf = try shelf()
        let file = shelf.frames[0].file
        try shelf.remove(file)
        #expect(
            failures(shelf) == [
                0: .missing(file: file), 1: .missing(file: file), 2: .missing(file: file),
            ])
        #expect("\(failures(shelf)[0]!)" == "archive file \(file) is missing")
    }

    @Test("Frames that have changed places are named, both")
    func swapped() throws {
        let shelf = try Shelf()
        // The same bytes long, so that each stands where the other did.
        try shelf.add(Messages.plain(2), borders: [1])
        let bytes = try shelf.bytes(shelf.frames[0].file)
        let (first, second) = (shelf.frames[0].bytes, shelf.frames[1].bytes)
        let swapped =
            bytes[Int(second.lowerBound)..<Int(second.upperBound)]
            + bytes[Int(first.lowerBound)..<Int(first.upperBound)]
        try shelf.overwrite(shelf.frames[0].file, Array(swapped))
        let found = failures(shelf)
        #expect(found.count == 2)
        for failure in found.values {
            guard case .damaged = failure else {
                Issue.record("\(failure)")
                continue
            }
        }
    }

    @Test("Two files that have changed names are named, both")
    func swappedFiles() throws {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(2, every: Messages.dayMilliseconds))
        let files = shelf.frames.map(\.file)
        let (first, second) = (try shelf.bytes(files[0]), try shelf.bytes(files[1]))
        try shelf.overwrite(files[0], second)
        try shelf.overwrite(files[1], first)
        let found = failures(shelf)
        #expect(found.count == 2)
    }

    @Test("Another hub's file under a name of this one is named as that")
    func foreign() throws {
        let shelf = try shelf()
        let other = try Shelf(hub: "0ther")
        try other.add(Messages.plain(9), borders: [3, 6])
        let file = shelf.frames[0].file
        try shelf.overwrite(file, other.bytes(other.frames[0].file))
        for failure in failures(shelf).values {
            #expect(failure == .foreign(file: file, hub: "0ther"))
        }
        #expect(failures(shelf).count == 3)
    }

    @Test("A frame put in place of another, sound by itself, breaks the chain")
    func replaced() throws {
        let shelf = try shelf()
        #expect(throws: ArchiveFailure.self) {
            try shelf.reader().verify(shelf.frames[1], previous: shelf.frames[1].digest)
        }
        let text = #expect(throws: ArchiveFailure.self) {
            try shelf.reader().verify(shelf.frames[1], previous: ArchivedFrame.noDigest)
        }.map { "\($0)" }
        let (frame, file) = (shelf.frames[1], shelf.frames[1].file)
        let place =
            "archive file \(file) is damaged at the frame of messages 4 to 6, bytes "
            + "\(frame.offset) to \(frame.bytes.upperBound - 1): "
        #expect(text?.hasPrefix(place) == true)
        // Where the one before was pruned, nobody knows its digest.
        try shelf.reader().verify(frame, previous: nil)
    }

    @Test("A catalogue that counts otherwise than the lines is noticed")
    func catalogue() throws {
        let shelf = try shelf()
        let frame = shelf.frames[1]
        let changes: [(inout ArchivedFrame) -> Void] = [
            { $0.wids[0].count += 1 }, { $0.wids[0].before += 1 }, { $0.wids.removeLast() },
            { $0.wids.append(.init(wid: 77, count: 1, before: 0)) },
            { $0.ids = .publishers(1)...(.publishers(2)) }, { $0.ids = nil },
            { $0.created = $0.created.lowerBound...$0.created.upperBound + 1 },
            { $0.created = $0.created.lowerBound - 1...$0.created.upperBound },
            { $0.last += 1 }, { $0.first -= 1 }, { $0.rawLength += 1 }, { $0.length -= 1 },
            { $0.length += 1 }, { $0.offset += 1 }, { $0.offset -= 1 }, { $0.digest[7] ^= 1 },
        ]
        for (number, change) in changes.enumerated() {
            var other = frame
            change(&other)
            #expect(throws: ArchiveFailure.self, "change \(number)") {
                try shelf.reader().verify(other, previous: shelf.frames[0].digest)
            }
        }
    }

    @Test("A file that cannot be read is an error of the disk, not a damage")
    func unreadable() throws {
        let shelf = try shelf()
        let file = shelf.frames[0].file
        try shelf.remove(file)
        try FolderInstead.make(shelf.path(file))
        guard case .disk(file, let error) = failures(shelf)[0] else {
            Issue.record("\(failures(shelf))")
            return
        }
        #expect(error.name == "EISDIR")
    }

    @Test("A header that promises more than any frame holds is refused unread")
    func bomb() throws {
        let shelf = try shelf()
        var frame = shelf.frames[0]
        frame.rawLength = ArchiveBounds.rawGreatest + 1
        let bytes = try shelf.bytes(frame.file)
        let text = String(decoding: bytes, as: Unicode.ASCII.self)
        #expect(text.contains("\"raw\":\(shelf.frames[0].rawLength),"))
        // A frame whose lines are far longer than its header says.
        let large = try Shelf()
        var message = StoredMessage(1)
        message.body = "\"" + String(repeating: "0", count: 20 << 20) + "\""
        try large.add([message])
        let forged = try Forged(large.bytes(large.frames[0].file))
        for (raw, why) in [
            (1000, "another size than the header"), (ArchiveBounds.rawGreatest + 1, "raw"),
        ] {
            let (bytes, row) = forged.saying(raw: raw, large.frames[0])
            try large.overwrite(row.file, bytes)
            let text = #expect(throws: ArchiveFailure.self) {
                _ = try large.reader().unpack(row)
            }.map { "\($0)" }
            #expect(text?.contains(why) == true, "\(text ?? "")")
        }
    }
}

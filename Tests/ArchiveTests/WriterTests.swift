@testable import Archive
import Foundation
import Hub
import Platform
import TestSupport
import Testing

@Suite("Archive: writer")
struct WriterTests {
    /// The steps of adding a frame to a new file.
    static let adding: [ArchiveStep] = [
        .fileMade, .headerWritten, .dataHalfWritten, .written, .synced, .folderSynced, .readBack,
    ]

    @Test("A failure at any step, and all goes on from the catalogue's end", arguments: adding)
    func failed(step: ArchiveStep) throws {
        for done in [0, 3] {
            let shelf = try Shelf()
            try shelf.add(Messages.plain(Int64(done)))
            let failure = ArchiveFailure.full(file: "the file")
            let isBroken = Locked(true)
            shelf.restart { at in at == step && isBroken.withLock { $0 } ? failure : nil }
            _ = try shelf.writer.cut(to: shelf.frames.last)
            // Of another day, so that a file has to be made.
            let more = Messages.plain(
                4, from: Int64(done) + 1, created: Messages.midnight + Messages.dayMilliseconds)
            let message = #expect(throws: ArchiveFailure.self) { try shelf.add(more) }
            #expect(message == failure)
            let left = try shelf.files
            isBroken.withLock { $0 = false }
            let cut = try shelf.writer.cut(to: shelf.frames.last)
            #expect(cut.removed == left.filter { !$0.hasPrefix("2026-09-21") })
            #expect(try shelf.files == left.filter { $0.hasPrefix("2026-09-21") })
            try shelf.add(more)
            #expect(try shelf.readAll() == Messages.plain(Int64(done)) + more)
        }
    }

    @Test("A failure within a file that has begun leaves its frames", arguments: adding)
    func failedLater(step: ArchiveStep) throws {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(3))
        let file = shelf.frames[0].file
        let whole = try shelf.bytes(file)
        shelf.restart { $0 == step ? .full(file: file) : nil }
        _ = try shelf.writer.cut(to: shelf.frames.last)
        if step == .fileMade {
            // None is made.
            try shelf.add(Messages.plain(4, from: 4))
            return
        }
        #expect(throws: ArchiveFailure.self) { try shelf.add(Messages.plain(4, from: 4)) }
        #expect(try shelf.bytes(file).starts(with: whole))
        shelf.restart()
        let cut = try shelf.writer.cut(to: shelf.frames.last)
        #expect(cut.bytes > 0 && cut.removed.isEmpty && cut.lacking == nil)
        #expect(try shelf.bytes(file) == whole)
        try shelf.add(Messages.plain(4, from: 4))
        #expect(try shelf.readAll() == Messages.plain(7))
        #expect(try shelf.files == [file])
    }

    @Test("The cut may itself be cut short")
    func cutShort() throws {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(3))
        let known = shelf.frames
        try shelf.add(Messages.plain(3, from: 4))
        try shelf.add(Messages.plain(1, from: 7, created: Messages.midnight + 86_400_000))
        try shelf.add(Messages.plain(1, from: 8, created: Messages.midnight + 3 * 86_400_000))
        for step in [ArchiveStep.fileRemoved, .fileCut] {
            shelf.restart { $0 == step ? .full(file: "x") : nil }
            #expect(throws: ArchiveFailure.full(file: "x")) {
                _ = try shelf.writer.cut(to: known.last)
            }
        }
        shelf.restart()
        #expect(try shelf.writer.cut(to: known.last) == .init())
        #expect(try shelf.files == [known[0].file])
        #expect(try shelf.bytes(known[0].file).count == known[0].length)
    }

    @Test("Only files of its own are removed or cut")
    func strangers() throws {
        let folder = try TemporaryFolder()
        let shelf = try Shelf(folder: folder)
        let other = try Shelf(hub: "other", folder: folder)
        try other.add(Messages.plain(3))
        let names = [
            "2026-09-30-other.jsonl.zst", "notes.txt", "2026-13-01-\(Shelf.hub).jsonl.zst",
            "2026-09-30-\(Shelf.hub).jsonl", "2026-09-30-\(Shelf.hub).01.jsonl.zst",
            "2026-09-30-\(Shelf.hub)x.jsonl.zst", "-\(Shelf.hub).jsonl.zst",
        ]
        for name in names { try shelf.overwrite(name, [1, 2, 3]) }
        let own = ["2026-09-30-\(Shelf.hub).jsonl.zst", "2026-09-30-\(Shelf.hub).2.jsonl.zst"]
        for name in own { try shelf.overwrite(name, [1, 2, 3]) }
        #expect(try Set(shelf.writer.cut(to: nil).removed) == Set(own))
        #expect(try shelf.files == (names + [other.frames[0].file]).sorted())
        #expect(try other.readAll() == Messages.plain(3))
    }

    @Test("A restored hub goes on behind the frames of the one it was, in files of its own")
    func restored() throws {
        let old = try Shelf(hub: "before")
        try old.add(Messages.plain(3))
        try old.add(Messages.plain(3, from: 4))
        let known = old.frames[0]
        let writer = ArchiveWriter(folder: old.folder, hub: "after")
        try old.overwrite("2026-09-21-after.jsonl.zst", [7])
        #expect(try writer.cut(to: known) == .init(removed: ["2026-09-21-after.jsonl.zst"]))
        var builder = FrameBuilder(hub: "after")
        for message in Messages.plain(2, from: 4) {
            #expect(message.append(to: &builder) == .done)
        }
        let row = try writer.append(builder.finish(previous: known.digest))
        try writer.settle()
        #expect(row.file == "2026-09-21-after.jsonl.zst")
        try old.reader().verify(row, previous: known.digest)
        #expect(try old.readAll() == Messages.plain(6))
    }

    @Test(
        "Where the newest file was taken away nothing is written; with an empty one another begins")
    func takenAway() throws {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(3))
        let file = shelf.frames[0].file
        try shelf.remove(file)
        for days in 0...1 as ClosedRange<Int64> {
            let created = Messages.midnight + days * Messages.dayMilliseconds + 3
            shelf.restart()
            #expect(
                try shelf.writer.cut(to: shelf.frames.last)
                    == .init(lacking: .missing(file: file)))
            #expect(throws: ArchiveFailure.missing(file: file)) {
                try shelf.add(Messages.plain(3, from: 4, created: created))
            }
            #expect(try shelf.files == [])
        }
        try shelf.overwrite(file, [])
        shelf.restart()
        #expect(try shelf.writer.cut(to: shelf.frames.last).lacking != nil)
        let row = try shelf.add(Messages.plain(3, from: 4))[0]
        #expect(row.file == "2026-09-21-\(Shelf.hub).2.jsonl.zst")
        #expect(try shelf.files == [row.file, file].sorted())
        try shelf.reader().verify(row, previous: shelf.frames[0].digest)
        // The next start finds that one whole, and goes on in it.
        shelf.restart()
        #expect(try shelf.writer.cut(to: row) == .init())
        #expect(try shelf.add(Messages.plain(1, from: 7))[0].file == row.file)
    }

    @Test("Where the newest file was cut by hand, it is left alone")
    func cutByHand() throws {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(6), borders: [3])
        let (file, whole) = (shelf.frames[0].file, try shelf.bytes(shelf.frames[0].file))
        try shelf.overwrite(file, whole.dropLast(5))
        shelf.restart()
        let cut = try shelf.writer.cut(to: shelf.frames.last)
        guard case .cut(file, 4...6, _, _) = cut.lacking else {
            Issue.record("\(cut)")
            return
        }
        let row = try shelf.add(Messages.plain(3, from: 7))[0]
        #expect(row.file == "2026-09-21-\(Shelf.hub).2.jsonl.zst" && row.offset == 0)
        #expect(try shelf.bytes(file) == whole.dropLast(5))
    }

    @Test("A file taken away while it is written to is noticed before anything is settled")
    func takenAwayMeanwhile() throws {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(3))
        let file = shelf.frames[0].file
        try shelf.remove(file)
        #expect(throws: ArchiveFailure.missing(file: file)) {
            try shelf.add(Messages.plain(3, from: 4))
        }
        // Also where another stands in its place.
        try shelf.overwrite(file, [])
        _ = try shelf.writer.cut(to: shelf.frames.last)
        try shelf.add(Messages.plain(3, from: 4))
        let second = shelf.frames[1].file
        let bytes = try shelf.bytes(second)
        try shelf.remove(second)
        try shelf.overwrite(second, bytes)
        #expect(throws: ArchiveFailure.missing(file: second)) {
            try shelf.add(Messages.plain(3, from: 7))
        }
    }

    @Test("What the disk gives back is compared with what was written", arguments: [0, 9, 400])
    func lost(place: Int) throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/2026-09-21-\(Shelf.hub).jsonl.zst"
        let shelf = try Shelf(folder: folder) { step in
            guard step == .folderSynced else { return nil }
            var bytes = try! RawFile.bytes(path)
            bytes[place] ^= 1
            // In place: a file put there by rename is another file.
            let file = try! FileHandle(forWritingTo: URL(filePath: path))
            try! file.write(contentsOf: Data(bytes))
            return nil
        }
        let failure = #expect(throws: ArchiveFailure.self) { try shelf.add(Messages.plain(3)) }
        guard case .damaged(_, 1...3, _, _) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test("A body that is no JSON is found out before its message leaves the store")
    func noJSON() throws {
        for body in ["{\"a\":\n1", "", "1\n", "{}}", "\"\u{1}\""] {
            let shelf = try Shelf()
            var messages = Messages.plain(3)
            messages[1].body = body
            let failure = #expect(throws: ArchiveFailure.self) { try shelf.add(messages) }
            guard case .damaged = failure else {
                Issue.record("\(String(describing: failure))")
                continue
            }
        }
    }

    @Test("A thousand frames settle a few at a time")
    func bounded() throws {
        let steps = Locked([ArchiveStep: Int]())
        let shelf = try Shelf { step in
            steps.withLock { $0[step, default: 0] += 1 }
            return nil
        }
        var random = SplitMix(7)
        var messages = Messages.plain(40)
        for place in messages.indices {
            // Digits hardly compress: each frame's 700 kB take more than 300.
            let digits = (0..<36_000).map { _ in String(random.next()) }.joined()
            messages[place].body = "[\"\(digits)\"]"
        }
        try shelf.add(messages)
        let counts = steps.withLock { $0 }
        #expect(shelf.frames.count == 40)
        #expect(counts[.written] == 40)
        // 8 MiB of lines at once.
        #expect(counts[.readBack] == 4)
        #expect(counts[.fileMade] == 1)
        #expect(try shelf.readAll() == messages)
    }

    @Test("A name that is taken is left alone, and the day goes on in another")
    func taken() throws {
        let shelf = try Shelf()
        let name = "2026-09-21-\(Shelf.hub).jsonl.zst"
        let link = shelf.path(name)
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: "\(shelf.folder)/elsewhere")
        #expect(try shelf.add(Messages.plain(3))[0].file.hasSuffix(".2.jsonl.zst"))
        #expect(try shelf.readAll() == Messages.plain(3))
        #expect(try !shelf.files.contains("elsewhere"))
    }

    @Test(
        "An error of the system says what it means for the archive",
        arguments: [
            (ENOSPC, ArchiveFailure.full(file: "f")), (EDQUOT, .full(file: "f")),
            (ENOENT, .missing(file: "f")), (EIO, .disk(file: "f", Errno(EIO))),
        ])
    func errors(code: Int32, failure: ArchiveFailure) {
        #expect(ArchiveFailure("f", Errno(code)) == failure)
        #expect(failure.description.hasPrefix("archive file f"))
        #expect(failure.file == "f")
    }

    /// A new file and one that has begun.
    private static let killPoints = adding.flatMap { step in [(step, 0), (step, 1)] }

    @Test("Killed at any step, and each message is where the catalogue says", arguments: killPoints)
    func killed(step: ArchiveStep, passes: Int) async throws {
        let folder = try TemporaryFolder()
        let (path, name) = (folder.path, step.rawValue)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, name = name as String, passes = passes as Int] in
            setenv("MESSAGE_CENTER_KILL_AT", "archive.\(name):\(passes)", 1)
            let shelf = try Shelf(path: path)
            try shelf.add(Messages.plain(3))
            try shelf.add(Messages.plain(4, from: 4, created: Messages.midnight + 86_400_000))
        }
        // The catalogue would know the first frame, if the move came that far.
        let (messages, more) = (
            Messages.plain(3), Messages.plain(4, from: 4, created: Messages.midnight + 86_400_000)
        )
        let shelf = try Shelf(path: path, cuts: false)
        if passes == 1 { shelf.know(try Shelf().add(messages)) }
        let cut = try shelf.writer.cut(to: shelf.frames.last)
        #expect(cut.removed.count == 1 && cut.lacking == nil)
        #expect(try shelf.readAll() == (passes == 1 ? messages : []))
        try shelf.add(passes == 1 ? more : messages + more)
        #expect(try shelf.readAll() == messages + more)
        #expect(try shelf.files.count == 2)
    }
}

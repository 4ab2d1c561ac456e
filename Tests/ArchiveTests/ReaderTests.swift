import Archive
import Hub
import TestSupport
import Testing

@Suite("Archive: reader")
struct ReaderTests {
    @Test("Unpacked frames are kept as far as their memory allows")
    func kept() throws {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(40), borders: [10, 20, 30])
        let reader = shelf.reader()
        let frames = try shelf.frames.map { try reader.unpack($0) }
        #expect(try reader.unpack(shelf.frames[0]) === frames[0])
        #expect(reader.kept == frames.reduce(0) { $0 + $1.memory })
        try shelf.remove(shelf.frames[0].file)
        #expect(try reader.unpack(shelf.frames[3]) === frames[3])
        reader.removeAll()
        #expect(reader.kept == 0)
        #expect(throws: ArchiveFailure.missing(file: shelf.frames[0].file)) {
            _ = try reader.unpack(shelf.frames[3])
        }
    }

    @Test("The frame not asked for the longest goes first")
    func order() throws {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(30), borders: [10, 20])
        let size = try shelf.reader().unpack(shelf.frames[0]).memory
        let reader = shelf.reader(memory: size * 5 / 2)
        let first = try reader.unpack(shelf.frames[0])
        let second = try reader.unpack(shelf.frames[1])
        #expect(try reader.unpack(shelf.frames[0]) === first)
        _ = try reader.unpack(shelf.frames[2])
        #expect(try reader.unpack(shelf.frames[0]) === first)
        #expect(try reader.unpack(shelf.frames[1]) !== second)
    }

    @Test("With no memory the last one is kept")
    func last() throws {
        let shelf = try Shelf()
        try shelf.add(Messages.plain(20), borders: [10])
        let reader = shelf.reader(memory: 0)
        let first = try reader.unpack(shelf.frames[0])
        #expect(try reader.unpack(shelf.frames[0]) === first)
        let second = try reader.unpack(shelf.frames[1])
        #expect(try reader.unpack(shelf.frames[1]) === second)
        #expect(reader.kept == second.memory)
    }

    @Test("A frame changed on disk after it was unpacked is still found by verifying")
    func verified() throws {
        let shelf = try Shelf()
        let row = try shelf.add(Messages.plain(20))[0]
        let reader = shelf.reader()
        _ = try reader.unpack(row)
        var bytes = try shelf.bytes(row.file)
        bytes[bytes.count - 1] ^= 1
        try shelf.overwrite(row.file, bytes)
        _ = try reader.unpack(row)
        #expect(throws: ArchiveFailure.self) {
            try reader.verify(row, previous: ArchivedFrame.noDigest)
        }
    }
}

import Foundation
import TestSupport
import Testing

@testable import MessageCenterClient

@Suite("The spool on the disk")
struct SpoolTests {
    private let folder: TemporaryFolder
    private let limit = BatchLimit(messages: 1000, bytes: 4 << 20)
    private var path: String { folder.path + "/spool" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func messages(_ numbers: Range<Int>, pad: Int = 0) throws -> [OutgoingMessage] {
        try numbers.map { number in
            try OutgoingMessage(
                id: Self.id(number), topic: "A_B", wid: 1, key: nil, occurred: nil,
                body: Array("\"\(number)\(String(repeating: "x", count: pad))\"".utf8),
                isChecked: true)
        }
    }

    private static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "019aa0e7-8b5c-7abc-8def-" + String(repeating: "0", count: 12 - digits.count)
            + digits
    }

    /// The ids of all that is not settled; settles all of it, some at a time.
    private func drain(_ spool: Spool, by count: Int = 3) throws -> [String] {
        var ids: [String] = []
        while true {
            let lines = try spool.front(BatchLimit(messages: count, bytes: 4 << 20))
            if lines.isEmpty { return ids }
            ids += lines.map { $0.message.flaw == nil ? $0.message.id : "damaged" }
            var (place, refused) = (spool.pending.lowerBound, [RefusedFile.Entry]())
            for line in lines {
                place += line.length
                guard let flaw = line.message.flaw else { continue }
                refused.append(.init(message: line.message, why: flaw, place: place))
            }
            try spool.settle(to: place, refused: refused)
        }
    }

    private var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
            .filter { $0.hasSuffix(".spool") }.sorted()
    }

    @Test("gives out what it took in, in order, also to the next process")
    func order() throws {
        var spool: Spool? = try Spool(path, limit: 1 << 20)
        _ = try spool?.append(messages(0..<5))
        let first = try #require(try spool?.front(BatchLimit(messages: 2, bytes: 4 << 20)))
        #expect(first.map(\.message.id) == [Self.id(0), Self.id(1)])
        try spool?.settle(to: first[0].length, refused: [])
        spool = nil
        let again = try Spool(path, limit: 1 << 20)
        _ = try again.append(messages(5..<7))
        #expect(try drain(again) == (1..<7).map(Self.id))
        #expect(again.pending.isEmpty)
    }

    @Test("goes over many files, and gives each back")
    func manyFiles() throws {
        let spool = try Spool(path, limit: 1 << 20, fileSize: 2000)
        for start in stride(from: 0, to: 100, by: 4) {
            _ = try spool.append(messages(start..<start + 4, pad: 100))
        }
        #expect(files.count > 5)
        #expect(try drain(spool) == (0..<100).map(Self.id))
        #expect(files.count == 1)
        #expect(spool.size < 2500)
    }

    @Test("is whole again after a crash at any byte of the last write")
    func torn() throws {
        var spool: Spool? = try Spool(path, limit: 1 << 20)
        let ends = try #require(try spool?.append(messages(0..<3)).compactMap(\.self))
        spool = nil
        let file = path + "/" + files[0]
        let whole = try Data(contentsOf: URL(filePath: file))
        for size in 0..<whole.count {
            try whole.prefix(size).write(to: URL(filePath: file))
            let again = try Spool(path, limit: 1 << 20)
            let kept = ends.count { $0 <= size }
            let lines = try again.front(limit)
            #expect(lines.map(\.message.id) == (0..<kept).map(Self.id), "\(size)")
            _ = try again.append(messages(9..<10))
            let more = try again.front(limit).map(\.message)
            #expect(more.map(\.id) == (0..<kept).map(Self.id) + [Self.id(9)])
            #expect(more.allSatisfy { $0.flaw == nil })
        }
    }

    @Test("never sends a damaged line, and keeps it where a person finds it", arguments: 0..<40)
    func damaged(seed: Int) throws {
        var spool: Spool? = try Spool(path, limit: 1 << 20)
        _ = try spool?.append(messages(0..<4))
        spool = nil
        let file = URL(filePath: path + "/" + files[0])
        var bytes = try Data(contentsOf: file)
        let length = bytes.count / 4
        let place = length + seed * (length - 1) / 40
        bytes[place] ^= 0x15
        try bytes.write(to: file)
        let again = try Spool(path, limit: 1 << 20)
        #expect(try drain(again) == [Self.id(0), "damaged", Self.id(2), Self.id(3)])
        let refused = try String(contentsOfFile: path + "/refused.jsonl", encoding: .utf8)
        #expect(refused.contains("\"code\":\"damaged\""))
        #expect(refused.split(separator: "\n").count == 1)
    }

    private struct Told: Decodable {
        let id: String
    }

    @Test("notes each refused message once, though it is refused again after a crash")
    func refusedOnce() throws {
        var spool: Spool? = try Spool(path, limit: 1 << 20)
        let messages = try messages(0..<3)
        let ends = try #require(try spool?.append(messages).compactMap(\.self))
        let entries = zip(messages, ends).map { message, end in
            RefusedFile.Entry(message: message, why: Refusal("invalid", "why"), place: end)
        }
        let note = URL(filePath: path + "/settled")
        let before = try Data(contentsOf: note)
        try spool?.settle(to: ends[1], refused: Array(entries.prefix(2)))
        spool = nil
        // As a crash leaves it: refused, and not settled; and the beginning of a third line.
        try before.write(to: note)
        let file = URL(filePath: path + "/refused.jsonl")
        try (Data(contentsOf: file) + Data(#"{"at":"2026-11"#.utf8)).write(to: file)
        let again = try Spool(path, limit: 1 << 20)
        #expect(try again.front(limit).map(\.message.id) == [Self.id(2)])
        try again.settle(to: ends[2], refused: entries)
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let told = try lines.map { try JSONDecoder().decode(Told.self, from: Data($0.utf8)) }
        #expect(told.map(\.id) == (0..<3).map(Self.id))
    }

    @Test("goes on without the note of what is settled: then it is sent again")
    func settledLost() throws {
        for note in [nil, "garbage", "0000000000000000999 00000000\n"] {
            try? FileManager.default.removeItem(atPath: path)
            var spool: Spool? = try Spool(path, limit: 1 << 20)
            _ = try spool?.append(messages(0..<3))
            _ = try spool.map { try drain($0) }
            spool = nil
            try FileManager.default.removeItem(atPath: path + "/settled")
            if let note { try Data(note.utf8).write(to: URL(filePath: path + "/settled")) }
            #expect(try drain(try Spool(path, limit: 1 << 20)) == (0..<3).map(Self.id))
        }
    }

    @Test("never uses a place twice, even when its files are gone")
    func filesLost() throws {
        var spool: Spool? = try Spool(path, limit: 1 << 20)
        _ = try spool?.append(messages(0..<3))
        _ = try spool.map { try drain($0) }
        let end = try #require(spool?.pending.upperBound)
        spool = nil
        for file in files { try FileManager.default.removeItem(atPath: path + "/" + file) }
        let again = try Spool(path, limit: 1 << 20)
        #expect(again.pending == end..<end)
        _ = try again.append(messages(3..<4))
        #expect(try drain(again) == [Self.id(3)])
    }

    @Test("has a bound: what does not fit is told, what was taken stays")
    func full() throws {
        let spool = try Spool(path, limit: 1000)
        let ends = try spool.append(messages(0..<20))
        let kept = ends.count { $0 != nil }
        #expect(0 < kept && kept < 20 && spool.size <= 1000)
        #expect(spool.full.code == PublishCode.spoolFull)
        #expect(try drain(spool) == (0..<kept).map(Self.id))
        let more = try spool.append(messages(20..<21))
        #expect(more != [nil])
    }

    @Test("has one process a folder, and names it")
    func locked() throws {
        var spool: Spool? = try Spool(path, limit: 1 << 20)
        let refusal = #expect(throws: Refusal.self) { try Spool(path, limit: 1 << 20) }
        #expect(refusal?.text.contains("process \(getpid())") == true)
        withExtendedLifetime(spool) {}
        spool = nil
        _ = try Spool(path, limit: 1 << 20)
    }

    @Test("takes back what a full disk cut off")
    func fullDisk() throws {
        guard let disk = try SmallDisk(megabytes: 2) else { return }
        let spool = try Spool(disk.path + "/spool", limit: 1 << 30)
        _ = try spool.append(messages(0..<1))
        try disk.fill(leaving: 20_000)
        let refusal = #expect(throws: Refusal.self) {
            try spool.append(messages(1..<40, pad: 1000))
        }
        #expect(refusal?.code == PublishCode.spoolFull)
        let first = try spool.front(limit)[0]
        #expect(spool.pending.upperBound == first.length)
        try disk.makeRoom()
        _ = try spool.append(messages(40..<42))
        #expect(try drain(spool) == [Self.id(0), Self.id(40), Self.id(41)])
    }

    @Test("settles nothing that it could not note")
    func unsettled() throws {
        guard let disk = try SmallDisk(megabytes: 2) else { return }
        let spool = try Spool(disk.path + "/spool", limit: 1 << 30)
        _ = try spool.append(messages(0..<3))
        try disk.fill(leaving: 0)
        let first = try spool.front(limit)[0]
        #expect(throws: Refusal.self) { try spool.settle(to: first.length, refused: []) }
        #expect(spool.pending.lowerBound == 0)
        #expect(throws: Refusal.self) {
            try spool.settle(
                to: first.length,
                refused: [
                    .init(message: first.message, why: Refusal("no", "no"), place: first.length)
                ])
        }
        try disk.makeRoom()
        try spool.settle(to: first.length, refused: [])
        #expect(try drain(spool) == [Self.id(1), Self.id(2)])
    }
}

@Suite("Small parts")
struct SmallPartTests {
    @Test("The checksum is that of zip")
    func crc() {
        #expect(CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(
            String(decoding: CRC32.text(of: Array("123456789".utf8)), as: UTF8.self) == "cbf43926")
    }

    @Test("First in is first out")
    func fifo() {
        var (queue, model) = (FIFO<Int>(), [Int]())
        var random = SplitMix(1)
        for number in 0..<5000 {
            if Int.random(in: 0..<100, using: &random) < 55 {
                queue.append(number)
                model.append(number)
            } else {
                #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(queue.count == model.count && queue.first == model.first)
            #expect(queue.prefix(3) == Array(model.prefix(3)))
        }
    }
}

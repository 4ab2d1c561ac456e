import Foundation
import TestSupport
import Testing

@testable import MessageCenterClient

/// A dead-letter file that has grown, and most of which is settled.
@Suite("Dead-letter file, shortened")
struct DeadLetterShorteningTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/dead-letters.jsonl" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func letter(
        _ number: Int, _ state: DeadLetter.State = .dead, key: String? = nil, hub: String = "H"
    ) -> DeadLetterEntry {
        let message = Message(
            id: "m\(number)", index: number, topic: "A_Changed", key: key ?? "k\(number)",
            body: Array("{\"n\":\(number)}".utf8))
        return .init(
            id: message.id, at: "T",
            .letter(
                DeadLetter(
                    number: number, state: state, message: message, hub: hub, error: "broken",
                    tries: 3, firstAt: "A", lastAt: "B")))
    }

    private func entry(_ number: Int, _ event: DeadLetterEntry.Event) -> DeadLetterEntry {
        .init(id: "m\(number)", at: "T\(number)", event)
    }

    /// A file with many letters that have come to their end, and these that are open.
    private func grown(open: [Int] = [3, 700]) throws -> DeadLetterFile {
        let file = try DeadLetterFile(path, shortensFrom: 20_000)
        for number in 1...1000 {
            var entries = [letter(number)]
            if !open.contains(number) {
                entries += [entry(number, .settled(.done)), entry(number, .reported)]
            }
            try file.append(entries)
        }
        try file.append(open.prefix(1).map { entry($0, .ordered(.drop)) })
        try file.sync()
        return file
    }

    private func contents(_ suffix: String = "") throws -> String {
        try String(contentsOfFile: path + suffix, encoding: .utf8)
    }

    /// What of a ledger must be the same however it is written.
    private func facts(_ ledger: DeadLetterLedger) -> [String] {
        let names = (0..<4).map { "k\($0)" }
        return ledger.open.map { "\($0)" }
            + names.map { key in
                ledger.line(of: Message(id: "", index: 0, topic: "", key: key)).map(\.message.id)
                    .joined(separator: " ")
            }
            + (1...40).map { "\($0) \(ledger["m\($0)"]?.state.rawValue ?? "-")" }
            + ["\(ledger.openCount) \(ledger.openBytes)", ledger.toRetry.map(\.count).description]
    }

    @Test(
        "Written anew, and written anew again, a ledger comes to the same",
        arguments: 1...100 as ClosedRange<UInt64>)
    func rewritten(seed: UInt64) {
        var random = SplitMix(seed)
        var ledger = DeadLetterLedger()
        for _ in 0..<200 {
            let index = Int(random.number(1...40))
            switch random.number(0...5) {
            case 0, 1:
                let state: DeadLetter.State = random.oneIn(2) ? .dead : .parked
                ledger.apply(
                    letter(
                        index, state, key: "k\(index % 4)", hub: index % 5 == 0 ? "G" : "H"))
            case 2: ledger.apply(entry(index, .settled(random.oneIn(2) ? .done : .superseded)))
            case 3: ledger.apply(entry(index, .ordered(random.oneIn(2) ? .retry : .drop)))
            case 4: ledger.apply(entry(index, .reported))
            default:
                ledger.apply(
                    entry(
                        index,
                        .failed(error: "e", tries: 9, coalesced: 2, isCreatedInRun: true)))
            }
        }
        var (once, twice) = (DeadLetterLedger(), DeadLetterLedger())
        ledger.rewrite(at: "T") { entry in once.apply(try! DeadLetterEntry(line: entry.line)) }
        once.rewrite(at: "T") { twice.apply($0) }
        let (one, two, all) = (facts(once), facts(twice), facts(ledger))
        #expect(one == all)
        #expect(two == all)
        #expect(once.lastNumber == ledger.lastNumber)
    }

    @Test(
        "What is settled goes, what is open stays, numbers go on, the former file stays beside it")
    func shortened() throws {
        let file = try grown()
        let before = try contents()
        let facts = facts(file.ledger)
        try file.shorten(at: "2026-11-20T08:00:00.000Z")
        #expect(try contents(".old") == before)
        let lines = try contents().split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0] == #"{"at":"2026-11-20T08:00:00.000Z","state":"shortened","n":1000}"#)
        #expect(self.facts(file.ledger) == facts)
        let again = try DeadLetterFile(path)
        #expect(self.facts(again.ledger) == facts)
        #expect(again.flaws.isEmpty)
        #expect(again.ledger.lastNumber == 1000)
        #expect(!FileManager.default.fileExists(atPath: path + ".new"))
        // It is not written anew again and again.
        try file.shorten(at: "2026-11-21T08:00:00.000Z")
        #expect(try contents(".old") == before)
        try file.append([letter(1001)])
        #expect(try contents().split(separator: "\n").count == 5)
    }

    @Test("Neither a short file is written anew, nor one that is mostly open, nor one with a flaw")
    func left() throws {
        let short = try DeadLetterFile(path)
        try short.append([letter(1), entry(1, .settled(.done)), entry(1, .reported)])
        try short.shorten(at: "T")
        #expect(try contents().split(separator: "\n").count == 3)
        try FileManager.default.removeItem(atPath: path)
        let open = try grown(open: Array(1...900))
        let size = try contents().utf8.count
        try open.shorten(at: "T")
        #expect(try contents().utf8.count == size)
        try FileManager.default.removeItem(atPath: path)
        _ = try grown()
        try (contents() + "what is this\n").write(toFile: path, atomically: true, encoding: .utf8)
        let flawed = try DeadLetterFile(path, shortensFrom: 1)
        try flawed.shorten(at: "T")
        #expect(try contents().hasSuffix("what is this\n"))
        #expect(!FileManager.default.fileExists(atPath: path + ".old"))
    }

    @Test("Who has it open meanwhile goes on with the new one")
    func others() throws {
        let file = try grown()
        let letters = try DeadLetters(folder: folder.path)
        try file.shorten(at: "T")
        try letters.order(.retry, [try #require(letters.letter("700"))])
        #expect(letters.open.map(\.order) == [.drop, .retry])
        #expect(try file.look())
        #expect(file.ledger.open.map(\.order) == [.drop, .retry])
        #expect(try contents().contains(#""state":"retry","id":"m700""#))
        #expect(try !contents(".old").contains(#""state":"retry""#))
    }

    @Test("Writers in the middle of it lose no line")
    func concurrent() throws {
        let (path, folder) = (path, folder.path)
        _ = try grown()
        _ = try concurrently(4) { number in
            if number == 0 {
                for _ in 0..<20 {
                    let file = try DeadLetterFile(path, shortensFrom: 1)
                    try file.append((0..<30).map { letter(9_000_000 + $0) })
                    try file.append(
                        (0..<30).flatMap { step in
                            [
                                entry(9_000_000 + step, .settled(.done)),
                                entry(9_000_000 + step, .reported),
                            ]
                        })
                    try file.shorten(at: "T")
                }
            } else {
                let file = try DeadLetterFile(path)
                for step in 0..<50 { try file.append([letter(number * 10_000 + step)]) }
            }
            return 0
        }
        let open = try DeadLetters(folder: folder).open.map(\.message.index)
        #expect(
            Set(open)
                == Set(
                    [3, 700]
                        + (1...3).flatMap { writer in
                            (0..<50).map { writer * 10_000 + $0 }
                        }))
    }

    @Test("A crash at any moment of it leaves a whole file, and the next start goes on")
    func crashes() throws {
        let facts = try facts(grown().ledger)
        let before = try contents()
        let manager = FileManager.default
        // The new one is begun; it is whole; the former one has its second name.
        for (new, isLinked) in [("{\"at\":\"T\",\"sta", false), (before, false), (before, true)] {
            try new.write(toFile: path + ".new", atomically: false, encoding: .utf8)
            try? manager.removeItem(atPath: path + ".old")
            if isLinked { #expect(link(path, path + ".old") == 0) }
            let file = try DeadLetterFile(path, shortensFrom: 20_000)
            #expect(self.facts(file.ledger) == facts)
            #expect(file.flaws.isEmpty)
            try file.shorten(at: "T")
            #expect(try self.facts(DeadLetterFile(path).ledger) == facts)
            #expect(try contents(".old") == before)
            #expect(!manager.fileExists(atPath: path + ".new"))
            try before.write(toFile: path, atomically: false, encoding: .utf8)
        }
    }

    @Test("On a full disk it stays as it is")
    func fullDisk() throws {
        guard let disk = try SmallDisk(megabytes: 1) else { return }
        let place = disk.path + "/dead-letters.jsonl"
        _ = try grown(open: Array(1...20))
        try FileManager.default.copyItem(atPath: path, toPath: place)
        let file = try DeadLetterFile(place, shortensFrom: 1)
        try disk.fill(leaving: 0)
        #expect(throws: FileFailure.self) { try file.shorten(at: "T") }
        #expect(try String(contentsOfFile: place, encoding: .utf8) == contents())
        #expect(!FileManager.default.fileExists(atPath: place + ".new"))
        #expect(file.ledger.openCount == 20)
    }

    @Test("Taken away while it is in use, it is written again with all that is open")
    func removed() throws {
        let file = try grown()
        let facts = facts(file.ledger)
        try FileManager.default.removeItem(atPath: path)
        try file.append([letter(2000)])
        let again = try DeadLetterFile(path)
        #expect(again.ledger.open.map(\.message.id) == ["m3", "m700", "m2000"])
        try again.append([entry(2000, .settled(.done)), entry(2000, .reported)])
        #expect(self.facts(again.ledger) == facts)
    }

    @Test("It is read in pieces, wherever they end", arguments: [1, 7, 100, 4096])
    func pieces(bytes: Int) throws {
        let facts = try facts(grown(open: [1, 2, 999]).ledger)
        try (contents().split(separator: "\n").suffix(60).joined(separator: "\n") + "\n")
            .write(toFile: path, atomically: true, encoding: .utf8)
        let whole = try DeadLetterFile(path)
        let torn = Array("{\"torn".utf8)
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(torn))
        try handle.close()
        let file = try DeadLetterFile(path, piece: bytes)
        #expect(self.facts(file.ledger) == self.facts(whole.ledger))
        #expect(file.ledger.openCount == 1 && facts.count > 0)
        #expect(try contents(".torn") == "{\"torn\n")
        try file.append([letter(3000)])
        #expect(try DeadLetterFile(path).ledger.openCount == 2)
    }

    @Test("A line without end takes no memory, and costs no other")
    func endless() throws {
        let file = try DeadLetterFile(path)
        try file.append([letter(1)])
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        for _ in 0..<34 { try handle.write(contentsOf: Data(repeating: 0x78, count: 1 << 20)) }
        try handle.write(contentsOf: Data([0x0A]))
        try handle.close()
        try file.append([letter(2)])
        #expect(file.ledger.openCount == 2)
        #expect(file.flaws.count == 1)
        #expect(file.flaws.first?.contains("line 2: it is too long") == true)
    }
}

import Foundation
import MessageCenterClient
import TestSupport
import Testing

@testable import MessageCenterClient

@Suite("Dead letters")
struct DeadLetterFileTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/dead-letters.jsonl" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func letter(
        _ index: Int, _ state: DeadLetter.State, key: String? = "k", event: String = "Changed",
        hub: String = "H"
    ) -> DeadLetterEntry {
        let message = Message(
            id: "m\(index)", index: index, ordinal: index, topic: "A_\(event)", key: key,
            body: Array(#"{"n":12345678901234567890.10,"t":"é\"\\u0041"}"#.utf8))
        return .init(
            id: message.id, at: "T\(index)",
            .letter(
                DeadLetter(
                    number: index, state: state, message: message, hub: hub,
                    error: state == .dead ? "went \"wrong\"\n\u{1}" : nil,
                    tries: state == .dead ? 10 : 0, firstAt: "A", lastAt: "B")))
    }

    private func entry(_ index: Int, _ event: DeadLetterEntry.Event) -> DeadLetterEntry {
        .init(id: "m\(index)", at: "T", event)
    }

    private func ids(_ letters: [DeadLetter]) -> [String] { letters.map(\.message.id) }

    // MARK: Ledger

    @Test("Every kind of line is read as it was written")
    func lines() throws {
        let entries = [
            letter(1, .dead), letter(2, .parked, key: nil), entry(1, .ordered(.retry)),
            entry(1, .ordered(.drop)), entry(1, .settled(.superseded)), entry(1, .reported),
            entry(1, .failed(error: "e", tries: 20, coalesced: 3, isCreatedInRun: true)),
        ]
        for entry in entries {
            let line = entry.line
            #expect(line.last == 0x0A && line.count { $0 == 0x0A } == 1)
            #expect(try DeadLetterEntry(line: Array(line.dropLast())) == entry)
        }
    }

    @Test("A key with a dead letter holds what is newer, others go on")
    func holds() {
        var ledger = DeadLetterLedger()
        ledger.apply(letter(5, .dead))
        func message(_ index: Int, _ key: String?) -> Message {
            Message(id: "x", index: index, topic: "A_Changed", key: key)
        }
        #expect(ledger.holds(message(6, "k"), from: "H"))
        #expect(!ledger.holds(message(6, "other"), from: "H"))
        #expect(!ledger.holds(message(6, nil), from: "H"))
        #expect(!ledger.holds(message(4, "k"), from: "H"), "an older one, after a seek back")
        #expect(ledger.holds(message(1, "k"), from: "another hub"))
        ledger.apply(entry(5, .settled(.done)))
        #expect(!ledger.holds(message(6, "k"), from: "H"))
        ledger.apply(letter(7, .dead, key: nil))
        #expect(!ledger.holds(message(8, nil), from: "H"), "without a key nothing is parked")
    }

    @Test("A line stays in order, and goes on by itself when it has lost its dead one")
    func goesOn() {
        var ledger = DeadLetterLedger()
        for entry in [letter(1, .dead), letter(3, .parked), letter(2, .parked)] {
            ledger.apply(entry)
        }
        #expect(ledger.toRetry.isEmpty)
        ledger.apply(entry(1, .settled(.dropped)))
        #expect(ledger.toRetry.map(ids) == [["m2", "m3"]])
        ledger.apply(entry(2, .failed(error: "e", tries: 10, coalesced: 0, isCreatedInRun: false)))
        #expect(ledger.toRetry.isEmpty)
        ledger.apply(entry(2, .ordered(.retry)))
        #expect(ledger.toRetry.map(ids) == [["m2", "m3"]])
        #expect(ledger.openCount == 2)
    }

    @Test("A retry ordered of any of a line is over when its first has failed again")
    func orderEnds() {
        var ledger = DeadLetterLedger()
        for entry in [letter(1, .dead), letter(2, .parked), entry(2, .ordered(.retry))] {
            ledger.apply(entry)
        }
        #expect(ledger.toRetry.count == 1)
        ledger.apply(entry(1, .failed(error: "e", tries: 20, coalesced: 0, isCreatedInRun: false)))
        #expect(ledger.toRetry.isEmpty)
    }

    @Test("The hub is told of every change once, and an end until it knows")
    func reports() {
        var ledger = DeadLetterLedger()
        ledger.apply(letter(1, .dead))
        #expect(ids(ledger.toReport) == ["m1"])
        ledger.noteReported("m1")
        #expect(ledger.toReport.isEmpty)
        ledger.apply(entry(1, .settled(.done)))
        #expect(ledger.toReport.map(\.state) == [.done])
        ledger.apply(entry(1, .reported))
        #expect(ledger.toReport.isEmpty && ledger["m1"] == nil)
    }

    @Test(
        "Whatever happens, counts fit what is open, and lines are ordered",
        arguments: 1...100 as ClosedRange<UInt64>)
    func folds(seed: UInt64) throws {
        var random = SplitMix(seed)
        var ledger = DeadLetterLedger()
        for _ in 0..<200 {
            let index = Int(random.number(1...30))
            let key = "k\(index % 3)"
            switch random.number(0...5) {
            case 0, 1: ledger.apply(letter(index, random.oneIn(2) ? .dead : .parked, key: key))
            case 2: ledger.apply(entry(index, .settled([.done, .dropped].randomElement()!)))
            case 3: ledger.apply(entry(index, .ordered(random.oneIn(2) ? .retry : .drop)))
            case 4: ledger.apply(entry(index, .reported))
            default:
                ledger.apply(
                    entry(
                        index, .failed(error: "", tries: 1, coalesced: 0, isCreatedInRun: false)))
            }
            #expect(ledger.openCount == ledger.open.count)
            #expect(ledger.openBytes == ledger.open.reduce(0) { $0 + $1.message.body.count })
            for key in ["k0", "k1", "k2"] {
                let line = ledger.line(of: Message(id: "", index: 0, topic: "", key: key))
                #expect(line.map(\.message.index) == line.map(\.message.index).sorted())
                #expect(!line.contains { !$0.state.isOpen })
            }
        }
    }

    // MARK: File

    @Test("What was appended is there when it is opened again")
    func reopened() throws {
        let file = try DeadLetterFile(path)
        try file.append([letter(1, .dead), letter(2, .parked)])
        try file.sync()
        let again = try DeadLetterFile(path)
        #expect(ids(again.ledger.open) == ["m1", "m2"])
        #expect(again.ledger["m1"]?.error == "went \"wrong\"\n\u{1}")
        #expect(
            again.ledger["m1"]?.message.bodyText
                == #"{"n":12345678901234567890.10,"t":"é\"\\u0041"}"#)
        #expect(again.flaws.isEmpty)
    }

    @Test("A torn last line is cut off, wherever it was torn, and kept beside the file")
    func torn() throws {
        let whole = letter(1, .dead).line
        let second = letter(2, .dead).line
        for length in stride(from: 1, to: second.count, by: 7) {
            try Data(whole + second.prefix(length)).write(to: URL(filePath: path))
            let file = try DeadLetterFile(path)
            #expect(ids(file.ledger.open) == ["m1"])
            #expect(file.flaws.count == 1)
            try file.append([letter(3, .dead)])
            #expect(
                try Data(contentsOf: URL(filePath: path)) == Data(whole + letter(3, .dead).line))
        }
        #expect(FileManager.default.fileExists(atPath: path + ".torn"))
    }

    @Test("A line that nobody understands stays, is told, and costs no other")
    func garbage() throws {
        let bytes = letter(1, .dead).line + Array("{\"state\":\n".utf8) + letter(2, .dead).line
        try Data(bytes).write(to: URL(filePath: path))
        let file = try DeadLetterFile(path)
        #expect(ids(file.ledger.open) == ["m1", "m2"])
        #expect(file.flaws.count == 1)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(bytes))
    }

    @Test("Several writers append whole lines, and each sees the others'")
    func writers() throws {
        let path = path
        _ = try concurrently(4) { number in
            let file = try DeadLetterFile(path)
            for step in 0..<50 { try file.append([letter(number * 100 + step, .dead)]) }
            return 0
        }
        let file = try DeadLetterFile(path)
        #expect(file.ledger.openCount == 200)
        #expect(file.flaws.isEmpty)
        let other = try DeadLetters(folder: folder.path)
        try other.order(.drop, [try #require(other.letter("7"))])
        #expect(try file.look())
        #expect(ids(file.ledger.toDrop) == ["m7"])
        #expect(try !file.look())
    }

    @Test("A full disk takes nothing half, and all when there is room again")
    func fullDisk() throws {
        guard let disk = try SmallDisk(megabytes: 1) else { return }
        let file = try DeadLetterFile(disk.path + "/dead-letters.jsonl")
        try file.append([letter(1, .dead)])
        try disk.fill(leaving: 0)
        let many = (2...200).map { letter($0, .dead) }
        let failure = #expect(throws: FileFailure.self) { try file.append(many) }
        #expect(failure?.isFull == true)
        #expect(try DeadLetterFile(disk.path + "/dead-letters.jsonl").ledger.openCount == 1)
        try disk.makeRoom()
        try file.append(many)
        try file.sync()
        let again = try DeadLetterFile(disk.path + "/dead-letters.jsonl")
        #expect(again.ledger.openCount == 200)
        #expect(again.flaws.isEmpty)
    }
}

@Suite("Position file")
struct PositionFileTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/position" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func record(_ index: Int) -> PositionRecord {
        PositionRecord(
            position: Position(hub: "H", index: index, ordinal: index - 1), confirmed: index - 2,
            seeks: index - 3, trial: .init(index: index + 1, id: "i", tries: 3, since: 17),
            retrial: .init(index: 1, id: "r", tries: 9))
    }

    @Test("The last record is read again")
    func reopened() throws {
        #expect(try PositionFile(path).record == PositionRecord())
        for index in 5...9 {
            let file = try PositionFile(path)
            try file.write(record(index), isSynced: index % 2 == 0)
            #expect(try PositionFile(path).record == record(index))
        }
    }

    @Test("A write torn anywhere leaves the record before it, or is whole", arguments: [0, 1])
    func torn(place: Int) throws {
        let file = try PositionFile(path)
        for index in 0...(3 + place) { try file.write(record(10 + index), isSynced: true) }
        let before = [UInt8](try Data(contentsOf: URL(filePath: path)))
        try file.write(record(99), isSynced: true)
        let after = [UInt8](try Data(contentsOf: URL(filePath: path)))
        for length in 0...PositionFile.placeBytes {
            let changed = (0..<before.count).filter { before[$0] != after[$0] }
            let start = (changed.first ?? 0) / PositionFile.placeBytes * PositionFile.placeBytes
            var torn = before
            torn.replaceSubrange(start..<start + length, with: after[start..<start + length])
            try Data(torn).write(to: URL(filePath: path))
            let read = try PositionFile(path).record
            #expect(read == record(13 + place) || read == record(99))
        }
    }

    @Test("The largest record fits its place")
    func largest() {
        let id = String(repeating: "i", count: PositionFile.longestID)
        let record = PositionRecord(
            position: Position(hub: id, index: .max, ordinal: .max), confirmed: .max, seeks: .max,
            trial: .init(index: .max, id: id, tries: 1_000_000, since: 253_402_300_799_999),
            retrial: .init(index: .max, id: id, tries: 1_000_000))
        #expect(PositionFile.text(record, sequence: .max).count == PositionFile.placeBytes)
    }
}

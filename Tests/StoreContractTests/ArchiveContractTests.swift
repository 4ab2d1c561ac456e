import Hub
import HubSQLite
import SQLite
import TestSupport
import Testing

/// What archiver, writer and loops rely on at the border, asked of every store.
@Suite("Every store with an archive")
struct ArchiveContractTests {
    /// Everything that a start must find as it was.
    private struct Sight: Equatable {
        var archive: ArchiveState
        var head: Int64
        var lastCreated: Int64
        var lines: [[Line.Entry]]
        var counts: [Int64]
        var lastTrimmed: [Int64]
        var topics: [StoredTopic]
    }

    /// The hub as it is after a start.
    private func restarted(_ hub: any ArchivingHub) throws -> Sight {
        try hub.restart()
        let lines = (0...4).map { hub.lines.line(of: $0) }
        defer { withExtendedLifetime(hub.lines) {} }
        #expect(hub.lines.border == hub.state.border)
        #expect(hub.lines.pruned == hub.state.pruned)
        return Sight(
            archive: hub.state.archive, head: hub.state.head, lastCreated: hub.state.lastCreated,
            lines: (0...4).map { hub.line($0) }, counts: lines.map(\.count),
            lastTrimmed: lines.map(\.lastTrimmed), topics: hub.state.topics)
    }

    // MARK: The border

    @Test(
        "A frame moves the border; what lies below is gone after trimming, the rest as it was",
        arguments: StoreKind.allCases)
    func moves(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        hub.fill(1000)
        let whole = (0...4).map { hub.line($0) }
        let topics = hub.topics
        for border in [1, 255, 256, 700, 1000] as [Int64] {
            let frame = try hub.frame(through: border)
            #expect(hub.archive(frame) == nil)
            #expect(hub.border == border)
            #expect(hub.lines.border == border)
            #expect(hub.lines.borderTime == 1000 + border)
            try hub.trimAll()
            #expect(throws: StoreFailure.self) { try hub.rows([border]) }
            if border < 1000 { #expect(try hub.rows(Array(border + 1...1000)).count > 0) }
            for wid in 0...4 {
                #expect(hub.line(UInt32(wid)) == whole[wid].filter { $0.index > border })
                #expect(hub.lines.line(of: UInt32(wid)).count == Int64(whole[wid].count))
            }
            #expect(hub.topics == topics)
            #expect(try hub.reader.frame(holding: border) == frame)
            let state = try restarted(hub).archive
            #expect(state.border == border)
            #expect(state.borderTime == 1000 + border)
            #expect(state.lastDigest == frame.digest)
        }
        hub.fill(10, from: 1001)
        #expect(hub.line(0).map(\.index) == [1004, 1008])
        #expect(hub.line(0).map(\.nth) == [251, 252])
        #expect(hub.line(1).map(\.ordinal).first == 501)
    }

    @Test(
        "A start finds the same at any point of a move: after its commit, amid trimming, after it",
        arguments: StoreKind.allCases, [700, 4095, 4096, 4097, 9000])
    func restart(kind: StoreKind, border: Int64) throws {
        let hub = try Place(kind).archivingHub()
        hub.fill(9000, atOnce: 100)
        let whole = (0...4).map { hub.line($0) }
        try hub.archive(through: border / 2)
        try hub.archive(through: border)
        let sight = try restarted(hub)
        #expect(sight.head == 9000)
        #expect(sight.lastCreated == 10_000)
        #expect(sight.topics.map(\.count) == [3000, 3000, 3000])
        #expect(sight.lines == whole.map { line in line.filter { $0.index > border } })
        #expect(sight.counts == [2250, 4500, 4500, 4500, 2250])
        for _ in 0..<3 {
            #expect(hub.trim().rows > 0)
            #expect(try restarted(hub) == sight)
        }
        try hub.trimAll()
        #expect(try restarted(hub) == sight)
        #expect(hub.prune(through: border / 2, time: 1000 + border / 2) == nil)
        var pruned = try restarted(hub)
        #expect(pruned.archive.pruned == border / 2)
        #expect(pruned.archive.prunedTime == 1000 + border / 2)
        (pruned.archive.pruned, pruned.archive.prunedTime) = (0, 0)
        #expect(pruned == sight)
        // Over the next block's end and another start, numbers go on.
        hub.fill(4500, from: 9001, atOnce: 100)
        #expect(try restarted(hub).counts == [3375, 6750, 6750, 6750, 3375])
        let last = try #require(hub.line(0).last)
        #expect([last.index, last.ordinal, last.nth] == [13_500, 3375, 3375])
    }

    @Test("Garbage waits for the reader that may still look at it", arguments: StoreKind.allCases)
    func quiescent(kind: StoreKind) throws {
        let epochs = ReaderEpochs(readers: 1)
        let hub = try Place(kind).archivingHub(epochs: epochs)
        hub.fill(100)
        epochs.readers[0].enter()
        let line = hub.lines.line(of: 1)
        try hub.archive(through: 50)
        try hub.archive(through: 80)
        #expect(hub.trim().rows == 0)
        var cursor = line.cursor(after: 0)
        var seen: [Int64] = []
        while let entry = cursor.next() { seen.append(entry.index) }
        #expect(try hub.rows(seen).map(\.index) == seen)
        #expect(seen.count == 50)
        epochs.readers[0].leave()
        #expect(hub.trim().rows == 80)
        #expect(throws: StoreFailure.self) { try hub.rows([80]) }
    }

    @Test(
        "A frame that does not go on from the border, or counts otherwise than the hub, is refused",
        arguments: StoreKind.allCases)
    func refused(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        hub.fill(100)
        try hub.archive(through: 10)
        let good = try hub.frame(through: 20)
        var bad = Array(repeating: good, count: 6)
        bad[0].first = 10
        bad[1].first = 12
        bad[2].last = 101
        bad[3].wids[0].count += 1
        bad[4].wids[0].before += 1
        bad[5].wids.removeLast()
        let before = try restarted(hub)
        for frame in bad { #expect(hub.archive(frame) != nil) }
        #expect(hub.border == 10)
        #expect(try restarted(hub) == before)
        #expect(hub.archive(good) == nil)
    }

    @Test(
        "A failed move leaves store, lists and border as they were", arguments: StoreKind.allCases)
    func failed(kind: StoreKind) throws {
        let (place, fault) = (Place(kind), Place.Fault())
        let hub = try place.archivingHub(fault: fault)
        hub.fill(1000)
        try hub.archive(through: 300)
        let lines = (0...4).map { hub.line($0) }
        let frame = try hub.frame(through: 600)
        for step in [.begin, .archive, .commit, .sync] as [MemoryStore.Step] {
            if kind == .memory {
                fault.step = step
                #expect(hub.archive(frame) == .full)
                fault.step = nil
            } else {
                let other = try Connection(path: place.path)
                try other.execute("BEGIN IMMEDIATE")
                #expect(hub.archive(frame) == .busy)
                #expect(hub.trim().failure == .busy)
                try other.execute("ROLLBACK")
            }
            #expect(hub.border == 300)
            #expect(hub.lines.border == 300)
            #expect((0...4).map { hub.line($0) } == lines)
            #expect(try hub.reader.frame(holding: 301) == nil)
        }
        #expect(hub.archive(frame) == nil)
        try hub.trimAll()
        #expect(try restarted(hub).lines == lines.map { $0.filter { $0.index > 600 } })
    }

    // MARK: The catalogue

    @Test("Frames are found by index, in order, and by id", arguments: StoreKind.allCases)
    func frames(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        hub.fill(100)
        // The hub gives these ids: no publisher's is among them.
        for _ in 0..<20 { _ = hub.publish([Draft()], wall: 2000) }
        var frames: [ArchivedFrame] = []
        for last in [10, 11, 60, 100, 120] as [Int64] {
            frames.append(try hub.frame(through: last))
            #expect(hub.archive(frames.last!) == nil)
        }
        #expect(frames.map { $0.ids == nil } == [false, false, false, false, true])
        let reader = hub.reader
        for (index, place) in [(1, 0), (10, 0), (11, 1), (12, 2), (60, 2), (61, 3), (120, 4)] {
            #expect(try reader.frame(holding: Int64(index)) == frames[place])
            #expect(try reader.frames(from: Int64(index), limit: 9) == Array(frames[place...]))
        }
        #expect(try reader.frame(holding: 0) == nil)
        #expect(try reader.frame(holding: 121) == nil)
        #expect(try reader.frames(from: 0, limit: 2) == Array(frames[..<2]))
        #expect(try reader.frames(from: 121, limit: 2) == [])
        for number in [1, 10, 11, 12, 60, 61, 100] {
            let holding = frames.filter { $0.first <= number && number <= $0.last }
            let id = Draft.numbered(number).id!
            #expect(try reader.frames(mayHold: id, above: 0, limit: 9) == holding)
            #expect(try reader.index(of: id) == nil, "the archive has it")
        }
        #expect(try reader.frames(mayHold: .publishers(1, at: 1), above: 0, limit: 9) == [])
        #expect(hub.prune(through: 11, time: 1011) == nil)
        for _ in 0..<2 {
            #expect(try reader.frame(holding: 11) == nil)
            #expect(try reader.frames(from: 0, limit: 9) == Array(frames[2...]))
            #expect(try reader.frames(mayHold: Draft.numbered(11).id!, above: 0, limit: 9) == [])
            try hub.trimAll()
        }
        #expect(hub.prune(through: 50, time: 1050) != nil, "no frame ends there")
        #expect(hub.prune(through: 121, time: 3000) != nil, "that is in the store")
        #expect(hub.prune(through: 120, time: 2000) == nil)
        try hub.trimAll()
        let state = try restarted(hub).archive
        #expect(state.lastDigest == frames.last!.digest, "the chain goes on")
    }

    @Test(
        "Where a publisher's clock is wrong many frames may hold an id: they come in pieces",
        arguments: StoreKind.allCases)
    func manyFrames(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        for number in 1...20 as ClosedRange<UInt64> {
            _ = hub.publishLooking([
                Draft(id: .publishers(number, at: 1)),
                Draft(id: .publishers(number, at: 1_000_000 + number)),
            ])
            try hub.archive(through: Int64(number) * 2)
        }
        #expect(hub.prune(through: 4, time: 1) == nil)
        var firsts: [Int64] = []
        while true {
            let frames = try hub.reader.frames(
                mayHold: .publishers(99, at: 1000), above: firsts.last ?? 0, limit: 7)
            #expect(frames.count <= 7)
            if frames.isEmpty { break }
            firsts += frames.map(\.first)
        }
        #expect(firsts == Array(stride(from: 5, through: 39, by: 2)))
    }

    @Test(
        "The catalogue tells where each wid's message before a frame is, whatever was trimmed",
        arguments: StoreKind.allCases)
    func previous(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        for wid in [5, 5, 0, 6, 5, 7, 6, 0, 5] as [UInt32] { _ = hub.publish([Draft(wid: wid)]) }
        for last in [2, 4, 8, 9] as [Int64] {
            var frame = try hub.frame(through: last)
            // What the archiver hands over does not know it.
            for place in frame.wids.indices { frame.wids[place].previous = nil }
            #expect(hub.archive(frame) == nil)
            try hub.trimAll()
            try hub.restart()
        }
        let told = try hub.reader.frames(from: 1, limit: 9).map { frame in
            frame.wids.map { [Int64($0.wid), $0.before, $0.previous] }
        }
        #expect(
            told == [
                [[5, 0, 0]], [[0, 0, 0], [6, 0, 0]],
                [[0, 1, 3], [5, 2, 2], [6, 1, 4], [7, 0, 0]], [[5, 3, 5]],
            ])
    }

    @Test("A time is looked for above the border only", arguments: StoreKind.allCases)
    func lastIndex(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        hub.fill(100)
        try hub.archive(through: 40)
        try hub.trimAll()
        for (time, expected) in [(0, 40), (1040, 40), (1041, 40), (1042, 41), (1100, 99)] {
            #expect(
                try hub.reader.lastIndex(before: Int64(time), above: 40, head: 100)
                    == Int64(expected))
        }
        #expect(try hub.reader.lastIndex(before: .max, above: 40, head: 100) == 100)
        #expect(try hub.reader.lastIndex(before: .max, above: 100, head: 100) == 100)
    }

    // MARK: Copies

    @Test("A replayed copy says of what message it is one", arguments: StoreKind.allCases)
    func replayed(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        hub.fill(3)
        var open = try Place(kind).open()
        let copy = MessageCopy(1, nth: 1, replayOf: ReplayOf(id: .publishers(9), index: 1 << 40))
        let plain = MessageCopy(2, nth: 2)
        try open.transaction { (store) throws(StoreFailure) in
            for copy in [copy, plain] {
                try copy.withRow { (row) throws(StoreFailure) in try store.insert(row) }
            }
        }
        #expect(try open.look(at: 1) == copy)
        #expect(try open.rows(at: [1, 2]) == [copy, plain])
        #expect(try open.rows(at: [1]) == [copy])
    }

    // MARK: History

    @Test(
        "History older than the border goes, but where a warehouse was then; nothing is guessed",
        arguments: StoreKind.allCases)
    func history(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        let second: Int64 = 1000
        for number in 1...20 as ClosedRange<Int64> {
            let wall = number * 100 * second
            _ = hub.publish([Draft("\(number)")], wall: wall)
            for wid in [5, 6] as [UInt32] where wid == 5 || number > 15 {
                hub.change(
                    wid, .pull(session: nil, takeOver: false, lease: 60, commit: nil, start: 0),
                    wall: wall + 10 * second)
                hub.change(wid, .seek(to: number), wall: wall + 10 * second)
            }
        }
        func committed(_ index: Int64, _ wid: UInt32) throws -> Int64? {
            try hub.reader.journey(of: index, wid: wid, since: index * 100 * second).committed
        }
        #expect(try committed(3, 5) == 310 * second)
        #expect(try committed(3, 6) == 1610 * second)
        try hub.archive(through: 10)
        for _ in 0..<2 {
            #expect(try committed(3, 5) == nil, "no longer known")
            #expect(try committed(3, 6) == 1610 * second, "seen after the border")
            #expect(try committed(10, 5) == 1010 * second)
            #expect(try committed(11, 5) == 1110 * second)
            #expect(try committed(20, 6) == 2010 * second)
            #expect(try committed(21, 6) == nil)
            try hub.trimAll()
        }
    }
}

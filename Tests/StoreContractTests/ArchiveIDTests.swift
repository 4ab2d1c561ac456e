import Hub
import TestSupport
import Testing

/// What the hub knows of ids whose messages are in the archive, asked of every store.
@Suite("Ids across the border")
struct ArchiveIDTests {
    /// Whether `outcome` is that of a retry that was found at `index`.
    private func isRetry(
        _ answer: (WriteBatch.Outcome, [WriteBatch.Message]), at index: Int64
    ) -> Bool {
        answer.0 == .stored(fresh: 0) && answer.1[0].isDuplicate && answer.1[0].index == index
            && answer.1[0].created == 1000 + index
    }

    @Test(
        "An old id is looked up in the archive, before and after its row is deleted, and a start",
        arguments: StoreKind.allCases)
    func oldIDs(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        hub.fill(100)
        #expect(isRetry(hub.publish([Draft.numbered(7)], wall: 1), at: 7))
        try hub.archive(through: 50)
        for _ in 0..<3 {
            #expect(hub.publish([Draft.numbered(7)]).0 == .lookAgain)
            #expect(hub.publish([Draft.numbered(7, "other")]).0 == .lookAgain)
            #expect(isRetry(hub.publishLooking([Draft.numbered(7)]), at: 7))
            #expect(hub.publishLooking([Draft.numbered(7, "other")]).0 == .conflict([0]))
            // What is in the store needs nobody else.
            #expect(isRetry(hub.publish([Draft.numbered(51)], wall: 1), at: 51))
            #expect(hub.publish([Draft.numbered(51, "other")]).0 == .conflict([0]))
            #expect(hub.lines.head == 100)
            try hub.trimAll()
            try hub.restart()
        }
        // A new message may have an old id: clocks differ, publishers wait.
        let late = Draft("late", id: .publishers(999, at: 500))
        #expect(hub.publish([late]).0 == .lookAgain)
        #expect(hub.publish([late], lookedThrough: 49, archived: [], wall: 1).0 == .lookAgain)
        #expect(
            hub.publishLooking([Draft.numbered(7), late, Draft.numbered(60)]).0 == .stored(fresh: 1)
        )
        #expect(hub.lines.head == 101)
        #expect(hub.publish([late]).0 == .stored(fresh: 0))
    }

    @Test(
        "A look at the archive stays good while the border moves on, till the table has forgotten",
        arguments: StoreKind.allCases)
    func lookStays(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        hub.fill(100)
        try hub.archive(through: 50)
        try hub.trimAll()
        try hub.archive(through: 60)
        let late = Draft("late", id: .publishers(999, at: 500))
        #expect(
            hub.publish([late], lookedThrough: 50, archived: [], wall: 1).0 == .stored(fresh: 1))
        // Moved since the look: the table knows it still, and sends the loop to the archive.
        #expect(
            hub.publish([Draft.numbered(55)], lookedThrough: 50, archived: [], wall: 1).0
                == .lookAgain)
        #expect(isRetry(hub.publishLooking([Draft.numbered(55)]), at: 55))
        try hub.trimAll()
        let later = Draft("later", id: .publishers(998, at: 500))
        #expect(hub.publish([later], lookedThrough: 59, archived: [], wall: 1).0 == .lookAgain)
        #expect(
            hub.publish([later], lookedThrough: 60, archived: [], wall: 1).0 == .stored(fresh: 1))
    }

    @Test(
        "An id later than the border stays in the table until the border has passed its time",
        arguments: StoreKind.allCases, [false, true])
    func lateIDs(kind: StoreKind, restarts: Bool) throws {
        let hub = try Place(kind).archivingHub()
        // A publisher's clock is a second ahead.
        let ahead = Draft("ahead", id: .publishers(77, at: 2000))
        #expect(hub.publish([ahead], wall: 1001).0 == .stored(fresh: 1))
        hub.fill(20, from: 2)
        let (other, fresh) = (
            Draft("other", id: ahead.id), Draft("fresh", id: .publishers(78, at: 1990))
        )
        for border in [5, 15] as [Int64] {
            try hub.archive(through: border)
            for _ in 0..<3 {
                if restarts { try hub.restart() }
                #expect(hub.publish([ahead]).0 == .lookAgain, "its message is archived")
                #expect(isRetry(hub.publishLooking([ahead]), at: 1))
                #expect(hub.publishLooking([other]).0 == .conflict([0]))
                _ = hub.trim()
            }
        }
        // Nobody looks further for one that the table does not know.
        #expect(hub.publish([fresh], wall: 1990).0 == .stored(fresh: 1))
        hub.fill(1100, from: 1000, atOnce: 50)
        try hub.archive(through: 1100)
        if restarts { try hub.restart() }
        try hub.trimAll()
        if restarts { try hub.restart() }
        #expect(hub.publish([ahead]).0 == .lookAgain)
        #expect(isRetry(hub.publishLooking([ahead]), at: 1))
        let border = hub.border
        #expect(
            hub.publish([ahead], lookedThrough: border, archived: [], wall: 1).0
                == .stored(fresh: 1), "the table has forgotten it, and the archive is believed")
    }

    @Test(
        "After a prune an id that is not later than what was pruned expires, unless it is known",
        arguments: StoreKind.allCases)
    func expired(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        hub.fill(100)
        try hub.archive(through: 30)
        try hub.archive(through: 60)
        try hub.trimAll()
        #expect(hub.prune(through: 30, time: 1030) == nil)
        for _ in 0..<2 {
            #expect(hub.publishLooking([Draft.numbered(7)]).0 == .expired([0]))
            #expect(
                hub.publishLooking([Draft.numbered(90), Draft.numbered(30), Draft.numbered(8)]).0
                    == .expired([1, 2]))
            #expect(
                hub.publishLooking([Draft.numbered(8), Draft.numbered(90, "other")]).0
                    == .conflict([1]))
            #expect(isRetry(hub.publishLooking([Draft.numbered(31)]), at: 31))
            let never = Draft("never", id: .publishers(500, at: 1029))
            #expect(hub.publishLooking([never]).0 == .expired([0]))
            try hub.trimAll()
            try hub.restart()
        }
        let between = Draft("between", id: .publishers(500, at: 1031))
        #expect(hub.publishLooking([between]).0 == .stored(fresh: 1))
        #expect(hub.lines.head == 101)
    }

    @Test(
        "Ids that the hub gave lead to the archive by their index, and need no table",
        arguments: StoreKind.allCases)
    func hubIDs(kind: StoreKind) throws {
        let hub = try Place(kind).archivingHub()
        var given: [MessageID] = []
        for number in 1...20 as ClosedRange<Int64> {
            let (_, places) = hub.publish([Draft("\(number)")], wall: 1000 + number)
            given.append(places[0].storedID)
        }
        try hub.archive(through: 10)
        let (archived, stored) = (Draft("5", id: given[4]), Draft("15", id: given[14]))
        for _ in 0..<2 {
            #expect(hub.publish([archived]).0 == .lookAgain)
            #expect(
                hub.publish([archived], lookedThrough: 4, archived: [], wall: 1).0 == .lookAgain)
            #expect(isRetry(hub.publishLooking([archived]), at: 5))
            #expect(isRetry(hub.publish([stored], wall: 1), at: 15))
            try hub.trimAll()
        }
    }

    // MARK: A life

    @Test(
        "Whatever comes when, each message is once in archive or store, and retries find it",
        arguments: StoreKind.allCases, 1...4)
    func life(kind: StoreKind, seed: Int) throws {
        var random = SplitMix(UInt64(seed))
        let hub = try Place(kind).archivingHub()
        var sent: [Draft] = []
        // With more than some thousand messages, ids are on the way into their table too.
        let most: Int64 = seed % 2 == 0 ? 90 : 900
        var wall: Int64 = 10_000
        for _ in 0..<(most > 100 ? 100 : 250) {
            wall += random.number(0...20)
            switch random.number(0...11) {
            case 0 where hub.lines.head > hub.border:
                let last = random.number(hub.border + 1...hub.lines.head)
                #expect(try hub.archive(through: last) == nil)
            case 1, 2: _ = hub.trim()
            case 3: try hub.restart()
            case 4,
                5 where !sent.isEmpty:
                let place = Int(random.number(0...Int64(sent.count - 1)))
                let (outcome, messages) = hub.publishLooking([sent[place]], wall: wall)
                #expect(outcome == .stored(fresh: 0))
                #expect(messages[0].index == Int64(place) + 1)
                var other = sent[place]
                other.body += "!"
                #expect(hub.publishLooking([other], wall: wall).0 == .conflict([0]))
            default:
                let drafts = (0..<random.number(1...most)).map { number in
                    // Clocks of publishers are up to 300 ms off.
                    Draft(
                        "\(sent.count) \(number)", wid: UInt32(random.number(0...5)),
                        id: .publishers(
                            UInt64(sent.count) + UInt64(number),
                            at: UInt64(wall + random.number(-300...300))))
                }
                #expect(
                    hub.publishLooking(drafts, wall: wall).0 == .stored(fresh: drafts.count))
                sent += drafts
            }
            #expect(hub.lines.head == Int64(sent.count))
        }
        try hub.trimAll()
        try hub.restart()
        let stored =
            hub.border < hub.lines.head ? try hub.rows(Array(hub.border + 1...hub.lines.head)) : []
        let all = hub.archived + stored
        #expect(all.map(\.index) == sent.indices.map { Int64($0) + 1 })
        #expect(all.map(\.id) == sent.map(\.id))
        #expect(all.map(\.body) == sent.map(\.body))
        for wid in 0...5 as ClosedRange<UInt32> {
            let its = all.filter { $0.wid == wid }
            #expect(its.map(\.nth) == its.indices.map { Int64($0) + 1 })
            #expect(
                hub.line(wid).map(\.index)
                    == all.filter {
                        $0.index > hub.border
                            && ($0.wid == wid || $0.wid == 0)
                    }.map(\.index))
        }
    }
}

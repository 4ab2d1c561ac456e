import TestSupport
import Testing

@testable import MessageCenterClient

/// Where a warehouse stands here and at the hub.
@Suite("Standing")
struct StandingTests {
    private func page(
        hub: String = "H", committed: Int, next: Int, from: Int = 1, to: Int = 0, seeks: Int? = nil
    ) throws -> PulledPage {
        try PulledPage(
            Array(
                """
                {"wid":1,"messages":[],"next":\(next),"more":false,
                "count":{"from":\(from),"to":\(to),
                "filtered":0,"coalesced":0},"committed":\(committed),"hub":"\(hub)"
                \(seeks.map { ",\"seeks\":\($0)" } ?? "")}
                """.utf8))
    }

    private func refusal(_ code: String, _ members: String = "") -> HubRefusal {
        HubRefusal(
            HTTPAnswer(status: 409, body: Array("{\"code\":\"\(code)\"\(members)}".utf8)))
    }

    @Test("A new warehouse takes the hub's word, and commits what it has done")
    func fresh() throws {
        var standing = Standing(nil)
        #expect(standing.commit == nil)
        #expect(
            standing.answered(try page(committed: 40, next: 50, from: 31, to: 40))
                == .take(from: 40))
        #expect(standing.position == Position(hub: "H", index: 40, ordinal: 30))
        #expect(standing.commit == nil, "nothing is done yet")
        standing.done(through: 50, ordinal: 40)
        #expect(standing.commit == 50)
        #expect(
            standing.answered(try page(committed: 50, next: 50, from: 41, to: 40))
                == .take(from: 50))
        #expect(standing.commit == nil)
    }

    @Test("At a start it says where it is; what a crash kept from being committed is passed over")
    func restarted() throws {
        var standing = Standing(Position(hub: "H", index: 50, ordinal: 40), confirmed: 30)
        #expect(standing.commit == 50)
        #expect(standing.refused(refusal("not_delivered")) == (true, nil))
        #expect(standing.commit == nil)
        #expect(
            standing.answered(try page(committed: 30, next: 60, from: 21, to: 50))
                == .take(from: 30))
        #expect(standing.position?.index == 50)
        standing.done(through: 60, ordinal: 50)
        #expect(standing.commit == 60)
        #expect(standing.refused(refusal("not_delivered")).isSettled)
    }

    @Test("Pages below what is done are committed as they come, so that the hub goes on")
    func shortPages() throws {
        var standing = Standing(Position(hub: "H", index: 50, ordinal: 40), confirmed: 30)
        _ = standing.refused(refusal("not_delivered"))
        _ = standing.answered(try page(committed: 30, next: 40, from: 21, to: 30))
        standing.done(through: 40, ordinal: 30)
        #expect(standing.position?.index == 50)
        #expect(standing.commit == 40)
        _ = standing.answered(try page(committed: 40, next: 60, from: 31, to: 50))
        standing.done(through: 60, ordinal: 50)
        #expect(standing.commit == 60)
    }

    @Test("A hub with more committed than is done here is read from here on")
    func goesBack() throws {
        var standing = Standing(Position(hub: "H", index: 10, ordinal: 10), confirmed: 50)
        let verdict = standing.answered(try page(committed: 50, next: 60, from: 51, to: 60))
        #expect(verdict == .again(.goesBack(from: 50, to: 10)))
        #expect(standing.after == 10)
        #expect(standing.commit == nil)
        #expect(
            standing.answered(try page(committed: 50, next: 30, from: 11, to: 30))
                == .take(from: 10))
        standing.done(through: 30, ordinal: 30)
        #expect(standing.after == 30)
        #expect(
            standing.answered(try page(committed: 50, next: 70, from: 31, to: 70))
                == .take(from: 30))
        standing.done(through: 70, ordinal: 70)
        #expect(standing.after == nil)
        #expect(standing.commit == 70)
    }

    @Test("Told to, it goes on where the hub is")
    func follows() throws {
        var standing = Standing(
            Position(hub: "H", index: 10, ordinal: 10), confirmed: 50, followsHub: true)
        let verdict = standing.answered(try page(committed: 50, next: 60, from: 51, to: 60))
        #expect(verdict == .take(from: 50, .moved(from: 10, to: 50)))
        #expect(standing.position == Position(hub: "H", index: 50, ordinal: 50))
    }

    @Test("While it runs, it goes where an operator moves it", arguments: [20, 80])
    func moved(to index: Int) throws {
        var standing = Standing(nil)
        _ = standing.answered(try page(committed: 40, next: 50, from: 41, to: 50))
        standing.done(through: 50, ordinal: 50)
        _ = standing.refused(refusal("not_delivered"))
        let verdict = standing.answered(
            try page(committed: index, next: index, from: index + 1, to: index))
        #expect(verdict == .take(from: index, .moved(from: 50, to: index)))
        #expect(standing.position?.index == index)
    }

    @Test("Moved back behind what the very pull had committed, it goes back")
    func movedWhileItWaits() throws {
        var standing = Standing(nil)
        _ = standing.answered(try page(committed: 40, next: 50, from: 41, to: 50))
        standing.done(through: 50, ordinal: 50)
        let committing = standing.commit
        let verdict = standing.answered(
            try page(committed: 45, next: 50, from: 46, to: 50), committing: committing)
        #expect(verdict == .take(from: 45, .moved(from: 50, to: 45)))
    }

    @Test(
        "Moved back while it was off, it goes back; a lower `committed` of a crash does not do that"
    )
    func movedWhileOff() throws {
        var standing = Standing(Position(hub: "H", index: 50, ordinal: 50), confirmed: 50)
        _ = standing.refused(refusal("not_delivered"))
        let verdict = standing.answered(try page(committed: 20, next: 50, from: 21, to: 50))
        #expect(verdict == .take(from: 20, .moved(from: 50, to: 20)))
    }

    @Test(
        "A lower `committed` is followed where an operator moved it, else it is a commit got lost",
        arguments: [(4, true), (3, false)])
    func lower(seeks: Int, isMoved: Bool) throws {
        // The hub committed 50, and that was not noted here before a crash.
        var standing = Standing(
            Position(hub: "H", index: 50, ordinal: 50), confirmed: 30, seeks: 3)
        _ = standing.refused(refusal("not_delivered"))
        let verdict = standing.answered(
            try page(committed: 40, next: 60, from: 41, to: 60, seeks: seeks))
        #expect(verdict == .take(from: 40, isMoved ? .moved(from: 50, to: 40) : nil))
        #expect(standing.position?.index == (isMoved ? 40 : 50))
        #expect(standing.seeks == seeks)
        standing.done(through: 60, ordinal: 60)
        #expect(standing.commit == 60)
    }

    @Test(
        "Moved forward and data restored look the same at a start: it goes back, and loses nothing")
    func forwardWhileOff() throws {
        var standing = Standing(
            Position(hub: "H", index: 10, ordinal: 10), confirmed: 10, seeks: 3)
        let verdict = standing.answered(
            try page(committed: 50, next: 60, from: 51, to: 60, seeks: 4))
        #expect(verdict == .again(.goesBack(from: 50, to: 10)))
        #expect(standing.seeks == 4)
        #expect(standing.after == 10)
        // Moved back meanwhile, behind where it reads ahead.
        let second = standing.answered(
            try page(committed: 5, next: 30, from: 11, to: 30, seeks: 5))
        #expect(second == .again(.moved(from: 10, to: 5)))
        #expect(standing.after == nil)
    }

    @Test("Another hub counts seeks anew, and one that does not count them is understood, too")
    func otherSeeks() throws {
        var standing = Standing(
            Position(hub: "H", index: 50, ordinal: 50), confirmed: 50, seeks: 3)
        _ = standing.refused(refusal("other_hub", ",\"hub\":\"N\",\"forkedAt\":50"))
        #expect(standing.seeks == nil)
        _ = standing.refused(refusal("not_delivered"))
        let verdict = standing.answered(
            try page(hub: "N", committed: 40, next: 60, from: 41, to: 60, seeks: 1))
        #expect(verdict == .take(from: 40))
        #expect(standing.seeks == 1)
        _ = standing.answered(try page(hub: "N", committed: 40, next: 60, from: 41, to: 60))
        #expect(standing.seeks == 1)
    }

    @Test(
        "A restored hub is adopted up to where its backup ends, and no further",
        arguments: [(50, true), (49, false), (nil, false)])
    func restored(forkedAt: Int?, isAdopted: Bool) {
        var standing = Standing(Position(hub: "H", index: 50, ordinal: 50), confirmed: 50)
        let members = ",\"hub\":\"N\"" + (forkedAt.map { ",\"forkedAt\":\($0)" } ?? "")
        let answer = standing.refused(refusal("other_hub", members))
        #expect(answer.isSettled == isAdopted)
        #expect(answer.notice == (isAdopted ? .hubAdopted(from: "H", to: "N") : nil))
        #expect(standing.position?.hub == (isAdopted ? "N" : "H"))
        #expect(standing.position?.index == 50)
    }

    @Test("Accepted, another hub's word counts, once")
    func accepted() throws {
        var standing = Standing(
            Position(hub: "H", index: 50, ordinal: 50), confirmed: 50, acceptsHub: true)
        #expect(standing.refused(refusal("other_hub", ",\"hub\":\"N\",\"forkedAt\":30")).isSettled)
        #expect(standing.position == Position(hub: "N", index: 30))
        #expect(!standing.refused(refusal("other_hub", ",\"hub\":\"M\"")).isSettled)
        var other = Standing(
            Position(hub: "H", index: 50, ordinal: 50), confirmed: 50, acceptsHub: true)
        #expect(other.refused(refusal("other_hub", ",\"hub\":\"M\"")).isSettled)
        #expect(other.position == nil)
    }
}

/// The proof by the ordinals.
@Suite("Line check")
struct LineCheckTests {
    /// `index:ordinal` of each message.
    private func page(_ words: String, from: Int, to: Int, next: Int) throws -> PulledPage {
        let messages = words.split(separator: " ").map { word in
            let numbers = word.split(separator: ":")
            return """
                {"id":"i\(numbers[0])","index":\(numbers[0]),"ordinal":\(numbers[1]),"topic":"A_B",
                "wid":0,"body":{},"created":""}
                """
        }
        return try PulledPage(
            Array(
                """
                {"messages":[\(messages.joined(separator: ","))],"next":\(next),"more":false,
                "count":{"from":\(from),"to":\(to),"filtered":0,"coalesced":0},"committed":0,
                "hub":"H"}
                """.utf8))
    }

    @Test(
        "What is whole passes",
        arguments: [
            ("11:6 15:7", 6, 7, 20, 10, "11 15"), ("", 6, 5, 30, 10, ""), ("", 6, 5, 10, 10, ""),
            // Begins before what is done: that is passed over.
            ("3:4 9:5 11:6", 4, 6, 11, 2, "11"), ("3:4 9:5", 4, 5, 9, 2, ""),
            ("3:4", 4, 4, 3, 2, ""),
        ])
    func whole(words: String, from: Int, to: Int, next: Int, start: Int, new: String) throws {
        let messages = try LineCheck.check(
            page(words, from: from, to: to, next: next), from: start,
            position: Position(hub: "H", index: 10, ordinal: 5))
        #expect(messages.map { "\($0.index)" }.joined(separator: " ") == new)
    }

    @Test(
        "A hole is found",
        arguments: [
            // In the middle, at the beginning, at the end, and with the counts made to fit.
            ("11:6 15:8", 6, 8, 20, 10), ("15:7", 7, 7, 20, 10), ("11:6", 6, 7, 20, 10),
            ("11:6 15:7", 6, 8, 20, 10), ("15:7 16:8", 6, 7, 20, 10), ("", 7, 6, 30, 10),
            // Out of order, twice, beyond the end, before the beginning.
            ("15:6 11:7", 6, 7, 20, 10), ("11:6 11:7", 6, 7, 20, 10), ("11:6 25:7", 6, 7, 20, 10),
            ("9:6 11:7", 6, 7, 20, 10),
            // What was done is shown with another number.
            ("3:4 9:5 11:7", 4, 6, 11, 2), ("9:4 11:5", 4, 5, 11, 2),
        ])
    func hole(words: String, from: Int, to: Int, next: Int, start: Int) throws {
        let page = try page(words, from: from, to: to, next: next)
        #expect(throws: LineCheck.Hole.self) {
            _ = try LineCheck.check(
                page, from: start, position: Position(hub: "H", index: 10, ordinal: 5))
        }
    }
}

import TestSupport
import Testing

@testable import MessageCenterClient

@Suite("A batch until all of it is settled")
struct BatchInFlightTests {
    /// A hub that does not take some messages, names them or not, and sometimes has no time.
    private struct ModelHub {
        let bad: Set<Int>
        let namesThem: Bool
        var random: SplitMix
        private(set) var stored: [Int] = []

        init(bad: Set<Int>, namesThem: Bool, seed: UInt64) {
            self.bad = bad
            self.namesThem = namesThem
            random = SplitMix(seed)
        }

        mutating func answer(_ places: [Int]) -> BatchVerdict {
            if Int.random(in: 0..<5, using: &random) == 0 {
                let busy = Refusal("overloaded", "busy")
                return .heldUp(.init(refusal: busy, isPassing: true, retryAfter: nil))
            }
            let wrong = places.indices.filter { bad.contains(places[$0]) }
            let refusal = Refusal("invalid", "no")
            if !wrong.isEmpty {
                guard namesThem else { return .refusedSomewhere(refusal) }
                // A hub names as many as it likes.
                let named = wrong.prefix(1 + Int.random(in: 0..<wrong.count, using: &random))
                return .refused(Dictionary(uniqueKeysWithValues: named.map { ($0, refusal) }))
            }
            defer { stored += places }
            return .stored(
                places.indices.map { .init(index: stored.count + $0 + 1, isDuplicate: false) })
        }
    }

    @Test("Whatever the hub refuses, the others are stored once, in order", arguments: 0..<200)
    func property(seed: Int) {
        var random = SplitMix(UInt64(seed))
        let count = 1 + Int.random(in: 0..<60, using: &random)
        let share = 1 + Int.random(in: 0..<12, using: &random)
        let bad = Set((0..<count).filter { _ in Int.random(in: 0..<share, using: &random) == 0 })
        var hub = ModelHub(bad: bad, namesThem: seed % 2 == 0, seed: UInt64(seed))
        var batch = BatchInFlight(
            (0..<count).map { OutgoingMessage(id: "\($0)", line: []) })
        var requests = 0
        while !batch.next.isEmpty, requests < 10_000 {
            let places = batch.next
            batch.take(hub.answer(places), on: places)
            requests += 1
        }
        #expect(hub.stored == (0..<count).filter { !bad.contains($0) })
        let outcomes = batch.settled
        #expect(outcomes.count == count)
        for (place, outcome) in outcomes.enumerated() {
            if case .refused = outcome { #expect(bad.contains(place)) }
            if case .stored(let index?, _) = outcome { #expect(hub.stored[index - 1] == place) }
        }
    }

    @Test("What has a flaw is refused and never sent")
    func flaw() {
        let flaw = Refusal(PublishCode.damaged, "torn")
        var batch = BatchInFlight([
            OutgoingMessage(id: "a", line: []), OutgoingMessage(id: "b", line: [], flaw: flaw),
        ])
        #expect(batch.next == [0])
        batch.take(.stored([.init(index: 7, isDuplicate: true)]), on: [0])
        #expect(batch.next.isEmpty)
        #expect(batch.settled == [.stored(index: 7, isDuplicate: true), .refused(flaw)])
    }

    @Test("Giving up ends the first ones, and the others go on")
    func giveUp() {
        let why = Refusal(PublishCode.gaveUp, "late")
        var batch = BatchInFlight((0..<3).map { OutgoingMessage(id: "\($0)", line: []) })
        batch.giveUp(first: 2, why)
        #expect(batch.next == [2])
        batch.giveUp(first: 3, why)
        #expect(batch.next.isEmpty && batch.settled == Array(repeating: .givenUp(why), count: 3))
    }
}

@Suite("What an answer means for the messages of a batch")
struct BatchVerdictTests {
    private func verdict(
        _ status: Int, _ body: String, retryAfter: String? = nil, count: Int = 2
    ) -> BatchVerdict {
        BatchVerdict(
            HTTPAnswer(
                status: status, headers: retryAfter.map { [("retry-after", $0)] } ?? [],
                body: Array(body.utf8)),
            count: count)
    }

    @Test("New ones have the indexes from first to last")
    func stored() {
        let answer = #"{"count":2,"firstIndex":5,"lastIndex":6,"duplicates":0,"ids":["a","b"]}"#
        #expect(
            verdict(201, answer)
                == .stored([
                    .init(index: 5, isDuplicate: false), .init(index: 6, isDuplicate: false),
                ]))
    }

    @Test("Duplicates keep theirs")
    func duplicates() {
        let some =
            #"{"count":2,"firstIndex":9,"lastIndex":9,"duplicates":1,"ids":[],"indexes":[3,9]}"#
        #expect(
            verdict(201, some)
                == .stored([
                    .init(index: 3, isDuplicate: true), .init(index: 9, isDuplicate: false),
                ]))
        let all =
            #"{"count":2,"firstIndex":null,"lastIndex":null,"duplicates":2,"indexes":[3,4]}"#
        #expect(
            verdict(200, all)
                == .stored([.init(index: 3, isDuplicate: true), .init(index: 4, isDuplicate: true)])
        )
    }

    @Test("Pointers name the ones that are refused")
    func pointers() {
        let body = """
            {"title":"Invalid","status":422,"code":"invalid","detail":"d",
             "errors":[{"pointer":"/1/key","detail":"is too long"},{"pointer":"/7/x","detail":"?"}]}
            """
        #expect(
            verdict(422, body)
                == .refused([1: Refusal("invalid", "/key is too long", status: 422)]))
    }

    @Test(
        "Without a name it is somewhere in the batch",
        arguments: [
            (400, "malformed"), (403, "topic_forbidden"), (413, "request_too_large"),
            (507, "topic_limit"),
        ])
    func somewhere(status: Int, code: String) {
        let body = #"{"status":\#(status),"code":"\#(code)","detail":"d","retryable":false}"#
        #expect(
            verdict(status, body) == .refusedSomewhere(Refusal(code, "d", status: status)))
    }

    @Test(
        "What is not about messages holds them up",
        arguments: [
            (401, #"{"code":"unauthorized","retryable":false}"#, false),
            (403, #"{"code":"forbidden","retryable":false}"#, false),
            (404, "no such page", false),
            (429, #"{"code":"too_fast","retryable":true}"#, true),
            (502, "<html>", true),
            (503, "", true),
            (507, #"{"code":"disk_nearly_full","retryable":true}"#, true),
            (200, "<html>log in first</html>", true),
        ])
    func heldUp(status: Int, body: String, isPassing: Bool) {
        guard case .heldUp(let why) = verdict(status, body, retryAfter: "7") else {
            Issue.record("\(verdict(status, body))")
            return
        }
        #expect(why.isPassing == isPassing)
        #expect(why.retryAfter == (status == 200 ? nil : .seconds(7)))
    }
}

@Suite("A pause that grows")
struct GrowingPauseTests {
    private let pause = GrowingPause(first: .seconds(1), longest: .seconds(10))

    @Test("doubles up to its bound, between half and whole")
    func growth() {
        #expect(pause.after(1, asked: nil, chance: 1) == .seconds(1))
        #expect(pause.after(1, asked: nil, chance: 0) == .milliseconds(500))
        #expect(pause.after(3, asked: nil, chance: 1) == .seconds(4))
        #expect(pause.after(5000, asked: nil, chance: 1) == .seconds(10))
    }

    @Test("is what the hub asks for, up to the bound")
    func asked() {
        #expect(pause.after(1, asked: .seconds(7), chance: 0) == .seconds(7))
        #expect(pause.after(1, asked: .seconds(3600), chance: 0) == .seconds(10))
    }
}

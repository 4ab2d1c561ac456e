import Hub
import TestSupport
import Testing

/// What reports and orders do to a dead letter.
@Suite("A dead letter") struct DeadLetterTests {
    private func report(
        _ state: DeadLetter.State, tries: Int64 = 10, lastAt: Int64 = 500, error: String = "no",
        body: String? = "{}"
    ) -> LetterReport {
        LetterReport(
            id: .publishers(1), index: 3, topic: "A_Changed", state: state,
            body: body.map { Array($0.utf8) }, error: error, tries: tries, firstAt: 100,
            lastAt: lastAt)
    }

    private func letter(
        _ state: DeadLetter.State, ordered action: DeadLetter.Action? = nil
    ) throws -> DeadLetter {
        var letter = DeadLetter(report(state), number: 1, wid: 7, wall: 1000)
        if let action { try letter.order(action, wall: 1500) }
        return letter
    }

    private typealias State = DeadLetter.State

    @Test("A first report makes it, in whatever state", arguments: DeadLetter.State.allCases)
    func first(state: DeadLetter.State) throws {
        let letter = try letter(state)
        #expect(letter.state == state)
        #expect(letter.reported == 1000)
        #expect(letter.died == (state == .dead ? 1000 : 0))
        #expect(letter.settled == (state.isOpen ? 0 : 1000))
        #expect(letter.bodyBytes == (state.isOpen ? 2 : 0))
    }

    @Test(
        "The same report again changes nothing, whatever was ordered",
        arguments: DeadLetter.State.allCases, [nil] + DeadLetter.Action.allCases)
    func again(state: DeadLetter.State, action: DeadLetter.Action?) throws {
        guard state == .dead || action == nil || state == .parked && action == .drop else { return }
        let before = try letter(state, ordered: action)
        var letter = before
        letter.apply(report(state), wall: 2000)
        #expect(letter == before)
    }

    @Test(
        "An end ends it once, and does away with the order",
        arguments: [State.dead, .parked], DeadLetter.State.allCases.filter { !$0.isOpen })
    func ends(from: DeadLetter.State, end: DeadLetter.State) throws {
        var letter = try letter(from, ordered: .drop)
        letter.apply(report(end, tries: 99, lastAt: 999, error: "?"), wall: 2000)
        #expect(letter.state == end)
        #expect(letter.settled == 2000)
        #expect(letter.action == nil && letter.ordered == 0)
        #expect(letter.tries == 10 && letter.error == "no", "an end tells of no tries")
        #expect(letter.bytes == 0)
        let before = letter
        for late in DeadLetter.State.allCases { letter.apply(report(late), wall: 3000) }
        #expect(letter == before)
    }

    @Test(
        "Of a letter that has ended, other tries open it again",
        arguments: [(11, 500), (10, 501), (10, 499)] as [(Int64, Int64)])
    func opensAgain(tries: Int64, lastAt: Int64) throws {
        var letter = try letter(.done)
        letter.apply(report(.dead, tries: tries, lastAt: lastAt), wall: 2000)
        #expect(letter.state == .dead)
        #expect((letter.settled, letter.died, letter.reported) == (0, 2000, 1000))
        #expect(letter.bodyBytes == 2)
    }

    @Test(
        "A retry is done by other tries or another state; a drop only by an end",
        arguments: [
            (.dead, 10, true, true), (.dead, 20, false, true), (.parked, 10, false, true),
            (.done, 10, false, false),
        ] as [(DeadLetter.State, Int64, Bool, Bool)])
    func orders(
        state: DeadLetter.State, tries: Int64, retryStands: Bool, dropStands: Bool
    ) throws {
        for (action, stands) in [(DeadLetter.Action.retry, retryStands), (.drop, dropStands)] {
            var letter = try letter(.dead, ordered: action)
            letter.apply(report(state, tries: tries), wall: 2000)
            #expect(letter.action == (stands ? action : nil), "\(action)")
        }
    }

    @Test("The same order again leaves its time; another takes its place")
    func lastOrder() throws {
        var letter = try letter(.dead, ordered: .retry)
        try letter.order(.retry, wall: 2000)
        #expect(letter.ordered == 1500)
        try letter.order(.drop, wall: 2000)
        #expect((letter.action, letter.ordered) == (.drop, 2000))
    }

    @Test("What has ended takes no order, what is parked no retry")
    func refused() throws {
        for state in State.allCases where !state.isOpen {
            var letter = try letter(state)
            #expect(throws: Refusal.letterSettled(state)) { try letter.order(.drop, wall: 1) }
        }
        var parked = try letter(.parked)
        #expect(throws: Refusal.letterParked) { try parked.order(.retry, wall: 1) }
        try parked.order(.drop, wall: 1)
        #expect(parked.action == .drop)
    }

    // MARK: The tray

    @Test(
        "A tray that follows every change is the one that is made of the letters", arguments: 0..<20
    )
    func tray(seed: UInt64) throws {
        var random = SplitMix(seed)
        var letters: [Int64: DeadLetter] = [:]
        var (tray, newest) = (LetterTray?.none, UInt64(1))
        for step in 0..<200 {
            let number = Int64(random.number(1...6))
            let before = letters[number]
            let state = State.allCases.randomElement(using: &random)!
            let report = report(
                state, tries: Int64(random.number(1...4)),
                error: String(repeating: "e", count: Int(random.number(0...9))))
            var letter =
                before ?? DeadLetter(report, number: number, wid: 7, wall: Int64(step))
            var order: UInt64?
            if before == nil || random.oneIn(2) {
                letter.apply(report, wall: Int64(step))
            } else {
                let action = DeadLetter.Action.allCases.randomElement(using: &random)!
                let unordered = letter.action
                try? letter.order(action, wall: Int64(step))
                if letter.action != unordered {
                    newest += 1
                    order = newest
                }
            }
            tray = LetterTray.with(tray, before, changedTo: letter, order: order)
            letters[number] = letter
            let made = LetterTray(Array(letters.values), newest: newest)
            #expect(tray?.dead == made?.dead && tray?.parked == made?.parked)
            #expect(tray?.bytes == made?.bytes)
            #expect(tray?.orders == made?.orders)
            if order != nil { #expect(tray?.newest == newest) }
        }
    }

    // MARK: Pulls

    /// A warehouse at its head whose pull waits, or is answered because of orders.
    private func step(_ calls: inout WarehouseCalls) throws -> PullCall.Step {
        var open = try calls.begin(WarehouseCalls.request("a", wait: 30))
        let step = open.call.pageRead(
            &calls.row, next: 1000, isEmpty: true, mayWait: true, now: calls.now)
        open.call.end(&calls.row, now: calls.now)
        return step
    }

    private func ordered(_ newest: UInt64, _ action: DeadLetter.Action) throws -> LetterTray? {
        LetterTray([try letter(.dead, ordered: action)], newest: newest)
    }

    @Test("An order ends the waiting of one pull, a new one that of another")
    func waiting() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 1000)
        try calls.pull("a", commit: 1000)
        #expect(try step(&calls) == .wait)
        for newest in 2...3 as ClosedRange<UInt64> {
            var changed = calls.row
            changed.letters = try ordered(newest, .retry)
            #expect(calls.row.endsWaiting(changed))
            calls.row.install(changed)
            #expect(try step(&calls) == .answer)
            #expect(try step(&calls) == .wait, "it was told")
        }
        var changed = calls.row
        changed.letters = LetterTray([try letter(.dead)], newest: 3)
        #expect(!calls.row.endsWaiting(changed), "an order that is done is no news")
    }

    @Test("Another session was not told")
    func otherSession() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 1000)
        try calls.pull("a", commit: 1000)
        calls.row.letters = try ordered(2, .drop)
        #expect(try step(&calls) == .answer)
        #expect(try step(&calls) == .wait)
        var open = try calls.begin(WarehouseCalls.request("b", takeOver: true, wait: 30))
        let step = open.call.pageRead(
            &calls.row, next: 1000, isEmpty: true, mayWait: true, now: calls.now)
        #expect(step == .answer)
    }
}

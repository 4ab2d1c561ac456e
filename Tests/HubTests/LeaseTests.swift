import Hub
import Testing

@Suite("The lease of a warehouse")
struct LeaseTests {
    private typealias Calls = WarehouseCalls

    /// A warehouse whose holder is `a`, with (0, 100] handed out and 50 committed.
    private func heldByA() throws -> WarehouseCalls {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        try calls.pull("a", commit: 50)
        return calls
    }

    @Test("The first pull takes the lease, and it lives for its seconds after the call's end")
    func firstPull() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", lease: 10)
        #expect(calls.row.holder?.text == "a")
        calls.pass(9)
        #expect(calls.row.leaseLives(calls.now))
        calls.pass(1)
        #expect(!calls.row.leaseLives(calls.now))
    }

    @Test("A pull without session takes no lease")
    func sessionless() throws {
        var calls = WarehouseCalls()
        try calls.pull(next: 10)
        #expect(calls.row.holder == nil)
        #expect(!calls.row.leaseLives(calls.now))
        #expect(calls.commit(10) == nil)
    }

    @Test(
        "While a lease lives, others are refused: a stranger is held off, a former holder fenced",
        arguments: [
            ("z", "session_held"), (nil, "session_held"), ("former", "session_fenced"),
        ] as [(String?, String)])
    func others(session: String?, code: String) throws {
        var calls = WarehouseCalls()
        try calls.pull("former")
        try calls.pull("a", takeOver: true)
        calls.pass(20)
        #expect(calls.refusal(ofPull: Calls.request(session))?.code == code)
        #expect(calls.commit(0, session)?.code == code)
        let release = Warehouse.Change.release(session: Calls.session(session))
        #expect(calls.refusal(release)?.code == code)
        #expect(calls.row.holder?.text == "a")
    }

    @Test("A refusal tells who holds the lease and how long it lives on")
    func tells() throws {
        var calls = try heldByA()
        calls.pass(15)
        let refusal = calls.refusal(ofPull: Calls.request("b"))
        #expect(refusal == .sessionHeld(holder: "a", expiresIn: 45 * second))
        var open = try calls.begin(Calls.request("a"))
        calls.pass(100)
        #expect(
            calls.refusal(ofPull: Calls.request("b"))
                == .sessionHeld(holder: "a", expiresIn: 60 * second))
        open.call.end(&calls.row, now: calls.now)
    }

    @Test("Every call renews the lease: a pull, a commit that moves, one that does not")
    func renewal() throws {
        var calls = try heldByA()
        for step in 0..<6 {
            calls.pass(59)
            switch step % 3 {
            case 0: try calls.pull("a")
            case 1: #expect(calls.commit(50, "a") == nil)
            default: try calls.pull("a", commit: 10)
            }
            #expect(calls.row.leaseLives(calls.now))
        }
        calls.pass(60)
        #expect(!calls.row.leaseLives(calls.now))
    }

    @Test(
        "A call of the holder that is refused renews the lease too",
        arguments: ["commit", "ahead", "pull's commit", "pull ahead", "paused", "retired"])
    func renewalByRefused(call: String) throws {
        var calls = try heldByA()
        calls.pass(59)
        let refusal: Refusal?
        switch call {
        case "commit": refusal = calls.commit(101, "a")
        case "ahead": refusal = calls.commit(1001, "a")
        case "pull's commit": refusal = calls.refusal(ofPull: Calls.request("a", commit: 101))
        case "pull ahead": refusal = calls.refusal(ofPull: Calls.request("a", after: 1001))
        case "paused":
            try calls.apply(.pause(true))
            refusal = calls.refusal(ofPull: Calls.request("a"))
        default:
            try calls.apply(.retire(true))
            refusal = calls.refusal(ofPull: Calls.request("a"))
        }
        #expect(refusal != nil)
        calls.pass(59)
        #expect(calls.row.leaseLives(calls.now))
        calls.pass(1)
        #expect(!calls.row.leaseLives(calls.now))
    }

    @Test("A refused call of anybody else renews nothing, nor one after a release")
    func renewalByOthers() throws {
        var calls = try heldByA()
        calls.pass(59)
        #expect(calls.commit(101, "b") != nil)
        #expect(calls.commit(101) != nil)
        #expect(calls.refusal(ofPull: Calls.request("b", after: 1001)) != nil)
        calls.pass(1)
        #expect(!calls.row.leaseLives(calls.now))
        try calls.apply(.release(session: Calls.session("a")))
        #expect(calls.commit(101, "a") != nil)
        #expect(!calls.row.leaseLives(calls.now))
    }

    @Test("The lease lives while a call of its holder is open, however long")
    func openCall() throws {
        var calls = WarehouseCalls()
        var open = try calls.begin(Calls.request("a", lease: 10, wait: 60))
        calls.pass(59)
        #expect(calls.refusal(ofPull: Calls.request("b"))?.code == "session_held")
        open.call.end(&calls.row, now: calls.now)
        calls.pass(9)
        #expect(calls.row.leaseLives(calls.now))
        calls.pass(1)
        #expect(!calls.row.leaseLives(calls.now))
    }

    @Test("A lease that ran out and that nobody took: its holder just goes on")
    func lapse() throws {
        var calls = try heldByA()
        try calls.pull("a", next: 200)
        calls.pass(1000)
        #expect(calls.commit(150, "a") == nil)
        calls.pass(1000)
        #expect(try calls.pull("a", next: 300) == 150)
        #expect(calls.row.delivered == 300)
    }

    @Test(
        "After a lapse a commit by others than the last holder is refused, but not a nameless one")
    func commitAfterLapse() throws {
        var calls = try heldByA()
        try calls.pull("a", next: 100)
        calls.pass(1000)
        #expect(calls.commit(60, "b")?.code == "session_held")
        #expect(calls.commit(60) == nil)
        #expect(calls.row.committed == 60)
    }

    @Test("After a lapse another takes the lease, and what was handed out before is void")
    func takenAfterLapse() throws {
        var calls = try heldByA()
        try calls.pull("a", next: 200)
        calls.pass(61)
        #expect(try calls.pull("b", next: 80) == 50)
        #expect(calls.row.delivered == 80)
        #expect(calls.commit(200, "b") == .notDelivered(delivered: 80))
        #expect(calls.commit(60, "a")?.code == "session_fenced")
    }

    @Test("A take-over fences the holder and sets delivered back to committed")
    func takeOver() throws {
        var calls = try heldByA()
        try calls.pull("a", next: 200)
        #expect(try calls.pull("b", takeOver: true) == 50)
        #expect(calls.row.delivered == 50)
        #expect(calls.row.committed == 50)
        #expect(calls.commit(100, "a") == .sessionFenced(holder: "b", expiresIn: 60 * second))
        #expect(calls.commit(100, "b") == .notDelivered(delivered: 50))
        #expect(calls.refusal(ofPull: Calls.request("a"))?.code == "session_fenced")
        #expect(try calls.pull("a", takeOver: true) == 50, "a former holder may take it back")
        #expect(calls.commit(50, "b")?.code == "session_fenced")
    }

    @Test("A take-over without session is no take-over")
    func namelessTakeOver() throws {
        var calls = try heldByA()
        let refusal = calls.refusal(ofPull: Calls.request(nil, takeOver: true))
        #expect(refusal?.code == "session_held")
    }

    @Test("A page that a fenced session read is not handed out")
    func fencedPage() throws {
        var calls = try heldByA()
        var open = try calls.begin(Calls.request("a"))
        try calls.pull("b", takeOver: true)
        let step = open.call.pageRead(
            &calls.row, next: 150, isEmpty: false, mayWait: true, now: calls.now)
        #expect(step == .refuse(.sessionFenced(holder: "b", expiresIn: 60 * second)))
        open.call.end(&calls.row, now: calls.now)
        #expect(calls.row.delivered == 50)
    }

    @Test("A session taken over between the writer's answer and its admission is fenced")
    func fencedWhileSettling() throws {
        var calls = try heldByA()
        var call = PullCall(Calls.request("b", takeOver: true), now: calls.now)
        var row: Warehouse? = calls.row
        #expect(call.begin(&row, head: calls.head, now: calls.now) == .settle)
        try calls.apply(call.change)
        try calls.apply(
            .pull(session: SessionName("c"), takeOver: true, lease: 60, commit: nil, start: 0))
        let step = call.settled(&calls.row, head: calls.head, now: calls.now)
        #expect(step == .refuse(.sessionFenced(holder: "c", expiresIn: 60 * second)))
        #expect(!call.isOpen)
    }

    @Test("A release ends the lease at once; its last holder may still commit")
    func release() throws {
        var calls = try heldByA()
        try calls.pull("a", next: 100)
        try calls.apply(.release(session: SessionName("a")))
        #expect(!calls.row.leaseLives(calls.now))
        #expect(calls.commit(60, "a") == nil)
        #expect(!calls.row.leaseLives(calls.now), "a commit brings no released lease back")
        #expect(calls.commit(70, "b")?.code == "session_held")
        #expect(try calls.pull("b") == 60)
        #expect(calls.commit(70, "a")?.code == "session_fenced")
    }

    @Test("A holder that released takes the lease again by a pull, and keeps what it was handed")
    func releasedAndBack() throws {
        var calls = try heldByA()
        try calls.pull("a", next: 100)
        try calls.apply(.release(session: SessionName("a")))
        try calls.pull("a")
        #expect(calls.row.leaseLives(calls.now))
        #expect(calls.commit(100, "a") == nil)
    }

    @Test(
        "A call that began before the lease passed on and came back does not count as open",
        arguments: ["release", "take-over"])
    func tenure(how: String) throws {
        var calls = WarehouseCalls()
        var old = try calls.begin(Calls.request("a", lease: 10, wait: 60))
        if how == "release" {
            try calls.apply(.release(session: SessionName("a")))
        } else {
            try calls.pull("b", takeOver: true)
        }
        var new = try calls.begin(Calls.request("a", takeOver: true, lease: 10, wait: 60))
        old.call.end(&calls.row, now: calls.now)
        calls.pass(30)
        #expect(calls.row.leaseLives(calls.now), "the new call is still open")
        new.call.end(&calls.row, now: calls.now)
        calls.pass(10)
        #expect(!calls.row.leaseLives(calls.now))
    }

    @Test("A call ends once, however often it is told")
    func endsOnce() throws {
        var calls = WarehouseCalls()
        var first = try calls.begin(Calls.request("a", wait: 60))
        let second = try calls.begin(Calls.request("a", wait: 60))
        first.call.end(&calls.row, now: calls.now)
        first.call.end(&calls.row, now: calls.now)
        #expect(calls.row.openCalls == 1)
        #expect(second.call.isOpen)
    }

    @Test(
        "A renewal that a loop notes while the writer works is not lost",
        arguments: [true, false])
    func renewalMeanwhile(seeks: Bool) throws {
        var calls = WarehouseCalls()
        var open = try calls.begin(Calls.request("a", lease: 10, wait: 60))
        calls.pass(50)
        var changed = calls.row
        try changed.apply(
            seeks ? .seek(to: 5) : .commit(0, session: SessionName("a")), head: 10,
            now: calls.now, wall: 0)
        open.call.end(&calls.row, now: calls.now)
        calls.row.install(changed)
        #expect(calls.row.openCalls == 0)
        calls.pass(9)
        #expect(calls.row.leaseLives(calls.now))
    }

    @Test("The eight newest former holders are known")
    func formerHolders() throws {
        var calls = WarehouseCalls()
        for number in 0...9 { try calls.pull("s\(number)", takeOver: true) }
        #expect(calls.row.formerHolders.map(\.text) == (1...8).map { "s\($0)" })
        #expect(calls.refusal(ofPull: Calls.request("s0"))?.code == "session_held")
        #expect(calls.refusal(ofPull: Calls.request("s1"))?.code == "session_fenced")
        try calls.pull("s5", takeOver: true)
        #expect(
            calls.row.formerHolders.map(\.text) == ["s1", "s2", "s3", "s4", "s6", "s7", "s8", "s9"])
    }

    @Test("A lease of another length is on disk before the answer")
    func otherLength() throws {
        var calls = try heldByA()
        try calls.pull("a", lease: 3600)
        #expect(calls.row.leaseSeconds == 3600)
        calls.pass(3599)
        #expect(calls.row.leaseLives(calls.now))
        try calls.pull("a", lease: 10)
        calls.pass(10)
        #expect(!calls.row.leaseLives(calls.now), "a shorter one counts as well")
    }

    @Test("A newer pull of the same session ends the older waiting one")
    func newerEndsOlder() throws {
        var calls = WarehouseCalls()
        var older = try calls.begin(Calls.request("a", wait: 60))
        #expect(
            older.call.pageRead(
                &calls.row, next: 0, isEmpty: true, mayWait: true, now: calls.now) == .wait)
        let waiting = Warehouse.WaitingPull(loop: 2, call: 77)
        calls.row.waiting = waiting
        let newer = try calls.begin(Calls.request("a"))
        #expect(newer.ends == waiting)
        #expect(calls.row.waiting == nil)
    }

    @Test("A take-over does not end the old holder's pull as superseded: it has to learn why")
    func takeOverLeavesWaiting() throws {
        var calls = WarehouseCalls()
        var older = try calls.begin(Calls.request("a", wait: 60))
        calls.row.waiting = .init(loop: 2, call: 77)
        let newer = try calls.begin(Calls.request("b", takeOver: true))
        #expect(newer.ends == nil)
        let step = older.call.woken(calls.row, now: calls.now)
        #expect(step == .refuse(.sessionFenced(holder: "b", expiresIn: 60 * second)))
    }
}

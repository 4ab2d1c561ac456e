import Hub
import TestSupport
import Testing

@Suite("What an operator does to a warehouse")
struct OperatorTests {
    private typealias Calls = WarehouseCalls

    private func pulled(to next: Int64, committed: Int64) throws -> WarehouseCalls {
        var calls = WarehouseCalls()
        try calls.pull("a", next: next)
        #expect(calls.commit(committed, "a") == nil)
        return calls
    }

    @Test("A seek sets both positions, whoever holds the lease, and leaves the lease")
    func seek() throws {
        var calls = try pulled(to: 100, committed: 80)
        try calls.apply(.seek(to: 500))
        #expect(calls.row.committed == 500)
        #expect(calls.row.delivered == 500)
        #expect(calls.row.holder?.text == "a")
        #expect(calls.row.leaseLives(calls.now))
        #expect(try calls.pull("a") == 500)
    }

    @Test("After a seek back, pages handed out before are void")
    func seekBack() throws {
        var calls = try pulled(to: 100, committed: 80)
        try calls.apply(.seek(to: 30))
        #expect(calls.commit(100, "a") == .notDelivered(delivered: 30))
        #expect(calls.commit(31, "a") == .notDelivered(delivered: 30))
        #expect(calls.commit(20, "a") == nil)
        #expect(calls.row.committed == 30)
    }

    @Test("After a seek forward, committing an older page is well and changes nothing")
    func seekForward() throws {
        var calls = try pulled(to: 100, committed: 80)
        try calls.apply(.seek(to: 200))
        #expect(calls.commit(100, "a") == nil)
        #expect(calls.row.committed == 200)
    }

    @Test("A page read before a seek is read again from the new place")
    func pageMeanwhile() throws {
        var calls = try pulled(to: 100, committed: 80)
        var open = try calls.begin(Calls.request("a"))
        try calls.apply(.seek(to: 10))
        let step = open.call.pageRead(
            &calls.row, next: 120, isEmpty: false, mayWait: true, now: calls.now)
        #expect(step == .read(from: 10, ends: nil))
        #expect(
            open.call.pageRead(&calls.row, next: 15, isEmpty: false, mayWait: true, now: calls.now)
                == .answer)
        #expect(calls.row.delivered == 15)
    }

    @Test("An empty page that a seek overtook does not wait at the old place")
    func emptyMeanwhile() throws {
        var calls = try pulled(to: 1000, committed: 1000)
        var open = try calls.begin(Calls.request("a", wait: 60))
        try calls.apply(.seek(to: 10))
        let step = open.call.pageRead(
            &calls.row, next: 1000, isEmpty: true, mayWait: true, now: calls.now)
        #expect(step == .read(from: 10, ends: nil))
    }

    @Test("A seek gives a warehouse that never pulled its position")
    func seekFirst() throws {
        var calls = WarehouseCalls()
        try calls.apply(.describe(name: "x", expectEverySeconds: nil))
        try calls.apply(.seek(to: 40))
        #expect(try calls.pull("a") == 40, "start counts at the very first position only")
    }

    @Test("A paused warehouse refuses pulls, also waiting ones; commits still count")
    func pause() throws {
        var calls = try pulled(to: 100, committed: 50)
        var open = try calls.begin(Calls.request("a", wait: 60))
        try calls.apply(.pause(true))
        #expect(open.call.woken(calls.row, now: calls.now) == .refuse(.paused))
        open.call.end(&calls.row, now: calls.now)
        #expect(calls.refusal(ofPull: Calls.request("a")) == .paused)
        #expect(calls.refusal(ofPull: Calls.request("a", commit: 60)) == .paused)
        #expect(calls.row.committed == 60)
        #expect(calls.commit(70, "a") == nil)
        try calls.apply(.pause(false))
        #expect(try calls.pull("a") == 70)
    }

    @Test("Nobody takes over a paused warehouse, and nobody else commits to it")
    func pausedTakeOver() throws {
        var calls = try pulled(to: 100, committed: 50)
        try calls.apply(.pause(true))
        let taking = Calls.request("b", takeOver: true)
        #expect(calls.refusal(ofPull: taking) == .paused)
        #expect(calls.row.holder?.text == "a")
        let committing = Calls.request("b", takeOver: true, commit: 60)
        #expect(calls.refusal(ofPull: committing)?.code == "session_held")
        #expect(calls.row.committed == 50)
    }

    @Test("A retired warehouse refuses pulls, also waiting ones, until it is revived")
    func retire() throws {
        var calls = try pulled(to: 100, committed: 50)
        var open = try calls.begin(Calls.request("a", wait: 60))
        try calls.apply(.retire(true))
        #expect(open.call.woken(calls.row, now: calls.now) == .refuse(.retired))
        #expect(calls.refusal(ofPull: Calls.request("a", commit: 60)) == .retired)
        #expect(calls.row.committed == 50)
        try calls.apply(.retire(false))
        #expect(try calls.pull("a") == 50)
    }

    @Test(
        "A paused or retired warehouse is not advanced by a page read before",
        arguments: [true, false])
    func noAdvance(pauses: Bool) throws {
        var calls = try pulled(to: 100, committed: 100)
        var open = try calls.begin(Calls.request("a", autocommit: true))
        let step = open.call.pageRead(
            &calls.row, next: 150, isEmpty: false, mayWait: true, now: calls.now)
        guard case .advance(let change) = step else {
            Issue.record("the page is held back until the index has moved")
            return
        }
        try calls.apply(pauses ? .pause(true) : .retire(true))
        #expect(calls.refusal(change) == (pauses ? .paused : .retired))
        #expect(calls.row.committed == 100)
    }

    @Test(
        "Only a pull or a description makes a warehouse known",
        arguments: [
            (.pull(session: nil, takeOver: false, lease: 60, commit: nil, start: 0), true),
            (.describe(name: "x", expectEverySeconds: nil), true),
            (.commit(1, session: nil), false), (.seek(to: 1), false), (.pause(true), false),
            (.release(session: nil), false), (.retire(true), false),
        ] as [(Warehouse.Change, Bool)])
    func registers(change: Warehouse.Change, registers: Bool) {
        var writer = TestWriter()
        let batch = WriteBatch(loop: 0)
        batch.change(9, change)
        writer.write([batch])
        #expect((writer.warehouses[9] != nil) == registers)
    }

    @Test(
        "Waiting pulls look again after what may end them, and after nothing else",
        arguments: [
            (.seek(to: 80), true), (.pause(true), true), (.retire(true), true),
            (.pause(false), false), (.retire(false), false), (.commit(90, session: nil), false),
            (.release(session: nil), false), (.describe(name: "x", expectEverySeconds: 9), false),
            (.pull(session: nil, takeOver: false, lease: 60, commit: nil, start: 0), false),
            (otherSession, true),
        ] as [(Warehouse.Change, Bool)])
    func endsWaiting(change: Warehouse.Change, ends: Bool) throws {
        let row = try pulled(to: 100, committed: 80).row
        var changed = row
        // Long after the last call: nobody's lease lives, so nothing is refused.
        try changed.apply(change, head: 1000, now: 10_000 * second, wall: 0)
        #expect(row.endsWaiting(changed) == ends)
    }

    private static let otherSession = Warehouse.Change.pull(
        session: SessionName("b"), takeOver: false, lease: 60, commit: nil, start: 0)
}

import Hub
import Testing

@Suite("The consumer index of a warehouse")
struct CommitTests {
    private typealias Calls = WarehouseCalls

    @Test("What was handed out without a hole may be committed, and nothing beyond")
    func delivered() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        #expect(calls.commit(101, "a") == .notDelivered(delivered: 100))
        #expect(calls.commit(40, "a") == nil)
        #expect(calls.row.committed == 40)
        #expect(calls.commit(100, "a") == nil)
        #expect(calls.row.committed == 100)
    }

    @Test("A lower index than committed changes nothing, and is no error")
    func lower() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        #expect(calls.commit(60, "a") == nil)
        #expect(calls.commit(10, "a") == nil)
        #expect(calls.row.committed == 60)
        #expect(calls.row.delivered == 100)
    }

    @Test("Beyond the head is told as such, before anything about delivery")
    func ahead() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        #expect(calls.commit(1001, "a") == .positionAhead(head: 1000))
        let after = calls.refusal(ofPull: Calls.request("a", after: 1001))
        #expect(after == .positionAhead(head: 1000))
        #expect(calls.refusal(ofPull: Calls.request("a", after: 1000)) == nil)
    }

    @Test(
        "A page that starts at or below delivered raises it; one that starts above leaves it",
        arguments: [(0, 150), (70, 150), (100, 150), (101, 100), (500, 100)] as [(Int64, Int64)])
    func holes(after: Int64, delivered: Int64) throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        try calls.pull("a", after: after, next: after > 100 ? after + 50 : 150)
        #expect(calls.row.delivered == delivered)
    }

    @Test("Reading ahead leads on without a hole")
    func readAhead() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        #expect(try calls.pull("a", after: 100, next: 200) == 100)
        #expect(try calls.pull("a", after: 200, next: 300) == 200)
        #expect(calls.commit(300, "a") == nil)
    }

    @Test("A page read again never lowers delivered")
    func again() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        try calls.pull("a", next: 10)
        #expect(calls.row.delivered == 100)
    }

    @Test("A commit within a pull settles the page before; refused, it refuses the pull")
    func withinPull() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        #expect(try calls.pull("a", commit: 100, next: 200) == 100)
        let before = calls.row.committed
        #expect(
            calls.refusal(ofPull: Calls.request("a", commit: 250))
                == .notDelivered(delivered: 200))
        #expect(calls.row.committed == before)
        #expect(
            calls.refusal(ofPull: Calls.request("b", takeOver: true, commit: 150))
                == .notDelivered(delivered: 100))
        #expect(calls.row.holder?.text == "a", "a refused pull takes nothing over")
    }

    @Test("A first pull starts where it says, once")
    func start() throws {
        var calls = WarehouseCalls()
        var request = Calls.request("a")
        request.start = 400
        #expect(try calls.pull(request, next: 410) == 400)
        #expect(calls.row.committed == 400)
        #expect(try calls.pull(request, next: 420) == 400, "not committed, so given again")
        #expect(calls.commit(420, "a") == nil)
        #expect(try calls.pull(request) == 420)
    }

    @Test("A warehouse that was only described has no position: its first pull gives it one")
    func describedFirst() throws {
        var calls = WarehouseCalls()
        try calls.apply(.describe(name: "Berlin", expectEverySeconds: 60))
        #expect(!calls.row.hasStarted)
        #expect(calls.commit(5)?.code == "not_delivered")
        var request = Calls.request("a")
        request.start = 10
        #expect(try calls.pull(request) == 10)
        #expect(calls.row.name == "Berlin")
        #expect(calls.row.expectEverySeconds == 60)
        try calls.apply(.describe(name: nil, expectEverySeconds: 5))
        #expect(calls.row.name == "Berlin")
    }

    // MARK: After a restart of the hub

    /// The warehouse as a restarted hub finds it: its holder's pages forgotten.
    private func restarted() throws -> WarehouseCalls {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        #expect(calls.commit(50, "a") == nil)
        calls.row.delivered = 60
        calls.row.noteStart(head: calls.head)
        return calls
    }

    @Test("After a restart the last holder's commit is believed up to the head, until it pulls")
    func trust() throws {
        var calls = try restarted()
        #expect(calls.commit(1001, "a")?.code == "position_ahead")
        #expect(calls.commit(700, "b")?.code == "session_held")
        #expect(calls.commit(700, "a") == nil)
        #expect(calls.row.delivered == 700)
        #expect(try calls.pull("a", next: 800) == 700)
        #expect(calls.commit(801, "a") == .notDelivered(delivered: 800))
    }

    @Test("After a restart a pull that commits is believed once")
    func trustInPull() throws {
        var calls = try restarted()
        #expect(try calls.pull("a", commit: 100, next: 120) == 100)
        #expect(calls.refusal(ofPull: Calls.request("a", commit: 130))?.code == "not_delivered")
    }

    @Test("After a restart the first pull begins the count of what is delivered anew")
    func trustEnds() throws {
        var calls = try restarted()
        try calls.pull("a", next: 55)
        #expect(calls.row.delivered == 55)
        #expect(calls.commit(60, "a") == .notDelivered(delivered: 55))
    }

    @Test("Nobody but the last holder is believed: a take-over or a seek ends the trust")
    func trustVoid() throws {
        var taken = try restarted()
        taken.pass(1000)
        try taken.pull("b")
        #expect(taken.commit(70, "b") == .notDelivered(delivered: 50))
        var sought = try restarted()
        try sought.apply(.seek(to: 20))
        #expect(sought.commit(30, "a") == .notDelivered(delivered: 20))
    }

    @Test("What came after the restart is not believed to have been handed out before it")
    func trustHead() throws {
        var calls = try restarted()
        calls.head = 1200
        #expect(calls.commit(1100, "a") == .notDelivered(delivered: 60))
        #expect(calls.commit(1000, "a") == nil)
    }

    @Test("After a restore a commit is believed up to the backup's head only, until it pulls")
    func restored() throws {
        var calls = try restarted()
        calls.row.restoredThrough = 500
        calls.row.noteStart(head: 1000)
        #expect(calls.commit(501, "a") == .notDelivered(delivered: 60))
        #expect(calls.commit(500, "a") == nil)
        calls.row.noteStart(head: 1000)
        #expect(calls.commit(501, "a") == .notDelivered(delivered: 500))
        try calls.pull("a", next: 600)
        #expect(calls.commit(600, "a") == nil)
        calls.row.noteStart(head: 1000)
        #expect(calls.commit(700, "a") == nil, "it has pulled: this hub's own word counts")
    }

    @Test("A seek after a restore ends what was believed")
    func restoredAndSought() throws {
        var calls = try restarted()
        calls.row.restoredThrough = 500
        try calls.apply(.seek(to: 20))
        calls.row.noteStart(head: 1000)
        #expect(calls.row.restoredThrough == 0)
        #expect(calls.commit(30, "a") == .notDelivered(delivered: 20))
    }

    // MARK: What loops note while the writer works

    @Test("A page handed out while a commit was on its way to disk stays delivered")
    func handedOutMeanwhile() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        var changed = calls.row
        try changed.apply(.commit(80, session: SessionName("a")), head: 1000, now: 0, wall: 1)
        try calls.pull("a", after: 100, next: 200)
        calls.row.install(changed)
        #expect(calls.row.committed == 80)
        #expect(calls.row.delivered == 200)
    }

    @Test("A page handed out while a seek or a take-over was on its way to disk is void")
    func voidMeanwhile() throws {
        let changes: [Warehouse.Change] = [
            .seek(to: 0),
            .pull(session: SessionName("b"), takeOver: true, lease: 60, commit: nil, start: 0),
        ]
        for change in changes {
            var calls = WarehouseCalls()
            try calls.pull("a", next: 100)
            var changed = calls.row
            try changed.apply(change, head: 1000, now: calls.now, wall: 1)
            try calls.pull("a", after: 100, next: 200)
            calls.row.install(changed)
            #expect(calls.row.delivered == 0)
        }
    }

    @Test("What a client told of itself and when it pulled outlive a change on its way to disk")
    func notedMeanwhile() throws {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 100)
        var changed = calls.row
        try changed.apply(.pause(true), head: 1000, now: 0, wall: 1)
        calls.row.lastPull = 77
        calls.row.client.name = "tool"
        calls.row.install(changed)
        #expect(calls.row.isPaused)
        #expect(calls.row.lastPull == 77)
        #expect(calls.row.client.name == "tool")
    }
}

import Hub
import Testing

@Suite("A pull on its way")
struct PullCallTests {
    private typealias Calls = WarehouseCalls

    /// One with `a` as holder at 1000, the head.
    private func atHead() throws -> WarehouseCalls {
        var calls = WarehouseCalls()
        try calls.pull("a", next: 1000)
        try calls.pull("a", commit: 1000)
        return calls
    }

    @Test(
        "What has to be on disk first goes to the writer; all else is read at once",
        arguments: [
            ("known holder", WarehouseCalls.request("a"), false),
            ("commit that moves nothing", WarehouseCalls.request("a", commit: 900), false),
            ("read ahead", WarehouseCalls.request("a", after: 10), false),
            ("commit that moves", WarehouseCalls.request("a", commit: 1001), true),
            ("other holder", WarehouseCalls.request("b", takeOver: true), true),
            ("other lease", WarehouseCalls.request("a", lease: 10), true),
        ])
    func settles(_ name: String, request: PullRequest, settles: Bool) throws {
        let calls = try atHead()
        var row: Warehouse? = calls.row
        var call = PullCall(request, now: calls.now)
        let step = call.begin(&row, head: 2000, now: calls.now)
        #expect((step == .settle) == settles)
    }

    @Test("A warehouse that nobody knows is registered first")
    func registers() {
        var row: Warehouse?
        var call = PullCall(Calls.request("a"), now: 0)
        #expect(call.begin(&row, head: 0, now: 0) == .settle)
        #expect(!call.isOpen)
        var registered = Warehouse(wid: 7)
        registered.hasStarted = true
        registered.holder = SessionName("a")
        #expect(call.settled(&registered, head: 0, now: 0) == .read(from: 0, ends: nil))
        #expect(call.isOpen)
    }

    @Test("An empty page waits until its deadline, then is answered empty")
    func waits() throws {
        var calls = try atHead()
        var open = try calls.begin(Calls.request("a", wait: 30))
        #expect(read(&open, &calls, next: 1000, isEmpty: true) == .wait)
        calls.pass(29)
        #expect(open.call.woken(calls.row, now: calls.now) == .read(from: 1000, ends: nil))
        #expect(read(&open, &calls, next: 1000, isEmpty: true) == .wait)
        calls.pass(1)
        #expect(open.call.woken(calls.row, now: calls.now) == .read(from: 1000, ends: nil))
        #expect(read(&open, &calls, next: 1000, isEmpty: true) == .answer)
    }

    @Test("Without wait, or when it may not, an empty page is answered at once")
    func doesNotWait() throws {
        var calls = try atHead()
        var impatient = try calls.begin(Calls.request("a"))
        #expect(read(&impatient, &calls, next: 1000, isEmpty: true) == .answer)
        var stopped = try calls.begin(Calls.request("a", wait: 60))
        #expect(
            stopped.call.pageRead(
                &calls.row, next: 1000, isEmpty: true, mayWait: false, now: calls.now) == .answer)
    }

    @Test("A woken call reads from committed as it is now; with after, from there")
    func woken() throws {
        var calls = try atHead()
        calls.head = 2000
        let plain = try calls.begin(Calls.request("a", wait: 30))
        let ahead = try calls.begin(Calls.request("a", after: 1500, wait: 30))
        try calls.apply(.seek(to: 700))
        var (first, second) = (plain.call, ahead.call)
        #expect(first.woken(calls.row, now: calls.now) == .read(from: 700, ends: nil))
        #expect(second.woken(calls.row, now: calls.now) == .read(from: 1500, ends: nil))
    }

    @Test("Autocommit moves the index, on disk, before the page goes out")
    func autocommit() throws {
        var calls = try atHead()
        calls.head = 2000
        var open = try calls.begin(Calls.request("a", autocommit: true))
        let step = read(&open, &calls, next: 1100, isEmpty: false)
        guard case .advance(let change) = step else {
            Issue.record("advances, not \(step)")
            return
        }
        #expect(calls.row.committed == 1000)
        try calls.apply(change)
        #expect(open.call.advanced() == .answer)
        #expect(calls.row.committed == 1100)
        #expect(calls.row.delivered == 1100)
    }

    @Test("Autocommit with nothing to move, or while it waits, moves nothing")
    func autocommitNothing() throws {
        var calls = try atHead()
        var open = try calls.begin(Calls.request("a", wait: 30, autocommit: true))
        #expect(read(&open, &calls, next: 1000, isEmpty: true) == .wait)
        calls.pass(30)
        #expect(open.call.woken(calls.row, now: calls.now) == .read(from: 1000, ends: nil))
        #expect(read(&open, &calls, next: 1000, isEmpty: true) == .answer)
        #expect(calls.row.committed == 1000)
    }

    @Test("A superseded call shows nothing and moves nothing, whatever has come meanwhile")
    func superseded() throws {
        var calls = try atHead()
        calls.head = 2000
        var open = try calls.begin(Calls.request("a", wait: 30, autocommit: true))
        #expect(read(&open, &calls, next: 1000, isEmpty: true) == .wait)
        open.call.supersede()
        #expect(open.call.request.limit == 0)
        #expect(open.call.woken(calls.row, now: calls.now) == .read(from: 1000, ends: nil))
        #expect(read(&open, &calls, next: 1000, isEmpty: false) == .answer)
        #expect(calls.row.committed == 1000)
    }

    @Test("Two autocommits of one place: the second reads again, so no message goes to both")
    func autocommitTwice() throws {
        var calls = try atHead()
        calls.head = 2000
        var first = try calls.begin(Calls.request("a", autocommit: true))
        var second = try calls.begin(Calls.request("a", autocommit: true))
        guard case .advance(let one) = read(&first, &calls, next: 1100, isEmpty: false),
            case .advance(let two) = read(&second, &calls, next: 1100, isEmpty: false)
        else {
            Issue.record("both advance")
            return
        }
        try calls.apply(one)
        #expect(calls.refusal(two) == .moved)
        #expect(second.call.woken(calls.row, now: calls.now) == .read(from: 1100, ends: nil))
    }

    @Test("An advance of a fenced session, or one that a seek overtook, moves nothing")
    func advanceVoid() throws {
        for change in [
            Warehouse.Change.seek(to: 1000),
            .pull(session: SessionName("b"), takeOver: true, lease: 60, commit: nil, start: 0),
        ] {
            var calls = try atHead()
            calls.head = 2000
            var open = try calls.begin(Calls.request("a", autocommit: true))
            guard case .advance(let advance) = read(&open, &calls, next: 1100, isEmpty: false)
            else {
                Issue.record("advances")
                return
            }
            try calls.apply(change)
            #expect(calls.refusal(advance) != nil)
            #expect(calls.row.committed == 1000)
        }
    }

    @Test("A waiting call without session ends when somebody takes the lease")
    func sessionlessWaits() throws {
        var calls = WarehouseCalls()
        var open = try calls.begin(Calls.request(wait: 60))
        #expect(read(&open, &calls, next: 0, isEmpty: true) == .wait)
        try calls.pull("a")
        let step = open.call.woken(calls.row, now: calls.now)
        #expect(step == .refuse(.sessionHeld(holder: "a", expiresIn: 60 * second)))
    }

    private func read(
        _ open: inout WarehouseCalls.Open, _ calls: inout WarehouseCalls, next: Int64,
        isEmpty: Bool
    ) -> PullCall.Step {
        open.call.pageRead(
            &calls.row, next: next, isEmpty: isEmpty, mayWait: true, now: calls.now)
    }
}

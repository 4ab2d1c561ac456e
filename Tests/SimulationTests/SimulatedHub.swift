import Hub
import TestSupport

/// The hub between a start and a crash: the real core, and around it what threads do, in steps.
///
/// Writer and loops take turns at random. What a thread does under a lock, or between two looks at
/// its mailbox, is one step; in the middle of a loop's read the writer may go on.
final class SimulatedHub {
    unowned let world: World
    /// The loops, and the archive's desk.
    let epochs = ReaderEpochs(readers: 3)
    let lines: Lines
    let ids: HubIDs
    var table: [UInt32: Warehouse] = [:]
    var loops = [Loop(0), Loop(1)]
    let reader: MemoryReader

    var writer: Writer<MemoryStore>
    var writerMail: [WriteBatch] = []
    /// What the archiver asks of the writer.
    var orders: [SimulatedArchiver.Order] = []
    var deskMail: [DeskMail] = []
    private(set) var archiver: SimulatedArchiver!
    /// What the writer still has to tell about its last transaction, step by step.
    private var telling: [() -> Void] = []
    private(set) var topics: [String] = []
    private var calls: UInt64 = 0
    /// What the model said of each warehouse when its row in `table` was installed: a change that
    /// is on disk and not yet installed is not known to loops.
    private(set) var installed: [UInt32: Model.Row] = [:]

    init(_ world: World) throws(StoreFailure) {
        self.world = world
        reader = MemoryReader(world.disk)
        lines = Lines(epochs: epochs)
        var store = MemoryStore(world.disk)
        let state = try store.load(into: lines)
        let faults = world.faults
        store.fault = { [unowned world] step in
            if step == .commit { world.hub?.lookDuringCommit() }
            return faults.ask(step)
        }
        writer = Writer(store: store, state: state, lines: lines)
        topics = state.topics.map(\.name)
        for var warehouse in state.warehouses {
            warehouse.renewLease(world.now)
            table[warehouse.wid] = warehouse
        }
        head = state.head
        ids = state.ids
        archiver = SimulatedArchiver(self)
    }

    /// The model has taken in the start.
    func started() {
        installed = world.model.rows
    }

    /// The newest index stored, shown or not.
    private(set) var head: Int64
    /// Whether the last commit is perhaps on the disk though it failed.
    var hasUnsureCommit = false
    var trace: Trace { world.trace }

    func newCall() -> UInt64 {
        calls += 1
        return calls
    }

    // MARK: The writer

    var writerHasWork: Bool { !telling.isEmpty || !writerMail.isEmpty || !orders.isEmpty }

    func writerStep() {
        if !telling.isEmpty {
            telling.removeFirst()()
        } else if !writerMail.isEmpty {
            write()
        } else if !orders.isEmpty {
            answer(orders.removeFirst())
        } else {
            trim()
        }
    }

    private func write() {
        let batches = writerMail
        writerMail = []
        if world.defect == .answersBeforeCommit { answerEarly(batches) }
        let table = self.table
        let flush = table[world.wids.randomElement(using: &world.random)!].map { [$0] } ?? []
        let outcome = writer.write(
            batches, flush: flush, wall: world.wall, now: world.now, registered: table.count,
            lookup: { table[$0] })
        trace.note(
            "writer: \(batches.map(\.publishes.count)) publishes, \(batches.map(\.changes.count)) "
                + "changes -> \(outcome.failure.map { "\($0)" } ?? "head \(writer.head)")")
        trace.count(outcome.failure.map { "commit failed: \($0)" } ?? "commit")
        hasUnsureCommit = outcome.failure == .disk("sync")
        if outcome.failure == nil {
            head = writer.head
            world.model.follow(world.disk, head: head)
            note(batches, before: table)
        }
        tell(outcome, batches)
    }

    /// Has the model follow the changes of a transaction.
    private func note(_ batches: [WriteBatch], before: [UInt32: Warehouse]) {
        var trusts = before.mapValues { $0.trustedThrough > 0 }
        for batch in batches {
            for change in batch.changes {
                guard case .done(let row) = change.outcome else { continue }
                trace.note("  wid \(change.wid) \(change.change) -> \(row.committed)")
                world.model.apply(
                    change.wid, change.change, to: row, trusts: trusts[change.wid] ?? false)
                trusts[change.wid] = row.trustedThrough > 0
            }
        }
    }

    /// As `WriterThread` does, each line a step.
    private func tell(_ outcome: Writer<MemoryStore>.Outcome, _ batches: [WriteBatch]) {
        var changed: [UInt32] = []
        if outcome.failure == nil {
            let names = (0..<writer.topicCount).map { writer.topic(Int32($0)).name }
            let rows = world.model.rows
            telling.append { [unowned self] in topics = names }
            telling.append { [unowned self] in
                for warehouse in outcome.warehouses.sorted(by: { $0.wid < $1.wid }) {
                    if let row = table[warehouse.wid], row.endsWaiting(warehouse) {
                        changed.append(warehouse.wid)
                    }
                    if world.defect == .overwritesRows {
                        table[warehouse.wid] = warehouse
                    } else {
                        table[warehouse.wid, default: warehouse].install(warehouse)
                    }
                    installed[warehouse.wid] = rows[warehouse.wid]
                }
            }
            if world.defect == .wakesBeforePublishing {
                telling.append { [unowned self] in tellNews([0]) }
                telling.append { [unowned self] in writer.publish { _ in } }
            } else {
                telling.append { [unowned self] in
                    var touched: [UInt32] = []
                    writer.publish { touched.append($0) }
                    telling.append { [unowned self] in tellNews(touched) }
                    telling.append { [unowned self] in tellChanges(changed) }
                }
            }
        }
        for batch in batches {
            telling.append { [unowned self] in loops[batch.loop].mail.append(.written(batch)) }
        }
        // The wake-up comes last, as `publish` appends it; where that has happened, it is there.
    }

    /// Wakes those who wait for messages, on the loops whose sign is up.
    private func tellNews(_ wids: [UInt32]) {
        if world.kinds.lostWakeUps, world.random.oneIn(10) { return }
        guard !wids.isEmpty else { return }
        for loop in loops where loop.sign { loop.mail.append(.wake(wids)) }
    }

    /// Has the waiting pulls of changed warehouses look again, on every loop.
    private func tellChanges(_ wids: [UInt32]) {
        guard !wids.isEmpty else { return }
        for loop in loops { loop.mail.append(.wake(wids)) }
    }

    /// A reader looks while the writer is inside COMMIT: it must not see what may yet fail.
    func lookDuringCommit() {
        if world.defect == .publishesBeforeCommit { lines.publish(head: head + 1000) { _ in } }
        for wid in world.wids {
            let after = max(0, head - 3)
            _ = readPage(PullRequest(wid: wid), from: after)
        }
    }

    private func answerEarly(_ batches: [WriteBatch]) {
        for batch in batches {
            for publish in batch.publishes {
                guard
                    case .publisher(let number, let ticket) = loops[batch.loop]
                        .requests[publish.call]
                else { continue }
                world.publishers[number].answered(
                    .stored(fresh: publish.messages.count), ticket: ticket)
            }
        }
    }

    func post(_ loop: Loop) {
        guard !loop.batch.isEmpty else { return }
        writerMail.append(loop.batch)
        loop.batch = WriteBatch(loop: loop.number)
    }

    // MARK: A loop

    /// One step of a loop: a piece of mail, a woken waiter, a deadline, a page, or its batch to the
    /// writer.
    func step(_ loop: Loop) {
        var steps: [() -> Void] = []
        if !loop.late.isEmpty {
            steps.append { [self] in register(loop, loop.late.removeFirst()) }
        }
        if !loop.mail.isEmpty {
            steps.append { [self] in handle(loop.mail.removeFirst(), loop) }
        }
        if loop.waiters.hasReady { steps.append { [self] in lookAgain(loop) } }
        if !loop.batch.isEmpty { steps.append { [self] in post(loop) } }
        if !loop.pagesToRead.isEmpty, !world.kinds.backlogs || world.random.oneIn(4) {
            steps.append { [self] in readNext(loop) }
        }
        if let due = dueCall(loop) { steps.append { [self] in wake(loop, due) } }
        steps.randomElement(using: &world.random)?()
        endTick(loop)
    }

    /// Nobody waits here: the writer need not wake this loop. A tick may end with pages left over.
    private func endTick(_ loop: Loop) {
        guard loop.waiters.isEmpty, loop.late.isEmpty else { return }
        guard loop.pagesAtDesk == 0 || world.defect == .forgetsTheDesk else { return }
        if loop.pagesToRead.isEmpty || world.random.oneIn(4) { loop.sign = false }
    }

    private func dueCall(_ loop: Loop) -> UInt64? {
        loop.pulls.filter { $0.value.phase == .waiting && $0.value.call.deadline <= world.now }
            .keys.min()
    }

    private func handle(_ mail: Mail, _ loop: Loop) {
        switch mail {
        case .written(let batch): written(batch, loop)
        case .wake(let wids):
            // The global line wakes all, here in the order of their wids: a run must repeat.
            for wid in wids.contains(0) ? world.wids : wids { loop.waiters.wake(wid) }
        case .supersede(let waiting): supersede(waiting, loop)
        case .page(let next, let answer): pageAnswered(next, answer, loop)
        }
    }

    private func lookAgain(_ loop: Loop) {
        guard let call = loop.waiters.next(), loop.pulls[call]?.phase == .waiting else { return }
        wake(loop, call)
    }

    /// Has a waiting pull look again.
    private func wake(_ loop: Loop, _ call: UInt64, mayWait: Bool = true) {
        guard var pull = loop.pulls[call], let row = table[pull.call.request.wid] else { return }
        loop.waiters.remove(call, wid: pull.call.request.wid)
        loop.late.removeAll { $0 == call }
        let step = pull.call.woken(row, now: world.now)
        if case .refuse(let refusal) = step { trace.count("waiting pull refused: \(refusal.code)") }
        loop.pulls[call] = pull
        go(on: step, loop, call, mayWait: mayWait)
    }

    private func supersede(_ waiting: Warehouse.WaitingPull, _ loop: Loop) {
        guard loop.pulls[waiting.call]?.phase == .waiting else { return }
        trace.count("pull superseded")
        loop.pulls[waiting.call]!.call.supersede()
        wake(loop, waiting.call, mayWait: false)
    }

    private func written(_ batch: WriteBatch, _ loop: Loop) {
        for publish in batch.publishes {
            if publish.outcome == .lookAgain {
                deskMail.append(.ids(batch.copy(of: publish)))
                continue
            }
            guard
                case .publisher(let number, let ticket)? = loop.requests.removeValue(
                    forKey: publish.call)
            else { continue }
            trace.check(publish.outcome != .pending, "a publish was not answered")
            world.answerPublisher(number, ticket, publish.outcome)
        }
        for change in batch.changes { written(change, loop) }
    }

    private func written(_ change: WriteBatch.Change, _ loop: Loop) {
        if case .refused = change.outcome {
            table[change.wid]?.noteRefused(change.change, now: world.now)
        }
        if let sender = loop.requests.removeValue(forKey: change.call) {
            if case .client(let number, let ticket) = sender {
                world.answerClient(number, ticket, .init(change.outcome))
            }
            return
        }
        guard var pull = loop.pulls[change.call] else { return }
        let step: PullCall.Step
        switch (change.outcome, pull.phase) {
        case (.done, .settling):
            step = pull.call.settled(&table[change.wid]!, head: lines.head, now: world.now)
        case (.done, _):
            step = pull.call.advanced()
        case (.refused(.moved), _):
            trace.count("advance moved")
            step = pull.call.woken(table[change.wid]!, now: world.now)
            pull.page = nil
        case (.refused(let refusal), _):
            step = .refuse(refusal)
        case (.failed, _), (.pending, _):
            return finish(loop, change.call, .failed)
        }
        loop.pulls[change.call] = pull
        go(on: step, loop, change.call, mayWait: true)
    }

    // MARK: Pulls

    /// A pull has arrived at `loop`.
    func begin(_ request: PullRequest, client: Int, ticket: Int, _ loop: Loop) {
        let call = newCall()
        var pull = Pull(
            call: PullCall(request, now: world.now), client: client, ticket: ticket)
        var row = table[request.wid]
        let step = pull.call.begin(&row, head: lines.head, now: world.now)
        if let row { table[request.wid] = row }
        loop.pulls[call] = pull
        go(on: step, loop, call, mayWait: true)
    }

    private func go(on step: PullCall.Step, _ loop: Loop, _ call: UInt64, mayWait: Bool) {
        guard let pull = loop.pulls[call] else { return }
        switch step {
        case .settle:
            loop.pulls[call]!.phase = .settling
            loop.batch.change(pull.call.request.wid, pull.call.change, call: call)
        case .read(let from, let ends):
            if let ends { loops[ends.loop].mail.append(.supersede(ends)) }
            loop.pulls[call]!.phase = .reading
            loop.pagesToRead.append(
                PageToRead(
                    call: call, from: from, mayWait: mayWait,
                    epoch: table[pull.call.request.wid]!.epoch))
        case .wait:
            loop.pulls[call]!.phase = .waiting
            loop.pulls[call]!.hasWaited = true
            trace.count("pull waits")
            noteWaiting(pull.call.request, .init(loop: loop.number, call: call))
            if world.defect == .registersLate {
                loop.late.append(call)
            } else {
                register(loop, call)
            }
        case .advance(let change):
            loop.pulls[call]!.phase = .advancing
            loop.batch.change(pull.call.request.wid, change, call: call)
        case .answer:
            finish(loop, call, .page(pull.page!))
        case .refuse(let refusal):
            finish(loop, call, .refused(refusal))
        }
    }

    /// The newest waiting pull of a session ends the one before.
    private func noteWaiting(_ request: PullRequest, _ waiting: Warehouse.WaitingPull) {
        guard let session = request.session, table[request.wid]!.holder == session else { return }
        let older = table[request.wid]!.waiting
        table[request.wid]!.waiting = waiting
        if let older, older != waiting { loops[older.loop].mail.append(.supersede(older)) }
    }

    private func register(_ loop: Loop, _ call: UInt64) {
        guard let pull = loop.pulls[call] else { return }
        loop.waiters.add(call, wid: pull.call.request.wid)
        guard !loop.sign else { return }
        // The writer may have looked for the sign a moment ago: so this waiter looks once more.
        loop.sign = true
        if world.defect != .trustsItsSign { loop.waiters.wake(pull.call.request.wid) }
    }

    /// Reads the page of the pull that came first, and decides on it at once; meanwhile the writer
    /// may have gone on.
    private func readNext(_ loop: Loop) {
        let next = loop.pagesToRead.removeFirst()
        let call = next.call
        guard let request = loop.pulls[call]?.call.request else { return }
        noteOvertaken(next, table[request.wid]!)
        if lines.line(of: request.wid).isArchived(after: next.from) {
            deskMail.append(.page(next, loop: loop.number))
            loop.pagesAtDesk += 1
            return
        }
        let read = epochs.readers[loop.number].reading {
            readPage(request, from: next.from, interleaved: true)
        }
        guard let page = read, let pull = loop.pulls[call] else { return }
        for _ in 0..<world.random.number(0...6) { writerStep() }
        handOut(page, pull, next, loop)
    }

    /// The archive's desk has answered.
    private func pageAnswered(_ next: PageToRead, _ answer: DeskPage, _ loop: Loop) {
        loop.pagesAtDesk -= 1
        guard let pull = loop.pulls[next.call] else { return }
        switch answer {
        case .violation: break
        case .gone(let oldest):
            finish(loop, next.call, .gone(from: next.from, oldest: oldest))
        case .read(var page):
            trace.count("archived page")
            // What came since the page was read has woken nobody: nobody waited.
            let line = lines.line(of: pull.call.request.wid)
            page.more = page.more || line.first(after: page.next) != nil
            handOut(page, pull, next, loop)
        }
    }

    private func handOut(_ page: Page, _ pull: Pull, _ next: PageToRead, _ loop: Loop) {
        var pull = pull
        let (call, request) = (next.call, pull.call.request)
        pull.page = page
        if world.defect == .ignoresEpochs, !page.shown.isEmpty, !request.autocommit {
            loop.pulls[call] = pull
            return finish(loop, call, .page(page))
        }
        let isPaused = table[request.wid]!.isPaused
        if world.defect == .waitsThoughPaused { table[request.wid]!.isPaused = false }
        let step = pull.call.pageRead(
            &table[request.wid]!, next: page.next, isEmpty: page.shown.isEmpty && !page.more,
            mayWait: next.mayWait, now: world.now)
        table[request.wid]!.isPaused = isPaused
        loop.pulls[call] = pull
        if step == .answer {
            world.model.handOut(request.wid, from: page.from, next: page.next, voids: page.voids)
        }
        go(on: step, loop, call, mayWait: next.mayWait)
    }

    /// Counts what came between the admission of a pull and its page.
    private func noteOvertaken(_ next: PageToRead, _ row: Warehouse) {
        if row.isPaused { trace.count("paused before its page") }
        if row.epoch != next.epoch { trace.count("moved before its page") }
    }

    /// Ends a pull with its answer.
    private func finish(_ loop: Loop, _ call: UInt64, _ answer: Answer) {
        guard var pull = loop.pulls.removeValue(forKey: call) else { return }
        let request = pull.call.request
        end(&pull, loop, call)
        if case .page(let page) = answer {
            trace.count(page.shown.isEmpty ? "empty page" : "page")
            if pull.hasWaited, !page.shown.isEmpty { trace.count("waiting pull answered") }
            if request.autocommit { trace.count("page given away") }
            world.check(page, request, gone: pull.isGone)
        }
        if !pull.isGone { world.answerClient(pull.client, pull.ticket, answer) }
    }

    private func end(_ pull: inout Pull, _ loop: Loop, _ call: UInt64) {
        let wid = pull.call.request.wid
        loop.waiters.remove(call, wid: wid)
        guard table[wid] != nil else { return }
        if table[wid]!.waiting == .init(loop: loop.number, call: call) {
            table[wid]!.waiting = nil
        }
        pull.call.end(&table[wid]!, now: world.now)
    }

    /// The connection of a client is lost.
    func disconnect(client: Int, ticket: Int) {
        for loop in loops {
            for (call, pull) in loop.pulls where pull.client == client && pull.ticket == ticket {
                loop.pulls[call]!.isGone = true
                guard pull.phase == .waiting || pull.phase == .reading else { continue }
                var gone = loop.pulls.removeValue(forKey: call)!
                end(&gone, loop, call)
            }
        }
    }
}

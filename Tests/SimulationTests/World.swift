import Hub
import TestSupport

/// Publishers, warehouses, operators, a machine that fails, and the hub in the middle.
///
/// Everything that happens follows from the seed.
final class World {
    let seed: UInt64
    let defect: Defect?
    var random: SplitMix
    let kinds: Kinds
    let trace = Trace()
    let disk = MemoryDisk()
    let shelf = Shelf()
    let faults: Faults
    var model: Model
    private(set) var hub: SimulatedHub!
    let wids: [UInt32] = [1, 2, 70_000]

    /// Nanoseconds of the monotonic clock.
    private(set) var now: UInt64 = 1_000_000_000
    /// Milliseconds since 1970, as the machine has it.
    private(set) var wall: Int64 = 1_700_000_000_000
    var publishers: [SimulatedPublisher]
    private var clients: [SimulatedClient] = []

    /// Which steps of the store fail.
    final class Faults {
        private var random: SplitMix
        private let kinds: Kinds
        var areOn = true

        init(_ random: SplitMix, _ kinds: Kinds) {
            self.random = random
            self.kinds = kinds
        }

        func ask(_ step: MemoryStore.Step) -> StoreFailure? {
            guard areOn else { return nil }
            switch step {
            case .sync: return kinds.lostSyncs && random.oneIn(15) ? .disk("sync") : nil
            case .begin: return kinds.failures && random.oneIn(30) ? .busy : nil
            case .commit: return kinds.failures && random.oneIn(20) ? .full : nil
            default: return kinds.failures && random.oneIn(150) ? .full : nil
            }
        }
    }

    init(seed: UInt64, defect: Defect? = nil) {
        self.seed = seed
        self.defect = defect
        random = SplitMix(seed)
        var kinds = Kinds(&random)
        // A pause in the moment between admission and page is rare enough without an archive.
        if defect == .waitsThoughPaused {
            (kinds.pauses, kinds.backlogs, kinds.moves) = (true, true, false)
        }
        self.kinds = kinds
        faults = Faults(SplitMix(random.next()), kinds)
        model = Model(trace)
        publishers = (0..<3).map { SimulatedPublisher($0) }
        for wid in wids {
            for _ in 0..<2 { clients.append(SimulatedClient(clients.count, wid: wid, &random)) }
        }
        start()
    }

    /// A run: trouble, rests in between, then a last rest in which everything has to come right.
    func run(steps: Int) {
        for step in 1...steps where trace.violation == nil {
            takeStep()
            if step % (kinds.rests ? 20 : 100) == 0 { rest() }
        }
        faults.areOn = false
        settle()
        rest()
        comeRight()
    }

    // MARK: What happens

    private func takeStep() {
        switch random.number(0...99) {
        case 0...4 where kinds.plenty || random.oneIn(4): publish()
        case 5...29: ask()
        case 30...59: hub.step(hub.loops.randomElement(using: &random)!)
        case 60...78: hub.writerStep()
        case 79...81: hub.deskStep()
        case 82...84: hub.archiver.step(mayBegin: kinds.moves)
        case 85...92: pass()
        case 93...95: operate()
        case 96: timeOut()
        case 97 where kinds.disconnects: disconnect()
        case 98 where random.oneIn(4): restartClient()
        case 99 where kinds.crashes && random.oneIn(hub.hasUnsureCommit ? 1 : 8): crash()
        default: break
        }
    }

    private func publish() {
        let number = Int(random.number(0...Int64(publishers.count - 1)))
        guard !publishers[number].isWaiting else { return }
        let drafts = publishers[number].send(&random, wids: wids, wall: wall)
        let loop = hub.loops.randomElement(using: &random)!
        let call = hub.newCall()
        loop.requests[call] = .publisher(number, ticket: publishers[number].ticket)
        loop.batch.publish(drafts, call: call)
        trace.note("publisher \(number) sends \(drafts.map(\.body))")
    }

    private func ask() {
        let number = Int(random.number(0...Int64(clients.count - 1)))
        guard !clients[number].isWaiting, kinds.rivals || number % 2 == 0 else { return }
        let request = clients[number].ask(&random, kinds)
        let client = clients[number]
        let loop = hub.loops.randomElement(using: &random)!
        switch request {
        case .none:
            break
        case .pull(var pull):
            if !kinds.takeOvers { pull.takeOver = false }
            trace.note(
                "client \(number) \(client.session?.text ?? "-") pulls \(pull.wid) commit "
                    + "\(pull.commit ?? -1) after \(pull.after ?? -1)"
                    + (pull.takeOver ? " takes over" : "") + (pull.autocommit ? " auto" : ""))
            hub.begin(pull, client: number, ticket: client.ticket, loop)
        case .commit(let index):
            trace.note("client \(number) \(client.session?.text ?? "-") commits \(index)")
            change(.commit(index, session: client.session), number, loop)
        case .release:
            trace.note("client \(number) releases")
            change(.release(session: client.session), number, loop)
        }
    }

    private func change(_ change: Warehouse.Change, _ client: Int, _ loop: Loop) {
        let call = hub.newCall()
        loop.requests[call] = .client(client, ticket: clients[client].ticket)
        loop.batch.change(clients[client].wid, change, call: call)
    }

    private func operate() {
        let wid = wids.randomElement(using: &random)!
        let loop = hub.loops.randomElement(using: &random)!
        let call = hub.newCall()
        if kinds.seeks, random.oneIn(3) {
            loop.batch.change(wid, .seek(to: random.number(0...hub.lines.head)), call: call)
        } else if kinds.pauses, random.oneIn(3) {
            loop.batch.change(wid, .takeOver, call: call)
        } else if kinds.pauses {
            loop.batch.change(wid, .pause(random.oneIn(3)), call: call)
        } else {
            return
        }
        loop.requests[call] = .nobody
    }

    private func pass() {
        let most: Int64 = kinds.haste ? 8000 : 800
        let milliseconds = random.number(0...most)
        now += UInt64(milliseconds) * 1_000_000
        wall += milliseconds
        if kinds.clockSteps, random.oneIn(10) { wall += random.number(-3_600_000...3_600_000) }
    }

    private func timeOut() {
        let number = Int(random.number(0...Int64(publishers.count - 1)))
        publishers[number].timeOut()
    }

    private func disconnect() {
        let number = Int(random.number(0...Int64(clients.count - 1)))
        guard clients[number].isWaiting else { return }
        // The hub may learn of it much later: then a waiting pull goes on waiting.
        let isSeen = random.oneIn(2)
        trace.note("client \(number) loses its connection\(isSeen ? "" : ", unseen")")
        if isSeen { hub.disconnect(client: number, ticket: clients[number].ticket) }
        clients[number].timeOut()
    }

    private func restartClient() {
        let number = Int(random.number(0...Int64(clients.count - 1)))
        hub.disconnect(client: number, ticket: clients[number].ticket)
        clients[number].start(&random)
        trace.note("client \(number) starts anew as \(clients[number].session?.text ?? "-")")
    }

    // MARK: The machine

    private func crash() {
        let keepsUnsure = random.oneIn(2)
        trace.note("CRASH, what was unsure is \(keepsUnsure ? "there" : "gone")")
        hub = nil
        trace.count("crash")
        disk.crash(keepsUnsure: keepsUnsure)
        shelf.crash(&random)
        for number in publishers.indices { publishers[number].timeOut() }
        for number in clients.indices { clients[number].timeOut() }
        pass()
        start()
    }

    private func start() {
        do throws(StoreFailure) {
            hub = try SimulatedHub(self)
        } catch {
            preconditionFailure("the hub does not start: \(error)")
        }
        let before = model.log.count
        if hub.head > Int64(before) { trace.count("unsure commit came to light") }
        model.follow(disk, head: hub.head)
        trace.check(
            kinds.lostSyncs || before == model.log.count, "messages that nobody committed")
        model.restart(hub.table.values.sorted { $0.wid < $1.wid }, mayBeNewer: kinds.lostSyncs)
        hub.started()
        if trace.violation == nil { hub.checkPlaces() }
    }

    // MARK: Answers

    private var losesAnswer: Bool { kinds.lostAnswers && random.oneIn(12) }

    func answerPublisher(_ number: Int, _ ticket: Int, _ outcome: WriteBatch.Outcome) {
        guard ticket == publishers[number].ticket, publishers[number].isWaiting else { return }
        trace.note("publisher \(number) gets \(outcome)")
        switch outcome {
        case .stored(let fresh):
            let isRetry = fresh < publishers[number].drafts.count
            trace.count(isRetry ? "publish with duplicates" : "publish")
        case .conflict: trace.count("conflict")
        case .expired:
            trace.count("id expired")
            trace.check(hub.lines.pruned > 0, "an id expired, and nothing was pruned")
        default: trace.count("publish failed")
        }
        if case .conflict = outcome {
            trace.check(
                publishers[number].expectsConflict || mayHaveForgotten(number),
                "a retry of \(number) is a conflict")
        } else if case .stored = outcome {
            trace.check(
                !publishers[number].expectsConflict || mayHaveForgotten(number),
                "a conflict of \(number) was stored")
        }
        if losesAnswer {
            publishers[number].timeOut()
        } else {
            publishers[number].answered(outcome, ticket: ticket)
        }
    }

    /// Whether an id of the publisher's request is a message's that the hub may have forgotten.
    private func mayHaveForgotten(_ number: Int) -> Bool {
        let ids = Set(publishers[number].drafts.compactMap(\.id))
        return model.log.contains { ids.contains($0.id) && isForgettable($0) }
    }

    /// An id is known as long as its message is in store or archive; after a prune those expire
    /// that are not later than what was pruned. One that was ahead of its message may be later.
    private func isForgettable(_ message: MessageCopy) -> Bool {
        message.index <= hub.lines.pruned && message.id.milliseconds > message.created
    }

    func answerClient(_ number: Int, _ ticket: Int, _ answer: Answer) {
        guard ticket == clients[number].ticket else { return }
        if case .refused(let refusal) = answer { trace.count("refused: \(refusal.code)") }
        if case .gone(let from, let oldest) = answer {
            checkGone(clients[number].wid, from, oldest)
        }
        if losesAnswer {
            clients[number].timeOut()
        } else {
            trace.note("client \(number) gets \(answer)")
            clients[number].answered(
                answer, ticket: ticket, model[clients[number].wid], trace, &random)
        }
    }

    /// A warehouse was told that messages of its line are gone: they must be. An operator then has
    /// it go on at the oldest that is left.
    private func checkGone(_ wid: UInt32, _ from: Int64, _ oldest: Int64) {
        trace.count("gone")
        let lost = model.line(wid, from: from, next: hub.lines.pruned)
        trace.check(
            !lost.isEmpty && oldest <= hub.lines.pruned + 1 && lost[0].index < oldest,
            "wid \(wid): nothing behind \(from) is gone, \(oldest) is said to be the oldest")
        let call = hub.newCall()
        hub.loops[0].requests[call] = .nobody
        hub.loops[0].batch.change(wid, .seek(to: oldest - 1), call: call)
    }

    /// Compares a page that is handed out with the line as the model has it.
    func check(_ page: Page, _ request: PullRequest, gone: Bool) {
        let wid = request.wid
        let stretch = model.line(wid, from: page.from, next: page.next)
        let due = stretch.filter { message in
            request.topics.isEmpty || message.body.isEmpty || isA(message) == true
        }
        trace.check(
            page.shown == due.map(\.index),
            "wid \(wid): (\(page.from), \(page.next)] shows \(page.shown), not \(due.map(\.index))")
        let before = Int64(model.line(wid, from: 0, next: page.from).count)
        trace.check(
            page.ordinalBefore == before && page.ordinalNext == before + Int64(stretch.count),
            "wid \(wid): ordinals \(page.ordinalBefore) to \(page.ordinalNext), due \(before)")
        trace.check(page.next >= page.shown.last ?? page.from, "wid \(wid): next is too low")
        if request.after == nil, page.seeks == model[wid].seeks {
            trace.check(
                page.from <= model[wid].committed,
                "wid \(wid): skipped from \(model[wid].committed) to \(page.from)")
        }
        if request.autocommit, page.next > page.from {
            model.giveAway(wid, from: page.from, next: page.next, seeks: page.seeks)
        }
    }

    /// Whether a message is of the topic that filters here ask for.
    private func isA(_ message: MessageCopy) -> Bool {
        topicNames[Int(message.topic)] == "A_Changed"
    }

    private var topicNames: [String] { hub.topics }

    // MARK: At rest

    /// Lets everything under way come to its end, and no time pass.
    private func settle() {
        var steps = 0
        while hub.hasWork, trace.violation == nil, steps < 100_000 {
            steps += 1
            switch random.number(0...7) {
            case 0...2: hub.writerStep()
            case 3: hub.deskStep()
            case 4: hub.archiver.step(mayBegin: false)
            default: hub.step(hub.loops.randomElement(using: &random)!)
            }
        }
        trace.check(steps < 100_000, "the hub does not come to rest")
    }

    private func rest() {
        settle()
        if trace.violation == nil { hub.checkAtRest() }
    }

    /// The trouble is over: every request is answered, every message is there once, and every
    /// warehouse can read its whole line.
    private func comeRight() {
        for round in 0..<400 where trace.violation == nil {
            if publishers.allSatisfy({ !$0.isWaiting && $0.drafts.isEmpty }), round > 40 { break }
            for number in publishers.indices where !publishers[number].isWaiting {
                if !publishers[number].drafts.isEmpty { publish() }
            }
            now += 1_000_000_000
            for loop in hub.loops { hub.step(loop) }
            settle()
        }
        trace.check(publishers.allSatisfy { $0.drafts.isEmpty }, "a publisher gets no answer")
        for loop in hub.loops {
            trace.check(loop.pulls.isEmpty, "a pull is not answered after its deadline")
        }
        checkOnce()
        for wid in wids where trace.violation == nil { consume(wid) }
    }

    private func checkOnce() {
        let log = Dictionary(grouping: model.log, by: \.body)
        for (body, messages) in log {
            trace.check(
                messages.dropLast().allSatisfy(isForgettable),
                "\(body) is there \(messages.count) times")
        }
        for body in publishers.flatMap(\.acknowledged) {
            trace.check(log[body] != nil, "\(body) was acknowledged and is not there")
        }
    }

    /// A last program takes over, and reads to the end.
    private func consume(_ wid: UInt32) {
        let loop = hub.loops[0]
        let call = hub.newCall()
        loop.requests[call] = .nobody
        loop.batch.change(wid, .pause(false), call: call)
        settle()
        if !model.line(wid, from: model[wid].committed, next: hub.lines.pruned).isEmpty {
            loop.requests[call] = .nobody
            loop.batch.change(wid, .seek(to: hub.lines.pruned), call: call)
            settle()
        }
        let last = clients.count
        clients.append(SimulatedClient(last, wid: wid, &random))
        var commit: Int64?
        for _ in 0...model.log.count where trace.violation == nil {
            var pull = PullRequest(wid: wid)
            pull.session = SessionName("last")
            pull.takeOver = true
            pull.commit = commit
            hub.begin(pull, client: last, ticket: 0, loop)
            settle()
            let row = model[wid]
            if commit == row.delivered { break }
            commit = row.delivered
        }
        trace.check(
            model[wid].committed == hub.lines.head,
            "wid \(wid) ends at \(model[wid].committed), the head is \(hub.lines.head)")
    }
}

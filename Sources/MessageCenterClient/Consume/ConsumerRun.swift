import Foundation

/// One run of a consumer, from its start to its end: what `Standing`, `LineCheck`, `MessageRun` and
/// the ledger of dead letters say, done with the hub, the folder and the handlers.
actor ConsumerRun {
    /// It was stopped in the middle of something that could not be completed.
    struct Interrupted: Error {}

    let wid: Int
    let settings: ConsumeSettings
    let handlers: Handlers
    let hooks: Hooks
    let control: ConsumerControl
    let calls: HubCalls
    let record: PositionFile
    let letters: DeadLetterFile
    var standing: Standing
    var fencedBy: String?
    var random = SystemRandomNumberGenerator()
    /// How far everything is done, dead letters included; ahead of `standing` within a batch.
    var reached: Position?
    /// Requests in a row that brought nothing.
    private var failures = 0
    /// A waiting pull keeps the lease by itself.
    private var isPulling = false
    /// The last answer had nothing in it and did not wait for it either: asked for at once, the
    /// next would come without end.
    private var isHasty = false
    private var takesOver: Bool
    private let start: StartPosition?
    private let folderLock: FolderLock
    /// Before that, no report is tried: the last one failed.
    var nextReport = ContinuousClock.now
    /// Letters whose report the hub refuses.
    var unreportable: Set<String> = []

    let handlerThread: HandlerThread
    private let worker: SerialWorker
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        worker.asUnownedSerialExecutor()
    }

    /// Opens the folder; nothing is asked of the hub yet.
    init(
        url: String, wid: Int, token: String?, settings: ConsumeSettings, handlers: Handlers,
        hooks: Hooks, control: ConsumerControl, from start: StartPosition?
    ) throws(ConsumerFailure) {
        self.wid = wid
        self.settings = settings
        self.handlers = handlers
        self.hooks = hooks
        self.control = control
        self.start = start
        takesOver = settings.takesOver
        worker = SerialWorker("message-center consumer \(wid)")
        handlerThread = HandlerThread("message-center handler \(wid)")
        let folder = settings.folder ?? "\(wid)"
        let session = Self.newSession()
        folderLock = try FolderLock(folder: folder, session: session)
        do {
            record = try PositionFile(folder + "/position")
            letters = try DeadLetterFile(folder + "/dead-letters.jsonl")
            try DiskFile.syncFolder(folder)
            calls = try HubCalls(url: url, wid: wid, token: token, session: session, settings)
        } catch let failure as FileFailure {
            throw .folder(failure.description)
        } catch {
            throw .unusable("\(error)")
        }
        standing = Standing(nil)
    }

    /// The session's name: who it is for people, and a random part. 64 visible characters at most.
    private static func newSession() -> String {
        let host = ProcessInfo.processInfo.hostName.unicodeScalars.filter {
            $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
        }
        let part = String(UInt64.random(in: .min ... .max), radix: 16)
        return "\(String(String.UnicodeScalarView(host)).prefix(24))-\(getpid())-\(part)"
    }

    // MARK: From start to end

    /// Runs until it is stopped, or cannot go on.
    func run() async throws -> ConsumerEnd {
        for flaw in letters.flaws { tell(.flaw(flaw)) }
        let lease = Task { await keepLease() }
        defer {
            lease.cancel()
            folderLock.release()
        }
        do {
            try await load()
            let end = try await consume()
            await close()
            return end
        } catch is Interrupted {
            await close()
            return ending ?? .stopped
        } catch let failure as ConsumerFailure {
            await close()
            throw failure
        }
    }

    private func load() async throws {
        var position = record.record.position
        if let keeper = settings.keeper {
            try await persistently { position = try await keeper.load() }
        }
        standing = Standing(
            position, confirmed: record.record.confirmed, acceptsHub: settings.acceptsHub,
            followsHub: settings.followsHub)
        reached = position
    }

    /// Whether it is to end, and how.
    var ending: ConsumerEnd? {
        if let fencedBy { return .fenced(by: fencedBy) }
        return control.isStopping ? .stopped : nil
    }

    private func consume() async throws -> ConsumerEnd {
        while true {
            try await carryOutOrders()
            if let ending { return ending }
            guard let (page, new) = try await nextPage() else { continue }
            try await take(page.commands)
            try await handle(page, new)
            if let ending { return ending }
            await report()
            if page.hasMore { continue }
            if settings.stopsWhenCaughtUp { return .caughtUp }
            // Before a long wait, so that what the hub knows of us is on disk here meanwhile.
            await control.interruptibly { await self.commit() }
            if settings.wait == .zero {
                try await rest(settings.interval)
            } else if isHasty {
                try await rest(.seconds(1))
            }
        }
    }

    /// Commits what is done, and lets go of the warehouse. Best effort: what is not committed comes
    /// again.
    private func close() async {
        guard fencedBy == nil else { return }
        await commit()
        _ = await calls.release()
    }

    private func commit() async {
        guard let index = standing.commit else { return }
        guard case .success = await calls.commit(index) else { return }
        standing.committed(index)
        noteConfirmed()
    }

    // MARK: Pulling

    /// The next page and those of its messages that are not done. Nil: none this time.
    private func nextPage() async throws -> (PulledPage, ArraySlice<Message>)? {
        let began = ContinuousClock.now
        let pull = nextPull()
        switch try await answer(to: pull) {
        case .success(let page):
            failures = 0
            takesOver = false
            isHasty =
                page.messages.isEmpty && !page.hasMore
                && ContinuousClock.now - began < .milliseconds(100)
            return try await take(page, committing: pull.commit)
        case .failure(.cancelled): return nil
        case .failure(.unusable(let text)): throw ConsumerFailure.unusable(text)
        case .failure(.none(let text)): try await rest(after: text)
        case .failure(.refused(let refusal)): try await take(refusal)
        }
        return nil
    }

    private func nextPull() -> HubCalls.Pull {
        HubCalls.Pull(
            limit: settings.limit,
            waitSeconds: settings.stopsWhenCaughtUp ? 0 : Int(settings.wait.seconds.rounded(.up)),
            leaseSeconds: Int(settings.lease.seconds), commit: standing.commit,
            after: standing.after, takesOver: takesOver,
            start: standing.position.map { .index($0.index) } ?? start,
            hub: standing.position.flatMap { $0.hub.isEmpty ? nil : $0.hub },
            client: settings.client(now: settings.timing.now()))
    }

    /// Pulls; meanwhile, nothing else being in hand, carries out what somebody orders.
    private func answer(
        to pull: HubCalls.Pull
    ) async throws -> Result<PulledPage, HubCalls.Failure> {
        let arrived = OneShot<Result<PulledPage, HubCalls.Failure>>()
        isPulling = true
        Task { [control, calls] in
            arrived.set(await control.interruptibly { await calls.pull(pull) })
            isPulling = false
        }
        while true {
            if let answer = await arrived.value(within: .seconds(1)) { return answer }
            try await carryOutOrders()
        }
    }

    private func take(
        _ page: PulledPage, committing: Int?
    ) async throws -> (PulledPage, ArraySlice<Message>)? {
        switch standing.answered(page, committing: committing) {
        case .again(let notice):
            tell(notice)
            return nil
        case .take(let start, let notice):
            if let notice { tell(notice) }
            guard let position = standing.position else { return nil }
            reached = position
            do throws(LineCheck.Hole) {
                let new = try LineCheck.check(page, from: start, position: position)
                let success = RequestSuccess(
                    messages: page.messages.count, hasMore: page.hasMore, lag: page.lagMessages,
                    lagSeconds: page.lagSeconds)
                for hook in hooks.requestSuccess { hook(success) }
                return (page, new)
            } catch {
                throw ConsumerFailure.messagesMissing(error.description)
            }
        }
    }

    // MARK: What goes wrong

    private func take(_ refusal: HubRefusal) async throws {
        let (isSettled, notice) = standing.refused(refusal)
        if let notice { tell(notice) }
        if isSettled { return }
        if refusal.code == "session_held", refusal.text("holder") == folderLock.formerSession,
            !takesOver
        {
            // It was here, and is gone: we have its lock.
            takesOver = true
            return
        }
        // Fenced is only who had it, though perhaps no page came of it.
        let hadIt = standing.hasBegun || refusal.code == "session_fenced"
        if refusal.code.hasPrefix("session_"), hadIt {
            fencedBy = refusal.text("holder")
            return
        }
        guard refusal.isPassing else { throw refusal.failure(at: standing.position) }
        try await rest(
            after: refusal.detail, refusal, asked: refusal.retryAfter.map { .seconds($0) })
    }

    /// Tells of a trouble, and lets time pass.
    private func rest(
        after text: String, _ refusal: HubRefusal? = nil, asked: Duration? = nil
    ) async throws {
        failures += 1
        let pause =
            asked.map { min($0, .seconds(300)) }
            ?? settings.requestPauses.pause(after: failures, using: &random)
        tell(
            RequestTrouble(
                description: text, status: refusal?.status, code: refusal?.code, pause: pause))
        try await rest(pause)
    }

    /// Lets time pass, and meanwhile carries out what somebody orders.
    private func rest(_ time: Duration) async throws {
        var left = time
        while left > .zero, ending == nil {
            let part = min(left, .seconds(1))
            await pause(part)
            left -= part
            try await carryOutOrders()
        }
    }

    /// Waits; ends early when the consumer is stopped.
    func pause(_ time: Duration) async {
        let timing = settings.timing
        await control.interruptibly { try? await timing.pause(time) }
    }

    func tell(_ notice: ConsumerNotice) {
        for hook in hooks.notice { hook(notice) }
    }

    func tell(_ trouble: RequestTrouble) {
        for hook in hooks.requestError { hook(trouble) }
    }

    // MARK: The lease

    /// Keeps the warehouse while handling takes long, by committing what is done.
    private func keepLease() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: settings.lease / 3, clock: .continuous)
            guard !Task.isCancelled, !isPulling, standing.hasBegun, fencedBy == nil else {
                continue
            }
            await renewLease()
        }
    }

    private func renewLease() async {
        var index = standing.position?.index ?? 0
        if settings.keeper == nil, let reached, reached.index > index, standing.after == nil,
            (try? letters.sync()) != nil, (try? keep(reached, isSynced: true)) != nil
        {
            index = reached.index
        }
        switch await calls.commit(index) {
        case .success: standing.committed(index)
        case .failure(.refused(let refusal)) where refusal.code.hasPrefix("session_"):
            fencedBy = refusal.text("holder")
        case .failure: break
        }
    }
}

import Foundation

/// Handling a batch.
extension ConsumerRun {
    /// How the tries of a message came out.
    enum Tried {
        case done
        case failed(error: String, tries: Int)
        /// The consumer is to end, and the message is not done.
        case unfinished
    }

    /// Handles the messages of a page, one after another, and settles them.
    func handle(_ page: PulledPage, _ new: ArraySlice<Message>) async throws {
        var summary = BatchSummary()
        summary.messages = new.count
        summary.lag = max(0, page.lagMessages - page.messages.count)
        summary.hasMore = page.hasMore
        let isWhole = try await handle(new, &summary)
        if isWhole {
            try await settle(through: page.next, ordinal: page.to)
        } else if let reached {
            try await settle(through: reached.index, ordinal: reached.ordinal ?? 0)
        }
        summary.position = standing.position ?? summary.position
        summary.openLetters = letters.ledger.openCount
        for hook in hooks.batchComplete { hook(summary) }
        await alarm(summary)
        try await checkRoom()
    }

    /// False: the consumer is to end, and what lies behind `reached` is not done.
    private func handle(
        _ new: ArraySlice<Message>, _ summary: inout BatchSummary
    ) async throws -> Bool {
        let ledger = letters.ledger
        // What came before a crash, and is a dead letter by now, is no news.
        let hub = hub
        let fresh = new.filter { !ledger.knows($0, from: hub) }
        let runs = MessageRun.runs(
            of: fresh, settings.coalescing,
            isHandled: { handlers.handler(for: $0.topic) != nil },
            standsAlone: { ledger.knowsKey(of: $0) })
        let members = runs.reduce(0) { $0 + $1.members.count }
        summary.unhandled = fresh.count - members
        for hook in hooks.batchBegin { hook(runs.map(\.message)) }
        for run in runs {
            let message = run.message
            reach(before: message)
            guard ending == nil, hasRoom else { return false }
            if letters.ledger.holds(message, from: hub) {
                try await park(run.members)
                summary.parked += run.members.count
                continue
            }
            switch try await tryOut(message, isRetrial: false) {
            case .unfinished: return false
            case .done: summary.done += 1
            case .failed(let error, let tries):
                try await bury(message, error, tries)
                summary.failed += 1
            }
            summary.coalesced += run.members.count - 1
        }
        return true
    }

    var hub: String { standing.position?.hub ?? "" }

    /// Everything before a run's first message is done: it is part of a run before, or nobody's.
    private func reach(before message: Message) {
        guard let known = reached, message.index - 1 > known.index else { return }
        reached = Position(hub: hub, index: message.index - 1, ordinal: message.ordinal - 1)
    }

    // MARK: Tries

    /// Tries a message until it is done, or as often as it may be tried; the tries that a crash has
    /// cut short count.
    func tryOut(_ message: Message, isRetrial: Bool) async throws -> Tried {
        guard let handler = handlers.handler(for: message.topic) else { return .done }
        let before = trialBefore(message, isRetrial: isRetrial)
        let since =
            before.map(\.since) ?? Int(settings.timing.now().timeIntervalSince1970 * 1000)
        var tries = before?.tries ?? 0
        var error = "the process ended while the message was tried"
        if tries > 0, tries < settings.retry.tries { await pauseTry(after: tries) }
        while tries < settings.retry.tries {
            if ending != nil { return .unfinished }
            tries += 1
            try await note(
                .init(index: message.index, id: message.id, tries: tries, since: since),
                isRetrial: isRetrial)
            let attempt = await Attempt.run(
                handler, message, timeout: settings.handlerTimeout, grace: settings.handlerGrace,
                on: handlerThread, control)
            switch attempt {
            case .done:
                try await note(nil, isRetrial: isRetrial)
                for hook in hooks.messageDone { hook(message) }
                return .done
            case .cancelled:
                try await note(
                    .init(index: message.index, id: message.id, tries: tries - 1, since: since),
                    isRetrial: isRetrial)
                return .unfinished
            case .hangs:
                throw ConsumerFailure.handlerHangs(messageID: message.id, topic: message.topic)
            case .failed(let text, let isFinal):
                error = text
                let isLast = isFinal || tries == settings.retry.tries
                let pause =
                    isLast ? nil : settings.retry.pause(after: tries, using: &random)
                let failed = FailedTry(
                    message: message, error: text, tries: tries, pause: pause)
                for hook in hooks.tryFailed { hook(failed) }
                guard let pause else { return .failed(error: error, tries: tries) }
                await self.pause(pause)
            }
        }
        return .failed(error: error, tries: tries)
    }

    /// By the first message of the run: more may have melted into it since.
    private func trialBefore(_ message: Message, isRetrial: Bool) -> PositionRecord.Trial? {
        let trial = isRetrial ? record.record.retrial : record.record.trial
        guard let trial, trial.index == message.index || trial.id == message.id else { return nil }
        return trial
    }

    private func pauseTry(after tries: Int) async {
        await pause(settings.retry.pause(after: tries, using: &random))
    }

    // MARK: Failures

    /// Makes a message a dead letter.
    private func bury(_ message: Message, _ error: String, _ tries: Int) async throws {
        var letter = letter(message, .dead, error: error, tries: tries)
        if let trial = trialBefore(message, isRetrial: false), trial.since != 0 {
            letter.firstAt = Timing.timestamp(
                of: Date(timeIntervalSince1970: Double(trial.since) / 1000))
        }
        try await append([.init(id: message.id, at: letter.lastAt, .letter(letter))])
        try await note(nil, isRetrial: false)
        for hook in hooks.messageFailed { hook(letter) }
    }

    /// Puts messages behind the dead one of their key, each by itself: what is newer by then is
    /// found out when they are retried.
    private func park(_ messages: [Message]) async throws {
        for message in messages {
            let letter = letter(message, .parked, error: nil, tries: 0)
            try await append([.init(id: message.id, at: letter.lastAt, .letter(letter))])
        }
    }

    private func letter(
        _ message: Message, _ state: DeadLetter.State, error: String?, tries: Int
    ) -> DeadLetter {
        let now = settings.timing.timestamp
        return DeadLetter(
            number: letters.ledger.lastNumber + 1, state: state, message: message, hub: hub,
            error: error, tries: tries, firstAt: now, lastAt: now)
    }

    private func alarm(_ summary: BatchSummary) async {
        guard summary.failed > 0 else { return }
        let last = letters.ledger.open.last { $0.state == .dead }
        await sound(
            Alarm.Cause(
                wid: wid, failures: summary.failed, parked: summary.parked,
                open: summary.openLetters, message: last?.message, error: last?.error ?? ""))
    }

    private var hasRoom: Bool {
        letters.ledger.openCount <= settings.mostOpenLetters
            && letters.ledger.openBytes <= settings.mostOpenLetterBytes
    }

    /// Stops, with an alarm, where more has failed than there may be.
    private func checkRoom() async throws {
        guard !hasRoom else { return }
        let count = letters.ledger.openCount
        let failure = ConsumerFailure.tooManyOpenLetters(
            count: count, bytes: letters.ledger.openBytes)
        await sound(Alarm.Cause(wid: wid, open: count, error: failure.description))
        throw failure
    }
}

/// Dead letters: what somebody orders, and what the hub is told.
extension ConsumerRun {
    /// Carries out everything that was ordered and may be done now; called between batches only, so
    /// that messages stay one after another.
    func carryOutOrders() async throws {
        try await persistently { _ = try letters.look() }
        while ending == nil {
            let dropped = letters.ledger.toDrop
            let lines = letters.ledger.toRetry.filter(isDue)
            if dropped.isEmpty, lines.isEmpty { break }
            let now = settings.timing.timestamp
            try await append(
                dropped.map { .init(id: $0.message.id, at: now, .settled(.dropped)) })
            for line in lines { try await retryAll(line) }
            await report()
        }
        try await persistently { try letters.sync() }
    }

    /// Retries a line until nobody wants any more of it retried.
    private func retryAll(_ line: [DeadLetter]) async throws {
        var line = letters.ledger.line(of: line[0].message)
        while ending == nil, DeadLetterLedger.isToRetry(line), isDue(line) {
            try await retry(line)
            if letters.ledger.unreportedCount >= HubCalls.mostReported || isReportDue {
                await report()
            }
            line = letters.ledger.line(of: line[0].message)
        }
    }

    /// Not before the position has passed the whole of it: what comes again after a crash would
    /// otherwise be handled after what is newer.
    private func isDue(_ line: [DeadLetter]) -> Bool {
        guard let position = standing.position else { return false }
        return line.allSatisfy {
            $0.hub != position.hub || $0.message.lastIndex <= position.index
        }
    }

    /// Tries the oldest of a line, melted with those that overtake it.
    private func retry(_ line: [DeadLetter]) async throws {
        guard let run = MessageRun.runs(of: line.map(\.message), .perKey).first else { return }
        let message = run.message
        let tried = try await tryOut(message, isRetrial: true)
        let now = settings.timing.timestamp
        var entries = run.members.dropLast().map { member in
            DeadLetterEntry(id: member.id, at: now, .settled(.superseded))
        }
        switch tried {
        case .unfinished: return
        case .done: entries.append(.init(id: message.id, at: now, .settled(.done)))
        case .failed(let error, let tries):
            let before = letters.ledger[message.id]?.tries ?? 0
            entries.append(
                .init(
                    id: message.id, at: now,
                    .failed(
                        error: error, tries: before + tries, coalesced: message.coalesced,
                        isCreatedInRun: message.isCreatedInRun)))
        }
        try await append(entries)
        try await note(nil, isRetrial: true)
        if case .failed = tried, let letter = letters.ledger[message.id] {
            for hook in hooks.messageFailed { hook(letter) }
            await sound(
                Alarm.Cause(
                    wid: wid, failures: 1, open: letters.ledger.openCount, message: message,
                    error: letter.error ?? ""))
        }
    }

    // MARK: The hub

    /// Takes what an operator orders at the hub; one answer has a hundred orders at most.
    func take(_ commands: [PulledPage.Command]) async throws {
        for command in commands.prefix(HubCalls.mostReported) {
            guard let order = DeadLetter.Order(rawValue: command.action),
                JSONScanner.isName(command.message)
            else { continue }
            if letters.ledger[command.message] == nil { try await recover(command, order) }
            let letter = letters.ledger[command.message]
            if let letter, letter.state.isOpen, letter.order != order {
                try await append([
                    .init(
                        id: command.message, at: settings.timing.timestamp, .ordered(order))
                ])
            }
            // The outcome has not come through.
            if let letter, !letter.state.isOpen { letters.noteUnreported(command.message) }
        }
        if !commands.isEmpty { try await carryOutOrders() }
    }

    /// Fetches a letter that is not here, because the file was lost, out of the hub's copy. Where
    /// that fails for the time being, the command comes again with the next pull; where there is no
    /// copy, or nobody wants it, the hub is told that it is dropped.
    private func recover(_ command: PulledPage.Command, _ order: DeadLetter.Order) async throws {
        var copy: DeadLetter?
        if order == .retry {
            switch await calls.letter(command.number) {
            case .success(let letter): copy = letter
            case .failure(.refused(let refusal)) where !refusal.isPassing: break
            case .failure: return
            }
        }
        guard var letter = copy, letter.message.id == command.message else {
            let message = Message(id: command.message, index: 1, topic: "Unknown", body: [])
            let now = settings.timing.timestamp
            let gone = DeadLetter(
                number: 0, state: .dropped, message: message, hub: hub, tries: 0, firstAt: now,
                lastAt: now)
            _ = await calls.report([HubCalls.report(gone)])
            return
        }
        letter.number = letters.ledger.lastNumber + 1
        letter.hub = hub
        try await append([
            .init(id: command.message, at: settings.timing.timestamp, .letter(letter))
        ])
    }

    /// Whether the hub waits for news for a second or more.
    private var isReportDue: Bool {
        ContinuousClock.now >= max(nextReport, lastReport + .seconds(1))
    }

    /// Tells the hub of every letter it does not know as it is now, many in one request. Best
    /// effort: what fails holds consumption up for one request, and comes at a later occasion.
    func report() async {
        guard letters.ledger.unreportedCount > 0, ContinuousClock.now >= nextReport,
            (try? letters.sync()) != nil
        else { return }
        defer { lastReport = .now }
        let news = letters.ledger.toReport.filter { !unreportable.contains($0.message.id) }
        // Ends first, and by themselves: a hub whose disk is nearly full takes them all the same.
        for part in [news.filter { !$0.state.isOpen }, news.filter(\.state.isOpen)] {
            var rest = part[...]
            while !rest.isEmpty {
                let (batch, bytes) = firstReports(of: rest)
                rest = rest.dropFirst(batch.count)
                guard await report(batch, bytes) else {
                    nextReport = .now + .seconds(10)
                    return
                }
            }
        }
    }

    private func firstReports(
        of letters: ArraySlice<DeadLetter>
    ) -> (ArraySlice<DeadLetter>, [[UInt8]]) {
        var (reports, bytes) = ([[UInt8]](), 2)
        for letter in letters.prefix(HubCalls.mostReported) {
            let report = HubCalls.report(letter)
            bytes += report.count + 1
            if bytes > HubCalls.mostReportedBytes, !reports.isEmpty { break }
            reports.append(report)
        }
        return (letters.prefix(reports.count), reports)
    }

    /// Reports letters in one request; where the hub refuses that for what one of them says, each
    /// half by itself. False: time may mend it.
    private func report(_ letters: ArraySlice<DeadLetter>, _ reports: [[UInt8]]) async -> Bool {
        switch await calls.report(reports) {
        case .success(let taken):
            noteReported(zip(letters, taken).filter(\.1).map(\.0))
            return !taken.contains(false)
        case .failure(.refused(let refusal)) where !refusal.isPassing:
            // `not_found` is what a hub says that takes only one at a time.
            guard reports.count > 1,
                [400, 413, 422].contains(refusal.status) || refusal.code == "not_found"
            else {
                unreportable.formUnion(letters.map(\.message.id))
                tell(.unreported("\(refusal.status) \(refusal.code): \(refusal.detail)"))
                return true
            }
            let half = reports.count / 2
            guard await report(letters.prefix(half), Array(reports.prefix(half))) else {
                return false
            }
            return await report(letters.dropFirst(half), Array(reports.dropFirst(half)))
        case .failure: return false
        }
    }

    private func noteReported(_ told: [DeadLetter]) {
        // Some may have changed while the hub was told.
        let same = told.filter { letters.ledger[$0.message.id] == $0 }
        for letter in same where letter.state.isOpen { letters.noteReported(letter.message.id) }
        let now = settings.timing.timestamp
        // Where these lines cannot be written, the hub is told once more.
        try? letters.append(
            same.filter { !$0.state.isOpen }.map { .init(id: $0.message.id, at: now, .reported) })
    }
}

/// Dead letters: what somebody orders, and what the hub is told.
extension ConsumerRun {
    /// Carries out everything that was ordered and may be done now; called between batches only, so
    /// that messages stay one after another.
    func carryOutOrders() async throws {
        try await persistently { _ = try letters.look() }
        while ending == nil {
            if let letter = letters.ledger.toDrop.first {
                try await settle(letter.message.id, .dropped)
            } else if let line = letters.ledger.toRetry.first(where: isDue) {
                try await retry(line)
            } else {
                break
            }
        }
        try await persistently { try letters.sync() }
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
        await report()
        if case .failed = tried, let letter = letters.ledger[message.id] {
            for hook in hooks.messageFailed { hook(letter) }
            await sound(
                Alarm.Cause(
                    wid: wid, failures: 1, open: letters.ledger.openCount, message: message,
                    error: letter.error ?? ""))
        }
    }

    private func settle(_ id: String, _ state: DeadLetter.State) async throws {
        try await append([.init(id: id, at: settings.timing.timestamp, .settled(state))])
        await report()
    }

    // MARK: The hub

    /// Takes what an operator orders at the hub.
    func take(_ commands: [PulledPage.Command]) async throws {
        for command in commands {
            guard let order = DeadLetter.Order(rawValue: command.action) else { continue }
            if letters.ledger[command.message] == nil { try await recover(command) }
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
    /// that fails, the command comes again with the next pull.
    private func recover(_ command: PulledPage.Command) async throws {
        guard case .success(var letter) = await calls.letter(command.number),
            letter.message.id == command.message
        else { return }
        letter.number = letters.ledger.lastNumber + 1
        letter.hub = hub
        try await append([
            .init(id: command.message, at: settings.timing.timestamp, .letter(letter))
        ])
    }

    /// Tells the hub of every letter it does not know as it is now. Best effort: it never holds
    /// consumption up for longer than one request takes, and goes on at the next occasion.
    func report() async {
        guard ContinuousClock.now >= nextReport else { return }
        guard (try? letters.sync()) != nil else { return }
        for letter in letters.ledger.toReport where !unreportable.contains(letter.message.id) {
            switch await calls.report(letter) {
            case .success: noteReported(letter)
            case .failure(.refused(let refusal)) where !refusal.isPassing:
                unreportable.insert(letter.message.id)
                tell(.unreported("\(refusal.status) \(refusal.code): \(refusal.detail)"))
            case .failure:
                nextReport = .now + .seconds(10)
                return
            }
        }
    }

    private func noteReported(_ letter: DeadLetter) {
        let id = letter.message.id
        // It may have changed while the hub was told.
        guard letters.ledger[id] == letter else { return }
        guard !letter.state.isOpen else { return letters.noteReported(id) }
        // Where this line cannot be written, the hub is told once more.
        try? letters.append([.init(id: id, at: settings.timing.timestamp, .reported)])
    }
}

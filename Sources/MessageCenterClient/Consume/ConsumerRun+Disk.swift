/// What has to be on disk before the hub is told that something is done.
extension ConsumerRun {
    /// Does something that must succeed before anything else may happen: again and again, with
    /// pauses, until it does or the consumer is stopped.
    ///
    /// - Throws: `Interrupted` when it is stopped first; a `ConsumerFailure` where time mends
    ///   nothing.
    func persistently(_ step: () async throws -> Void) async throws {
        var failures = 0
        while true {
            do {
                return try await step()
            } catch let failure as FileFailure where failure.action == "synced" {
                // Not again: Linux tells of a lost page once, and would then claim success.
                throw ConsumerFailure.folder(failure.description)
            } catch {
                failures += 1
                let pause = settings.requestPauses.pause(after: failures, using: &random)
                tell(
                    RequestTrouble(
                        description: "\(error)", status: nil, code: nil, pause: pause))
                if failures == 1 {
                    await sound(Alarm.Cause(wid: wid, error: "\(error)"))
                }
                await self.pause(pause)
                if ending != nil { throw Interrupted() }
            }
        }
    }

    /// Writes the position record; with the position itself only where nobody else keeps it.
    func keep(_ position: Position?, isSynced: Bool) throws(FileFailure) {
        var new = record.record
        if settings.keeper == nil { new.position = position }
        new.confirmed = standing.confirmed
        new.seeks = standing.seeks
        try record.write(new, isSynced: isSynced)
    }

    /// Puts on disk that an operator has moved the warehouse: the position before it is known there
    /// that he did, or a crash in between would make a lost commit of it.
    func keepMove() async throws {
        reached = standing.position
        guard let position = standing.position else { return }
        if let keeper = settings.keeper {
            try await persistently { try await keeper.save(position) }
        }
        try await persistently { try keep(position, isSynced: true) }
    }

    /// Notes what the hub has as committed. Where it cannot be written, the next start asks again.
    func noteConfirmed() {
        var new = record.record
        new.confirmed = standing.confirmed
        try? record.write(new, isSynced: false)
    }

    /// Notes a try before it begins, or that there is none any more.
    ///
    /// Not synced: it has to outlive this process, not the machine. What it says of the position
    /// must not be ahead of the dead letters on disk all the same.
    func note(_ trial: PositionRecord.Trial?, isRetrial: Bool) async throws {
        try await persistently {
            try letters.sync()
            var new = record.record
            if isRetrial { new.retrial = trial } else { new.trial = trial }
            if settings.keeper == nil { new.position = reached ?? new.position }
            try record.write(new, isSynced: false)
        }
    }

    /// Puts on disk that everything is done up to there.
    func settle(through index: Int, ordinal: Int) async throws {
        try await persistently { try letters.sync() }
        standing.done(through: index, ordinal: ordinal)
        reached = standing.position
        guard let position = standing.position else { return }
        if let keeper = settings.keeper {
            try await persistently { try await keeper.save(position) }
        }
        try await persistently { try keep(position, isSynced: true) }
    }

    /// Appends to the dead letters.
    func append(_ entries: [DeadLetterEntry]) async throws {
        try await persistently { try letters.append(entries) }
    }

    /// Leaves out of the dead-letter file what has come to its end, where that is most of it. The
    /// consumer can go on without.
    func shortenLetters() {
        do {
            try letters.shorten(at: settings.timing.timestamp)
        } catch {
            tell(.notShortened("\(error)"))
        }
    }

    /// Sounds the alarm; what does not sound is told.
    func sound(_ cause: Alarm.Cause) async {
        for outcome in await settings.alarm.sound(cause) where !outcome.isGood {
            tell(.silentAlarm(outcome.description))
        }
    }
}

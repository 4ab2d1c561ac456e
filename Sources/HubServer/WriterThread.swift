import Hub
import HubSQLite
import Platform
import SQLite

/// The one thread that writes: group commit without a timer.
///
/// While it is inside COMMIT, the loops' batches gather in its mailbox; the next transaction takes
/// all of them. An idle hub syncs one message at once; a busy one hundreds at a time.
final class WriterThread {
    private let hub: HubState
    private var writer: Writer<SQLiteStore>
    private let connection: Database
    private var mail: [WriterMail] = []
    private var singles: [WriteBatch] = []
    private var large = Queue<WriteBatch>()
    private var orders: [WriterMail] = []
    private var trimming = TrimPace()
    private var cannotTrim = false
    private var restartsLog = false
    private var keepsSamples = false
    private var cannotKeep = false
    private var cannotCarry = false
    private var isHurried = false
    private var pace = FlushPace()
    private var touched: [UInt32] = []

    /// After a commit of more than one message the writer leaves this gap, in which the next ones
    /// gather: half the processor time, and a better p99, for a pause that nobody notices.
    private static let gapMicroseconds: UInt32 = 200
    private static let hurriedMilliseconds: Int32 = 200

    init(hub: HubState, store: SQLiteStore, state: StoreState) {
        self.hub = hub
        connection = store.connection
        writer = Writer(store: store, state: state, lines: hub.lines)
        hub.metrics.noteLists(bytes: hub.lines.bytes)
        hub.metrics.archive.note(garbage: writer.garbage)
    }

    /// Runs until the mailbox is closed and empty; then everything is on disk.
    func run() {
        while true {
            let isLast = hub.writer.isClosed
            hurry()
            if !isLast, large.isEmpty { hub.writer.wait(milliseconds: patience) }
            hub.writer.drain(into: &mail)
            sort()
            if mail.isEmpty, large.isEmpty, isLast { break }
            if !singles.isEmpty || isFlushDue { write(singles) }
            // One, and then those who came meanwhile: nobody waits behind several of them.
            if let batch = large.popFirst() { write([batch]) }
            for order in orders { answer(order) }
            if !isLast { trim() }
            if restartsLog { restartLog() }
            if keepsSamples { keepSamples() }
        }
        write([], flushingAll: true)
    }

    /// A hub that stops has no time to wait for another program's lock.
    private func hurry() {
        guard !isHurried, hub.condition.isToStop else { return }
        isHurried = true
        connection.setBusyTimeout(milliseconds: Self.hurriedMilliseconds)
    }

    /// Large batches come after the waiting singles, each in a transaction of its own.
    private func sort() {
        singles.removeAll(keepingCapacity: true)
        orders.removeAll(keepingCapacity: true)
        for item in mail {
            switch item {
            case .batch(let batch) where batch.isLarge: large.append(batch)
            case .batch(let batch): singles.append(batch)
            case .restartLog: restartsLog = true
            case .beat: hub.beats.writer.answer()
            case .keepSamples: keepsSamples = true
            case .archive, .prune, .probe, .carry: orders.append(item)
            }
        }
    }

    /// Milliseconds to wait for mail before something else is to be done.
    private var patience: Int32 {
        let now = MonotonicClock.now()
        if trimming.isDue(now) { return 0 }
        return pace.isDue(now) || trimming.isPending ? 1 : 1000
    }

    private var isFlushDue: Bool { pace.isDue(MonotonicClock.now()) }

    /// One transaction, and its news to everybody.
    private func write(_ batches: [WriteBatch], flushingAll: Bool = false) {
        let now = MonotonicClock.now()
        var flush: [Warehouse] = []
        if flushingAll || pace.isDue(now) {
            flush = hub.warehouses.takeDirty(atMost: flushingAll ? .max : FlushPace.rows)
            pace.took(rows: flush.count, now)
        }
        guard !batches.isEmpty || !flush.isEmpty else {
            // Nobody publishes to a hub that is not ready: it has to find out by itself.
            if hub.condition.hasFailed { note(writer.probe()) }
            return
        }
        let outcome = writer.write(
            batches, flush: flush, wall: hub.clock.nowMilliseconds(), now: now,
            registered: hub.warehouses.count, lookup: { self.hub.warehouses[$0] })
        KillPoint.pass("writer.committed")
        note(outcome.failure)
        if outcome.failure != nil {
            hub.warehouses.noteUnsaved(flush)
            pace.failed(now)
        }
        tell(outcome, batches)
        hub.metrics.noteCommit(
            messages: outcome.stored, nanoseconds: MonotonicClock.now() - now,
            failed: outcome.failure != nil)
        hub.metrics.noteLists(bytes: hub.lines.bytes)
        if outcome.stored > 1 { leaveGap() }
    }

    /// Lets the next messages gather. Deleting a slice of garbage takes about as long, and so costs
    /// publishers nothing where there is a gap.
    private func leaveGap() {
        let begun = MonotonicClock.now()
        if !hub.writer.isClosed { trim() }
        let microseconds = UInt32(clamping: (MonotonicClock.now() - begun) / 1000)
        guard microseconds < Self.gapMicroseconds else { return }
        OSThread.pause(microseconds: Self.gapMicroseconds - microseconds)
    }

    /// Shows readers what was stored, in the order that lets them trust what they see: topics
    /// before messages, messages before the answers that tell of them.
    private func tell(_ outcome: Writer<SQLiteStore>.Outcome, _ batches: [WriteBatch]) {
        touched.removeAll(keepingCapacity: true)
        var changed: [UInt32] = []
        if outcome.failure == nil {
            hub.topics.update(count: writer.topicCount, touched: outcome.topics) {
                writer.topic($0)
            }
            changed = hub.warehouses.install(
                outcome.warehouses, ordinal: { self.hub.lines.line(of: $0).ordinal(through: $1) })
            writer.publish { touched.append($0) }
        }
        for batch in batches { _ = hub.loops[batch.loop].post(.written(batch)) }
        hub.tellNews(touched)
        hub.tellChanges(changed)
    }

    private func note(_ failure: StoreFailure?) {
        guard hub.condition.note(failure) else { return }
        switch failure {
        case nil:
            hub.log.info("the store takes messages again")
        case .full:
            hub.log.error(
                "the disk is full: publishes are refused with 507; make room on "
                    + hub.configuration.data
            )
        case .busy:
            hub.log.error(
                "another program holds \(hub.databasePath): publishes are refused with 503; end it")
        case .damaged(let detail), .disk(let detail), .other(let detail):
            hub.log.error("the store failed, nothing of the transaction remains: \(detail)")
        }
    }

    // MARK: The archive

    /// Does what the archiver asks for, and tells it.
    private func answer(_ order: WriterMail) {
        let failure: StoreFailure?
        switch order {
        case .carry(let deeds): return carry(deeds)
        case .archive(let frame): failure = writer.archive(frame)
        case .prune(let index, let time, let deed):
            let now = hub.clock.nowMilliseconds()
            failure = writer.prune(
                through: index, time: time, deed: deed.map { ($0, at: now) })
        case .probe: failure = writer.probe()
        case .batch, .restartLog, .keepSamples, .beat: return
        }
        if failure == nil {
            KillPoint.pass("move.committed")
            trimming.moved(MonotonicClock.now())
            hub.metrics.noteOtherCommit()
            hub.metrics.archive.note(garbage: writer.garbage)
            hub.metrics.noteLists(bytes: hub.lines.bytes)
        }
        _ = hub.archiver.post(.done(failure))
    }

    /// Keeps deeds of the command line; what fails the watch hands over again.
    private func carry(_ deeds: CarriedDeeds) {
        let failure = writer.carry(deeds)
        if let failure {
            if !cannotCarry {
                hub.log.error("deeds of the command line cannot be kept in the audit: \(failure)")
            }
        } else {
            KillPoint.pass("deeds.carried")
            hub.metrics.noteOtherCommit()
        }
        cannotCarry = failure != nil
        hub.isCarrying = false
    }

    /// Deletes a slice of what lies below the border, if it is time.
    private func trim() {
        guard trimming.isDue(MonotonicClock.now()) else { return }
        let (rows, failure) = writer.trim()
        let now = MonotonicClock.now()
        if let failure {
            trimming.failed(now)
            if !cannotTrim {
                hub.log.error(
                    "archived messages cannot be deleted from the store, which grows: \(failure)")
            }
        } else {
            trimming.trimmed(rows: rows, isLeft: writer.garbage > 0, now)
            hub.metrics.noteOtherCommit()
            hub.metrics.archive.note(garbage: writer.garbage)
            if rows > 0 { KillPoint.pass("trim.done") }
        }
        cannotTrim = failure != nil
    }

    /// Keeps the samples that are not on disk yet: what fails is tried again with the next ones.
    private func keepSamples() {
        keepsSamples = false
        let samples = hub.samples.pending
        guard let last = samples.last else { return }
        let perSum = hub.configuration.sampling.perFlush
        let sums = stride(from: 0, to: samples.count, by: perSum).compactMap {
            Sample.sum(samples[$0..<min($0 + perSum, samples.count)])
        }
        let failure = writer.keep(samples, sums: sums)
        if let failure {
            if !cannotKeep {
                hub.log.error("the figures for the charts cannot be kept: \(failure)")
            }
        } else {
            hub.samples.kept(through: last)
            hub.metrics.noteOtherCommit()
            // Nothing may move to the archive for long; history is bounded all the same.
            writer.letGo(historyBefore: (last.at - hub.configuration.retention.historyKept) / 1000)
            trimming.moved(MonotonicClock.now())
        }
        cannotKeep = failure != nil
    }

    /// Lets the WAL begin anew once everything in it is in the database; if a reader is in the
    /// way, the checkpointer asks again.
    private func restartLog() {
        restartsLog = false
        connection.setBusyTimeout(milliseconds: 2)
        defer { connection.setBusyTimeout(milliseconds: hub.configuration.busyMilliseconds) }
        do throws(SQLiteError) {
            _ = try connection.checkpoint(.restart)
        } catch {
            guard error.code.primary != .busy else { return }
            hub.log.error("the write-ahead log cannot be restarted: \(error)")
        }
    }
}

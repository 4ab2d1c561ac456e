import Hub
import HubSQLite
import Platform

/// The thread that looks at the hub as a whole, again and again: takes the samples that the charts
/// are made of, and keeps how the lag of each warehouse went.
final class Pulse {
    private let hub: HubState
    private let reader: SQLiteReader
    private let look: FleetLook
    private var before: Tally
    private var samplesTaken = 0
    private var storeBytes: Int64 = 0
    private var nextSample: UInt64
    private var nextTrend: UInt64
    private let step: UInt64

    private static let trendStep: UInt64 = 60_000_000_000

    init(hub: HubState, reader: SQLiteReader) {
        self.hub = hub
        self.reader = reader
        look = FleetLook(
            hub: hub, reader: reader, epoch: hub.epochs.readers[hub.configuration.loops + 3])
        step = Deadlines.milliseconds(Int(hub.configuration.sampling.step))
        before = Tally(start: hub.started)
        nextSample = hub.started + step
        nextTrend = hub.started + min(step, Self.trendStep)
    }

    /// Runs until the mailbox is closed.
    func run() {
        while !hub.pulse.isClosed {
            hub.pulse.wait(milliseconds: patience)
            tick(MonotonicClock.now())
        }
        // What was done since the last sample belongs to the charts too.
        sample(look.all { _ in }, MonotonicClock.now())
        _ = hub.writer.post(.keepSamples)
    }

    private var patience: Int32 {
        let now = MonotonicClock.now()
        let next = min(nextSample, nextTrend)
        return next > now ? Int32(clamping: (next - now) / 1_000_000 + 1) : 0
    }

    private func tick(_ now: UInt64) {
        let notesTrends = now >= nextTrend
        guard notesTrends || now >= nextSample else { return }
        let totals = look.all { sight in
            if notesTrends { hub.trends.note(sight.lag.messages, of: sight.warehouse.wid) }
        }
        if notesTrends { nextTrend = now + Self.trendStep }
        guard now >= nextSample else { return }
        nextSample = max(nextSample + step, now)
        sample(totals, now)
        samplesTaken += 1
        if samplesTaken % hub.configuration.sampling.perFlush == 0 {
            _ = hub.writer.post(.keepSamples)
        }
    }

    private func sample(_ totals: FleetLook.Totals, _ now: UInt64) {
        let tally = Tally(hub.metrics, committed: totals.done, now: now)
        var sample = Sample(
            at: hub.clock.nowMilliseconds(), span: tally.milliseconds(since: before))
        guard sample.span > 0 else { return }
        sample.published = tally.published - before.published
        sample.handedOut = tally.handedOut - before.handedOut
        sample.committed = tally.committed - before.committed
        sample.lagMessages = totals.lagMessages
        sample.lagSeconds = totals.lagSeconds
        sample.head = hub.lines.head
        // A store that cannot be read has others to tell of it.
        storeBytes = (try? reader.bytesInUse()) ?? storeBytes
        sample.storeBytes = storeBytes
        sample.archiveBytes = hub.metrics.archive.totalBytes
        sample.freeBytes = hub.metrics.archive.leastFree
        hub.samples.note(sample)
        before = tally
    }
}

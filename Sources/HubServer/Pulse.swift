import Hub
import HubSQLite
import Platform
import Wire

/// The thread that looks at the hub as a whole, again and again: takes the samples that the charts
/// are made of, keeps how the lag of each warehouse went, and tells those who follow what changes.
final class Pulse {
    private let hub: HubState
    private let reader: SQLiteReader
    private let look: FleetLook
    private let step: UInt64
    private let newsStep: UInt64

    private var nextSample: UInt64
    private var nextTrend: UInt64
    private var nextNews: UInt64 = 0
    private var lastNews: UInt64 = 0
    /// What had been done when the last sample was taken, and at the last round of news.
    private var sampled: Tally
    private var told: Tally
    private var samplesTaken = 0
    private var storeBytes: Int64 = 0
    private var news = FleetNews()
    private var mail: [Follower] = []
    private var newcomers: [Follower] = []

    private static let trendStep: UInt64 = 60_000_000_000
    /// A round of news takes this share of the time at most: with very many warehouses it comes
    /// less often than once a second.
    private static let share: UInt64 = 4
    /// Somebody who begins to follow has the next round come earlier, but not by more.
    private static let hurry: UInt64 = 4

    init(hub: HubState, reader: SQLiteReader) {
        self.hub = hub
        self.reader = reader
        look = FleetLook(
            hub: hub, reader: reader, epoch: hub.epochs.readers[hub.configuration.loops + 3])
        step = Deadlines.milliseconds(Int(hub.configuration.sampling.step))
        newsStep = Deadlines.milliseconds(Int(hub.configuration.sampling.news))
        sampled = Tally(start: hub.started)
        told = sampled
        nextSample = hub.started + step
        nextTrend = hub.started + min(step, Self.trendStep)
    }

    /// Runs until the mailbox is closed.
    func run() {
        while !hub.pulse.isClosed {
            hub.pulse.wait(milliseconds: patience)
            hub.pulse.drain(into: &mail)
            newcomers += mail
            tick(MonotonicClock.now())
        }
        // What was done since the last sample belongs to the charts too.
        sample(look.all { _ in }, MonotonicClock.now())
        _ = hub.writer.post(.keepSamples)
    }

    private var patience: Int32 {
        let now = MonotonicClock.now()
        let next = min(nextSample, nextTrend, newsDue)
        return next > now ? Int32(clamping: (next - now) / 1_000_000 + 1) : 0
    }

    /// When the next round of news is due; `.max`: nobody follows.
    private var newsDue: UInt64 {
        guard hub.followers.count > 0 else { return .max }
        return newcomers.isEmpty ? nextNews : min(nextNews, lastNews + newsStep / Self.hurry)
    }

    private func tick(_ now: UInt64) {
        let (notesTrends, tells) = (now >= nextTrend, now >= newsDue)
        if hub.followers.count == 0 {
            news.forget()
            newcomers.removeAll()
        }
        guard notesTrends || tells || now >= nextSample else { return }
        if tells { news.begin(newcomers, now: now) }
        let totals = look.all { sight in
            let wid = sight.warehouse.wid
            if notesTrends { hub.trends.note(sight.lag.messages, of: wid) }
            if tells { news.note(sight, trend: hub.trends[wid]) }
        }
        hub.fleet.withLock { $0 = totals }
        if notesTrends { nextTrend = now + Self.trendStep }
        if tells || now >= nextSample {
            // A store that cannot be read has others to tell of it.
            storeBytes = (try? reader.bytesInUse()) ?? storeBytes
        }
        if tells { tell(totals, now) }
        if now >= nextSample {
            nextSample = max(nextSample + step, now)
            sample(totals, now)
            keepNow()
        }
    }

    // MARK: Samples

    private func sample(_ totals: FleetLook.Totals, _ now: UInt64) {
        let tally = Tally(hub.metrics, committed: totals.done, now: now)
        var sample = sample(tally, since: sampled)
        guard sample.span > 0 else { return }
        sample.note(totals)
        hub.samples.note(sample)
        sampled = tally
    }

    /// What was done since `earlier`, and how the hub is now.
    private func sample(_ tally: Tally, since earlier: Tally) -> Sample {
        var sample = Sample(
            at: hub.clock.nowMilliseconds(), span: tally.milliseconds(since: earlier))
        sample.published = tally.published - earlier.published
        sample.handedOut = tally.handedOut - earlier.handedOut
        sample.committed = tally.committed - earlier.committed
        sample.head = hub.lines.head
        sample.storeBytes = storeBytes
        sample.archiveBytes = hub.metrics.archive.totalBytes
        sample.freeBytes = hub.metrics.archive.leastFree
        return sample
    }

    /// Has the writer keep the samples, each few.
    private func keepNow() {
        samplesTaken += 1
        guard samplesTaken % hub.configuration.sampling.perFlush == 0 else { return }
        _ = hub.writer.post(.keepSamples)
    }

    // MARK: News

    private func tell(_ totals: FleetLook.Totals, _ now: UInt64) {
        let tally = Tally(hub.metrics, committed: totals.done, now: now)
        // After a while in which nobody followed, what was done since then says little.
        var sample = sample(tally, since: told.now > sampled.now ? told : sampled)
        sample.note(totals)
        told = tally
        let news = news.end(
            at: sample.at, head: sample.head,
            traffic: sample.json(with: totals, letters: hub.warehouses.letters.dead))
        for (number, loop) in hub.loops.enumerated() where hub.followers.areOn(number) {
            _ = loop.post(.news(news))
        }
        newcomers.removeAll()
        lastNews = now
        nextNews = now + max(newsStep, (MonotonicClock.now() - now) * Self.share)
    }
}

extension Sample {
    fileprivate mutating func note(_ totals: FleetLook.Totals) {
        lagMessages = totals.lagMessages
        lagSeconds = totals.lagSeconds
    }

    /// As an event tells it.
    fileprivate func json(with totals: FleetLook.Totals, letters: Int) -> JSONValue {
        var object = figures
        let states = WarehouseSight.states.map { state in
            JSONValue.Member(state, .number(String(totals.states[state] ?? 0)))
        }
        object.append(.init("warehouses", .object(states)))
        object.append(.init("deadLetters", .number(String(letters))))
        return .object(object)
    }

    /// What a chart shows of it.
    var figures: [JSONValue.Member] {
        func rate(_ count: Int64) -> JSONValue {
            let rate = span > 0 ? Double(count) * 1000 / Double(span) : 0
            return .number(String((rate * 100).rounded() / 100))
        }
        func number(_ value: Int64) -> JSONValue { .number(String(value)) }
        return [
            .init("at", .time(at)), .init("head", number(head)),
            .init("publishRate", rate(published)), .init("pullRate", rate(handedOut)),
            .init("commitRate", rate(committed)), .init("lagMessages", number(lagMessages)),
            .init("lagSeconds", number(lagSeconds)), .init("storeBytes", number(storeBytes)),
            .init("archiveBytes", number(archiveBytes)), .init("freeBytes", number(freeBytes)),
        ]
    }
}

import Hub
import HubSQLite
import Platform
import TLS
import Synchronization

/// What all threads of one hub share; all else belongs to one of them.
final class HubState: Sendable {
    let configuration: Configuration
    let log: Log
    let clock: WallClock
    /// The hub's identity, given with every page.
    let hub: String
    let ids: HubIDs
    /// The hubs that this one was restored from.
    private let forks: [Fork]
    let lines: Lines
    /// Those who read the lines: the loops by their numbers, then the admin reader, the archive's
    /// desk, the watch and the pulse.
    let epochs: ReaderEpochs
    let warehouses: WarehouseTable
    let topics: SharedTopics
    let authority: Replaceable<Authority>
    /// What connections are secured with; nil: they are in the clear.
    let tls: Replaceable<TLSContext>?
    let certified = CertifiedWarehouses()
    let sessions = Sessions()
    let callers: Callers
    private let carrying = Atomic(false)
    let metrics: Metrics
    /// What the pulse has found out.
    let samples = SampleLog()
    let trends = Trends()
    /// What all warehouses came to at the pulse's last look; nil: it has not looked yet.
    let fleet = Locked<FleetLook.Totals?>(nil)
    let followers: Followers
    let condition = Condition()
    let beats: Beats
    /// A loop has memory to give back to the system.
    let hasEbbed = Atomic(false)
    /// Monotonic nanoseconds of the start.
    let started: UInt64
    /// The same by the wall clock, milliseconds since 1970, as it was then.
    let startedAt: Int64

    // Where each thread takes its mail.
    let loops: [Mailbox<LoopMail>]
    /// By loop: up while pulls wait there. See `tellNews`.
    let signs: [WaitSign]
    let writer: Mailbox<WriterMail>
    let looks: Mailbox<LookRequest>
    let desk: Mailbox<DeskMail>
    let archiver: Mailbox<ArchiverMail>
    let pulse: Mailbox<Follower>

    init(
        configuration: Configuration, log: Log, clock: WallClock, state: StoreState, lines: Lines,
        epochs: ReaderEpochs, authority: Replaceable<Authority>, tls: Replaceable<TLSContext>?
    ) throws(Errno) {
        self.configuration = configuration
        self.log = log
        self.clock = clock
        self.lines = lines
        self.epochs = epochs
        self.authority = authority
        self.tls = tls
        callers = Callers(configuration)
        hub = state.hub
        ids = state.ids
        forks = state.forks
        started = MonotonicClock.now()
        startedAt = clock.nowMilliseconds()
        warehouses = WarehouseTable(state.warehouses, now: started)
        topics = SharedTopics(state.topics)
        metrics = Metrics(loops: configuration.loops)
        var loops: [Mailbox<LoopMail>] = []
        for _ in 0..<configuration.loops { loops.append(try Mailbox(capacity: Limits.mailbox)) }
        self.loops = loops
        signs = loops.map { _ in WaitSign() }
        beats = Beats(loops: configuration.loops)
        writer = try Mailbox(capacity: Limits.mailbox)
        looks = try Mailbox(capacity: Limits.slowRequests)
        desk = try Mailbox(capacity: Limits.slowRequests)
        archiver = try Mailbox(capacity: Limits.mailbox)
        pulse = try Mailbox(capacity: Limits.slowRequests)
        followers = Followers(loops: configuration.loops)
    }

    /// The newest message that this hub and a former one have in common; nil: it never was `hub`.
    func forkedAt(from hub: String) -> Int64? {
        forks.first { $0.hub == hub }?.head
    }

    var databasePath: String { configuration.data + "/hub.db" }

    /// What the store takes, if the retention asks for it.
    func size(of reader: SQLiteReader) throws(StoreFailure) -> Retention.Size? {
        guard configuration.retention.bytes != nil else { return nil }
        let messages = lines.head - lines.border + metrics.archive.garbageCount
        return Retention.Size(bytes: try reader.bytesInUse(), messages: messages)
    }

    /// Whether the writer has deeds of the command line in hand: put up by the watch, taken down by
    /// the writer.
    var isCarrying: Bool {
        get { carrying.load(ordering: .acquiring) }
        set { carrying.store(newValue, ordering: .releasing) }
    }

    /// Has the waiting pulls of these warehouses look again, on every loop: they were changed.
    func tellChanges(_ wids: [UInt32]) {
        guard !wids.isEmpty else { return }
        let wake = Wake(wids)
        for loop in loops { _ = loop.post(.wake(wake)) }
    }

    /// Wakes those who wait for messages of these wids, which readers can see by now.
    ///
    /// A loop on which nobody waits is left alone. That loses no wake-up: a loop puts its sign up
    /// before its first waiter looks once more; either that look finds the messages, or the sign
    /// was up when it is read here. The fence keeps both sides in this order.
    func tellNews(_ wids: [UInt32]) {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard !wids.isEmpty, signs.contains(where: \.isUp) else { return }
        let wake = Wake(wids)
        for (loop, sign) in zip(loops, signs) where sign.isUp { _ = loop.post(.wake(wake)) }
    }
}

/// Tells the writer whether pulls wait on a loop.
final class WaitSign: Sendable {
    private let up = Atomic(false)

    var isUp: Bool { up.load(ordering: .relaxed) }

    /// Puts the sign up. True: it was down, so the loop must look once more.
    func raise() -> Bool {
        guard !isUp else { return false }
        up.store(true, ordering: .relaxed)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return true
    }

    func lower() {
        if isUp { up.store(false, ordering: .relaxed) }
    }
}

/// How the hub is: what `/readyz` tells.
final class Condition: Sendable {
    private let isServing = Atomic(false)
    private let isStopping = Atomic(false)
    private let isShort = Atomic(false)
    private let storeFailure = Locked<StoreFailure?>(nil)

    /// Why the hub is not ready; nil when it is.
    var reasonNotReady: String? {
        if isStopping.load(ordering: .relaxed) { return "stopping" }
        if !isServing.load(ordering: .relaxed) { return "starting" }
        return switch storeFailure.withLock({ $0 }) {
        case nil: isShortOfRoom ? "disk nearly full" : nil
        case .full: "disk full"
        case .busy: "database held by another program"
        case .damaged: "database damaged"
        case .disk, .other: "database failed"
        }
    }

    var isToStop: Bool { isStopping.load(ordering: .relaxed) }

    func serve() { isServing.store(true, ordering: .relaxed) }
    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Whether there is too little room on a disk to take messages.
    var isShortOfRoom: Bool {
        get { isShort.load(ordering: .relaxed) }
        set { isShort.store(newValue, ordering: .relaxed) }
    }

    /// Whether the last transaction failed.
    var hasFailed: Bool { storeFailure.withLock { $0 != nil } }

    /// Notes how the last transaction went. True: that is news.
    func note(_ failure: StoreFailure?) -> Bool {
        storeFailure.withLock { last in
            defer { last = failure }
            return last != failure
        }
    }
}

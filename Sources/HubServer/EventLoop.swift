import Hub
import HubSQLite
import Platform
import Synchronization
import TLS
import Wire

/// One thread's share of the connections: waits for what happens, and does it, a tick at a time.
///
/// Everything here is synchronous. A request that needs the writer or the admin reader is handed
/// over by a mailbox and taken up again when the answer comes by the loop's own. What a tick
/// publishes goes to the writer as one batch at its end. `docs/architecture.md` draws the way.
final class EventLoop {
    let number: Int
    let hub: HubState
    let deadlines: Deadlines
    let limits: RequestLimits
    let counters: Metrics.Loop
    let pages: PageReader
    private let epoch: ReaderEpochs.Reader

    var connections = Slab<Connection>()
    var waiters = WaiterTable()
    var poller: Poller
    private var listener: Listener?
    private var timers = TimerHeap()
    private var mail: [LoopMail] = []

    /// Received into when a connection has nothing left over: most never need memory of their own.
    var scratch = ByteBuffer(capacity: 64 * 1024)
    /// Answers of the connection in hand, sent with one call when it is done for this tick.
    var output = ByteBuffer(capacity: 64 * 1024)
    /// The body of the answer being made.
    var body = ByteBuffer(capacity: 64 * 1024)
    var compressed = ByteBuffer()
    let gzip = Gzip()
    var messages = MessageReader()

    /// Over TLS: records received, of the connection in hand.
    var sealed = ByteBuffer()
    /// Records made for the connection in hand, and the last one of a connection that ends.
    var records = ByteBuffer()
    var farewell = ByteBuffer()
    /// What new connections speak TLS with; nil where the hub does not.
    var tls: TLSContext?
    var tlsVersion = 0
    /// Connections whose handshake was gone on with in this tick.
    var handshakes = 0
    /// Bytes of batches that this tick may still read.
    var batchRoom = 0
    /// Connections that are in their handshake.
    var shakingHands = 0

    /// When a certificate that is not believed was last told of.
    var untrustedTold: UInt64 = 0

    /// Failed requests told in the log in the present second.
    var failuresTold = 0
    var failuresSecond: Int64 = 0

    /// Waiting pulls that a newer one of their session ends.
    var superseded: [Token] = []

    /// The batch that this tick fills, and others to use again.
    var batch: WriteBatch
    var spareBatches: [WriteBatch] = []
    var batchesUnderWay = 0
    /// Pages that the archive's desk reads for this loop.
    var pagesAtDesk = 0
    /// Batches whose ids the archive is asked for.
    var lookupsUnderWay = 0
    var bytesUnderWay = 0

    /// What the connections hold, against this loop's share of it.
    var requestBytes: HeldBytes
    var answerBytes: HeldBytes

    /// Notes for the audit that nobody waits for, of batches that failed, and when they are tried
    /// again: monotonic nanoseconds.
    var deedsKept: [WriteBatch.NotedDeed] = []
    var deedsAgain = UInt64.max
    /// There was no room to keep more of them, which was told.
    var hasLostDeeds = false

    /// Monotonic nanoseconds from which clients that take nothing, or send nothing, are looked for
    /// again.
    var looksForLazyAgain: UInt64 = 0
    var looksForStalledAgain: UInt64 = 0
    var looksForHandshakesAgain: UInt64 = 0
    private var tide = Tide()

    /// Pulls whose pages come next, in the order in which they came.
    var pagesToRead = Queue<PageToRead>()
    /// Those for which there was no room, and when they are looked at again.
    var pagesHeldBack: [PageToRead] = []
    var looksAtHeldBack: UInt64 = 0
    /// What `body` was before a page came into it whose beginning a connection held.
    var spareBody = ByteBuffer()

    /// Connections that follow the hub's events and were told how everything is.
    var streams: [Token] = []

    /// Monotonic nanoseconds and milliseconds since 1970 at the start of the tick.
    var now: UInt64 = 0
    var wall: Int64 = 0
    /// `Date: …` and the second it was made in (RFC 9110, section 6.6.1).
    private(set) var dateField = ByteBuffer(capacity: 40)
    private var dateSecond: Int64 = -1

    private var requests: UInt64
    var authority: Authority
    private(set) var authorityVersion: Int
    private var stopDeadline = UInt64.max
    private var farewellEnds = UInt64.max
    private var acceptsAgain = UInt64.max
    /// It was told that no connection can be accepted, and not yet that it works again.
    private var isShort = false
    /// Whether the loop takes nothing new and ends what it has.
    private(set) var isStopping = false

    private static let listenerToken = Token.reserved(1)
    private static let mailToken = Token.reserved(2)

    /// - Parameter listener: this loop's own, all on one port.
    init(
        number: Int, hub: HubState, listener: consuming Listener, reader: any StoreReader
    ) throws(Errno) {
        self.number = number
        self.hub = hub
        deadlines = hub.configuration.deadlines
        limits = RequestLimits(hub.configuration)
        counters = hub.metrics.loops[number]
        pages = PageReader(reader: reader, topics: KnownTopics(hub.topics))
        epoch = hub.epochs.readers[number]
        batch = WriteBatch(loop: number)
        let loops = hub.configuration.loops
        requestBytes = HeldBytes(
            of: hub.configuration.requestBytesHeld, loops: loops, shown: counters.requestBytes)
        answerBytes = HeldBytes(
            of: hub.configuration.answerBytesHeld, loops: loops, shown: counters.answerBytes)
        poller = try Poller()
        // Names of requests begin anywhere, so that those of two starts do not meet.
        requests = Random.word()
        authority = hub.authority.value
        authorityVersion = hub.authority.version
        tls = hub.tls?.value
        tlsVersion = hub.tls?.version ?? 0
        try poller.add(listener.descriptor.raw, token: Self.listenerToken, interest: .read)
        try poller.add(
            hub.loops[number].wakeUp.descriptor, token: Self.mailToken, interest: .read)
        self.listener = consume listener
    }

    // MARK: The tick

    /// Runs until it was told to stop and has nothing left to do.
    func run() {
        while !isDone { tick() }
        for (_, connection) in connections { close(connection) }
    }

    private var isDone: Bool {
        isStopping
            && (now >= stopDeadline
                || (listener == nil && connections.isEmpty && batchesUnderWay == 0
                    && lookupsUnderWay == 0))
    }

    private func tick() {
        let count = wait()
        epoch.enter()
        defer { epoch.leave() }
        now = MonotonicClock.now()
        wall = hub.clock.nowMilliseconds()
        refreshDate()
        refreshAuthority()
        refreshTLS()
        handshakes = 0
        batchRoom = Limits.batchBytesPerTick
        for place in 0..<count {
            let event = poller.event(at: place)
            switch event.token {
            case Self.listenerToken: accept()
            case Self.mailToken: readMail()
            default: handle(event)
            }
        }
        wakeWaiters()
        expireTimers()
        if now >= farewellEnds { endFarewell() }
        retryDeeds()
        postBatch()
        readPages()
        answerSuperseded()
        postBatch()
        // A page at the desk, or in line, may come to wait: had the sign gone down meanwhile, its
        // pull would look once more, at the desk again, and so on.
        if waiters.isEmpty, pagesAtDesk == 0, pagesToRead.isEmpty, pagesHeldBack.isEmpty {
            hub.signs[number].lower()
        }
        if tide.hasEbbed(at: bytesHeld) { hub.hasEbbed.store(true, ordering: .relaxed) }
    }

    /// What connections hold at most now: each may have a little that is not counted.
    private var bytesHeld: Int {
        requestBytes.count + answerBytes.count + connections.count * Limits.smallRequestBytes
    }

    private func wait() -> Int {
        var milliseconds: Int32 = waiters.hasReady ? 0 : -1
        if !pagesToRead.isEmpty { milliseconds = 0 }
        let next = min(
            timers.nextDeadline ?? .max, acceptsAgain, farewellEnds, stopDeadline, deedsAgain,
            pagesHeldBack.isEmpty ? .max : looksAtHeldBack)
        if milliseconds < 0, next != .max {
            let current = MonotonicClock.now()
            let rest = next > current ? (next - current) / 1_000_000 + 1 : 0
            milliseconds = Int32(clamping: rest)
        }
        do throws(Errno) {
            return try poller.wait(milliseconds: milliseconds)
        } catch {
            hub.log.error("epoll_wait failed: \(error)")
            return 0
        }
    }

    private func refreshDate() {
        guard wall / 1000 != dateSecond else { return }
        dateSecond = wall / 1000
        dateField.removeAll()
        dateField.append("Date: ")
        dateField.append(httpDateSeconds: dateSecond)
        dateField.append("\r\n")
    }

    private func refreshAuthority() {
        guard hub.authority.version != authorityVersion else { return }
        authorityVersion = hub.authority.version
        authority = hub.authority.value
        // Who follows has to show its token again.
        endStreams()
        lookAtThoseWhoWait()
    }

    /// The client's name for its request, if it gave one. It goes to log and audit, so a token that
    /// was put there by mistake is none.
    func requestID(_ head: RequestHead, _ bytes: RawSpan) -> RequestID {
        guard head.requestID.isPresent else { return nextRequestID() }
        let name = bytes.text(head.requestID)
        return name.hasPrefix(TokenFile.prefix) ? nextRequestID() : .given(name)
    }

    /// A name for a request whose client gave none.
    func nextRequestID() -> RequestID {
        requests &+= 1
        return .made(requests)
    }

    // MARK: Connections

    private func accept() {
        for _ in 0..<Limits.acceptsPerTick {
            guard let socket = nextSocket() else { return }
            let address = socket.peerEndpoint.network
            guard let caller = hub.callers.enter(address, now: now) else {
                turnAway(socket)
                continue
            }
            let connection = Connection(
                socket, of: caller, isProxy: hub.callers.isProxy(address))
            connection.token = connections.insert(connection)
            counters.add(.connectionsOpened)
            KillPoint.pass("loop.accepted")
            do throws(Errno) {
                try poller.add(
                    connection.socket.descriptor.raw, token: connection.token, interest: .read)
            } catch {
                hub.log.error("a connection cannot be watched: \(error)")
                close(connection)
                continue
            }
            setDeadline(connection, after: tls == nil ? deadlines.idle : deadlines.head)
            if hub.metrics.openConnections > hub.configuration.connections {
                counters.add(.connectionsRefused)
                // There is no handshake yet by which to say more.
                if tls != nil {
                    close(connection)
                    continue
                }
                connection.requestID = nextRequestID()
                refuse(connection, Problem.overloaded.closing)
                finish(connection)
            }
        }
    }

    private func nextSocket() -> Socket? {
        do throws(Errno) {
            let socket = try listener?.accept()
            if isShort, socket != nil {
                isShort = false
                hub.log.info("connections are accepted again")
            }
            return socket
        } catch {
            // Those who wait stay in the kernel's queue; trying again at once would only spin.
            if !isShort {
                isShort = true
                hub.log.error(
                    """
                    new connections wait: \(error), \(connections.count) are open on this loop; \
                    raise the limit of open files
                    """
                )
            }
            if let listener = listener?.descriptor.raw {
                try? poller.modify(listener, token: Self.listenerToken, interest: [])
            }
            acceptsAgain = now + 100_000_000
            return nil
        }
    }

    private func handle(_ event: PollEvent) {
        guard let connection = connections[event.token] else { return }
        if event.isClosed {
            close(connection)
            return
        }
        if event.isReadable { receive(connection) }
        guard event.isWritable, connections[event.token] != nil else { return }
        if connection.isHeldUp, connection.unsent.isEmpty {
            work(connection)
            if connection.input.isEmpty { connection.input.shrink(to: 0) }
            countRequest(connection)
        } else {
            finish(connection)
        }
    }

    /// Forgets a connection, whatever it was doing.
    func close(_ connection: Connection) {
        guard connections.remove(connection.token) != nil else { return }
        if connection.isShakingHands {
            counters.add(.handshakesFailed)
            shakingHands -= 1
        }
        endCall(connection)
        leaveStream(connection)
        uncount(connection)
        sayEnd(connection)
        hub.callers.leave(connection.entered, now: now)
        try? poller.remove(connection.socket.descriptor.raw)
        connection.socket.shutdownWrite()
        counters.add(.connectionsClosed)
    }

    /// Changes what the poller watches a connection for, if that is something else.
    func watch(_ connection: Connection, _ interest: Interest) {
        guard interest != connection.interest else { return }
        connection.interest = interest
        do throws(Errno) {
            try poller.modify(
                connection.socket.descriptor.raw, token: connection.token, interest: interest)
        } catch {
            close(connection)
        }
    }

    // MARK: Time

    /// The connection's phase ends after so many nanoseconds.
    func setDeadline(_ connection: Connection, after nanoseconds: UInt64) {
        setDeadline(connection, at: now + nanoseconds)
    }

    /// A timer is only added where none comes earlier; one that comes too early is put off then.
    func setDeadline(_ connection: Connection, at deadline: UInt64) {
        connection.deadline = deadline
        guard deadline < connection.nextTimer else { return }
        connection.nextTimer = deadline
        timers.insert(deadline: deadline, token: connection.token)
    }

    private func expireTimers() {
        if now >= acceptsAgain, let listener = listener?.descriptor.raw {
            acceptsAgain = .max
            try? poller.modify(listener, token: Self.listenerToken, interest: .read)
        }
        while let entry = timers.popExpired(now: now) {
            guard let connection = connections[entry.token] else { continue }
            guard connection.nextTimer == entry.deadline else { continue }
            connection.nextTimer = .max
            if connection.deadline > now {
                if connection.deadline != .max {
                    setDeadline(connection, at: connection.deadline)
                }
            } else {
                expire(connection)
            }
        }
    }

    private func expire(_ connection: Connection) {
        guard connection.unsent.isEmpty else { return cutOff(connection) }
        switch connection.phase {
        case .waiting:
            if !refuseIfObjected(connection) { resume(connection, mayWait: false) }
        case .streaming:
            endStream(connection)
        case .head where connection.input.isEmpty, .draining, .whole, .called:
            close(connection)
        case .head:
            beginUnread(connection)
            timeOut(connection)
        case .body, .chunks:
            timeOut(connection)
        }
    }

    private func timeOut(_ connection: Connection) {
        refuse(connection, .timedOut)
        finish(connection)
    }

    /// A client that takes nothing of its answers: they are thrown away, here and in the kernel.
    func cutOff(_ connection: Connection) {
        counters.add(.connectionsCutOff)
        connection.socket.resetOnClose()
        close(connection)
    }

    // MARK: Mail

    private func readMail() {
        hub.loops[number].drain(into: &mail)
        for item in mail {
            switch item {
            case .written(let batch): written(batch)
            case .wake(let wake): for wid in wake.wids { waiters.wake(wid) }
            case .supersede(let waiting): supersede(waiting)
            case .answer(let answer): looked(answer)
            case .desk(let answer): answered(answer)
            case .news(let news): tell(news)
            case .beat: hub.beats.loops[number].answer()
            // The tick has begun with a look at them.
            case .credentials: break
            case .stop: beginStop()
            }
        }
        mail.removeAll(keepingCapacity: true)
    }

    /// Looks again at some of the woken pulls; the others follow in the next tick.
    private func wakeWaiters() {
        while pagesToRead.count < Limits.wakesPerTick, let call = waiters.next() {
            guard let connection = connections[Token(rawValue: call)],
                connection.phase == .waiting
            else { continue }
            resume(connection, mayWait: true)
        }
    }

    // MARK: The end

    /// What is under way gets its answer, the last on its connection; waiting pulls get it now.
    /// For a moment new requests are still answered, with 503.
    private func beginStop() {
        isStopping = true
        stopDeadline = now + deadlines.stop
        farewellEnds = now + deadlines.farewell
        if !deedsKept.isEmpty { deedsAgain = now }
        for (_, connection) in connections where connection.phase != .head {
            connection.closes = true
            if connection.phase == .waiting { resume(connection, mayWait: false) }
        }
        endStreams()
    }

    /// Nobody new comes in, and who is idle goes.
    private func endFarewell() {
        farewellEnds = .max
        if let listener = listener?.descriptor.raw { try? poller.remove(listener) }
        listener = nil
        for (_, connection) in connections
        where connection.phase == .head && connection.input.isEmpty && connection.unsent.isEmpty {
            close(connection)
        }
    }
}

import Dispatch

/// A spool and the calls that wait at it: first for the disk, then, patiently, for the hub.
///
/// While one group of messages is synced the next gathers, so that many calls share a sync.
final class SpoolBacklog: Backlog, @unchecked Sendable {
    // Unchecked: what stands under "On the queue" is only touched there.

    /// A call that waits for the disk.
    private struct Arrival {
        let message: OutgoingMessage
        let call: CheckedContinuation<PublishResult, Never>
    }

    /// A call that waits for the hub.
    private struct Waiter {
        /// The place behind its message.
        let end: Int
        let id: String
        let until: ContinuousClock.Instant
        let call: CheckedContinuation<PublishResult, Never>
    }

    private struct Intake {
        var arrivals: [Arrival] = []
        var bytes = 0
        var isWriting = false
        var isClosed = false
    }

    private let intake = Guarded(Intake())
    private let settings: PublishSettings
    private let patience: Duration
    private let pacing: Pacing
    private let queue = DispatchQueue(label: "message-center spool")

    // On the queue.
    private var spool: Spool?
    private var front: [SpoolLine] = []
    private var waiters = FIFO<Waiter>()
    private var isSweeping = false

    init(
        _ spool: SpoolSettings, _ settings: PublishSettings, _ pacing: Pacing
    ) throws(Refusal) {
        self.settings = settings
        self.pacing = pacing
        patience = spool.patience
        self.spool = try Spool(spool.folder, limit: spool.bytes)
    }

    var waiting: Int { intake.withLock { $0.arrivals.count } }

    // MARK: Calls

    /// Takes a message in. `then` is called when it, or others with it, can be sent.
    func append(
        _ message: OutgoingMessage, _ call: CheckedContinuation<PublishResult, Never>,
        then: @escaping @Sendable () -> Void
    ) {
        let (refusal, begins) = intake.withLock { intake -> (Refusal?, Bool) in
            if intake.isClosed { return (.closed, false) }
            guard intake.arrivals.count < settings.waitingMessages,
                intake.bytes + message.line.count <= settings.waitingBytes
            else { return (.queueFull(intake.arrivals.count), false) }
            intake.arrivals.append(Arrival(message: message, call: call))
            intake.bytes += message.line.count
            defer { intake.isWriting = true }
            return (nil, !intake.isWriting)
        }
        if let refusal { call.resume(returning: .failed(message.id, refusal)) }
        if begins { queue.async { self.write(then) } }
    }

    /// Writes one group. The next one has its turn on the queue behind what waits there, so that
    /// the lane is not kept from its messages.
    private func write(_ then: @escaping @Sendable () -> Void) {
        let arrivals = intake.withLock { intake in
            let arrivals = intake.arrivals
            intake.arrivals = []
            intake.bytes = 0
            if arrivals.isEmpty { intake.isWriting = false }
            return arrivals
        }
        if arrivals.isEmpty { return }
        keep(arrivals)
        then()
        queue.async { self.write(then) }
    }

    private func keep(_ arrivals: [Arrival]) {
        do throws(Refusal) {
            guard let ends = try spool?.append(arrivals.map(\.message)) else { throw .closed }
            for (arrival, end) in zip(arrivals, ends) {
                guard let end else {
                    let full = spool?.full ?? .closed
                    arrival.call.resume(returning: .failed(arrival.message.id, full))
                    continue
                }
                waiters.append(
                    Waiter(
                        end: end, id: arrival.message.id, until: pacing.now() + patience,
                        call: arrival.call))
            }
            sweepLater()
        } catch {
            for arrival in arrivals {
                arrival.call.resume(returning: .failed(arrival.message.id, error))
            }
        }
    }

    /// Answers those whose patience ends. All are equally patient, so the oldest come first.
    private func sweep() {
        isSweeping = false
        let time = pacing.now()
        while let waiter = waiters.first, waiter.until <= time {
            waiters.popFirst()
            waiter.call.resume(returning: .kept(waiter.id))
        }
        sweepLater()
    }

    private func sweepLater() {
        guard !isSweeping, let waiter = waiters.first else { return }
        isSweeping = true
        let pause = max(.zero, waiter.until - pacing.now())
        Task { [weak self, pacing] in
            await pacing.pause(pause)
            guard let self else { return }
            queue.async { self.sweep() }
        }
    }

    // MARK: The lane

    func front(_ limit: BatchLimit) async throws(Refusal) -> [OutgoingMessage] {
        try await onQueue { backlog throws(Refusal) in
            backlog.front = try backlog.spool?.front(limit) ?? []
            return backlog.front.map(\.message)
        }
    }

    func settle(_ outcomes: [BatchInFlight.Outcome]) async throws(Refusal) {
        try await onQueue { backlog throws(Refusal) in try backlog.settleNow(outcomes) }
    }

    private func settleNow(_ outcomes: [BatchInFlight.Outcome]) throws(Refusal) {
        guard let start = spool?.pending.lowerBound else { return }
        var (ends, place) = ([Int](), start)
        var refused: [RefusedFile.Entry] = []
        for (line, outcome) in zip(front, outcomes) {
            place += line.length
            ends.append(place)
            if case .refused(let why) = outcome {
                refused.append(.init(message: line.message, why: why, place: place))
            }
        }
        try spool?.settle(to: place, refused: refused)
        for (end, outcome) in zip(ends, outcomes) {
            guard let waiter = waiters.first, waiter.end == end else { continue }
            waiters.popFirst()
            waiter.call.resume(returning: PublishResult(waiter.id, outcome))
        }
        front = []
    }

    /// Nothing is ever given up.
    func holdUp(_ why: BatchVerdict.HoldUp, front: Int) async -> Patience {
        Patience(givenUp: 0, refusal: why.refusal)
    }

    // MARK: The end

    /// Whether the hub has everything, and nobody waits for the disk.
    func isEmpty() async -> Bool {
        let isPending = try? await onQueue { backlog throws(Refusal) in
            !(backlog.spool?.pending.isEmpty ?? true)
        }
        return isPending == false && waiting == 0
    }

    /// Answers all calls and lets the folder go. The lane is closed before.
    func close() async {
        intake.withLock { $0.isClosed = true }
        try? await onQueue { backlog throws(Refusal) in backlog.end() }
    }

    /// The same without waiting.
    func abandon() {
        intake.withLock { $0.isClosed = true }
        queue.async { self.end() }
    }

    private func end() {
        let arrivals = intake.withLock { intake in
            defer { intake.arrivals = [] }
            return intake.arrivals
        }
        keep(arrivals)
        while let waiter = waiters.popFirst() { waiter.call.resume(returning: .kept(waiter.id)) }
        spool = nil
    }

    private func onQueue<Value: Sendable>(
        _ body: @escaping @Sendable (SpoolBacklog) throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        let result = await withCheckedContinuation { continuation in
            queue.async {
                let result: Result<Value, Refusal>
                do throws(Refusal) {
                    result = .success(try body(self))
                } catch {
                    result = .failure(error)
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }
}

/// Messages that wait in memory, each with the call that waits for its result.
final class MemoryBacklog: Backlog {
    private struct Waiter {
        let message: OutgoingMessage
        let giveUpAt: ContinuousClock.Instant
        let call: CheckedContinuation<PublishResult, Never>
    }

    private struct State {
        var waiters = FIFO<Waiter>()
        var bytes = 0
        var isClosed = false

        mutating func pop() -> Waiter? {
            guard let waiter = waiters.popFirst() else { return nil }
            bytes -= waiter.message.line.count
            return waiter
        }
    }

    private let state = Guarded(State())
    private let settings: PublishSettings
    private let now: @Sendable () -> ContinuousClock.Instant

    init(_ settings: PublishSettings, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.settings = settings
        self.now = now
    }

    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Takes a message in; false: it is answered already, because there is no room.
    func append(
        _ message: OutgoingMessage, _ call: CheckedContinuation<PublishResult, Never>
    ) -> Bool {
        let refusal = state.withLock { state -> Refusal? in
            if state.isClosed { return .closed }
            guard state.waiters.count < settings.waitingMessages,
                state.bytes + message.line.count <= settings.waitingBytes
            else { return .queueFull(state.waiters.count) }
            state.bytes += message.line.count
            state.waiters.append(
                Waiter(message: message, giveUpAt: now() + settings.giveUpAfter, call: call))
            return nil
        }
        guard let refusal else { return true }
        call.resume(returning: .failed(message.id, refusal))
        return false
    }

    func front(_ limit: BatchLimit) async throws(Refusal) -> [OutgoingMessage] {
        state.withLock { state in
            var (messages, bytes) = ([OutgoingMessage](), 0)
            for waiter in state.waiters.prefix(limit.messages) where bytes < limit.bytes {
                messages.append(waiter.message)
                bytes += waiter.message.line.count
            }
            return messages
        }
    }

    func settle(_ outcomes: [BatchInFlight.Outcome]) async throws(Refusal) {
        let waiters = state.withLock { state in outcomes.map { _ in state.pop() } }
        for case (let waiter?, let outcome) in zip(waiters, outcomes) {
            waiter.call.resume(returning: PublishResult(waiter.message.id, outcome))
        }
    }

    /// What passes is waited for as long as each message's time lasts; the rest is told at once.
    func holdUp(_ why: BatchVerdict.HoldUp, front: Int) async -> Patience {
        guard why.isPassing else { return Patience(givenUp: front, refusal: why.refusal) }
        let time = now()
        return state.withLock { state in
            let late = state.waiters.prefix(front).prefix { $0.giveUpAt <= time }.count
            let next = state.waiters.prefix(late + 1).dropFirst(late).first
            return Patience(
                givenUp: late, refusal: gaveUp(why.refusal),
                again: next.map { max(.zero, $0.giveUpAt - time) })
        }
    }

    /// Answers all that wait, and whoever comes later.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            var all: [Waiter] = []
            while let waiter = state.pop() { all.append(waiter) }
            return all
        }
        for waiter in waiters {
            waiter.call.resume(returning: .failed(waiter.message.id, .closedUnsettled))
        }
    }

    private func gaveUp(_ why: Refusal) -> Refusal {
        Refusal(
            PublishCode.gaveUp,
            "given up after \(settings.giveUpAfter): \(why.text); the hub may have it all the "
                + "same: publish again with the same id", status: why.status)
    }
}

extension Refusal {
    static let closed = Refusal(PublishCode.closed, "the publisher is closed")
    static let closedUnsettled = Refusal(
        PublishCode.closed,
        "the publisher was closed before the hub had answered; the hub may have it all the same: "
            + "publish again with the same id")

    static func queueFull(_ count: Int) -> Refusal {
        Refusal(
            PublishCode.queueFull,
            "\(count) messages wait already, more may not: publish slower, or raise the bound")
    }
}

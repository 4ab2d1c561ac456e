/// What stops a consumer from outside: any thread may.
final class ConsumerControl: Sendable {
    private struct State {
        var isStopping = false
        var isCancelled = false
        var number = 0
        /// Waits that end when somebody stops the consumer.
        var waits: [Int: @Sendable () -> Void] = [:]
        /// Ends a handler that is running; only where the consumer's task is cancelled.
        var handler: (@Sendable () -> Void)?
    }

    private let state = Guarded(State())

    /// No new message is begun.
    var isStopping: Bool { state.withLock { $0.isStopping } }
    /// The handler that runs is cancelled, too.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Ends what waits, and lets no message begin.
    ///
    /// - Parameter cancels: cancels a handler that runs, too.
    func stop(cancels: Bool) {
        let toEnd = state.withLock { state in
            state.isStopping = true
            state.isCancelled = state.isCancelled || cancels
            return Array(state.waits.values) + (cancels ? [state.handler].compactMap(\.self) : [])
        }
        for end in toEnd { end() }
    }

    /// Waits for something that ends early, by being cancelled, when the consumer is stopped.
    func interruptibly<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value {
        let task = Task { await work() }
        let (number, isStopping) = state.withLock { state in
            state.number += 1
            state.waits[state.number] = { task.cancel() }
            return (state.number, state.isStopping)
        }
        if isStopping { task.cancel() }
        defer { state.withLock { $0.waits[number] = nil } }
        return await task.value
    }

    /// Notes how the handler that runs now is cancelled; nil: none runs.
    func noteHandler(_ cancel: (@Sendable () -> Void)?) {
        let isCancelled = state.withLock { state in
            state.handler = cancel
            return state.isCancelled
        }
        if isCancelled { cancel?() }
    }
}

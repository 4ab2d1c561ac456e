/// A value that comes once, from any thread, and is waited for by one task at a time.
final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiter: CheckedContinuation<Value?, Never>?
        /// Rises with each wait: its timer gives up this one and no later one.
        var wait = 0
        /// The last wait that was given up.
        var givenUp = 0
    }

    private let state = Guarded(State())

    /// Brings the value; a second one counts for nothing.
    func set(_ value: Value) {
        let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            guard state.value == nil else { return nil }
            state.value = value
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: value)
    }

    /// Waits for it; nil when it is not there in time. May be called again then.
    func value(within time: Duration) async -> Value? {
        let wait = state.withLock { state in
            state.wait += 1
            return state.wait
        }
        let timer = Task {
            try await Task.sleep(for: time, clock: .continuous)
            giveUp(wait)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                let isOver = state.value != nil || state.givenUp == wait
                if !isOver { state.waiter = continuation }
                return isOver
            }
            if isOver { continuation.resume(returning: state.withLock { $0.value }) }
        }
    }

    private func giveUp(_ wait: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            guard state.wait == wait else { return nil }
            state.givenUp = wait
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}

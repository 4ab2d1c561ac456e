/// Runs a lane while there is something for it, and lets it rest while there is not.
final class LaneWorker<Source: Backlog>: Sendable {
    private let lane: Lane<Source>
    private let state = Guarded(State())

    private struct State {
        var isWanted = false
        var isClosed = false
        var task: Task<Void, Never>?
    }

    init(_ lane: Lane<Source>) {
        self.lane = lane
    }

    /// Something waits now. For any thread.
    func wake() {
        state.withLock { state in
            state.isWanted = true
            guard state.task == nil, !state.isClosed else { return }
            state.task = Task { await self.run() }
        }
    }

    private func run() async {
        while isWanted() { await lane.drain() }
    }

    /// Asked under the lock, so that no `wake` falls between the last look and the rest.
    private func isWanted() -> Bool {
        state.withLock { state in
            let goesOn = state.isWanted && !state.isClosed
            state.isWanted = false
            if !goesOn { state.task = nil }
            return goesOn
        }
    }

    /// Ends the request that is in flight, and waits for it. Nothing is sent afterwards.
    func close() async {
        let task = state.withLock { state in
            state.isClosed = true
            return state.task
        }
        task?.cancel()
        await task?.value
    }

    /// The same without waiting.
    func cancel() {
        let task = state.withLock { state in
            state.isClosed = true
            return state.task
        }
        task?.cancel()
    }
}

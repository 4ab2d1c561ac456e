/// One pull on its way: a state machine without I/O.
///
/// The loop gives it what happened and does what it says; the simulation does the same. The order
/// that matters is here: what is durable first, then read, then hand out, and nothing is handed
/// out of a position that moved meanwhile.
package struct PullCall: Sendable {
    package private(set) var request: PullRequest
    /// Monotonic nanoseconds at which a waiting pull is answered empty.
    package let deadline: UInt64
    /// Whether the warehouse counts this call as open: `end` must be called.
    package private(set) var isOpen = false

    private var epoch: UInt64 = 0
    private var number: UInt64 = 0
    private var hasWaited = false
    private var tenure: UInt64 = 0
    private var from: Int64 = 0

    package init(_ request: PullRequest, now: UInt64) {
        self.request = request
        deadline = now + UInt64(request.waitSeconds) * 1_000_000_000
    }

    /// What the loop does next.
    package enum Step: Equatable, Sendable {
        /// Send this pull's change to the writer, then call `settled`.
        case settle
        /// Read a page behind `from`, then call `pageRead`. First end the older waiting pull.
        case read(from: Int64, ends: Warehouse.WaitingPull?)
        /// Wait for messages, an operator or the deadline, then call `woken`.
        case wait
        /// Answer with the page just read.
        case answer
        /// Hold the page back, send `Change.advance` to the writer, then call `advanced`.
        case advance(Warehouse.Change)
        case refuse(Refusal)
    }

    /// The change that settles what must be on disk before this pull reads.
    package var change: Warehouse.Change {
        .pull(
            session: request.session, takeOver: request.takeOver, lease: request.lease,
            commit: request.commit, start: request.start)
    }

    /// The request has arrived. `warehouse` is nil if nobody knows it yet.
    package mutating func begin(
        _ warehouse: inout Warehouse?, head: Int64, now: UInt64
    ) -> Step {
        guard warehouse != nil else { return .settle }
        return admit(&warehouse!, isSettled: false, head: head, now: now)
    }

    /// The writer has applied the change, and it is on disk.
    package mutating func settled(
        _ warehouse: inout Warehouse, head: Int64, now: UInt64
    ) -> Step {
        admit(&warehouse, isSettled: true, head: head, now: now)
    }

    private mutating func admit(
        _ warehouse: inout Warehouse, isSettled: Bool, head: Int64, now: UInt64
    ) -> Step {
        switch warehouse.admit(request, isSettled: isSettled, head: head, now: now) {
        case .settle:
            return .settle
        case .refuse(let refusal):
            return .refuse(refusal)
        case .read(let from, let epoch, let ends):
            (self.from, self.epoch, isOpen) = (from, epoch, true)
            (tenure, number) = (warehouse.tenure, warehouse.newestPull)
            return .read(from: from, ends: ends)
        }
    }

    /// Something changed for this warehouse, or its deadline came.
    package mutating func woken(_ warehouse: Warehouse, now: UInt64) -> Step {
        switch warehouse.recheck(request, now: now) {
        case .settle: preconditionFailure("a call is settled once")
        case .refuse(let refusal): return .refuse(refusal)
        case .read(let from, let epoch, _):
            (self.from, self.epoch) = (from, epoch)
            return .read(from: from, ends: nil)
        }
    }

    /// Whether a newer pull of the same session has been admitted.
    package func isSuperseded(in warehouse: Warehouse) -> Bool {
        request.session != nil && warehouse.newestPull != number
    }

    /// Whether `supersede` was called.
    private var hasEnded: Bool { request.limit == 0 }

    /// A newer pull of the same session has come: nothing is handed out here any more, because
    /// whoever sent this one may no longer listen.
    package mutating func supersede() {
        request.limit = 0
        request.autocommit = false
    }

    /// A page was read, up to `next`; `isEmpty`: nothing of it is shown and nothing follows.
    ///
    /// - Parameter mayWait: false when the hub is about to stop, or the call was superseded.
    package mutating func pageRead(
        _ warehouse: inout Warehouse, next: Int64, isEmpty: Bool, mayWait: Bool, now: UInt64
    ) -> Step {
        let waits =
            isEmpty && mayWait && !hasEnded && now < deadline && !warehouse.hasNewOrders
        // Only who waits, or did, is ended: of two that are answered at once both get their page.
        if waits || hasWaited, !hasEnded, isSuperseded(in: warehouse) {
            supersede()
            return woken(warehouse, now: now)
        }
        if waits {
            // What came between the admission and now has woken nobody: nobody waited.
            guard warehouse.epoch == epoch, !warehouse.isPaused, !warehouse.isRetired else {
                return woken(warehouse, now: now)
            }
            hasWaited = true
            return .wait
        }
        if request.autocommit, next > from {
            noteOrdersTold(&warehouse)
            return .advance(
                .advance(from: from, to: next, session: request.session, epoch: epoch))
        }
        guard warehouse.handOut(from: from, next: next, epoch: epoch) else {
            return woken(warehouse, now: now)
        }
        noteOrdersTold(&warehouse)
        return .answer
    }

    /// Orders go out with the page; to a call that has ended nobody may listen.
    private func noteOrdersTold(_ warehouse: inout Warehouse) {
        if !hasEnded { warehouse.noteOrdersTold() }
    }

    /// The writer has moved the index for `autocommit`: the page may go out. Had it refused with
    /// `moved`, the page would be void, and `woken` says what is next.
    package func advanced() -> Step { .answer }

    /// The call is over, answered or lost.
    package mutating func end(_ warehouse: inout Warehouse, now: UInt64) {
        guard isOpen else { return }
        isOpen = false
        if request.session != nil { warehouse.callEnded(tenure: tenure, now) }
    }
}

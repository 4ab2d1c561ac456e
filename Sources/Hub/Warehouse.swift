/// One warehouse at the hub: its consumer index, its lease, and what an operator set.
///
/// A value without I/O. Loops ask it (`admit`, `recheck`) and note what they handed out; only the
/// writer changes what is durable (`apply`), in the order of its mailbox, and puts the result in
/// place after COMMIT. Times named `now` are nanoseconds of the monotonic clock.
package struct Warehouse: Sendable {
    package let wid: UInt32

    // Durable: on disk before the answer.

    /// The last index done; redelivery starts behind it.
    package var committed: Int64 = 0
    /// Whether a first pull (or a seek) gave it a position.
    package var hasStarted = false
    /// Who holds the lease, or held it last.
    package var holder: SessionName?
    /// Those who held it before, newest last.
    package var formerHolders: [SessionName] = []
    /// Seconds that the lease outlives the holder's last call; 0 after a release.
    package var leaseSeconds: Int64 = 0
    /// Nothing was handed out since the last seek: a commit after a restart is then not believed.
    package var wasSought = false
    /// How often an operator has moved it. A client that kept the number it saw last knows by it
    /// whether a lower `committed` is a seek, or a commit that a crash has lost.
    package var seeks: Int64 = 0
    /// Nothing was handed out since the hub was restored from a backup whose head this is: a commit
    /// is believed up to here after any start, because the former hub may have handed that out, and
    /// no further, because what it had beyond is not what is here. 0: it was not, or long ago.
    package var restoredThrough: Int64 = 0
    package var isPaused = false
    package var isRetired = false
    package var name = ""
    /// How often somebody should pull; 0 = nothing was said.
    package var expectEverySeconds: Int64 = 0
    /// Milliseconds since 1970 when it was first heard of.
    package var registered: Int64 = 0
    /// What its open dead letters come to, which have rows of their own; nil: it has none.
    package var letters: LetterTray?

    // In memory, written with a later commit.

    /// The end of what was handed out without a hole since `committed`.
    package var delivered: Int64 = 0
    /// Milliseconds since 1970 of the last pull and of the last commit that moved; 0 = never.
    package var lastPull: Int64 = 0
    package var lastCommit: Int64 = 0
    package var client = ClientInfo()

    // In memory only.

    /// After a start of the hub: `delivered` was not known exactly, so a commit up to here, the
    /// head of that time, is believed until the next pull. 0: it is not.
    package var trustedThrough: Int64 = 0
    /// When the lease ends if nobody calls.
    package var leaseEnds: UInt64 = 0
    /// Calls of the holder being answered or waiting.
    package var openCalls = 0
    /// Rises with every change of holder and every seek: what was read before is void.
    package var epoch: UInt64 = 0
    /// Rises with every change of holder and every release: calls begun before do not count as
    /// open calls of the lease that lives now.
    package var tenure: UInt64 = 0
    /// The number of the newest pull that bears a session: an older one of the same is ended by it.
    package var newestPull: UInt64 = 0
    /// Where the page handed out last ended: what a commit of it has done is then known, also where
    /// the position is in the archive.
    package var pageEnd: PageEnd?
    /// The holder's waiting pull, which a newer one ends.
    package var waiting: WaitingPull?
    package var rate = Rate()
    /// Which orders for dead letters its present client was told.
    package var ordersTold = LetterTray.Told()

    package init(wid: UInt32) {
        self.wid = wid
    }

    /// An index, and how many messages of the line are at or below it.
    package struct PageEnd: Equatable, Sendable {
        package let index: Int64
        package let ordinal: Int64

        package init(index: Int64, ordinal: Int64) {
            self.index = index
            self.ordinal = ordinal
        }
    }

    /// Where a waiting pull waits.
    package struct WaitingPull: Equatable, Sendable {
        package let loop: Int
        /// The loop's own name for the call.
        package let call: UInt64

        package init(loop: Int, call: UInt64) {
            self.loop = loop
            self.call = call
        }
    }
}

// MARK: - The start

extension Warehouse {
    /// Notes that the hub has just started with `head`: what was handed out before is not known
    /// exactly, and the last holder's word is taken for it.
    package mutating func noteStart(head: Int64) {
        let limit = restoredThrough > 0 ? min(restoredThrough, head) : head
        trustedThrough = hasStarted && !wasSought ? limit : 0
    }
}

// MARK: - The lease

extension Warehouse {
    /// Whether somebody's lease lives.
    package func leaseLives(_ now: UInt64) -> Bool {
        holder != nil && (openCalls > 0 || now < leaseEnds)
    }

    /// Nanoseconds that the lease lives on if its holder does not call again.
    package func leaseRest(_ now: UInt64) -> UInt64 {
        if openCalls > 0 { return UInt64(leaseSeconds) * 1_000_000_000 }
        return leaseEnds > now ? leaseEnds - now : 0
    }

    /// What keeps `session` from acting beside the holder.
    private func heldRefusal(_ session: SessionName?, _ now: UInt64) -> Refusal {
        let holder = self.holder?.text ?? ""
        if let session, formerHolders.contains(session) {
            return .sessionFenced(holder: holder, expiresIn: leaseRest(now))
        }
        return .sessionHeld(holder: holder, expiresIn: leaseRest(now))
    }

    /// Whether a commit or release by `session` must be refused: by anyone but the last holder,
    /// and without session while a lease lives.
    private func refusalToCommit(_ session: SessionName?, _ now: UInt64) -> Refusal? {
        guard let holder else { return nil }
        if let session { return session == holder ? nil : heldRefusal(session, now) }
        return leaseLives(now) ? heldRefusal(nil, now) : nil
    }

    /// Whether a pull by `session` must be refused.
    private func refusalToPull(
        _ session: SessionName?, takeOver: Bool, _ now: UInt64
    ) -> Refusal? {
        guard leaseLives(now) || isTaken(from: session), session != holder else { return nil }
        return session != nil && takeOver ? nil : heldRefusal(session, now)
    }

    /// Whether an operator has taken the lease from `session`: nobody holds it now, and anybody but
    /// the former holders may have it.
    private func isTaken(from session: SessionName?) -> Bool {
        guard holder == .operator, let session else { return false }
        return formerHolders.contains(session)
    }

    /// Makes `session` the holder; what the one before was handed is void.
    private mutating func change(holder session: SessionName, _ now: UInt64) {
        if let holder {
            formerHolders.removeAll { $0 == session || $0 == holder }
            formerHolders.append(holder)
            if formerHolders.count > Limits.formerHolders { formerHolders.removeFirst() }
        }
        holder = session
        openCalls = 0
        leaseEnds = 0
        delivered = committed
        trustedThrough = 0
        epoch += 1
        tenure += 1
    }

    /// Notes that a call of the holder has begun. `callEnded` must follow with this tenure.
    private mutating func callBegan(lease: Int64) {
        openCalls += 1
        leaseSeconds = lease
    }

    /// Notes that a call that began in `tenure` was answered, or its connection lost.
    package mutating func callEnded(tenure: UInt64, _ now: UInt64) {
        guard tenure == self.tenure, openCalls > 0 else { return }
        openCalls -= 1
        renewLease(now)
    }

    /// A call of `session` was refused: every call of the holder renews its lease.
    private mutating func renewLease(of session: SessionName?, _ now: UInt64) {
        if let session, session == holder { renewLease(now) }
    }

    /// The lease lives `leaseSeconds` from now, unless it was released.
    package mutating func renewLease(_ now: UInt64) {
        guard leaseSeconds > 0 else { return }
        leaseEnds = max(leaseEnds, now + UInt64(leaseSeconds) * 1_000_000_000)
    }
}

// MARK: - A pull, asked by a loop

extension Warehouse {
    /// What a loop does next with a pull.
    package enum Admission: Equatable, Sendable {
        /// Something durable comes first: the writer settles it.
        case settle
        /// Read the line from here; what is read counts only while the epoch is the same.
        case read(from: Int64, epoch: UInt64, ends: WaitingPull?)
        case refuse(Refusal)
    }

    /// Admits a pull that has nothing durable left to do, or sends it to the writer.
    ///
    /// - Parameter isSettled: the writer has already applied what the pull asked for.
    package mutating func admit(
        _ pull: PullRequest, isSettled: Bool, head: Int64, now: UInt64
    ) -> Admission {
        let admission = judge(pull, isSettled: isSettled, head: head, now: now)
        if case .refuse = admission { renewLease(of: pull.session, now) }
        return admission
    }

    private mutating func judge(
        _ pull: PullRequest, isSettled: Bool, head: Int64, now: UInt64
    ) -> Admission {
        if isRetired { return .refuse(.retired) }
        if let refusal = refusalToPull(pull.session, takeOver: pull.takeOver && !isSettled, now) {
            return .refuse(refusal)
        }
        if !isSettled, needsWriter(pull) { return .settle }
        if isPaused { return .refuse(.paused) }
        // The lease may have passed to another between the writer's answer and now.
        if let session = pull.session, session != holder {
            return .refuse(heldRefusal(session, now))
        }
        if let after = pull.after, after > head { return .refuse(.positionAhead(head: head)) }
        let ends = pull.session == nil ? nil : waiting
        if pull.session != nil {
            waiting = nil
            newestPull += 1
            callBegan(lease: pull.lease)
        }
        if trustedThrough > 0 {
            trustedThrough = 0
            delivered = committed
        }
        return .read(from: pull.after ?? committed, epoch: epoch, ends: ends)
    }

    private func needsWriter(_ pull: PullRequest) -> Bool {
        if !hasStarted { return true }
        if !isPaused, let session = pull.session, session != holder { return true }
        // A lease of another length must outlive a restart too.
        if pull.session != nil, pull.lease != leaseSeconds, !isPaused { return true }
        return pull.commit.map { $0 > committed } ?? false
    }

    /// Asks again for a call already admitted: it was woken, or its page came to nothing.
    package func recheck(_ pull: PullRequest, now: UInt64) -> Admission {
        if isRetired { return .refuse(.retired) }
        if pull.session != holder, leaseLives(now) || pull.session != nil {
            return .refuse(heldRefusal(pull.session, now))
        }
        if isPaused { return .refuse(.paused) }
        return .read(from: pull.after ?? committed, epoch: epoch, ends: nil)
    }

    /// Notes a page (from, next] that is being handed out. False: read again, things moved.
    package mutating func handOut(from: Int64, next: Int64, epoch: UInt64) -> Bool {
        guard epoch == self.epoch else { return false }
        wasSought = false
        restoredThrough = 0
        if from <= delivered { delivered = max(delivered, next) }
        return true
    }
}

// MARK: - Orders for dead letters

extension Warehouse {
    /// Whether there are orders that nobody was told yet: then no pull waits. They stand in every
    /// answer till they are done, but a client that does nothing about them may wait again.
    var hasNewOrders: Bool { hasNewOrders(in: letters) }

    private func hasNewOrders(in tray: LetterTray?) -> Bool {
        guard let tray, let last = tray.inSight.last else { return false }
        return tray.newest > ordersTold.newest || last.number > ordersTold.last
    }

    /// Notes that an answer with the orders is going out.
    mutating func noteOrdersTold() {
        guard let letters else { return }
        ordersTold = .init(newest: letters.newest, last: letters.inSight.last?.number ?? 0)
    }
}

// MARK: - Changes, applied by the writer

extension Warehouse {
    /// Something durable that a call asks for.
    package enum Change: Equatable, Sendable {
        /// What a pull settles first: registration, lease, the commit of the page before.
        case pull(
            session: SessionName?, takeOver: Bool, lease: Int64, commit: Int64?, start: Int64)
        case commit(Int64, session: SessionName?)
        /// `autocommit`: committed goes on from where the page began to where it ends.
        case advance(from: Int64, to: Int64, session: SessionName?, epoch: UInt64)
        case release(session: SessionName?)
        case seek(to: Int64)
        case pause(Bool)
        case retire(Bool)
        /// An operator takes the lease from its holder, for whoever comes next.
        case takeOver
        case describe(name: String?, expectEverySeconds: Int64?)

        /// Whether it makes a warehouse known that was not.
        var registers: Bool {
            switch self {
            case .pull, .describe: true
            default: false
            }
        }
    }

    /// Applies `change`, or refuses and changes nothing.
    ///
    /// - Parameters:
    ///   - head: the newest index stored, this transaction's included.
    ///   - wall: milliseconds since 1970, for what operators see.
    package mutating func apply(
        _ change: Change, head: Int64, now: UInt64, wall: Int64
    ) throws(Refusal) {
        switch change {
        case .pull(let session, let takeOver, let lease, let commit, let start):
            var changed = self
            try changed.settle(
                session: session, takeOver: takeOver, lease: lease, commit: commit, start: start,
                head: head, now: now, wall: wall)
            self = changed
        case .commit(let index, let session):
            if let refusal = refusalToCommit(session, now) { throw refusal }
            try commit(index, head: head, wall: wall)
            if session != nil { renewLease(now) }
        case .advance(let from, let to, let session, let epoch):
            if let refusal = refusalToPull(session, takeOver: false, now) { throw refusal }
            if isRetired { throw .retired }
            if isPaused { throw .paused }
            guard epoch == self.epoch, committed == from else { throw .moved }
            committed = max(committed, to)
            delivered = max(delivered, committed)
            lastCommit = wall
        case .release(let session):
            if let refusal = refusalToCommit(session, now) { throw refusal }
            leaseSeconds = 0
            leaseEnds = 0
            openCalls = 0
            tenure += 1
        case .seek(let index):
            committed = index
            delivered = index
            hasStarted = true
            trustedThrough = 0
            restoredThrough = 0
            wasSought = true
            seeks += 1
            epoch += 1
        case .pause(let paused):
            isPaused = paused
        case .retire(let retired):
            isRetired = retired
        case .takeOver:
            guard let holder, holder != .operator else { return }
            self.change(holder: .operator, now)
            leaseSeconds = 0
        case .describe(let name, let expectEverySeconds):
            if let name { self.name = name }
            if let expectEverySeconds { self.expectEverySeconds = expectEverySeconds }
        }
    }

    private mutating func settle(
        session: SessionName?, takeOver: Bool, lease: Int64, commit: Int64?, start: Int64,
        head: Int64, now: UInt64, wall: Int64
    ) throws(Refusal) {
        if isRetired { throw .retired }
        if let refusal = refusalToPull(session, takeOver: takeOver, now) { throw refusal }
        if !hasStarted {
            committed = start
            delivered = start
            hasStarted = true
        }
        if isPaused {
            if let refusal = refusalToCommit(session, now) { throw refusal }
        } else if let session {
            if session != holder { change(holder: session, now) }
            // Its own length counts from now on, also where the one before reached further.
            if lease != leaseSeconds { leaseEnds = 0 }
            leaseSeconds = lease
            renewLease(now)
        }
        if let commit { try self.commit(commit, head: head, wall: wall) }
    }

    private mutating func commit(_ index: Int64, head: Int64, wall: Int64) throws(Refusal) {
        guard index > committed else { return }
        guard index <= head else { throw .positionAhead(head: head) }
        guard index <= max(delivered, trustedThrough) else {
            throw .notDelivered(delivered: delivered)
        }
        committed = index
        delivered = max(delivered, index)
        lastCommit = wall
    }

    /// Whether pulls that wait here must look again once `changed` is in place: another may have
    /// the lease, the position may have been moved, an operator may have closed it, or ordered
    /// something. A commit, or a lease that is renewed, is nothing to them.
    package func endsWaiting(_ changed: Warehouse) -> Bool {
        changed.epoch != epoch || changed.isPaused != isPaused || changed.isRetired != isRetired
            || hasNewOrders(in: changed.letters)
    }

    /// The writer has refused `change`: if it was the holder's, it renews the lease all the same.
    package mutating func noteRefused(_ change: Change, now: UInt64) {
        switch change {
        case .pull(let session, _, _, _, _), .commit(_, let session),
            .advance(_, _, let session, _):
            renewLease(of: session, now)
        case .release, .seek, .pause, .retire, .takeOver, .describe: break
        }
    }

    /// Puts a change that is now on disk in place, beside what loops noted meanwhile.
    ///
    /// `self` is the row that loops use; `changed` the writer's copy of an earlier moment, changed.
    package mutating func install(_ changed: Warehouse) {
        let seen = self
        self = changed
        lastPull = max(seen.lastPull, changed.lastPull)
        client = seen.client
        rate = seen.rate
        pageEnd = seen.pageEnd
        if changed.epoch == seen.epoch {
            delivered = max(seen.delivered, changed.committed)
            trustedThrough = seen.trustedThrough
            wasSought = seen.wasSought
            restoredThrough = seen.restoredThrough
        }
        newestPull = seen.newestPull
        if changed.tenure == seen.tenure {
            openCalls = seen.openCalls
            if changed.leaseSeconds == seen.leaseSeconds {
                leaseEnds = max(seen.leaseEnds, changed.leaseEnds)
            }
        }
        // A former holder's waiting pull is not superseded: its wake-up tells it who holds now.
        waiting = changed.holder == seen.holder ? seen.waiting : nil
        ordersTold = changed.holder == seen.holder ? seen.ordersTold : .init()
    }
}

import Hub

/// Nanoseconds in a second.
let second: UInt64 = 1_000_000_000

/// A warehouse with a clock and a head of its own: a call does what loop and writer do for it.
struct WarehouseCalls {
    var row = Warehouse(wid: 7)
    var head: Int64 = 1000
    var now: UInt64 = 100 * second

    static func session(_ name: String?) -> SessionName? { name.flatMap { SessionName($0) } }

    /// Seconds pass.
    mutating func pass(_ seconds: UInt64) { now += seconds * second }

    /// The writer's part, installed as after COMMIT; of what it refuses the loop takes note.
    mutating func apply(_ change: Warehouse.Change) throws(Refusal) {
        var changed = row
        do throws(Refusal) {
            try changed.apply(change, head: head, now: now, wall: Int64(now / 1_000_000))
            row.install(changed)
        } catch {
            row.noteRefused(change, now: now)
            throw error
        }
    }

    /// Why `change` is refused; nil if it is not. A refused change does no more than renew a lease.
    mutating func refusal(_ change: Warehouse.Change) -> Refusal? {
        do throws(Refusal) {
            try apply(change)
            return nil
        } catch {
            return error
        }
    }

    mutating func commit(_ index: Int64, _ session: String? = nil) -> Refusal? {
        refusal(.commit(index, session: Self.session(session)))
    }

    static func request(
        _ session: String? = nil, takeOver: Bool = false, lease: Int64 = 60, commit: Int64? = nil,
        after: Int64? = nil, wait: Int64 = 0, autocommit: Bool = false
    ) -> PullRequest {
        var request = PullRequest(wid: 7)
        request.session = Self.session(session)
        request.takeOver = takeOver
        request.lease = lease
        request.commit = commit
        request.after = after
        request.waitSeconds = wait
        request.autocommit = autocommit
        return request
    }

    /// A call that has been admitted and not yet answered.
    struct Open {
        var call: PullCall
        let from: Int64
        let ends: Warehouse.WaitingPull?
    }

    /// Begins a pull: settled by the writer where it needs to be, then admitted.
    mutating func begin(_ request: PullRequest) throws(Refusal) -> Open {
        var call = PullCall(request, now: now)
        var row: Warehouse? = self.row
        var step = call.begin(&row, head: head, now: now)
        self.row = row!
        if step == .settle {
            try apply(call.change)
            step = call.settled(&self.row, head: head, now: now)
        }
        switch step {
        case .read(let from, let ends): return Open(call: call, from: from, ends: ends)
        case .refuse(let refusal): throw refusal
        default: preconditionFailure("a pull is read or refused, not \(step)")
        }
    }

    /// A whole pull that hands out (from, next]; returns where it began.
    @discardableResult
    mutating func pull(_ request: PullRequest, next: Int64? = nil) throws(Refusal) -> Int64 {
        var open = try begin(request)
        let step = open.call.pageRead(
            &row, next: next ?? open.from, isEmpty: false, mayWait: false, now: now)
        if case .advance(let change) = step {
            try apply(change)
            _ = open.call.advanced()
        } else {
            precondition(step == .answer)
        }
        open.call.end(&row, now: now)
        return open.from
    }

    @discardableResult
    mutating func pull(
        _ session: String? = nil, takeOver: Bool = false, lease: Int64 = 60,
        commit: Int64? = nil, after: Int64? = nil, next: Int64? = nil
    ) throws(Refusal) -> Int64 {
        try pull(
            Self.request(
                session, takeOver: takeOver, lease: lease, commit: commit, after: after),
            next: next)
    }

    mutating func refusal(ofPull request: PullRequest) -> Refusal? {
        do throws(Refusal) {
            try pull(request)
            return nil
        } catch {
            return error
        }
    }
}

extension Refusal {
    /// The contract's word for it.
    var code: String {
        switch self {
        case .sessionFenced: "session_fenced"
        case .sessionHeld: "session_held"
        case .notDelivered: "not_delivered"
        case .positionAhead: "position_ahead"
        case .paused: "paused"
        case .retired: "retired"
        case .unknownWarehouse: "unknown_warehouse"
        case .warehouseLimit: "warehouse_limit"
        case .unknownLetter: "unknown_dead_letter"
        case .letterSettled: "dead_letter_settled"
        case .letterParked: "dead_letter_parked"
        case .letterLimit: "dead_letter_limit"
        case .moved: "moved"
        }
    }
}

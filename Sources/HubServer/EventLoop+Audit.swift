import Hub
import Platform
import Wire

/// Notes for the audit who did what.
extension EventLoop {
    /// Notes the change that was just put into the batch as an operator's deed.
    func note(
        _ action: Deed.Action, _ connection: Connection, _ wid: UInt32, _ detail: JSONValue = [:]
    ) {
        let deed = Deed(action, by: actor(connection), wid: wid, detail: detail.serialized())
        batch.deeds.append(.init(deed, .change(batch.changes.count - 1)))
    }

    /// Who asks for what `connection` has in hand.
    func actor(_ connection: Connection) -> Deed.Actor {
        let isOperator = connection.principal == .admin
        return Deed.Actor(
            name: isOperator ? connection.holder?.name ?? "" : "",
            role: isOperator ? "admin" : "anyone",
            address: connection.address.description,
            requestID: connection.requestID.text)
    }

    /// Notes that somebody signed in or out, or tried to: nobody waits for it.
    func note(_ action: Deed.Action, of holder: Authority.Holder?, _ connection: Connection) {
        var actor = actor(connection)
        actor.name = holder?.name ?? ""
        actor.role = holder?.principal.role ?? "none"
        note(Deed(action, by: actor))
    }

    /// Notes what nobody waits for.
    func note(_ deed: Deed) {
        batch.deeds.append(.init(deed, .none, at: wall))
    }

    // MARK: A store that fails

    /// Keeps what nobody waits for of a batch of which nothing was stored: a later one has it.
    func seeToDeeds(of batch: WriteBatch) {
        let deeds = batch.deeds.filter { $0.request == .none }
        guard !deeds.isEmpty else { return }
        guard batch.hasFailed else {
            hasLostDeeds = false
            return
        }
        // What was tried again and failed again is older than what has come meanwhile.
        let all = (deedsKept + deeds).sorted { $0.at ?? 0 < $1.at ?? 0 }
        let room = isStopping ? 0 : Limits.deedsKept
        deedsKept = Array(all.prefix(room))
        deedsAgain = now + 1_000_000_000
        guard all.count > room, !hasLostDeeds else { return }
        hasLostDeeds = true
        hub.log.error("sign-ins and the like cannot be kept in the audit: it lacks the newest")
    }

    /// Hands on what was kept, if it is time to try again.
    func retryDeeds() {
        guard now >= deedsAgain else { return }
        deedsAgain = .max
        batch.deeds = deedsKept + batch.deeds
        deedsKept.removeAll()
    }
}

extension Principal {
    /// As tokens have it.
    fileprivate var role: String {
        switch self {
        case .anyone: "anyone"
        case .publisher: "publisher"
        case .warehouse: "warehouse"
        case .admin: "admin"
        }
    }
}

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
        batch.deeds.append(.init(Deed(action, by: actor), .none))
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

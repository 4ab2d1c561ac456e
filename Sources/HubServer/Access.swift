/// Who may ask for something: the one place where that stands.
///
/// `docs/openapi.yaml` tells the same with every operation (`x-roles`), and a test walks through
/// all of them with every role. An admin may everything.
package enum Access: Equatable, Sendable {
    /// Nobody has to say who it is: what watches the hub, and the way in.
    case all
    /// Whoever has a token, of whatever role.
    case anyToken
    /// Publishers; which topics is asked with each message.
    case publisher
    /// Whoever speaks for this warehouse.
    case warehouse(UInt32)
    /// Warehouses, for what is of their lines: which that is, is asked with what they look for.
    case reader
    case admin

    /// The roles that may, as tokens have them; `anyone`: also who has no token.
    package var roles: [String] {
        switch self {
        case .all: ["anyone"]
        case .anyToken: ["publisher", "warehouse", "admin"]
        case .publisher: ["publisher", "admin"]
        case .warehouse, .reader: ["warehouse", "admin"]
        case .admin: ["admin"]
        }
    }
}

extension Route {
    /// Who may ask for it. Every case is named, so that no new one gets an answer by accident.
    package var access: Access {
        switch self {
        case .health, .ready, .document, .session: .all
        case .openAPI: .anyToken
        case .publish, .publishBatch: .publisher
        case .pull(let wid), .line(let wid), .warehouse(let wid), .history(let wid),
            .report(let wid), .reports(let wid):
            .warehouse(wid)
        case .operate(let operation, let wid): operation.access(wid)
        case .message, .search, .letters, .letter: .reader
        case .warehouses, .archive, .topics, .stats, .events, .order, .orderAll, .metrics, .audit:
            .admin
        }
    }
}

extension Route.Operation {
    fileprivate func access(_ wid: UInt32) -> Access {
        switch self {
        case .commit, .release: .warehouse(wid)
        case .seek, .pause, .resume, .retire, .revive, .describe, .takeOver: .admin
        }
    }
}

extension Principal {
    func may(_ access: Access) -> Bool {
        switch (access, self) {
        case (.all, _), (.anyToken, _), (_, .anyone), (_, .admin): true
        case (.publisher, .publisher), (.reader, .warehouse): true
        case (.warehouse(let wid), .warehouse(let wids)): wids.contains(wid)
        case (.publisher, .warehouse), (.warehouse, .publisher), (.reader, .publisher),
            (.admin, .publisher), (.admin, .warehouse):
            false
        }
    }

    /// Why it may not, in words: the role is wrong, or the right one speaks for others. Whether
    /// there are such others they do not tell.
    func refusal(of access: Access) -> String {
        if case (.warehouse(let wid), .warehouse) = (access, self) {
            return "This token does not speak for warehouse \(wid)."
        }
        let roles = access.roles.joined(separator: " or ")
        return "This takes a token of role \(roles): `message-center token create` makes one."
    }
}

import Hub

/// Who a caller is, and so what it may do.
enum Principal: Equatable, Sendable {
    /// No token is defined: the hub is open, on loopback only.
    case anyone
    /// May publish to topics that one of the patterns fits.
    case publisher([TopicPattern])
    /// May pull, commit, release and read as these warehouses.
    case warehouse(Set<UInt32>)
    case admin

    /// Whether it may ask for `route` at all. Topics are checked with the message, lines with it.
    func mayAsk(_ route: Route) -> Bool {
        switch (self, route) {
        case (.anyone, _), (.admin, _): true
        case (.publisher, .publish), (.publisher, .publishBatch): true
        case (.warehouse(let wids), .pull(let wid)), (.warehouse(let wids), .line(let wid)),
            (.warehouse(let wids), .warehouse(let wid)), (.warehouse(let wids), .report(let wid)),
            (.warehouse(let wids), .reports(let wid)), (.warehouse(let wids), .history(let wid)),
            (.warehouse(let wids), .operate(.commit, let wid)),
            (.warehouse(let wids), .operate(.release, let wid)):
            wids.contains(wid)
        case (.warehouse, .message), (.warehouse, .search), (.warehouse, .letters),
            (.warehouse, .letter):
            true
        case (_, .openAPI): true
        case (_, _) where route.isOpenToAll: true
        default: false
        }
    }

    /// Why it may not ask for `route`: the role is wrong, or the right one speaks for others.
    func refusal(of route: Route) -> String {
        switch (self, route) {
        case (.warehouse, .pull(let wid)), (.warehouse, .line(let wid)),
            (.warehouse, .warehouse(let wid)), (.warehouse, .operate(.commit, let wid)),
            (.warehouse, .operate(.release, let wid)), (.warehouse, .report(let wid)),
            (.warehouse, .reports(let wid)), (.warehouse, .history(let wid)):
            "This token does not speak for warehouse \(wid)."
        default: "This token's role may not do that."
        }
    }

    /// Whether it may search among the messages of `wid`; nil: among all.
    func maySearch(_ wid: UInt32?) -> Bool {
        switch self {
        case .anyone, .admin: true
        case .publisher, .warehouse: wid.map(maySee) ?? false
        }
    }

    /// Whether it may read the dead letters of `wid`; nil: of all.
    func mayReadLetters(of wid: UInt32?) -> Bool {
        switch self {
        case .anyone, .admin: true
        case .publisher: false
        case .warehouse(let wids): wid.map(wids.contains) ?? false
        }
    }

    /// Whether it may see a message of `wid`.
    func maySee(_ wid: UInt32) -> Bool {
        switch self {
        case .anyone, .admin: true
        case .publisher: false
        case .warehouse(let wids): wid == 0 || wids.contains(wid)
        }
    }
}

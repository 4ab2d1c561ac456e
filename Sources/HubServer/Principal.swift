import Hub

/// Who a caller is, and so what it may do: `Access` tells of requests, this of their contents.
enum Principal: Equatable, Sendable {
    /// No token is defined: the hub is open, on loopback only.
    case anyone
    /// May publish to topics that one of the patterns fits.
    case publisher([TopicPattern])
    /// May pull, commit, release and read as these warehouses.
    case warehouse(Set<UInt32>)
    case admin

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

import Hub

/// A search, as it was asked for, checked.
struct Search {
    var query: MessageScan.Query
    /// Messages of a page.
    var limit: Int
}

/// A replay, as it was asked for, checked.
struct Replay {
    var filter: MessageFilter
    /// The warehouse that the copies are for.
    var wid: UInt32
    /// Names the replay, so that it can be asked for again.
    var id: ReplayID?
    /// Nothing is stored. Else there is an id.
    var isDry: Bool
    /// The first index to look at.
    var start: Int64?
}

/// A prune of the archive, as it was asked for, checked.
struct Prune {
    /// What lies before it goes.
    var before: Before
    var isDry: Bool

    enum Before: Equatable {
        case index(Int64)
        /// Milliseconds since 1970.
        case time(Int64)
    }
}

/// What is asked about the archive as a whole.
enum ArchiveAsk {
    /// The files behind message `after`.
    case list(after: Int64, limit: Int)
    /// Frames behind message `after`; of one file, or of all.
    case verify(file: String?, after: Int64)
    case replay(Replay)
    /// By whom: for the audit.
    case prune(Prune, by: Deed.Actor)
}

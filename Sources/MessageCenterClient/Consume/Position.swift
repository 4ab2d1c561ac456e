/// How far a warehouse is: everything of its line up to `index` is done.
public struct Position: Sendable, Equatable {
    /// The hub whose numbers these are: another hub, or a restored one, counts anew.
    public var hub: String
    /// The last index done; 0: nothing yet.
    public var index: Int
    /// How many messages of the line that are; nil where nobody has counted them yet. With it the
    /// consumer proves across a restart, too, that nothing is missing.
    public var ordinal: Int?

    /// A place in the line of a warehouse.
    public init(hub: String, index: Int, ordinal: Int? = nil) {
        self.hub = hub
        self.index = index
        self.ordinal = ordinal
    }
}

/// Keeps the position of a warehouse, for a consumer that is not to keep it in its own folder: in
/// the warehouse's database for example, moved in the very transaction that applies a message.
///
/// Both are called by one consumer, never two calls at once. What they throw is told to
/// `onRequestError` and tried again: a position that cannot be kept holds consumption up.
public protocol PositionKeeper: Sendable {
    /// The position kept; nil in a new warehouse.
    func load() async throws -> Position?
    /// Keeps it, on disk when the call returns. Not always a higher one: an operator may have moved
    /// the warehouse back.
    func save(_ position: Position) async throws
}

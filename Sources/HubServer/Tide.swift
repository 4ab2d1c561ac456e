import Hub

/// What the connections of one loop hold, as it rises and falls.
///
/// What a flood of them has freed lies scattered in the heap, where the C library keeps it for the
/// next: a hub that was attacked once would look large for ever, and be the first to be killed when
/// its machine runs short.
struct Tide {
    private var highest = 0

    /// Whether a flood has gone since this was last true.
    mutating func hasEbbed(at bytes: Int) -> Bool {
        highest = max(highest, bytes)
        guard highest >= Limits.floodBytes, bytes < highest / 4 else { return false }
        highest = bytes
        return true
    }
}

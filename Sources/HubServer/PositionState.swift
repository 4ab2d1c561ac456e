import Hub

/// Where the next message of a warehouse is.
enum PositionState: Equatable, Sendable {
    case stored
    /// In the store, and about to leave it: in the last fifth of its time or of the store's bytes.
    case leaving
    case archived

    /// - Parameter leavingThrough: messages at or below it leave the store soon.
    init(_ line: Line, committed: Int64, leavingThrough: Int64) {
        if line.isArchived(after: committed) {
            self = .archived
        } else if committed < leavingThrough, let next = line.first(after: committed),
            next <= leavingThrough
        {
            self = .leaving
        } else {
            self = .stored
        }
    }
}

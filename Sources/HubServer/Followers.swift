import Hub
import Platform
import Synchronization

/// Who follows the hub's events: how many connections, and on which loops.
///
/// Loops count themselves in and out, the pulse asks.
final class Followers: Sendable {
    private let total = Atomic(0)
    private let ofLoops: [Metrics.Count]

    init(loops: Int) {
        ofLoops = (0..<loops).map { _ in Metrics.Count() }
    }

    var count: Int { total.load(ordering: .relaxed) }

    /// Counts one in; false: there are too many.
    func enter(_ loop: Int) -> Bool {
        guard total.wrappingAdd(1, ordering: .relaxed).newValue <= Limits.followers else {
            total.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        ofLoops[loop].value.wrappingAdd(1, ordering: .relaxed)
        return true
    }

    func leave(_ loop: Int) {
        ofLoops[loop].value.wrappingSubtract(1, ordering: .relaxed)
        total.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Whether somebody on the loop follows.
    func areOn(_ loop: Int) -> Bool { ofLoops[loop].value.load(ordering: .relaxed) > 0 }
}

/// A connection that begins to follow, and is still to be told how everything is.
struct Follower: Sendable {
    let loop: Int
    let call: Token
}

/// What the pulse has to tell: the same bytes for all who follow.
final class News: Sendable {
    /// Events of what has changed, for those who follow already.
    let changes: [UInt8]
    /// Events of how everything is, for those who begin.
    let whole: [UInt8]
    let newcomers: [Follower]

    init(changes: [UInt8], whole: [UInt8], newcomers: [Follower]) {
        self.changes = changes
        self.whole = whole
        self.newcomers = newcomers
    }
}

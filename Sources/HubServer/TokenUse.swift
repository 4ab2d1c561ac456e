import Hub
import Synchronization

/// What all requests of one token have in common, whichever loop they come to.
///
/// One object for each token, from when the hub first knows it until it is gone: changes of the
/// tokens make another `Authority`, and hand this on. For all threads, without a lock.
final class TokenUse: Sendable {
    /// The token's; 0: it is a certificate.
    let number: Int64
    private let stamp: Atomic<Int64>
    /// What its requests have left of their limit.
    let budget = RequestBudget()

    /// - Parameter last: milliseconds since 1970 of the last use that is known; 0: none is.
    init(number: Int64 = 0, last: Int64 = 0) {
        self.number = number
        stamp = Atomic(last)
    }

    /// Milliseconds since 1970, to the second; 0: never.
    var last: Int64 { stamp.load(ordering: .relaxed) }

    /// Notes a request at `wall`, in milliseconds since 1970.
    ///
    /// Written once a second at most, or the loops would take the line from each other's caches
    /// with every request.
    func note(_ wall: Int64) {
        guard wall - last >= 1000 else { return }
        stamp.store(wall, ordering: .relaxed)
    }
}

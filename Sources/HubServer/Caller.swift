import Hub
import Platform

/// One address that requests come from, and what it has left of what it may. Shared by the loops.
///
/// An address is all of IPv4, or a /64 of IPv6, which one host has for itself.
final class Caller: Sendable {
    let address: NetworkAddress
    /// Its requests and connections are not counted; wrong tokens at the sign-in are.
    let isExempt: Bool
    let requests = RequestBudget()
    /// For requests with a wrong token.
    let wrongTokens = RequestBudget()
    /// For failed tries to sign in.
    let failedSignIns = RequestBudget()

    init(_ address: NetworkAddress, isExempt: Bool) {
        self.address = address
        self.isExempt = isExempt
    }

    /// When nothing is left to remember of it; monotonic nanoseconds.
    var forgottenAt: UInt64 {
        max(requests.wholeAt, wrongTokens.wholeAt, failedSignIns.wholeAt)
    }
}

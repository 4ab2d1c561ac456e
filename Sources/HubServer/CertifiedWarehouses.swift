import Hub
import Platform

/// The warehouses that came with a client certificate: what the connections of one share, on
/// whatever loop, as those of a token do.
///
/// Asked once a connection. As many are kept as there may be warehouses; one beyond that has a
/// limit for each of its connections.
final class CertifiedWarehouses: Sendable {
    private let uses = Locked<[UInt32: TokenUse]>([:])

    func use(_ wid: UInt32) -> TokenUse {
        uses.withLock { uses in
            if let known = uses[wid] { return known }
            let use = TokenUse(number: 0)
            if uses.count < Limits.warehouses { uses[wid] = use }
            return use
        }
    }
}

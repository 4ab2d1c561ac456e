import Hub
import Platform

/// The warehouses that came with a client certificate: one holder each, so that all connections of
/// one, on whatever loop, share its limit as those of a token do.
///
/// Asked once a connection. As many are kept as there may be warehouses; one beyond that has a
/// limit for each of its connections.
final class CertifiedWarehouses: Sendable {
    private let holders = Locked<[UInt32: Authority.Holder]>([:])

    func holder(_ wid: UInt32) -> Authority.Holder {
        holders.withLock { holders in
            if let known = holders[wid] { return known }
            let holder = Authority.Holder(
                name: "warehouse-\(wid)", principal: .warehouse([wid]), use: TokenUse())
            if holders.count < Limits.warehouses { holders[wid] = holder }
            return holder
        }
    }
}

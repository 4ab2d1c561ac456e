import Platform
import Synchronization

/// The tokens that are valid now. Immutable; a change makes another one.
final class Authority: Sendable {
    /// Whom a token, or a client's certificate, stands for, as long as nothing of it changes.
    final class Holder: Sendable {
        let name: String
        let principal: Principal
        /// The token's; nil: it is a certificate.
        let digest: Digest?
        /// From when on the token is worth nothing, in milliseconds since 1970; `.max`: never.
        let expires: Int64
        /// Kept over every change of the tokens.
        let use: TokenUse

        init(
            name: String, principal: Principal, digest: Digest? = nil, expires: Int64 = .max,
            use: TokenUse = TokenUse()
        ) {
            self.name = name
            self.principal = principal
            self.digest = digest
            self.expires = expires
            self.use = use
        }
    }

    private let holders: [Digest: Holder]

    /// Whether everybody may do everything: no token was ever defined, and the hub listens on
    /// loopback only. Where there was one, and it was revoked, somebody was to be kept out: such a
    /// hub is never open again by itself.
    let isOpen: Bool

    /// - Parameters:
    ///   - wasEverDefined: there is a token, or was one.
    ///   - isLocal: the hub listens on loopback only.
    init(_ holders: [Digest: Holder], wasEverDefined: Bool, isLocal: Bool) {
        self.holders = holders
        isOpen = holders.isEmpty && !wasEverDefined && isLocal
    }

    /// Whether no token is defined at all.
    var isEmpty: Bool { holders.isEmpty }

    /// What the requests of each token share.
    var uses: some Sequence<TokenUse> { holders.values.lazy.map(\.use) }

    /// Who presents the token of this digest. What the time it takes may tell: `Digest`.
    func holder(_ token: Digest) -> Holder? { holders[token] }
}

/// The present authority, shared; loops ask for the version and fetch it when that has changed.
final class AuthorityBox: Sendable {
    private let present: Locked<Authority>
    private let changes = Atomic(0)

    init(_ authority: Authority) {
        present = Locked(authority)
    }

    /// Rises with every change.
    var version: Int { changes.load(ordering: .acquiring) }

    var authority: Authority { present.withLock { $0 } }

    func replace(_ authority: Authority) {
        present.withLock { $0 = authority }
        changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
    }
}

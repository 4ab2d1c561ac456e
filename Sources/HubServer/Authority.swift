import COpenSSL
import Hub
import Platform
import Synchronization

/// Who a caller is, and so what it may do.
enum Principal: Equatable, Sendable {
    /// No token is defined: the hub is open, on loopback only.
    case anyone
    /// May publish to topics that one of the patterns fits.
    case publisher([TopicPattern])
    /// May pull, commit, release and read as these warehouses.
    case warehouse(Set<UInt32>)
    case admin

    /// Whether it may ask for `route` at all. Topics are checked with the message, lines with it.
    func mayAsk(_ route: Route) -> Bool {
        switch (self, route) {
        case (.anyone, _), (.admin, _): true
        case (.publisher, .publish), (.publisher, .publishBatch): true
        case (.warehouse(let wids), .pull(let wid)), (.warehouse(let wids), .line(let wid)),
            (.warehouse(let wids), .warehouse(let wid)), (.warehouse(let wids), .report(let wid)),
            (.warehouse(let wids), .reports(let wid)), (.warehouse(let wids), .history(let wid)),
            (.warehouse(let wids), .operate(.commit, let wid)),
            (.warehouse(let wids), .operate(.release, let wid)):
            wids.contains(wid)
        case (.warehouse, .message), (.warehouse, .search), (.warehouse, .letters),
            (.warehouse, .letter):
            true
        case (_, .openAPI): true
        case (_, _) where route.isOpenToAll: true
        default: false
        }
    }

    /// Why it may not ask for `route`: the role is wrong, or the right one speaks for others.
    func refusal(of route: Route) -> String {
        switch (self, route) {
        case (.warehouse, .pull(let wid)), (.warehouse, .line(let wid)),
            (.warehouse, .warehouse(let wid)), (.warehouse, .operate(.commit, let wid)),
            (.warehouse, .operate(.release, let wid)), (.warehouse, .report(let wid)),
            (.warehouse, .reports(let wid)), (.warehouse, .history(let wid)):
            "This token does not speak for warehouse \(wid)."
        default: "This token's role may not do that."
        }
    }

    /// Whether it may search among the messages of `wid`; nil: among all.
    func maySearch(_ wid: UInt32?) -> Bool {
        switch self {
        case .anyone, .admin: true
        case .publisher, .warehouse: wid.map(maySee) ?? false
        }
    }

    /// Whether it may read the dead letters of `wid`; nil: of all.
    func mayReadLetters(of wid: UInt32?) -> Bool {
        switch self {
        case .anyone, .admin: true
        case .publisher: false
        case .warehouse(let wids): wid.map(wids.contains) ?? false
        }
    }

    /// Whether it may see a message of `wid`.
    func maySee(_ wid: UInt32) -> Bool {
        switch self {
        case .anyone, .admin: true
        case .publisher: false
        case .warehouse(let wids): wid == 0 || wids.contains(wid)
        }
    }
}

/// The tokens that are valid now. Immutable; a change makes another one.
final class Authority: Sendable {
    /// SHA-256 of a token, as four words.
    struct Digest: Hashable, Sendable {
        let words: [UInt64]

        /// The digest of `token`, 32 bytes.
        init(of token: UnsafeRawBufferPointer) {
            var bytes = [UInt8](repeating: 0, count: 32)
            let done = EVP_Digest(token.baseAddress, token.count, &bytes, nil, EVP_sha256(), nil)
            precondition(done == 1, "SHA-256 of a short text cannot fail")
            self.init(bytes: bytes)
        }

        init(of token: String) {
            var token = token
            self = token.withUTF8 { Self(of: UnsafeRawBufferPointer($0)) }
        }

        init(of token: RawSpan) {
            self = token.withUnsafeBytes { Self(of: $0) }
        }

        init(bytes: [UInt8]) {
            words = (0..<4).map { word in
                bytes[word * 8..<min(bytes.count, word * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) }
            }
        }
    }

    /// Whom a token stands for.
    struct Holder: Equatable, Sendable {
        let name: String
        let principal: Principal
    }

    private let holders: [Digest: Holder]

    /// Whether everybody may do everything: no token is defined, and the hub listens on loopback
    /// only.
    let isOpen: Bool

    /// - Parameter isLocal: the hub listens on loopback only.
    init(_ holders: [Digest: Holder], isLocal: Bool) {
        self.holders = holders
        isOpen = holders.isEmpty && isLocal
    }

    /// Whether no token is defined at all.
    var isEmpty: Bool { holders.isEmpty }

    /// Who presents the token of this digest. Looked up by it, so that the time it takes tells
    /// nothing of the tokens there are.
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

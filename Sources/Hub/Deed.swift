/// Something that an operator did: an entry of the audit.
///
/// It is kept in the transaction of what was done, so there is none without the other. A class,
/// because the structures that may bear one hardly ever do.
package final class Deed: Sendable, Equatable {
    package enum Action: String, CaseIterable, Sendable {
        case seek, pause, resume, retire, revive, describe
        case takeOver = "take_over"
        case letterRetry = "letter_retry"
        case letterDrop = "letter_drop"
        case archiveVerify = "archive_verify"
        case archiveReplay = "archive_replay"
        case archivePrune = "archive_prune"
        case signIn = "sign_in"
        case signInFailed = "sign_in_failed"
        case signOut = "sign_out"
        case tokenCreate = "token_create"
        case tokenRotate = "token_rotate"
        case tokenExpire = "token_expire"
        case tokenRevoke = "token_revoke"
    }

    package let action: Action
    package let by: Actor
    /// The warehouse that it was done to, if it was one.
    package let wid: UInt32?
    /// What else is to be known, such as a seek's ends: a JSON object.
    package let detail: String

    /// Who did it, and by which request.
    package struct Actor: Equatable, Sendable {
        /// The token's name; empty on an open hub, and of one who did not get in. Of `local` the
        /// operating system's name of the user.
        package var name: String
        /// `admin`; `anyone` on an open hub; `none` of one who did not get in; `local` of the
        /// command line on the hub's own machine.
        package var role: String
        /// Where the connection came from, without the port; empty if there was none.
        package var address: String
        package var requestID: String

        /// The role of who works on the hub's data folder.
        package static let local = "local"

        package init(name: String, role: String, address: String, requestID: String) {
            self.name = name
            self.role = role
            self.address = address
            self.requestID = requestID
        }
    }

    package init(_ action: Action, by: Actor, wid: UInt32? = nil, detail: String = "{}") {
        self.action = action
        self.by = by
        self.wid = wid
        self.detail = detail
    }

    /// The same, done to warehouse `wid`.
    func with(wid: UInt32) -> Deed { Deed(action, by: by, wid: wid, detail: detail) }

    package static func == (left: Deed, right: Deed) -> Bool {
        left.action == right.action && left.by == right.by && left.wid == right.wid
            && left.detail == right.detail
    }
}

/// A deed as it is kept.
package struct AuditEntry: Equatable, Sendable {
    /// Rises with every entry, and is never given twice.
    package let number: Int64
    /// Milliseconds since 1970, the hub's clock.
    package let at: Int64
    package let deed: Deed

    package init(number: Int64, at: Int64, deed: Deed) {
        self.number = number
        self.at = at
        self.deed = deed
    }
}

/// Deeds that were done beside the hub, on their way into its audit.
package struct CarriedDeeds: Sendable {
    package struct Deed: Sendable {
        package let deed: Hub.Deed
        /// Milliseconds since 1970.
        package let at: Int64

        package init(deed: Hub.Deed, at: Int64) {
            self.deed = deed
            self.at = at
        }
    }

    package let deeds: [Deed]
    /// Stands for the last of them: kept along with them, so that none is carried twice.
    package let mark: Int64

    package init(_ deeds: [Deed], mark: Int64) {
        self.deeds = deeds
        self.mark = mark
    }
}

/// Which entries of the audit are asked for; nil is any.
package struct AuditFilter: Equatable, Sendable {
    package var wid: UInt32?
    package var action: Deed.Action?
    package var name: String?
    /// Milliseconds since 1970.
    package var from: Int64?
    package var to: Int64?

    package init() {}

    package func fits(_ entry: AuditEntry) -> Bool {
        (wid == nil || entry.deed.wid == wid) && (action == nil || entry.deed.action == action)
            && (name == nil || entry.deed.by.name == name)
            && entry.at >= from ?? .min && entry.at < to ?? .max
    }
}

/// Where the audit is kept: the part of a store's writing side that is its. Within the open
/// transaction.
package protocol AuditStore {
    /// How many entries are kept: `Limits.auditEntries`, but for tests.
    var auditEntries: Int64 { get set }
    /// Appends an entry; `at` is in milliseconds since 1970. The oldest beyond `auditEntries` go.
    mutating func save(_ deed: Deed, at: Int64) throws(StoreFailure)
    /// Keeps the mark of the last deed that was carried here from beside the hub.
    mutating func save(carriedMark mark: Int64) throws(StoreFailure)
}

/// The part of a store's reading side that is the audit's.
package protocol AuditReader {
    /// Entries with numbers below `number`, falling, at most `limit`.
    func audit(before number: Int64, limit: Int) throws(StoreFailure) -> [AuditEntry]
    /// The mark of the last deed that was carried here from beside the hub; 0: none was.
    func carriedMark() throws(StoreFailure) -> Int64
}

/// What became of one published message.
public struct PublishResult: Sendable, Equatable {
    /// Whether the message is safe: on the hub's disk, or in the spool and on its way.
    public let isSuccess: Bool
    /// The message's id. Publishing again with this id and the same content is always safe: the
    /// hub stores it once.
    public let id: String
    /// The hub's number for it; nil while it is only in the spool, and where it failed.
    public let index: Int?
    /// The hub had it already, from a try whose answer was lost or from an earlier call.
    public let isDuplicate: Bool
    /// A stable word for programs where it failed: one of the hub's, such as `id_conflict`, or of
    /// `PublishCode`. Nil where it did not.
    public let code: String?
    /// One sentence for people: what became of it, or why it failed.
    public let text: String
}

/// The library's own words in `PublishResult.code`, beside those of the hub.
public enum PublishCode {
    /// The message cannot be published as it is: no wid, a topic with a space, a body that is no
    /// JSON. Nothing was sent.
    public static let invalid = "invalid"
    /// The body is larger than the hub takes. Nothing was sent.
    public static let bodyTooLarge = "body_too_large"
    /// More messages wait already than `PublishSettings` allows. Nothing was sent.
    public static let queueFull = "queue_full"
    /// The spool has no room, by its own bound or the disk's. Nothing was kept or sent.
    public static let spoolFull = "spool_full"
    /// The spool cannot be written. Nothing was kept or sent.
    public static let spoolFailed = "spool_failed"
    /// A line of the spool is damaged; it stands in `refused.jsonl` as it was found.
    public static let damaged = "damaged"
    /// The hub could not be reached for `giveUpAfter`. It may have stored the message all the
    /// same: publish again with the same id.
    public static let gaveUp = "gave_up"
    /// The hub could not be used at all: a certificate that is not trusted, another server.
    public static let unusable = "unusable"
    /// The publisher was closed. Nothing was sent.
    public static let closed = "closed"
}

extension PublishResult {
    init(_ id: String, _ outcome: BatchInFlight.Outcome) {
        switch outcome {
        case .stored(let index, let isDuplicate):
            self = .stored(id, index: index, isDuplicate: isDuplicate)
        case .refused(let refusal), .givenUp(let refusal): self = .failed(id, refusal)
        }
    }

    static func stored(_ id: String, index: Int?, isDuplicate: Bool) -> PublishResult {
        let place = index.map { " at index \($0)" } ?? ""
        return PublishResult(
            isSuccess: true, id: id, index: index, isDuplicate: isDuplicate, code: nil,
            text: isDuplicate ? "the hub had it already\(place)" : "stored\(place)")
    }

    static func kept(_ id: String) -> PublishResult {
        PublishResult(
            isSuccess: true, id: id, index: nil, isDuplicate: false, code: nil,
            text: "kept in the spool; it goes to the hub when that can be reached")
    }

    static func failed(_ id: String, _ refusal: Refusal) -> PublishResult {
        PublishResult(
            isSuccess: false, id: id, index: nil, isDuplicate: false, code: refusal.code,
            text: refusal.text)
    }
}

/// Why a message, or a request, was not taken.
package struct Refusal: Error, Sendable, Equatable {
    /// A stable word; one of the hub's or of `PublishCode`.
    package let code: String
    /// One sentence for people.
    package let text: String
    /// The status of the hub's answer, where there was one.
    package let status: Int?

    package init(_ code: String, _ text: String, status: Int? = nil) {
        self.code = code
        self.text = text
        self.status = status
    }
}

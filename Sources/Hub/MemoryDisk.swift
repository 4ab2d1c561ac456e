// Unsafe because a message is lent as a `MessageRow`, whose pointers are valid during the call.

/// The disk under a `MemoryStore`: what remains when the store is dropped and opened again.
///
/// One thread uses it, its store and its readers.
package final class MemoryDisk {
    /// Everything that is committed; a transaction works on a copy.
    struct Contents {
        /// Those that were not deleted; the first has the index `forgotten + 1`.
        var messages: [StoredMessage] = []
        var forgotten: Int64 = 0
        var ids: [MessageID: Int64] = [:]
        var topics: [StoredTopic] = []
        var warehouses: [UInt32: Warehouse] = [:]
        var history: [UInt32: [HistoryRow]] = [:]
        var archive = ArchiveState()
        var frames: [ArchivedFrame] = []
        var trimmed: [UInt32: TrimmedLine] = [:]
        /// Ids that stay though their message is in the archive, because their own time is later.
        var lateIDs: Set<MessageID> = []
        var letters: [Int64: DeadLetter] = [:]
        var letterNumbers: [LetterName: Int64] = [:]
        var letterBodies: [Int64: [UInt8]] = [:]
        /// The highest number that a letter ever had.
        var lastLetter: Int64 = 0

        var audit: [AuditEntry] = []
        var carriedMark: Int64 = 0

        /// The newest index.
        var head: Int64 { forgotten + Int64(messages.count) }

        /// The message at `index`, if it is there.
        func message(at index: Int64) -> StoredMessage? {
            index > forgotten && index <= head ? messages[Int(index - forgotten) - 1] : nil
        }
    }

    /// What a dead letter stands for.
    struct LetterName: Hashable {
        let wid: UInt32
        let id: MessageID
    }

    /// Where a warehouse was at the end of a second.
    struct HistoryRow {
        let second: Int64
        let delivered: Int64
        let committed: Int64
    }

    let hub: String
    let ids: HubIDs
    var contents = Contents()
    /// A commit whose sync was reported as failed: nobody sees it, but a crash may bring it to
    /// light, until the next commit is written over it.
    var unsure: Contents?

    package init(hub: String = "memory", tag: UInt32 = 1) {
        self.hub = hub
        ids = HubIDs(tag: tag)
    }

    /// The machine goes down and comes back.
    ///
    /// - Parameter keepsUnsure: whether a commit that was reported as failed is there after all.
    package func crash(keepsUnsure: Bool) {
        if keepsUnsure, let unsure { contents = unsure }
        unsure = nil
    }
}

/// A message as it lies on a `MemoryDisk`.
final class StoredMessage: Sendable {
    let index: Int64
    let id: MessageID
    private let topic: Int32
    private let wid: UInt32
    private let nth: Int64
    private let key: [UInt8]?
    private let body: [UInt8]
    let created: Int64
    private let occurred: Int64?
    private let replayOf: ReplayOf?

    init(_ row: MessageRow) {
        index = row.index
        id = row.id
        topic = row.topic
        wid = row.wid
        nth = row.nth
        key = row.key.map { Array($0) }
        body = Array(row.body)
        created = row.created
        occurred = row.occurred
        replayOf = row.replayOf
    }

    /// Lends the message for as long as `visit` runs.
    func visit<Result>(_ visit: (MessageRow) -> Result) -> Result {
        body.withUnsafeBytes { body in
            guard let key else { return visit(row(key: nil, body: body)) }
            return key.withUnsafeBytes { visit(row(key: $0, body: body)) }
        }
    }

    private func row(key: UnsafeRawBufferPointer?, body: UnsafeRawBufferPointer) -> MessageRow {
        MessageRow(
            index: index, id: id, topic: topic, wid: wid, nth: nth, key: key, body: body,
            created: created, occurred: occurred, replayOf: replayOf)
    }
}

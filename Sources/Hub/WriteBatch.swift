/// What one loop hands to the writer in one go, and what comes back.
///
/// Owned by one thread at a time: filled by a loop, handed over by a mailbox, answered by the
/// writer, handed back, emptied and used again. So its arrays are allocated once.
package final class WriteBatch: @unchecked Sendable {
    /// A message to store, and the place it got.
    package struct Message {
        package var topic: Arena.Slice
        package var key: Arena.Slice
        package var body: Arena.Slice
        package var wid: UInt32
        /// The publisher's id; nil: the hub gives one.
        package var id: MessageID?
        package var occurred: Int64?
        /// The message that this one is a copy of, if it is replayed.
        package var replayOf: ReplayOf?
        /// What the archive says of the publisher's id; nil: it does not know it, or was not asked
        /// (`Publish.lookedThrough` tells).
        package var archived: ArchivedTwin?

        // Filled by the writer.
        package private(set) var index: Int64 = 0
        package private(set) var created: Int64 = 0
        package private(set) var storedID = MessageID(high: 0, low: 0)
        package var isDuplicate = false
        var topicNumber: Int32 = -1

        package init(
            topic: Arena.Slice, key: Arena.Slice, body: Arena.Slice, wid: UInt32, id: MessageID?,
            occurred: Int64?
        ) {
            self.topic = topic
            self.key = key
            self.body = body
            self.wid = wid
            self.id = id
            self.occurred = occurred
        }

        mutating func place(at index: Int64, created: Int64, id: MessageID) {
            self.index = index
            self.created = created
            storedID = id
        }
    }

    /// The archived message that has the id of one that is to be stored.
    package enum ArchivedTwin: Equatable, Sendable {
        /// It says the same: a retry.
        case same(index: Int64, created: Int64)
        /// It says something else.
        case different
    }

    /// One request to publish: stored whole or not at all.
    package struct Publish {
        /// The loop's name for the call to answer.
        package let call: UInt64
        package let messages: Range<Int>
        /// The border at which the archive was asked for every id of this request, which then stand
        /// in `Message.archived`; -1: it was not asked. It has to be asked where an id's own time
        /// is not later than `Lines.borderTime`.
        package var lookedThrough: Int64 = -1
        package var outcome = Outcome.pending

        package init(call: UInt64, messages: Range<Int>) {
            self.call = call
            self.messages = messages
        }
    }

    package enum Outcome: Equatable {
        case pending
        /// On disk; `fresh` of its messages are new, the others were there.
        case stored(fresh: Int)
        /// These messages (places in the request) have ids that stand for other content.
        case conflict([Int])
        /// An id may stand for an archived message: nothing was stored; ask the archive for every
        /// id of the request, and send it again with `lookedThrough`.
        case lookAgain
        /// The archive could not be asked for every id in time: nothing was stored. What was found
        /// out is kept, so that the next try gets further.
        case unfinished
        /// These messages (places in the request) have ids so old that what they stood for may have
        /// been pruned from the archive.
        case expired([Int])
        case topicLimit
        case lineLimit
        case failed(StoreFailure)
    }

    /// One change of a warehouse.
    package struct Change {
        package let call: UInt64
        package let wid: UInt32
        package let change: Warehouse.Change
        package var outcome: ChangeOutcome = .pending

        package init(call: UInt64, wid: UInt32, change: Warehouse.Change) {
            self.call = call
            self.wid = wid
            self.change = change
        }
    }

    package enum ChangeOutcome {
        case pending
        /// On disk: the warehouse as it then was.
        case done(Warehouse)
        case refused(Refusal)
        case failed(StoreFailure)
    }

    /// A deed, and the request of the batch that it is.
    package struct NotedDeed {
        package let deed: Deed
        package let request: Request
        /// When it was done, in milliseconds since 1970; nil: when it is written.
        package let at: Int64?

        package enum Request: Equatable {
            /// Of none: nobody waits for it.
            case none
            case publish(Int)
            case change(Int)
            case letters(Int)
        }

        package init(_ deed: Deed, _ request: Request, at: Int64? = nil) {
            self.deed = deed
            self.request = request
            self.at = at
        }
    }

    /// The loop it belongs to.
    package let loop: Int
    package var arena = Arena()
    package var messages: [Message] = []
    package var publishes: [Publish] = []
    package var changes: [Change] = []
    package var letters: [LetterCall] = []
    /// What operators do with it: noted with what it is of, if that comes to something.
    package var deeds: [NotedDeed] = []
    /// Nothing of it was stored.
    package private(set) var hasFailed = false

    package init(loop: Int) {
        self.loop = loop
    }

    package var isEmpty: Bool {
        publishes.isEmpty && changes.isEmpty && letters.isEmpty && deeds.isEmpty
    }

    /// Bytes that its requests hold until they are answered.
    package var bytes: Int {
        letters.isEmpty ? arena.count : letters.reduce(arena.count) { $0 + $1.bytes }
    }

    /// Whether it gets a transaction of its own, after the waiting singles.
    package var isLarge: Bool {
        publishes.count == 1
            && (messages.count > Limits.largeBatch || arena.count > Limits.largeBatchBytes)
            || letters.count == 1 && publishes.isEmpty && letters[0].isLarge
    }

    /// Whether it is one request whose old ids the archive was asked for.
    package var isLookup: Bool { publishes.first.map { $0.lookedThrough >= 0 } ?? false }

    /// One of its requests, in a batch of its own.
    package func copy(of request: Publish) -> WriteBatch {
        let copy = WriteBatch(loop: loop)
        for message in messages[request.messages] {
            var copied = Message(
                topic: copy.arena.append(arena.bytes(message.topic)),
                key: message.key.isNone ? .none : copy.arena.append(arena.bytes(message.key)),
                body: copy.arena.append(arena.bytes(message.body)), wid: message.wid,
                id: message.id, occurred: message.occurred)
            copied.replayOf = message.replayOf
            copy.messages.append(copied)
        }
        // A replay is a batch of its own. What else was noted is on disk, or not this request's.
        if publishes.count == 1 { copy.deeds = deeds.filter { $0.request == .publish(0) } }
        copy.publishes = [Publish(call: request.call, messages: copy.messages.indices)]
        return copy
    }

    /// Answers every request in it: nothing of it was stored.
    package func fail(_ failure: StoreFailure) {
        hasFailed = true
        for publish in publishes.indices { publishes[publish].outcome = .failed(failure) }
        for change in changes.indices { changes[change].outcome = .failed(failure) }
        for letter in letters.indices { letters[letter].outcome = .failed(failure) }
    }

    /// The deed that `noted` tells of, if something was done of it.
    func deed(of noted: NotedDeed) -> Deed? {
        switch noted.request {
        case .none: return noted.deed
        case .publish(let place):
            if case .stored(let fresh) = publishes[place].outcome, fresh > 0 { return noted.deed }
        case .change(let place):
            if case .done = changes[place].outcome { return noted.deed }
        case .letters(let place):
            guard case .ordered(let results) = letters[place].outcome else { return nil }
            let wids = Set(results.compactMap { try? $0.get().wid })
            guard let wid = wids.first else { return nil }
            // Of several warehouses it is nobody's alone.
            return wids.count > 1 ? noted.deed : noted.deed.with(wid: wid)
        }
        return nil
    }

    /// Empties it for the next use.
    package func reset() {
        hasFailed = false
        arena.removeAll()
        messages.removeAll(keepingCapacity: messages.capacity <= 4096)
        publishes.removeAll(keepingCapacity: true)
        changes.removeAll(keepingCapacity: true)
        letters.removeAll(keepingCapacity: letters.capacity <= 256)
        deeds.removeAll(keepingCapacity: false)
    }
}

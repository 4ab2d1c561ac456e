/// Gives every message its place, and stores it: the one order of the hub.
///
/// One transaction a call of `write`. Ids and indexes are given inside it, so no reader can pass a
/// message that appears later behind it. Nothing is shown to readers before `publish`. Used by one
/// thread; knows no socket and no clock, so a simulation drives it as the hub does.
package struct Writer<S: Store> {
    package let lines: Lines
    /// The newest index stored.
    package private(set) var head: Int64
    /// The newest time given to a message.
    package var lastCreated: Int64 { clock.last }

    /// The border, and what was pruned, as they are on disk.
    package private(set) var archive: ArchiveState
    /// Messages at or below it are in the archive.
    package var border: Int64 { archive.border }
    /// When the message at the border was created; 0: there is no archive.
    package var borderTime: Int64 { archive.borderTime }

    var store: S
    private let ids: HubIDs
    private var clock: CreatedClock
    private var topics: TopicTable
    /// An id whose own time is not later may stand for an archived message. -1: there is none.
    private var archiveTime: Int64
    /// The store's table has the ids of all messages above it, archived or not.
    private var forgotten: Int64
    /// Warehouses as the open transaction has changed them.
    var pending: [UInt32: Warehouse] = [:]
    private var newcomers = 0
    /// The number of the newest dead letter.
    var lastLetter: Int64
    /// Orders for dead letters since the start, and one for those of before it.
    var orders = LetterTray.orderBefore

    // Of the request being stored; kept so that they are allocated once.
    private var claimed: [MessageID] = []
    private var freshPlaces: [Int] = []

    /// What a transaction changed, for those who show it to readers.
    package struct Outcome {
        package var failure: StoreFailure?
        /// The warehouses that changed, as they are now on disk.
        package var warehouses: [Warehouse] = []
        /// The numbers of topics with new messages.
        package var topics: [Int32] = []
        /// Messages stored.
        package var stored = 0
    }

    /// The warehouses as they are in memory: where the writer takes its copy from.
    package typealias Lookup = (UInt32) -> Warehouse?

    package init(store: S, state: StoreState, lines: Lines) {
        self.store = store
        self.lines = lines
        ids = state.ids
        clock = CreatedClock(last: state.lastCreated)
        topics = TopicTable(state.topics)
        head = state.head
        archive = state.archive
        archiveTime = state.border == 0 ? -1 : state.borderTime
        forgotten = state.border
        lastLetter = state.lastLetter
    }

    /// A topic's name and counts.
    package func topic(_ number: Int32) -> StoredTopic { topics.topics[Int(number)] }
    package var topicCount: Int { topics.topics.count }

    // MARK: One transaction

    /// Stores what `batches` ask for, and answers each request in its `outcome`.
    ///
    /// - Parameters:
    ///   - flush: warehouses whose row in memory is newer than on disk (`delivered`, last pull).
    ///   - wall: milliseconds since 1970.
    ///   - now: nanoseconds of the monotonic clock.
    ///   - registered: how many warehouses `lookup` knows.
    package mutating func write(
        _ batches: [WriteBatch], flush: [Warehouse] = [], wall: Int64, now: UInt64,
        registered: Int, lookup: Lookup
    ) -> Outcome {
        var outcome = Outcome()
        let (headBefore, clockBefore, topicsBefore) = (head, clock, topics.topics.count)
        let letterBefore = lastLetter
        do throws(StoreFailure) {
            try store.begin()
            let created = clock.now(wall: wall)
            for batch in batches {
                for request in batch.publishes.indices {
                    try store(batch, request, created: created)
                }
                for change in batch.changes.indices {
                    apply(
                        batch, change, wall: wall, now: now, registered: registered,
                        lookup: lookup)
                }
                for letter in batch.letters.indices {
                    try apply(batch, letter: letter, wall: wall, lookup: lookup)
                }
                for noted in batch.deeds {
                    guard let deed = batch.deed(of: noted) else { continue }
                    try store.save(deed, at: noted.at ?? wall)
                }
            }
            outcome.warehouses = Array(pending.values)
            for warehouse in outcome.warehouses { try store.save(warehouse, wall: wall) }
            for warehouse in flush where pending[warehouse.wid] == nil {
                try store.save(warehouse, wall: wall)
            }
            let savesTopics = headBefore / Self.block != head / Self.block
            if savesTopics { try saveTopics() }
            try store.commit()
            outcome.stored = Int(head - headBefore)
            outcome.topics = topics.commit(saved: savesTopics)
        } catch {
            store.rollBack()
            lines.rollBack()
            topics.rollBack(to: topicsBefore)
            (head, clock, lastLetter) = (headBefore, clockBefore, letterBefore)
            outcome.warehouses = []
            outcome.failure = error
            for batch in batches { batch.fail(error) }
        }
        pending.removeAll(keepingCapacity: true)
        newcomers = 0
        return outcome
    }

    /// Finds out, after a failure, whether the store takes anything again: writes a topic's row as
    /// it is already.
    package mutating func probe() -> StoreFailure? {
        do throws(StoreFailure) {
            try store.begin()
            if let first = topics.topics.first { try store.save(first, number: 0) }
            try store.commit()
            return nil
        } catch {
            store.rollBack()
            return error
        }
    }

    /// Shows readers what `write` stored; `visit` gets each wid that has something new. Called
    /// after each `write` without failure, before the next.
    package func publish(_ visit: (UInt32) -> Void) {
        lines.publish(head: head, visit)
    }

    /// Topics are saved with every block of wids, so that a start counts no more than a block.
    private static var block: Int64 { 4096 }

    private mutating func saveTopics() throws(StoreFailure) {
        for number in topics.changedSinceSaved() {
            try store.save(topics.topics[Int(number)], number: number)
        }
    }

    // MARK: Publishing

    private mutating func store(
        _ batch: WriteBatch, _ request: Int, created: Int64
    ) throws(StoreFailure) {
        let range = batch.publishes[request].messages
        freshPlaces.removeAll(keepingCapacity: true)
        claimed.removeAll(keepingCapacity: true)
        let topicsBefore = topics.topics.count
        let lookedThrough = batch.publishes[request].lookedThrough
        if let refusal = try check(batch, range, lookedThrough, created: created) {
            for id in claimed { try store.unclaim(id) }
            topics.removeNewest(downTo: topicsBefore)
            batch.publishes[request].outcome = refusal
            return
        }
        for number in topicsBefore..<topics.topics.count {
            try store.save(topics.topics[number], number: Int32(number))
        }
        for place in freshPlaces { try insert(batch, place, created: created) }
        batch.publishes[request].outcome = .stored(fresh: freshPlaces.count)
    }

    private mutating func insert(
        _ batch: WriteBatch, _ place: Int, created: Int64
    ) throws(StoreFailure) {
        head += 1
        let message = batch.messages[place]
        let id = message.id ?? ids.id(created: created, index: head)
        let nth = lines.append(head, wid: message.wid)
        try store.insert(
            MessageRow(
                index: head, id: id, topic: message.topicNumber, wid: message.wid, nth: nth,
                key: message.key.isNone ? nil : batch.arena.bytes(message.key),
                body: batch.arena.bytes(message.body), created: created,
                occurred: message.occurred, replayOf: message.replayOf))
        topics.note(message.topicNumber, index: head, created: created)
        batch.messages[place].place(at: head, created: created, id: id)
    }

    /// Finds out whether the request can be stored whole: numbers its topics, claims the ids that
    /// its publisher gave, marks duplicates, and notes in `freshPlaces` what is to be inserted.
    ///
    /// Returns why not, nil if it can.
    private mutating func check(
        _ batch: WriteBatch, _ range: Range<Int>, _ lookedThrough: Int64, created: Int64
    ) throws(StoreFailure) -> WriteBatch.Outcome? {
        var (conflicts, expired): ([Int], [Int]) = ([], [])
        for place in range {
            let name = batch.arena.bytes(batch.messages[place].topic)
            guard let topic = topics.number(of: name) ?? topics.add(name)
            else { return .topicLimit }
            batch.messages[place].topicNumber = topic
            guard lines.hasRoom(for: batch.messages[place].wid) else { return .lineLimit }
            guard let id = batch.messages[place].id else {
                freshPlaces.append(place)
                continue
            }
            if let twin = batch.messages[place].archived {
                if case .same(let index, let created) = twin {
                    batch.messages[place].isDuplicate = true
                    batch.messages[place].place(at: index, created: created, id: id)
                } else {
                    conflicts.append(place - range.lowerBound)
                }
                continue
            }
            switch try claim(id, head + Int64(freshPlaces.count) + 1) {
            case .fresh:
                claimed.append(id)
                freshPlaces.append(place)
                // The only cost that the archive has for an id that is not old.
                guard id.milliseconds <= archiveTime else { continue }
                guard knows(id, lookedThrough) else { return .lookAgain }
                if id.milliseconds <= archive.prunedTime {
                    expired.append(place - range.lowerBound)
                }
            case .taken(let index) where index <= border:
                guard lookedThrough >= index else { return .lookAgain }
                // The archive was asked, and has lost the message.
                expired.append(place - range.lowerBound)
            case .taken(let index) where index > head:
                if isSame(batch, place, asTwin: try twin(batch, of: id, at: index)) {
                    batch.messages[place].isDuplicate = true
                    batch.messages[place].place(at: index, created: created, id: id)
                } else {
                    conflicts.append(place - range.lowerBound)
                }
            case .taken(let index):
                if try !isSame(batch, place, asStored: index) {
                    conflicts.append(place - range.lowerBound)
                }
            case .reserved:
                conflicts.append(place - range.lowerBound)
            }
        }
        if !conflicts.isEmpty { return .conflict(conflicts) }
        return expired.isEmpty ? nil : .expired(expired)
    }

    /// Whether an archived message with this id, which the table does not know, would have been
    /// found when the archive was asked.
    private func knows(_ id: MessageID, _ lookedThrough: Int64) -> Bool {
        // Ids that the hub gave are in no table; the archive has to be asked for the index in them.
        if let own = ids.index(in: id), own <= border, own > lookedThrough { return false }
        return lookedThrough >= forgotten
    }

    private mutating func claim(_ id: MessageID, _ index: Int64) throws(StoreFailure) -> Claim {
        if let own = ids.index(in: id) {
            // Bears the hub's own tag: perhaps one that it gave, and somebody sends again.
            if ids.isReserved(id, head: head) { return .reserved }
            var isTaken = false
            if own > border, own <= head {
                _ = try store.look(at: own) { isTaken = $0.id == id }
            }
            if isTaken { return .taken(own) }
        }
        return try store.claim(id, for: index).map { .taken($0) } ?? .fresh
    }

    /// Whether the message says the same as the stored one that has its id; if so, it is marked as
    /// its duplicate and gets its answer.
    private mutating func isSame(
        _ batch: WriteBatch, _ place: Int, asStored index: Int64
    ) throws(StoreFailure) -> Bool {
        let message = batch.messages[place]
        var isSame = false
        let found = try store.look(at: index) { row in
            isSame =
                row.topic == message.topicNumber && row.wid == message.wid
                && row.occurred == message.occurred
                && row.body.elementsEqual(batch.arena.bytes(message.body))
                && (message.key.isNone
                    ? row.key == nil
                    : row.key?.elementsEqual(batch.arena.bytes(message.key)) ?? false)
            guard isSame else { return }
            batch.messages[place].isDuplicate = true
            batch.messages[place].place(at: index, created: row.created, id: row.id)
        }
        guard found else { throw Self.missing(index) }
        return isSame
    }

    private static func missing(_ index: Int64) -> StoreFailure {
        .damaged("an id stands for message \(index), which is not there")
    }

    /// The place of the message of the same request that has claimed `id` for `index`.
    private func twin(
        _ batch: WriteBatch, of id: MessageID, at index: Int64
    ) throws(StoreFailure) -> Int {
        let order = Int(index - head) - 1
        guard order < freshPlaces.count, batch.messages[freshPlaces[order]].id == id
        else { throw Self.missing(index) }
        return freshPlaces[order]
    }

    /// The same question, where the id came earlier in the same request.
    private func isSame(_ batch: WriteBatch, _ place: Int, asTwin first: Int) -> Bool {
        func same(_ left: Arena.Slice, _ right: Arena.Slice) -> Bool {
            left.isNone == right.isNone
                && (left.isNone
                    || batch.arena.bytes(left).elementsEqual(batch.arena.bytes(right)))
        }
        let (message, twin) = (batch.messages[place], batch.messages[first])
        return twin.topicNumber == message.topicNumber && twin.wid == message.wid
            && twin.occurred == message.occurred && same(twin.key, message.key)
            && same(twin.body, message.body)
    }

    // MARK: Warehouses

    private mutating func apply(
        _ batch: WriteBatch, _ place: Int, wall: Int64, now: UInt64, registered: Int,
        lookup: Lookup
    ) {
        let call = batch.changes[place]
        do throws(Refusal) {
            var warehouse: Warehouse
            if let known = pending[call.wid] ?? lookup(call.wid) {
                warehouse = known
            } else {
                warehouse = try register(
                    call.wid, by: call.change, registered: registered, wall: wall)
            }
            try warehouse.apply(call.change, head: head, now: now, wall: wall)
            pending[call.wid] = warehouse
            batch.changes[place].outcome = .done(warehouse)
        } catch {
            batch.changes[place].outcome = .refused(error)
        }
    }

    private mutating func register(
        _ wid: UInt32, by change: Warehouse.Change, registered: Int, wall: Int64
    ) throws(Refusal) -> Warehouse {
        guard change.registers else { throw .unknownWarehouse }
        guard registered + newcomers < Limits.warehouses else { throw .warehouseLimit }
        newcomers += 1
        var warehouse = Warehouse(wid: wid)
        warehouse.registered = wall
        return warehouse
    }
}

/// What became of a publisher's id. Outside the generic type, so that it needs no metadata of its
/// own each time.
private enum Claim {
    case fresh, taken(Int64), reserved
}

// MARK: - The archive

extension Writer where S: ArchivableStore {
    /// Rows of garbage deleted in one transaction: less than a millisecond of the writer's time.
    private static var trimRows: Int { 125 }

    /// Hands the messages of `frame` over to the archive: called between `publish` and the next
    /// `write`, when the frame is on disk, read back and verified.
    ///
    /// From its COMMIT on the messages are the archive's. The border is shown, and whole chunks of
    /// the lists are freed when readers have let go of them.
    ///
    /// - Returns: why not; the store and the lists are then as before.
    package mutating func archive(_ frame: ArchivedFrame) -> StoreFailure? {
        do throws(StoreFailure) {
            let trimmed = try self.trimmed(by: frame)
            let linked = linked(frame)
            try transact { (writer) throws(StoreFailure) in
                // A start can count only messages whose rows are there.
                try writer.saveTopics()
                try writer.store.archive(linked, trimmed: trimmed)
            }
        } catch {
            return error
        }
        _ = topics.commit(saved: true)
        archive.border = frame.last
        archive.borderTime = frame.created.upperBound
        archive.lastDigest = frame.digest
        archiveTime = archive.borderTime
        lines.trim(
            through: frame.last, time: archive.borderTime, of: frame.wids.lazy.map(\.wid))
        return nil
    }

    /// Notes that the archive has nothing at or below `index` any more, the end of a frame: called
    /// before its files are removed. `time` is when message `index` was created.
    ///
    /// Ids that are not later expire; lower positions have lost what came next.
    ///
    /// - Parameter deed: the operator's who asked for it, and when.
    package mutating func prune(
        through index: Int64, time: Int64, deed: (Deed, at: Int64)? = nil
    ) -> StoreFailure? {
        guard index > archive.pruned else { return nil }
        guard index <= border else {
            return .other("message \(index) is above the border, which is \(border)")
        }
        do throws(StoreFailure) {
            try transact { (writer) throws(StoreFailure) in
                try writer.store.prune(through: index, time: time)
                if let deed { try writer.store.save(deed.0, at: deed.at) }
            }
        } catch {
            return error
        }
        archive.pruned = index
        archive.prunedTime = time
        lines.show(pruned: index)
        return nil
    }

    /// Keeps deeds that were done beside the hub, and the mark of the last, in a transaction of
    /// their own.
    package mutating func carry(_ deeds: CarriedDeeds) -> StoreFailure? {
        do throws(StoreFailure) {
            try transact { (writer) throws(StoreFailure) in
                for carried in deeds.deeds { try writer.store.save(carried.deed, at: carried.at) }
                try writer.store.save(carriedMark: deeds.mark)
            }
            return nil
        } catch {
            return error
        }
    }

    /// Deletes a slice of the garbage that archive and prune leave behind; readers and publishers
    /// do not notice. Called between other work, at most once a millisecond, while it returns rows.
    ///
    /// Garbage that a reader may still look at waits: then it returns none though some is there, so
    /// it is asked again a little later, and once at least after each `archive` and `prune`.
    ///
    /// - Returns: rows seen to; and why not, if it failed.
    package mutating func trim() -> (rows: Int, failure: StoreFailure?) {
        defer { forgotten = max(forgotten, store.forgotten) }
        do throws(StoreFailure) {
            return (try store.trim(atMost: Self.trimRows, through: lines.passedBorder), nil)
        } catch {
            store.rollBack()
            return (0, error)
        }
    }

    /// Messages at or below the border whose rows are not deleted yet.
    package var garbage: Int64 { border - store.forgotten }

    private mutating func transact(
        _ body: (inout Self) throws(StoreFailure) -> Void
    ) throws(StoreFailure) {
        do throws(StoreFailure) {
            try store.begin()
            try body(&self)
            try store.commit()
        } catch {
            store.rollBack()
            throw error
        }
    }
}

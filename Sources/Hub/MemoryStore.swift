/// The null twin of a store: everything in memory, and failures on demand.
///
/// What the other stores are compared with, and what simulations run on. One thread uses it.
package struct MemoryStore: ArchivableStore {
    /// Where a store may fail.
    package enum Step: CaseIterable, Sendable {
        case begin, claim, unclaim, insert, saveTopic, saveWarehouse, look
        case archive, prune
        case letter, saveLetter, saveDeed
        /// Nothing of the transaction is written.
        case commit
        /// It is written, but its sync is reported as failed: see `MemoryDisk.crash`.
        case sync

        /// Those that storing messages and changes passes.
        package static var ofWriting: [Step] {
            allCases.filter { ![.archive, .prune, .letter, .saveLetter, .saveDeed].contains($0) }
        }
    }

    package let disk: MemoryDisk
    /// Asked before each step whether it fails.
    package var fault: (Step) -> StoreFailure?
    package var auditEntries = Limits.auditEntries
    var open: MemoryDisk.Contents?

    package init(
        _ disk: MemoryDisk = MemoryDisk(), fault: @escaping (Step) -> StoreFailure? = { _ in nil }
    ) {
        self.disk = disk
        self.fault = fault
    }

    func pass(_ step: Step) throws(StoreFailure) {
        if let failure = fault(step) { throw failure }
    }

    // MARK: Transactions

    package mutating func begin() throws(StoreFailure) {
        precondition(open == nil, "one transaction at a time")
        try pass(.begin)
        open = disk.contents
    }

    package mutating func commit() throws(StoreFailure) {
        try pass(.commit)
        do throws(StoreFailure) { try pass(.sync) } catch {
            disk.unsure = open
            throw error
        }
        disk.contents = open!
        disk.unsure = nil
        open = nil
    }

    package mutating func rollBack() {
        open = nil
    }

    // MARK: Messages

    package mutating func claim(
        _ id: MessageID, for index: Int64
    ) throws(StoreFailure) -> Int64? {
        try pass(.claim)
        if let holder = open!.ids[id] { return holder }
        open!.ids[id] = index
        return nil
    }

    package mutating func unclaim(_ id: MessageID) throws(StoreFailure) {
        try pass(.unclaim)
        open!.ids[id] = nil
    }

    package mutating func insert(_ row: MessageRow) throws(StoreFailure) {
        try pass(.insert)
        guard row.index == open!.head + 1 else {
            throw .other("message \(row.index) does not follow \(open!.head)")
        }
        open!.messages.append(StoredMessage(row))
    }

    package mutating func look(
        at index: Int64, _ visit: (MessageRow) -> Void
    ) throws(StoreFailure) -> Bool {
        try pass(.look)
        let contents = open ?? disk.contents
        return contents.message(at: index).map { $0.visit(visit) } != nil
    }

    package mutating func save(_ topic: StoredTopic, number: Int32) throws(StoreFailure) {
        try pass(.saveTopic)
        if Int(number) < open!.topics.count {
            open!.topics[Int(number)] = topic
        } else {
            precondition(Int(number) == open!.topics.count, "topics are numbered one by one")
            open!.topics.append(topic)
        }
    }

    // MARK: Warehouses

    package mutating func save(_ warehouse: Warehouse, wall: Int64) throws(StoreFailure) {
        try pass(.saveWarehouse)
        open!.warehouses[warehouse.wid] = Self.durable(warehouse)
        guard warehouse.hasStarted else { return }
        var history = open!.history[warehouse.wid] ?? []
        if let last = history.last, last.delivered == warehouse.delivered,
            last.committed == warehouse.committed
        {
            return
        }
        let second = max(history.last?.second ?? 0, wall / 1000)
        if history.last?.second == second { history.removeLast() }
        history.append(
            .init(
                second: second, delivered: warehouse.delivered, committed: warehouse.committed))
        open!.history[warehouse.wid] = history
    }

    /// The warehouse as a start of the hub finds it: without what lives in memory only.
    private static func durable(_ warehouse: Warehouse) -> Warehouse {
        var durable = warehouse
        durable.leaseEnds = 0
        durable.openCalls = 0
        durable.epoch = 0
        durable.tenure = 0
        durable.waiting = nil
        durable.newestPull = 0
        durable.rate = Rate()
        durable.letters = nil
        durable.ordersTold = .init()
        return durable
    }

    // MARK: The archive

    package mutating func archive(
        _ frame: ArchivedFrame, trimmed: [TrimmedLine]
    ) throws(StoreFailure) {
        try pass(.archive)
        guard frame.first == open!.archive.border + 1 else {
            throw .other("frame \(frame.first) does not follow \(open!.archive.border)")
        }
        open!.frames.append(frame)
        for line in trimmed { open!.trimmed[line.wid] = line }
        open!.archive.border = frame.last
        open!.archive.borderTime = frame.created.upperBound
        open!.archive.lastDigest = frame.digest
    }

    package mutating func prune(through index: Int64, time: Int64) throws(StoreFailure) {
        try pass(.prune)
        guard open!.frames.contains(where: { $0.last == index }) else {
            throw .other("no frame ends at \(index)")
        }
        open!.archive.pruned = index
        open!.archive.prunedTime = time
    }

    package var forgotten: Int64 { (open ?? disk.contents).forgotten }

    package mutating func trim(
        atMost rows: Int, through border: Int64
    ) throws(StoreFailure) -> Int {
        guard disk.contents.hasGarbage(through: border, hub: disk.ids) else { return 0 }
        try begin()
        let count = open!.trim(atMost: rows, through: border, hub: disk.ids)
        try commit()
        return count
    }

    // MARK: The start

    package mutating func load(into lines: Lines) throws(StoreFailure) -> StoreState {
        let contents = disk.contents
        var topics = contents.topics
        for line in contents.trimmed.values {
            lines.restore(wid: line.wid, count: line.count, last: line.last)
        }
        lines.restore(
            border: contents.archive.border, time: contents.archive.borderTime,
            pruned: contents.archive.pruned)
        for message in contents.messages where message.index > contents.archive.border {
            try message.visit { (row) -> Result<Void, StoreFailure> in
                guard lines.append(row.index, wid: row.wid) == row.nth else {
                    return .failure(.damaged("message \(row.index) has another number"))
                }
                guard topics.indices.contains(Int(row.topic)) else {
                    return .failure(.damaged("message \(row.index) has no topic"))
                }
                if row.index > topics[Int(row.topic)].lastIndex {
                    topics[Int(row.topic)].note(index: row.index, created: row.created)
                }
                return .success(())
            }.get()
        }
        let head = contents.head
        lines.publish(head: head) { _ in }
        let warehouses = contents.warehouses.values.map { warehouse in
            var warehouse = warehouse
            warehouse.noteStart(head: head)
            warehouse.letters = contents.tray(of: warehouse.wid)
            return warehouse
        }
        return StoreState(
            hub: disk.hub, ids: disk.ids, head: head,
            lastCreated: contents.messages.last?.created ?? contents.archive.borderTime,
            topics: topics, warehouses: warehouses.sorted { $0.wid < $1.wid },
            archive: contents.archive, lastLetter: contents.lastLetter)
    }
}

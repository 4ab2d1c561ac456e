import Hub

/// The publishers' ids of the newest messages, which are not all in the table of ids yet.
///
/// Ids made within a tenth of a second by many publishers lie scattered over the right edge of that
/// table: inserted as they come, they would have each commit sync a page for nearly every message.
/// So they are kept here for one generation of messages, sorted, and then inserted along with the
/// messages of the next one, a run of neighbours a transaction. Nothing is lost with them: the log
/// has every id, and a start reads those of the last two generations from there.
///
/// Whatever is greater than `floor` and not here is in no table either, so most claims ask nobody.
struct RecentIDs {
    /// Messages of one generation: a tenth of a second at full load, as far as clocks may differ.
    static let generation: Int64 = 8192
    /// Ids that go into the table for each message stored, so that the older generation is done
    /// before the newer one is full.
    private static let insertedPerMessage = 2

    private var newer: [MessageID: Int64] = [:]
    private var older: [MessageID: Int64] = [:]
    /// The older generation in the table's order, and how many of it are in the table.
    private var sorted: [(id: MessageID, index: Int64)] = []
    private var inserted = 0
    private var insertedAtBegin = 0
    /// No id above it has left for the table but those that are here.
    private var floor = MessageID(high: 0, low: 0)
    /// Claimed in the open transaction.
    private var claimed: [MessageID] = []

    /// - Parameter floor: the greatest id in the table, if it has any.
    init(floor: MessageID? = nil) {
        if let floor { self.floor = floor }
    }

    /// The first message whose id may be missing from the table when `head` is the newest.
    static func firstIndex(head: Int64) -> Int64 {
        max(0, head / generation - 1) * generation + 1
    }

    /// The index that `id` stands for, if it is one of the newest.
    subscript(id: MessageID) -> Int64? { newer[id] ?? older[id] }

    /// Takes up an id that a start has read from the log, whose newest message is `head`.
    mutating func restore(_ id: MessageID, for index: Int64, head: Int64) {
        if index > head / Self.generation * Self.generation {
            newer[id] = index
        } else {
            older[id] = index
        }
    }

    /// All that a start had to read is here.
    mutating func restored() {
        sortOlder()
    }

    /// Whether the table may have an id that is not here.
    func mayBeInTable(_ id: MessageID) -> Bool { id <= floor }

    mutating func claim(_ id: MessageID, for index: Int64) {
        newer[id] = index
        claimed.append(id)
    }

    mutating func unclaim(_ id: MessageID) {
        newer[id] = nil
    }

    /// These ids stand for archived messages whose rows are deleted; the table forgets them too.
    mutating func forget(_ gone: [(id: MessageID, index: Int64)]) {
        var leavesGap = false
        for (id, index) in gone {
            if newer[id] == index { newer[id] = nil }
            if older[id] == index {
                older[id] = nil
                leavesGap = true
            }
        }
        guard leavesGap else { return }
        if let greatest = sorted.last?.id { floor = max(floor, greatest) }
        sorted = sorted[inserted...].filter { older[$0.id] != nil }
        (inserted, insertedAtBegin) = (0, 0)
    }

    // MARK: The way into the table

    /// Gives the ids that the open transaction has to insert, in the table's order.
    ///
    /// - Parameters:
    ///   - before: the newest index when the transaction began; `head`: now.
    mutating func drain<Failure: Error>(
        before: Int64, head: Int64, _ insert: (MessageID, Int64) throws(Failure) -> Void
    ) throws(Failure) {
        let generations = head / Self.generation - before / Self.generation
        let share = Int(head - before) * Self.insertedPerMessage
        let end =
            generations > 0 ? sorted.count : min(sorted.count, inserted + share)
        while inserted < end {
            try insert(sorted[inserted].id, sorted[inserted].index)
            inserted += 1
        }
        // A batch of more than a generation leaves none of its own for later.
        guard generations > 1 else { return }
        for (id, index) in newer.sorted(by: { $0.key < $1.key }) { try insert(id, index) }
    }

    /// The open transaction is committed.
    mutating func commit(before: Int64, head: Int64) {
        claimed.removeAll(keepingCapacity: true)
        insertedAtBegin = inserted
        guard head / Self.generation != before / Self.generation else { return }
        if let greatest = sorted.last?.id { floor = max(floor, greatest) }
        swap(&older, &newer)
        newer.removeAll(keepingCapacity: true)
        sortOlder()
        (inserted, insertedAtBegin) = (0, 0)
    }

    /// The open transaction is undone, and its claims with it.
    mutating func rollBack() {
        for id in claimed { newer[id] = nil }
        claimed.removeAll(keepingCapacity: true)
        inserted = insertedAtBegin
    }

    /// In the memory of the generation before: fresh pages would cost more than the sorting.
    private mutating func sortOlder() {
        sorted.removeAll(keepingCapacity: true)
        for (id, index) in older { sorted.append((id, index)) }
        sorted.sort { $0.id < $1.id }
    }
}

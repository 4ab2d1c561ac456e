import Hub

/// The publishers' ids of the newest messages, which are not yet in the table of ids.
///
/// Ids made within a tenth of a second by many publishers lie scattered over the right edge of that
/// table: inserted with each commit, they would have it sync a page for nearly every message. So
/// they are kept here for up to 1,024 messages, and then inserted together, in their order. Nothing
/// is lost with them: the log has every id, and a start reads those behind the last multiple of
/// 1,024 from there.
struct RecentIDs {
    /// Messages between two insertions.
    static let interval: Int64 = 1024

    private var indexes: [MessageID: Int64] = [:]
    /// Claimed in the open transaction.
    private var claimed: [MessageID] = []

    /// The index that `id` stands for, if it is one of the newest.
    subscript(id: MessageID) -> Int64? { indexes[id] }

    mutating func claim(_ id: MessageID, for index: Int64) {
        indexes[id] = index
        claimed.append(id)
    }

    mutating func unclaim(_ id: MessageID) {
        indexes[id] = nil
    }

    /// These messages' rows are deleted, and their ids with them.
    mutating func forget(_ gone: [(id: MessageID, index: Int64)]) {
        guard !indexes.isEmpty else { return }
        for (id, index) in gone where indexes[id] == index { indexes[id] = nil }
    }

    /// Everything in it, in the order of the table.
    var sorted: [(key: MessageID, value: Int64)] { indexes.sorted { $0.key < $1.key } }

    /// The open transaction is committed.
    ///
    /// - Parameter saved: all of them are in the table now.
    mutating func commit(saved: Bool) {
        claimed.removeAll(keepingCapacity: true)
        if saved { indexes.removeAll(keepingCapacity: true) }
    }

    /// The open transaction is undone, and its claims with it.
    mutating func rollBack() {
        for id in claimed { indexes[id] = nil }
        claimed.removeAll(keepingCapacity: true)
    }
}

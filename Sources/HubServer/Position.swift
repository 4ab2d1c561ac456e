import Hub
import Wire

/// Where a warehouse is told to go on from: the values of `start` and of a seek's `to`.
enum Position: Equatable {
    /// The last one already done; 0 = none.
    case index(Int64)
    /// The message of this id is the last one already done.
    case id(MessageID)
    /// What was created at or after this time (milliseconds since 1970) comes next.
    case time(Int64)
    /// The oldest in the store.
    case earliest
    /// The oldest of all.
    case archive
    /// Only what is yet to come.
    case latest

    static let expected = """
        must be an index, an id, a time, an old 27-digit id, "earliest", "archive" or "latest"
        """

    init?(index: Int64) {
        guard (0...Limits.integer).contains(index) else { return nil }
        self = .index(index)
    }

    /// - Parameter zoneMinutes: the local time of the old 27-digit ids, east of Greenwich.
    init?(_ text: String, zoneMinutes: Int) {
        switch text {
        case "earliest": self = .earliest
        case "archive": self = .archive
        case "latest": self = .latest
        default:
            if let (high, low) = UUIDText.parse(text) {
                self = .id(MessageID(high: high, low: low))
            } else if let time = LegacyPosition.parse(text, zoneMinutes: zoneMinutes) {
                self = .time(time)
            } else if let time = Timestamp.parse(text) {
                self = .time(time)
            } else if let index = Int64(text), text.utf8.count <= 16 {
                self.init(index: index)
            } else {
                return nil
            }
        }
    }
}

extension Position {
    /// The index behind which the position lies; nil: the archive has to be asked. The id of a
    /// message that `principal` may not see is as unknown as one that nothing has.
    func resolve(
        in lines: Lines, ids: HubIDs, reader: any StoreReader, for principal: Principal
    ) throws(Problem) -> Int64? {
        let (head, border) = (lines.head, lines.border)
        switch self {
        case .index(let index):
            guard index <= head else { throw .positionAhead(head) }
            return index
        case .id(let id):
            var isSeen = false
            let index = try translating { () throws(StoreFailure) in
                let index = try reader.index(named: id, ids: ids, above: border, head: head)
                guard let index, index > border else { return nil as Int64? }
                try reader.rows(at: [index]) { row in
                    isSeen = principal.maySee(row.wid)
                    return false
                }
                return index
            }
            guard index == nil ? border > 0 : isSeen else { throw .unknownID }
            return index
        case .time(let time):
            if border > 0, time <= lines.borderTime { return nil }
            return try translating { () throws(StoreFailure) in
                try reader.lastIndex(before: time, above: border, head: head)
            }
        case .earliest: return border
        case .archive: return lines.pruned
        case .latest: return head
        }
    }

    private func translating<Result>(
        _ body: () throws(StoreFailure) -> Result
    ) throws(Problem) -> Result {
        do throws(StoreFailure) { return try body() } catch { throw Problem(error) }
    }
}

extension StoreReader {
    /// The index of the message in the store of this id, whoever gave it.
    func index(
        named id: MessageID, ids: HubIDs, above border: Int64, head: Int64
    ) throws(StoreFailure) -> Int64? {
        if let own = ids.index(in: id), own > border, own <= head {
            var isIt = false
            try rows(at: [own]) { row in
                isIt = row.id == id
                return false
            }
            if isIt { return own }
        }
        let index = try self.index(of: id)
        return index.flatMap { $0 <= head ? $0 : nil }
    }
}

import Hub
import HubSQLite
import TestSupport

/// The core of a hub on a store that hands messages over to an archive: started again at any
/// moment, as after a crash.
protocol ArchivingHub: AnyObject {
    var state: StoreState { get }
    var lines: Lines { get }
    var reader: any StoreReader { get }
    var border: Int64 { get }
    /// Messages of the archive: what a real one would read from its files.
    var archived: [MessageCopy] { get }
    func archivedMessage(of id: MessageID) -> MessageCopy?
    var topics: [StoredTopic] { get }

    func restart() throws
    func publish(
        _ drafts: [Draft], lookedThrough: Int64, archived: [WriteBatch.ArchivedTwin?], wall: Int64
    ) -> (WriteBatch.Outcome, [WriteBatch.Message])
    func change(_ wid: UInt32, _ change: Warehouse.Change, wall: Int64)
    func archive(_ frame: ArchivedFrame) -> StoreFailure?
    func prune(through index: Int64, time: Int64) -> StoreFailure?
    func trim() -> (rows: Int, failure: StoreFailure?)
}

final class CoreOnStore<S: ArchivableStore>: ArchivingHub {
    private let open: () throws -> (S, any StoreReader)
    private let epochs: ReaderEpochs
    private var writer: Writer<S>
    private var warehouses: [UInt32: Warehouse] = [:]
    private(set) var state: StoreState
    private(set) var reader: any StoreReader
    private(set) var archived: [MessageCopy] = []
    private var byID: [MessageID: Int] = [:]

    init(epochs: ReaderEpochs, _ open: @escaping () throws -> (S, any StoreReader)) throws {
        self.open = open
        self.epochs = epochs
        var (store, reader) = try open()
        let lines = Lines(epochs: epochs)
        state = try store.load(into: lines)
        writer = Writer(store: store, state: state, lines: lines)
        self.reader = reader
    }

    var lines: Lines { writer.lines }
    var border: Int64 { writer.border }
    var topics: [StoredTopic] { (0..<writer.topicCount).map { writer.topic(Int32($0)) } }

    func restart() throws {
        var (store, reader) = try open()
        let lines = Lines(epochs: epochs)
        state = try store.load(into: lines)
        writer = Writer(store: store, state: state, lines: lines)
        self.reader = reader
    }

    func archivedMessage(of id: MessageID) -> MessageCopy? { byID[id].map { archived[$0] } }

    func publish(
        _ drafts: [Draft], lookedThrough: Int64, archived: [WriteBatch.ArchivedTwin?], wall: Int64
    ) -> (WriteBatch.Outcome, [WriteBatch.Message]) {
        let batch = WriteBatch(loop: 0)
        batch.publish(drafts)
        batch.publishes[0].lookedThrough = lookedThrough
        for (place, twin) in archived.enumerated() { batch.messages[place].archived = twin }
        write(batch, wall)
        return (batch.publishes[0].outcome, batch.messages)
    }

    func change(_ wid: UInt32, _ change: Warehouse.Change, wall: Int64) {
        let batch = WriteBatch(loop: 0)
        batch.change(wid, change)
        write(batch, wall)
    }

    private func write(_ batch: WriteBatch, _ wall: Int64) {
        let known = warehouses
        let outcome = writer.write(
            [batch], wall: wall, now: 1, registered: known.count, lookup: { known[$0] })
        guard outcome.failure == nil else { return }
        for warehouse in outcome.warehouses { warehouses[warehouse.wid] = warehouse }
        writer.publish { _ in }
    }

    func archive(_ frame: ArchivedFrame) -> StoreFailure? {
        let rows = (try? rows(Array(frame.first...frame.last))) ?? []
        let failure = writer.archive(frame)
        guard failure == nil else { return failure }
        for row in rows {
            byID[row.id] = archived.count
            archived.append(row)
        }
        return failure
    }

    func prune(through index: Int64, time: Int64) -> StoreFailure? {
        writer.prune(through: index, time: time)
    }

    func trim() -> (rows: Int, failure: StoreFailure?) { writer.trim() }
}

extension ArchivingHub {
    func publish(_ drafts: [Draft], wall: Int64 = 1) -> (WriteBatch.Outcome, [WriteBatch.Message]) {
        publish(drafts, lookedThrough: -1, archived: [], wall: wall)
    }

    /// Messages of wids 0 to 3 by turns, each with an id of its publisher; one created a
    /// millisecond, or so many at once.
    func fill(_ count: Int, from first: Int = 1, atOnce: Int = 1) {
        for start in stride(from: first, to: first + count, by: atOnce) {
            let numbers = start..<min(start + atOnce, first + count)
            let answer = publish(
                numbers.map { Draft.numbered($0) }, wall: 1000 + Int64(numbers.last!))
            precondition(answer.0 == .stored(fresh: numbers.count))
        }
    }

    /// Publishes as a loop does: asks the archive where it has to.
    func publishLooking(
        _ drafts: [Draft], wall: Int64 = 1
    ) -> (WriteBatch.Outcome, [WriteBatch.Message]) {
        let answer = publish(drafts, wall: wall)
        guard answer.0 == .lookAgain else { return answer }
        return publish(drafts, lookedThrough: border, archived: drafts.map(twin), wall: wall)
    }

    /// What the archive says of a message's id.
    func twin(_ draft: Draft) -> WriteBatch.ArchivedTwin? {
        guard let id = draft.id,
            let found = archivedMessage(of: id), found.index > lines.pruned
        else { return nil }
        let isSame =
            found.body == draft.body && found.wid == draft.wid && found.key == draft.key
            && found.occurred == draft.occurred && topics[Int(found.topic)].name == draft.topic
        return isSame ? .same(index: found.index, created: found.created) : .different
    }

    func rows(_ indexes: [Int64]) throws -> [MessageCopy] {
        var copies: [MessageCopy] = []
        try reader.begin()
        defer { reader.end() }
        try reader.rows(at: indexes[...]) { row in
            copies.append(MessageCopy(row))
            return true
        }
        return copies
    }

    /// The frame of the messages from the border to `last`.
    func frame(through last: Int64) throws -> ArchivedFrame {
        let rows = try rows(Array(border + 1...last))
        var wids: [UInt32: ArchivedFrame.WidCount] = [:]
        for row in rows {
            let before = archived.last { $0.wid == row.wid }?.index ?? 0
            wids[
                row.wid,
                default: .init(wid: row.wid, count: 0, before: row.nth - 1, previous: before)
            ].count += 1
        }
        let ids = rows.map(\.id).filter { state.ids.index(in: $0) == nil }
        return ArchivedFrame(
            first: border + 1, last: last, file: "2026-01-01-\(state.hub).jsonl.zst",
            offset: border * 100, length: rows.count * 10, rawLength: rows.count * 60,
            created: rows.first!.created...rows.last!.created,
            ids: ids.isEmpty ? nil : ids.min()!...ids.max()!,
            wids: wids.values.sorted { $0.wid < $1.wid },
            digest: (0..<32).map { UInt8(truncatingIfNeeded: last &+ $0) })
    }

    @discardableResult
    func archive(through last: Int64) throws -> StoreFailure? {
        archive(try frame(through: last))
    }

    /// Deletes all garbage; returns how many slices that took.
    @discardableResult
    func trimAll() throws -> Int {
        var slices = 0
        while true {
            let (rows, failure) = trim()
            if let failure { throw failure }
            guard rows > 0 else { return slices }
            slices += 1
        }
    }

    func line(_ wid: UInt32) -> [Line.Entry] {
        defer { withExtendedLifetime(lines) {} }
        var cursor = lines.line(of: wid).cursor(after: 0)
        var entries: [Line.Entry] = []
        while let entry = cursor.next() { entries.append(entry) }
        return entries
    }
}

extension Draft {
    /// A message whose publisher made its id when the hub stores it.
    static func numbered(_ number: Int, _ body: String? = nil) -> Draft {
        Draft(
            body ?? "\(number)", topic: "T\(number % 3)_Changed", wid: UInt32(number % 4),
            id: .publishers(UInt64(number), at: UInt64(1000 + number)))
    }
}

extension Place {
    /// - Parameter epochs: who reads beside the test itself.
    func archivingHub(
        epochs: ReaderEpochs = ReaderEpochs(readers: 0), fault: Fault = Fault()
    ) throws -> any ArchivingHub {
        switch kind {
        case .memory:
            try CoreOnStore(epochs: epochs) { [disk] in
                (MemoryStore(disk) { fault.ask($0) }, MemoryReader(disk))
            }
        case .sqlite:
            try CoreOnStore(epochs: epochs) { [path] in
                (try self.sqliteStore(path), try SQLiteReader(path: path))
            }
        }
    }

    /// Where a memory store fails.
    final class Fault {
        var step: MemoryStore.Step?

        func ask(_ asked: MemoryStore.Step) -> StoreFailure? { asked == step ? .full : nil }
    }
}

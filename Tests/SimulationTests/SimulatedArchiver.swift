import Hub
import TestSupport

/// The archiver's thread, in steps: between any two of them the machine may go down.
final class SimulatedArchiver {
    private unowned let hub: SimulatedHub
    private var phase = Phase.idle
    /// The files are as the catalogue says.
    private var isInOrder = false
    /// A hand-over was reported as failed, and nothing was committed since.
    private var isUnsure = false
    /// What the writer has said of the last order.
    var answer: StoreFailure??

    private enum Phase {
        case idle
        case written(ArchivedFrame)
        case synced(ArchivedFrame)
        case asked(Order)
        case removing
    }

    enum Order {
        case archive(ArchivedFrame)
        case prune(through: ArchivedFrame)
        case probe
    }

    /// Frames of a file.
    private static let perFile = 3

    init(_ hub: SimulatedHub) {
        self.hub = hub
    }

    private var world: World { hub.world }
    private var shelf: Shelf { world.shelf }

    /// Something is under way that goes on by itself.
    var hasWork: Bool {
        switch phase {
        case .idle: false
        case .asked: answer != nil
        default: true
        }
    }

    func step(mayBegin: Bool) {
        switch phase {
        case .written(let frame):
            shelf.sync(frame.fileNumber)
            phase = .synced(frame)
        case .synced(let frame):
            ask(.archive(frame))
        case .asked(let order):
            guard let said = answer else { return }
            answer = nil
            answered(order, said)
        case .removing:
            if !shelf.removeOldest(before: oldest) { phase = .idle }
        case .idle:
            guard mayBegin else { return }
            if isInOrder { begin() } else { putInOrder() }
        }
    }

    private func ask(_ order: Order) {
        phase = .asked(order)
        hub.orders.append(order)
    }

    private func answered(_ order: Order, _ failure: StoreFailure?) {
        phase = .idle
        switch order {
        case .archive:
            hub.trace.count(failure == nil ? "moved" : "move failed")
            (isUnsure, isInOrder) = (failure != nil, failure == nil)
        case .prune:
            hub.trace.count(failure == nil ? "pruned" : "prune failed")
            if failure == nil { phase = .removing }
        case .probe:
            if failure == nil { isUnsure = false }
        }
    }

    private var oldest: ArchivedFrame? { frames(limit: 1).first }

    private func frames(limit: Int) -> [ArchivedFrame] {
        (try? hub.reader.frames(from: hub.lines.pruned + 1, limit: limit)) ?? []
    }

    private func putInOrder() {
        if isUnsure, world.defect != .cutsTheUnsure { return ask(.probe) }
        while shelf.removeOldest(before: oldest), hub.lines.pruned > 0 {}
        if world.defect != .keepsUnfinished { shelf.cut(to: frames(limit: .max).last) }
        isInOrder = true
    }

    private func begin() {
        let isToPrune = world.kinds.prunes && world.random.oneIn(12)
        if isToPrune { prune() } else { move() }
    }

    // MARK: A move

    private func move() {
        let border = hub.lines.border
        let due = hub.lines.head - border - world.random.number(0...12)
        guard due > 0 else { return }
        let messages = rows(border + 1...border + min(due, world.random.number(1...6)))
        guard let first = messages.first else { return }
        let last = frames(limit: .max).last
        let goesOn = last.map { $0.offset + 1 < Self.perFile } ?? false
        let frame = ArchivedFrame(
            first: first.index, last: messages.last!.index,
            file: goesOn ? last!.file : "\(first.index)", offset: goesOn ? last!.offset + 1 : 0,
            length: 1, rawLength: 1, created: first.created...messages.last!.created,
            ids: ids(messages), wids: wids(messages), digest: ArchivedFrame.noDigest)
        shelf.append(messages, to: frame.fileNumber)
        phase = world.defect == .handsOverUnsynced ? .synced(frame) : .written(frame)
    }

    private func rows(_ indexes: ClosedRange<Int64>) -> [MessageCopy] {
        var copies: [MessageCopy] = []
        do throws(StoreFailure) {
            try hub.reader.rows(at: Array(indexes)[...]) { row in
                copies.append(MessageCopy(row))
                return true
            }
        } catch {
            hub.trace.violate("the archiver reads \(indexes): \(error)")
        }
        return copies
    }

    private func ids(_ messages: [MessageCopy]) -> ClosedRange<MessageID>? {
        let ids = messages.filter { hub.ids.index(in: $0.id) != $0.index }.map(\.id)
        return ids.isEmpty ? nil : ids.min()!...ids.max()!
    }

    private func wids(_ messages: [MessageCopy]) -> [ArchivedFrame.WidCount] {
        var wids: [UInt32: ArchivedFrame.WidCount] = [:]
        for message in messages {
            let none = ArchivedFrame.WidCount(
                wid: message.wid, count: 0, before: message.nth - 1)
            wids[message.wid, default: none].count += 1
        }
        return wids.values.sorted { $0.wid < $1.wid }
    }

    // MARK: A prune

    /// Whole files; sometimes all there are.
    private func prune() {
        let frames = frames(limit: .max)
        let ends = frames.indices.filter {
            $0 + 1 == frames.count || frames[$0].file != frames[$0 + 1].file
        }
        let most = world.random.oneIn(4) ? ends.count : ends.count - 1
        guard most > 0 else { return }
        let last = frames[ends[Int(world.random.number(0...Int64(most) - 1))]]
        if world.defect == .prunesFilesFirst {
            while frames.first!.fileNumber <= last.fileNumber,
                shelf.removeOldest(before: frames.first { $0.first > last.last })
            {}
        }
        // Where nothing is left, the next frame begins a file.
        ask(.prune(through: last))
    }
}

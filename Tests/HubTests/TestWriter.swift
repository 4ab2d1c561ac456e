import Hub
import TestSupport

/// A writer on a memory store, with the table of warehouses and the clock that a hub has.
struct TestWriter {
    let disk: MemoryDisk
    let faults = Faults()
    private(set) var writer: Writer<MemoryStore>
    private(set) var warehouses: [UInt32: Warehouse] = [:]
    var wall: Int64 = 1_000_000
    var now: UInt64 = 1_000_000_000

    /// Which step is to fail, and at which of its turns.
    final class Faults {
        var step: MemoryStore.Step?
        var skip = 0
        var failure = StoreFailure.full

        func ask(_ asked: MemoryStore.Step) -> StoreFailure? {
            guard asked == step else { return nil }
            defer { skip -= 1 }
            return skip == 0 ? failure : nil
        }
    }

    init(_ disk: MemoryDisk = MemoryDisk()) {
        self.disk = disk
        let faults = self.faults
        var store = MemoryStore(disk) { faults.ask($0) }
        let lines = Lines()
        let state = try! store.load(into: lines)
        writer = Writer(store: store, state: state, lines: lines)
        for warehouse in state.warehouses { warehouses[warehouse.wid] = warehouse }
    }

    var lines: Lines { writer.lines }

    /// One transaction, shown to readers as the hub does.
    @discardableResult
    mutating func write(
        _ batches: [WriteBatch], flush: [Warehouse] = []
    ) -> Writer<MemoryStore>.Outcome {
        let warehouses = self.warehouses
        let outcome = writer.write(
            batches, flush: flush, wall: wall, now: now, registered: warehouses.count,
            lookup: { warehouses[$0] })
        guard outcome.failure == nil else { return outcome }
        for warehouse in outcome.warehouses {
            self.warehouses[warehouse.wid, default: warehouse].install(warehouse)
        }
        writer.publish { _ in }
        return outcome
    }

    /// Publishes one request; returns the answer and the places its messages got.
    @discardableResult
    mutating func publish(_ drafts: [Draft]) -> (WriteBatch.Outcome, [WriteBatch.Message]) {
        let batch = WriteBatch(loop: 0)
        batch.publish(drafts)
        write([batch])
        return (batch.publishes[0].outcome, batch.messages)
    }

    /// Everything on the disk, in order.
    var log: [MessageCopy] {
        let reader = MemoryReader(disk)
        var copies: [MessageCopy] = []
        var index: Int64 = 1
        func copyNext() throws(StoreFailure) {
            try reader.rows(at: [index]) { row in
                copies.append(MessageCopy(row))
                return true
            }
        }
        while (try? copyNext()) != nil { index += 1 }
        return copies
    }

    /// Indexes of the line of `wid`, as readers see it.
    func line(_ wid: UInt32) -> [Int64] {
        let lines = self.lines
        defer { withExtendedLifetime(lines) {} }
        var cursor = lines.line(of: wid).cursor(after: 0)
        var indexes: [Int64] = []
        while let entry = cursor.next() { indexes.append(entry.index) }
        return indexes
    }
}

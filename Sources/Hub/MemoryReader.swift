/// The reading side of a `MemoryStore`, on its thread.
package final class MemoryReader: StoreReader {
    private let disk: MemoryDisk
    private var moment: MemoryDisk.Contents?

    package init(_ disk: MemoryDisk) {
        self.disk = disk
    }

    private var contents: MemoryDisk.Contents { moment ?? disk.contents }

    package func begin() throws(StoreFailure) {
        moment = disk.contents
    }

    package func end() {
        moment = nil
    }

    package func rows(
        at indexes: ArraySlice<Int64>, _ visit: (MessageRow) -> Bool
    ) throws(StoreFailure) {
        let contents = self.contents
        for index in indexes {
            guard let message = contents.message(at: index) else {
                throw .damaged("message \(index) is not in the log")
            }
            guard message.visit(visit) else { return }
        }
    }

    package func rows(
        at indexes: ArraySlice<Int64>, bodiesOf isWanted: (_ topic: Int32) -> Bool,
        _ visit: (MessageRow) -> Bool
    ) throws(StoreFailure) {
        try rows(at: indexes) { row in
            guard !isWanted(row.topic) else { return visit(row) }
            return visit(
                MessageRow(
                    index: row.index, topic: row.topic, wid: row.wid, nth: row.nth, key: row.key))
        }
    }

    package func index(of id: MessageID) throws(StoreFailure) -> Int64? {
        contents.ids[id]
    }

    package func lastIndex(before time: Int64, head: Int64) throws(StoreFailure) -> Int64 {
        let messages = contents.messages.prefix(Int(head))
        return Int64(messages.lastIndex { $0.created < time }.map { $0 + 1 } ?? 0)
    }

    package func journey(
        of index: Int64, wid: UInt32, since created: Int64
    ) throws(StoreFailure) -> Journey {
        let rows = (contents.history[wid] ?? []).filter { $0.second >= created / 1000 }
        return Journey(
            delivered: rows.first { $0.delivered >= index }.map { $0.second * 1000 },
            committed: rows.first { $0.committed >= index }.map { $0.second * 1000 })
    }
}

/// The reading side of a `MemoryStore`, on its thread.
package final class MemoryReader: StoreReader {
    private let disk: MemoryDisk
    private var moment: MemoryDisk.Contents?

    package init(_ disk: MemoryDisk) {
        self.disk = disk
    }

    var contents: MemoryDisk.Contents { moment ?? disk.contents }

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
        contents.ids[id].flatMap { $0 > contents.archive.border ? $0 : nil }
    }

    package func lastIndex(
        before time: Int64, above border: Int64, head: Int64
    ) throws(StoreFailure) -> Int64 {
        let contents = self.contents
        var last = border
        while last < head, let next = contents.message(at: last + 1), next.created < time {
            last += 1
        }
        return last
    }

    package func journey(
        of index: Int64, wid: UInt32, since created: Int64
    ) throws(StoreFailure) -> Journey {
        let contents = self.contents
        let rows = (contents.history[wid] ?? []).filter { $0.second >= created / 1000 }
        let oldest = contents.archive.borderTime / 1000
        func time(_ row: MemoryDisk.HistoryRow?) -> Int64? {
            row.flatMap { $0.second < oldest ? nil : $0.second * 1000 }
        }
        return Journey(
            delivered: time(rows.first { $0.delivered >= index }),
            committed: time(rows.first { $0.committed >= index }))
    }

    // MARK: The archive's catalogue

    package func frame(holding index: Int64) throws(StoreFailure) -> ArchivedFrame? {
        frames.first { $0.first <= index && index <= $0.last }
    }

    package func frames(
        from index: Int64, limit: Int
    ) throws(StoreFailure) -> [ArchivedFrame] {
        Array(frames.filter { $0.last >= index }.prefix(limit))
    }

    package func frames(
        mayHold id: MessageID, above index: Int64, limit: Int
    ) throws(StoreFailure) -> [ArchivedFrame] {
        Array(frames.filter { $0.first > index && $0.ids?.contains(id) ?? false }.prefix(limit))
    }

    /// Those that were not pruned.
    private var frames: [ArchivedFrame] {
        let contents = self.contents
        return contents.frames.filter { $0.last > contents.archive.pruned }
    }
}

extension MemoryDisk.Contents {
    /// Deletes garbage in the order in which every store does: rows and their ids, late ids, frames
    /// that were pruned, history.
    ///
    /// - Returns: how many it saw to.
    mutating func trim(atMost rows: Int, through border: Int64, hub: HubIDs) -> Int {
        let time = archive.borderTime
        let gone = messages.prefix { $0.index <= min(border, archive.border) }.prefix(rows)
        if !gone.isEmpty {
            for message in gone where hub.index(in: message.id) != message.index {
                guard ids[message.id] == message.index else { continue }
                if message.id.milliseconds > time {
                    lateIDs.insert(message.id)
                } else {
                    ids[message.id] = nil
                }
            }
            forgotten += Int64(gone.count)
            messages.removeFirst(gone.count)
            return gone.count
        }
        let late = lateIDs.filter { $0.milliseconds <= time }.prefix(rows)
        for id in late {
            lateIDs.remove(id)
            ids[id] = nil
        }
        let pruned = frames.prefix { $0.last <= archive.pruned }.count
        frames.removeFirst(pruned)
        return late.count + pruned + trimLetters(before: time, atMost: rows)
            + trimHistory(before: time / 1000)
    }

    /// Keeps what is not older, and the newest of what is: where the warehouse was then.
    private mutating func trimHistory(before second: Int64) -> Int {
        var count = 0
        for (wid, rows) in history {
            let old = rows.prefix { $0.second < second }.count
            guard old > 1 else { continue }
            history[wid]!.removeFirst(old - 1)
            count += old - 1
        }
        return count
    }

    /// Whether `trim` would find something.
    func hasGarbage(through border: Int64, hub: HubIDs) -> Bool {
        var copy = self
        return copy.trim(atMost: 1, through: border, hub: hub) > 0
    }
}

import Platform

/// How the lag of each warehouse went in the last half hour: a value a minute, in memory.
///
/// The pulse adds, the admin reader looks. One block of numbers for all, so that 100,000 warehouses
/// take 12 MB and not as many arrays.
package final class Trends: Sendable {
    /// Values kept of a warehouse.
    package static let length = 30

    fileprivate struct Rows {
        var places: [UInt32: Int] = [:]
        var counts: [UInt8] = []
        /// `length` of each warehouse, oldest first.
        var values: [UInt32] = []
    }

    private let rows = Locked(Rows())

    package init() {}

    /// Notes the lag in messages that a warehouse has this minute.
    package func note(_ messages: Int64, of wid: UInt32) {
        rows.withLock { rows in
            let place = rows.places[wid] ?? rows.add(wid)
            let begin = place * Self.length
            let value = UInt32(clamping: messages)
            let count = Int(rows.counts[place])
            if count < Self.length {
                rows.values[begin + count] = value
                rows.counts[place] += 1
            } else {
                for place in begin..<begin + count - 1 {
                    rows.values[place] = rows.values[place + 1]
                }
                rows.values[begin + count - 1] = value
            }
        }
    }

    /// Oldest first; none in the first minute.
    package subscript(wid: UInt32) -> [UInt32] {
        rows.withLock { rows in
            guard let place = rows.places[wid] else { return [] }
            let begin = place * Self.length
            return Array(rows.values[begin..<begin + Int(rows.counts[place])])
        }
    }
}

extension Trends.Rows {
    fileprivate mutating func add(_ wid: UInt32) -> Int {
        places[wid] = counts.count
        counts.append(0)
        values.append(contentsOf: repeatElement(0, count: Trends.length))
        return counts.count - 1
    }
}

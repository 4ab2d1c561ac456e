import Hub
import HubSQLite
import Platform
import Wire

/// Where a warehouse was over time.
extension AdminReader {
    /// Samples of one answer.
    private static let historySamples: Int64 = 300

    /// `GET /v1/warehouses/{wid}/history`
    func writeHistory(_ wid: UInt32, _ range: TimeRange) throws(Problem) {
        guard let warehouse = hub.warehouses[wid] else {
            throw Problem(.unknownWarehouse, wid: wid, wall: 0)
        }
        let now = hub.clock.nowMilliseconds()
        let seconds = Self.seconds(of: range, now: now)
        let line = hub.lines.line(of: wid)
        output.append("{\"wid\":\(wid),\"from\":")
        output.append(time: range.from)
        output.append(",\"to\":")
        output.append(time: range.to)
        output.append(",\"samples\":[")
        do throws(StoreFailure) {
            let positions = try charts.positions(of: wid, at: seconds)
            var heads = HeadsOverTime(reader: charts, line: line, since: hub.lines.borderTime)
            var isFirst = true
            for (second, position) in zip(seconds, positions) {
                guard let position else { continue }
                let head = try heads.head(at: second)
                append(position, at: second * 1000, line, head: head, isFirst: isFirst)
                isFirst = false
            }
            // What is in memory may be a second newer.
            if range.to >= now, range.from <= now, warehouse.hasStarted {
                let position = StoredPosition(
                    committed: warehouse.committed, delivered: warehouse.delivered)
                append(position, at: now, line, head: line.head, isFirst: isFirst)
            }
        } catch {
            throw unreadable(error)
        }
        output.append("]}")
    }

    /// The ends of as many stretches of the range as there may be samples, whole seconds, rising,
    /// none in the future.
    private static func seconds(of range: TimeRange, now: Int64) -> [Int64] {
        let step = max(1, (range.milliseconds / 1000 + historySamples - 1) / historySamples)
        let end = min(range.to, now) / 1000
        let first = (range.from + 999) / 1000
        guard first <= end else { return [] }
        // Counted from multiples of the step: the same times in one answer and the next.
        let start = (first + step - 1) / step * step
        return Array(stride(from: start, through: end, by: Int64.Stride(step)))
    }

    private func append(
        _ position: StoredPosition, at time: Int64, _ line: Line, head: Int64?, isFirst: Bool
    ) {
        if !isFirst { output.append(",") }
        output.append("{\"at\":")
        output.append(time: time)
        output.append(",\"committed\":\(position.committed),\"delivered\":\(position.delivered)")
        output.append(",\"lag\":")
        if let head, !line.isArchived(after: position.committed) {
            let lag = line.ordinal(through: head) - line.ordinal(through: position.committed)
            output.append(decimal: max(0, lag))
        } else {
            output.append("null")
        }
        output.append("}")
    }
}

/// The newest message at rising times, as far as the store goes back.
private struct HeadsOverTime {
    private let reader: SQLiteReader
    private let line: Line
    /// When the message at the border was created.
    private let since: Int64
    private var last: Int64

    init(reader: SQLiteReader, line: Line, since: Int64) {
        self.reader = reader
        self.line = line
        self.since = since
        last = line.border
    }

    /// The newest message at the end of `second`; nil: it is archived, and so not told.
    mutating func head(at second: Int64) throws(StoreFailure) -> Int64? {
        let end = (second + 1) * 1000
        guard line.border == 0 || end > since else { return nil }
        last = try reader.lastIndex(before: end, above: last, head: line.head)
        return last
    }
}

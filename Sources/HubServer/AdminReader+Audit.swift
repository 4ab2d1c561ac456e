import Hub
import Platform
import Wire

/// The audit: who did what, newest first.
extension AdminReader {
    /// `GET /v1/audit`: entries that fit, for a slice's time.
    func writeAudit(_ filter: AuditFilter, before: Int64, limit: Int) throws(Problem) {
        let deadline = MonotonicClock.now() + Self.sliceNanoseconds
        var (last, count, isEnd) = (before, 0, false)
        output.append("{\"entries\":[")
        do throws(StoreFailure) {
            while count < limit, !isEnd, MonotonicClock.now() < deadline {
                let entries = try pages.reader.audit(before: last, limit: Limits.lettersRead)
                isEnd = entries.count < Limits.lettersRead
                for entry in entries {
                    last = entry.number
                    // No time tells that older ones do not fit: clocks are set back, and what was
                    // carried here from beside the hub comes later than it was done.
                    guard filter.fits(entry) else { continue }
                    if count > 0 { output.append(",") }
                    append(entry)
                    count += 1
                    if count == limit {
                        isEnd = isEnd && entry.number == entries.last?.number
                        break
                    }
                }
            }
        } catch {
            throw unreadable(error)
        }
        output.append("],\"nextPageToken\":")
        output.append(isEnd ? "null}" : "\"\(last)\"}")
    }

    private func append(_ entry: AuditEntry) {
        let (deed, by) = (entry.deed, entry.deed.by)
        output.append("{\"n\":")
        output.append(decimal: entry.number)
        output.append(",\"at\":")
        output.append(jsonTimestamp: entry.at)
        for (name, text) in [
            ("name", by.name), ("role", by.role), ("address", by.address),
            ("action", deed.action.rawValue), ("requestId", by.requestID),
        ] {
            output.append(",\"\(name)\":")
            output.appendJSON(text: text)
        }
        output.append(",\"wid\":")
        output.append(deed.wid.map(String.init) ?? "null")
        output.append(",\"detail\":")
        output.append(deed.detail)
        output.append("}")
    }
}

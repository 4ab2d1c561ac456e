import Wire

/// A stretch of time whose figures are asked for: milliseconds since 1970, `to` included.
struct TimeRange {
    var from: Int64
    var to: Int64

    var milliseconds: Int64 { to - from }

    /// `range`, or `from` and `to`; the last hour if nothing is said.
    init(_ query: inout QueryReader, wall: Int64) {
        let word = query.word("range", ["hour", "day", "week"])
        let (begin, end) = (query.time("from"), query.time("to"))
        if word != nil, begin != nil || end != nil {
            query.note("range", "is given together with from or to: give one or the other")
        }
        let length: Int64 =
            switch word {
            case "day": 86_400_000
            case "week": 7 * 86_400_000
            default: 3_600_000
            }
        to = end ?? max(wall, begin ?? wall)
        from = begin ?? to - length
        if from > to { query.note("from", "must not be after to") }
    }
}

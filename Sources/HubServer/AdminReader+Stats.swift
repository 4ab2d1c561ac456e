import Hub
import HubSQLite
import Platform
import Wire

/// The hub's figures over time.
extension AdminReader {
    /// `GET /v1/stats`
    func writeStats(_ range: TimeRange) throws(Problem) {
        let now = hub.clock.nowMilliseconds()
        var chart = SampleChart(
            milliseconds: range.milliseconds, age: now - range.from,
            sampling: hub.configuration.sampling)
        var forecast = DiskForecast()
        do throws(StoreFailure) {
            try samples(chart.grain, after: range.from, through: range.to) { chart.add($0) }
            try samples(.coarse, after: now - DiskForecast.range, through: now) {
                forecast.add($0)
            }
        } catch {
            throw unreadable(error)
        }
        output.append("{\"from\":")
        output.append(time: range.from)
        output.append(",\"to\":")
        output.append(time: range.to)
        output.append(",\"step\":")
        output.append(decimal: max(1, chart.step / 1000))
        output.append(",\"samples\":[")
        for (place, point) in chart.points.enumerated() {
            if place > 0 { output.append(",") }
            JSONValue.object(point.figures).append(to: &output)
        }
        output.append("],\"disk\":")
        append(forecast, now: now)
        output.append("}")
    }

    /// Shows what is on disk, and then what is not yet.
    private func samples(
        _ grain: Sample.Grain, after from: Int64, through to: Int64, _ visit: (Sample) -> Void
    ) throws(StoreFailure) {
        // In this order: what is kept meanwhile is then met twice, and not missed.
        let pending = hub.samples.pending
        var last = from
        try charts.samples(grain, after: from, through: to) { sample in
            last = sample.at
            visit(sample)
        }
        let rest = pending.filter { $0.at > last && $0.at <= to }
        switch grain {
        case .fine: rest.forEach(visit)
        case .coarse: if let sum = Sample.sum(rest) { visit(sum) }
        }
    }

    private func append(_ forecast: DiskForecast, now: Int64) {
        let free = hub.metrics.archive.leastFree
        let limit = Int64(clamping: hub.configuration.leastFree)
        let growth = forecast.growthPerDay
        let full = DiskForecast.full(growthPerDay: growth, free: free, limit: limit, now: now)
        let store = (try? charts.bytesInUse()) ?? 0
        output.append("{\"freeBytes\":\(free),\"limitBytes\":\(limit),\"storeBytes\":\(store)")
        output.append(",\"archiveBytes\":\(hub.metrics.archive.totalBytes),\"growthPerDay\":")
        output.append(growth.map(String.init) ?? "null")
        output.append(",\"fullAt\":")
        if let full { output.append(time: full) } else { output.append("null") }
        output.append("}")
    }
}

extension ByteBuffer {
    /// Appends a time, milliseconds since 1970, as a JSON text.
    mutating func append(time milliseconds: Int64) {
        append("\"")
        append(timestampMilliseconds: milliseconds)
        append("\"")
    }
}

/// What a run came to, in words.
struct BenchReport {
    let plan: BenchPlan
    let result: BenchResult

    private var rows: [(name: String, result: LoadResult)] {
        var rows: [(String, LoadResult)] = []
        if plan.publishers > 0 {
            rows.append((plan.mode == .batch ? "batch" : "publish", result.publish))
        }
        if plan.publishers < plan.connections { rows.append(("pull", result.pull)) }
        return rows
    }

    private func perSecond(_ count: some BinaryInteger) -> Double {
        Double(count) / Double(plan.seconds)
    }

    /// A table for people, and what went wrong.
    var lines: [String] {
        var table = Table([
            ("", .left), ("REQUESTS/S", .right), ("MESSAGES/S", .right), ("ERRORS", .right),
            ("P50", .right), ("P99", .right), ("P99.9", .right), ("MAX", .right),
        ])
        for (name, result) in rows {
            let times = [0.5, 0.99, 0.999].map { milliseconds(result.latency.quantile($0)) }
            table.add(
                [
                    name, rounded(perSecond(result.latency.count)),
                    rounded(perSecond(result.messages)), grouped(result.errors),
                ] + times + [milliseconds(result.latency.max)])
        }
        let errors = rows.compactMap { name, result in
            result.firstError.map { fit("first error (\(name)): \($0)", into: 200) }
        }
        let lost = result.lost > 0 ? ["\(result.lost) connections were lost for good"] : []
        return table.lines() + errors + lost
    }

    private func milliseconds(_ nanoseconds: UInt64) -> String {
        let hundredths = (nanoseconds + 5_000) / 10_000
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ms"
    }

    /// The same for programs; times in microseconds.
    var json: JSONObject {
        var object = JSONObject()
        object.add("mode", plan.mode.rawValue)
        object.add("seconds", plan.seconds)
        object.add("connections", plan.connections)
        object.add("threads", plan.threads)
        object.add("lostConnections", result.lost)
        for (name, result) in rows { object.add(name, json: self.json(result).text) }
        return object
    }

    private func json(_ result: LoadResult) -> JSONObject {
        func microseconds(_ nanoseconds: UInt64) -> Int { Int((nanoseconds + 500) / 1_000) }
        var object = JSONObject()
        object.add("requests", Int(result.latency.count))
        object.add("requestsPerSecond", json: "\(perSecond(result.latency.count))")
        object.add("messages", result.messages)
        object.add("messagesPerSecond", json: "\(perSecond(result.messages))")
        object.add("errors", result.errors)
        object.add("p50Micros", microseconds(result.latency.quantile(0.5)))
        object.add("p99Micros", microseconds(result.latency.quantile(0.99)))
        object.add("p999Micros", microseconds(result.latency.quantile(0.999)))
        object.add("maxMicros", microseconds(result.latency.max))
        object.add("firstError", result.firstError)
        return object
    }
}

import MessageCenterClient
import Platform

/// Publishes through the client library, as a service does: many tasks, one publisher.
struct ClientLoad: Sendable {
    private let plan: BenchPlan
    private let publisher: MessagePublisher
    private let body: Body

    private struct Body: Encodable {
        let note: String
    }

    init(_ plan: BenchPlan, url: String) throws {
        self.plan = plan
        var settings = PublishSettings()
        settings.waitingMessages = max(settings.waitingMessages, plan.connections)
        settings.spool = plan.spool.map { SpoolSettings(folder: $0) }
        publisher = try MessagePublisher(url: url, token: plan.token, settings: settings)
        let frame = "{\"note\":\"\"}".utf8.count
        body = Body(note: String(repeating: "n", count: max(0, plan.size - frame)))
    }

    /// Each task publishes one message after another, a fifth of them for every warehouse.
    func run() -> BenchResult {
        let start = MonotonicClock.now() + UInt64(plan.warmup) * 1_000_000_000
        let end = start + UInt64(plan.seconds) * 1_000_000_000
        return blocking {
            let result = await withTaskGroup(of: LoadResult.self) { group in
                for caller in 0..<plan.connections {
                    group.addTask { await publish(as: caller, from: start, to: end) }
                }
                var total = BenchResult()
                for await result in group { total.publish.merge(result) }
                return total
            }
            await publisher.close()
            return result
        }
    }

    private func publish(as caller: Int, from start: UInt64, to end: UInt64) async -> LoadResult {
        var result = LoadResult()
        var number = caller
        while true {
            let began = MonotonicClock.now()
            guard began < end else { return result }
            number += plan.connections
            let wid = number % 5 == 0 ? 0 : 1 + number % plan.warehouses
            let answer = await publisher.publish(
                topic: "SaleOrder_Changed", wid: wid, key: "order:\(number % 100_000)", body: body)
            let done = MonotonicClock.now()
            guard began >= start, done <= end else { continue }
            guard answer.isSuccess else {
                result.fail(answer.text)
                continue
            }
            result.latency.record(done - began)
            result.messages += 1
        }
    }
}

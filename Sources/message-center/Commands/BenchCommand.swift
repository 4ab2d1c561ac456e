import MessageCenterClient
import Platform
import Wire

extension Command {
    static let bench = Command(
        name: "bench", summary: "load a running hub, and measure its rate and its delays",
        details: """
            Modes: publish (single messages), batch, pull, and mixed: --publishers of the
            connections publish at --rate while the others, if any, pull. A connection has one
            request outstanding. Published messages stay in the hub, so use one that is there for
            it. A fifth of them are for every warehouse, the others for one each.

            client publishes through the client library: --connections tasks of one process,
            which it sends as batches over one connection; with --spool each message is on disk
            there before it is sent.

              message-center bench --mode publish --connections 64 --seconds 10
              message-center bench --mode client --connections 1000
              message-center bench --mode pull --warehouses 200 --positions random
            """,
        options: [
            Bench.mode, Bench.connections, Bench.threads, Bench.seconds, Bench.warmup, Bench.size,
            Bench.ids, Bench.batchSize, Bench.warehouses, Bench.limit, Bench.positions, Bench.rate,
            Bench.publishers, Bench.spool, Bench.json,
        ] + HubOptions.address,
        run: Bench.run)
}

private enum Bench {
    static let mode = Option(
        "mode", .word(BenchPlan.Mode.allCases.map(\.rawValue)), default: "publish", "what to do")
    static let connections = Option(
        "connections", .integer(1...60_000), default: 64, "kept connections")
    static let threads = Option("threads", .integer(1...64), default: 1, "threads that send")
    static let seconds = Option(
        "seconds", .integer(1...86_400), default: 10, "how long is measured")
    static let warmup = Option(
        "warmup", .integer(0...3_600, "SECONDS"), default: 1, "how long it runs before that")
    static let size = Option("size", .size(11...(256 << 10)), default: 150, "bytes of a body")
    static let ids = Flag(
        "ids",
        "give ids, as \(PublishLoad.clocks) publishers whose clocks are up to "
            + "\(PublishLoad.clockSpread) ms apart")
    static let batchSize = Option(
        "batch-size", .integer(1...10_000), default: 100, "messages of a batch")
    static let warehouses = Option(
        "warehouses", .integer(1...100_000), default: 200, "warehouses to publish for and to pull")
    static let limit = Option("limit", .integer(1...1_000), default: 100, "messages of a page")
    static let positions = Option(
        "positions", .word(BenchPlan.Positions.allCases.map(\.rawValue)), default: "random",
        "pull anywhere without moving anything, or go on and commit each page")
    static let rate = Option(
        "rate", .integer(1...1_000_000), default: 1_000, "messages a second, for mixed")
    static let publishers = Option(
        "publishers", .integer(1...60_000), default: 16,
        "connections that publish, for mixed; the others pull")
    static let spool = Option(
        optional: "spool", .text("DIR"), "keep messages in a spool in this folder, for client")
    static let json = Flag("json", "print JSON instead of a table, times in microseconds")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let plan = try plan(arguments)
        if Console.hasDrawing {
            Console.note(
                "loading \(arguments[HubOptions.hub]) for \(plan.warmup) s, then \(plan.seconds) s "
                    + "measured")
        }
        let result =
            plan.mode == .client
            ? try ClientLoad(plan, url: arguments[HubOptions.hub]).run() : try run(plan)
        let report = BenchReport(plan: plan, result: result)
        if arguments[json] {
            Console.print(report.json.text)
        } else {
            report.lines.forEach(Console.print)
        }
        let done = result.publish.latency.count + result.pull.latency.count
        return done > 0 && result.lost == 0 ? .done : .failed
    }

    private static func plan(_ arguments: Arguments) throws -> BenchPlan {
        let (endpoint, host) = try address(arguments[HubOptions.hub])
        let mode = BenchPlan.Mode(rawValue: arguments[mode])!
        guard mode == .client || !arguments.has(spool) else {
            throw UsageError("--spool goes with --mode client only")
        }
        guard mode != .mixed || arguments[connections] >= arguments[publishers] else {
            throw UsageError("mixed needs as many --connections as --publishers: the others pull")
        }
        let hub = try HubConnection(arguments)
        // Whoever may do anything may read this: a token that is worth nothing is told at once.
        _ = try hub.get("/openapi.yaml")
        var plan = BenchPlan(
            mode: mode, endpoint: endpoint, host: host, token: try HubOptions.token(arguments),
            connections: arguments[connections],
            threads: min(arguments[threads], arguments[connections]),
            seconds: arguments[seconds], warmup: arguments[warmup], size: arguments[size],
            spool: arguments[spool], batchSize: arguments[batchSize], givesIDs: arguments[ids],
            warehouses: arguments[warehouses], limit: arguments[limit],
            positions: BenchPlan.Positions(rawValue: arguments[positions])!,
            rate: arguments[rate], mixedPublishers: arguments[publishers])
        if plan.publishers < plan.connections, plan.positions == .random {
            plan.head = try hub.head()
        }
        return plan
    }

    /// The generator speaks to sockets itself, so it takes less than the other commands.
    private static func address(_ url: String) throws -> (Endpoint, String) {
        guard url.hasPrefix("http://") else {
            throw UsageError("--hub: the bench speaks plain http only, not '\(url)'")
        }
        let host = url.dropFirst("http://".count).prefix { $0 != "/" }
        do throws(Endpoint.Malformed) {
            return (try Endpoint(host), String(host))
        } catch {
            throw UsageError("--hub: \(error)")
        }
    }

    private static func run(_ plan: BenchPlan) throws -> BenchResult {
        try DescriptorLimit.raise()
        let total = Locked(BenchResult())
        let failure = Locked<Errno?>(nil)
        let isRefused = LoadSwitch()
        var threads: [OSThread] = []
        for number in 0..<plan.threads {
            threads.append(
                try OSThread.start(name: "bench \(number)") {
                    do throws(Errno) {
                        let result = try LoadLoop(
                            plan, thread: number, isRefused: isRefused
                        ).run()
                        total.withLock { $0.merge(result) }
                    } catch {
                        failure.withLock { $0 = error }
                    }
                })
        }
        for thread in threads { thread.join() }
        if let error = failure.withLock({ $0 }) {
            throw TransportFailure(.unreachable, "\(plan.endpoint): \(error)")
        }
        let result = total.withLock { $0 }
        if let refusal = result.refusal {
            throw HubProblem(HTTPAnswer(status: refusal.status, body: refusal.body))
        }
        return result
    }
}

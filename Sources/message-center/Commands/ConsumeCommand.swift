import MessageCenterClient
import Platform
import WarehouseTool

extension Command {
    static let consume = Command(
        name: "consume", summary: "keep a warehouse's database up to date, by a file of rules",
        details: """
            The file says which hub and warehouse, which database, and for each topic where the
            row comes from and which table it goes to; docs/warehouse-tool.md tells all of it.

              message-center consume --config north.json --check
              message-center consume --config north.json --dry-run
              message-center consume --config north.json --bootstrap

            Ctrl-C and SIGTERM end it after the message at hand. A message that fails all its tries
            becomes a dead letter: see dead-letter list --config.
            """,
        options: [
            Consume.config, Consume.once, Consume.dryRun, Consume.limit, Consume.bootstrap,
            Consume.takeOver, Consume.acceptHub, Consume.drill, Consume.check, HubOptions.quiet,
        ],
        run: Consume.run)
}

private enum Consume {
    static let config = Option(required: "config", .text("FILE"), "the rules; JSON")
    static let once = Flag("once", "end when everything that is there is done")
    static let dryRun = Flag(
        "dry-run", "tell what would become of the next messages; change nothing")
    static let limit = Option(
        "limit", .integer(1...1000), default: 20, "messages that --dry-run looks at")
    static let bootstrap = Flag(
        "bootstrap", "fill a new warehouse with the whole first; goes on where it was interrupted")
    static let takeOver = Flag("take-over", "take the warehouse over from whoever has it")
    static let acceptHub = Flag(
        "accept-hub", "go on with a hub that the position is not of; look at the data first")
    static let drill = Flag("drill", "sound every alarm, to hear whether it sounds, and end")
    static let check = Flag("check", "tell every mistake in the file, and do nothing else")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let configuration = try ConsumeFile(arguments[config]).configuration()
        if arguments[check] {
            Console.print("the configuration is good")
            return .done
        }
        if arguments[dryRun] { return try preview(configuration, arguments[limit]) }
        // Before any thread starts: they inherit that signals are read here and nowhere else.
        let signals = try Signals()
        let progress = ConsumeProgress(isQuiet: arguments[HubOptions.quiet])
        let database = try configuration.openDatabase()
        let run = WarehouseRun(
            configuration: configuration, database: database, progress: progress,
            arguments: arguments)
        if arguments[drill] { return try run.drill(signals) }
        return try run.consume(signals)
    }

    private static func preview(
        _ configuration: WarehouseConfiguration, _ limit: Int
    ) throws -> ExitStatus {
        let preview = try Preview(configuration) { Console.note(fit($0)) }
        let failures = try waiting {
            try await preview.run(limit: limit) { Console.print(fit($0)) }
        } meanwhile: {
            OSThread.pause(microseconds: 20_000)
            return false
        }
        return failures == 0 ? .done : .failed
    }
}

/// One run of `consume`: bootstrap if asked for, then consumption, until a signal or the end.
private struct WarehouseRun {
    let configuration: WarehouseConfiguration
    let database: WarehouseDatabase
    let progress: ConsumeProgress
    let arguments: Arguments

    private var settings: ConsumeSettings {
        var settings = configuration.consumeSettings(keeper: database)
        settings.stopsWhenCaughtUp = arguments[Consume.once]
        settings.takesOver = arguments[Consume.takeOver]
        settings.acceptsHub = arguments[Consume.acceptHub]
        settings.clientVersion = programVersion
        return settings
    }

    func drill(_ signals: borrowing Signals) throws -> ExitStatus {
        let consumer = try configuration.consumer(settings)
        let outcomes = try wait(signals) {
            await consumer.drill()
        } stop: {
            true
        }
        for outcome in outcomes { Console.print("\(outcome)") }
        return outcomes.allSatisfy(\.isGood) ? .done : .failed
    }

    func consume(_ signals: borrowing Signals) throws -> ExitStatus {
        let fetcher = try RowFetcher(configuration)
        let consumer = try consumer(fetcher)
        let filling = try arguments[Consume.bootstrap] ? bootstrap(fetcher) : nil
        let progress = progress
        let isFilling = Locked(filling != nil)
        let end: ConsumerEnd
        do {
            end = try wait(signals) {
                var start: StartPosition?
                if let filling { start = .index(try await Self.fill(filling, progress)) }
                isFilling.withLock { $0 = false }
                try Task.checkCancellation()
                return try await consumer.start(from: start)
            } stop: {
                consumer.stop()
                // Whatever page a bootstrap is at, it goes on behind the last one written; and a
                // message that waits for an interface could do so for an hour.
                return isFilling.withLock { $0 } || progress.isWaiting
            }
        } catch is CancellationError {
            end = .stopped
        } catch {
            progress.finish()
            throw error
        }
        progress.finish()
        return told(end)
    }

    private func told(_ end: ConsumerEnd) -> ExitStatus {
        switch end {
        case .stopped: return .done
        case .caughtUp: return progress.hasFailures ? .failed : .done
        case .fenced(let session):
            progress.note("session \(session) has taken this warehouse over; nothing is lost")
            return .failed
        }
    }

    // MARK: Parts

    private func bootstrap(_ fetcher: RowFetcher) throws -> Bootstrap {
        let progress = progress
        return try Bootstrap(configuration, fetcher, database) { progress.waiting(for: $0) }
    }

    /// Fills the warehouse; the index behind which consumption begins.
    private static func fill(
        _ bootstrap: Bootstrap, _ progress: ConsumeProgress
    ) async throws -> Int {
        let (rows, start) = try await bootstrap.run { page in
            progress.filling(
                "\(page.table), \(page.step + 1) of \(page.steps): \(grouped(page.rows)) rows")
        }
        progress.filling(nil)
        progress.note(
            "filled with \(grouped(rows)) rows; messages follow behind index \(start.index)")
        return start.index
    }

    private func consumer(_ fetcher: RowFetcher) throws -> MessageConsumer {
        let consumer = try configuration.consumer(settings)
        let progress = progress
        let applier = RowApplier(
            configuration, fetcher, database, tell: { progress.waiting(for: $0) },
            note: { progress.note($0) })
        consumer.onBatchBegin { applier.begin($0) }
        for topic in configuration.topics {
            consumer.on(topic) { message in try await applier.apply(message) }
        }
        consumer.onMessageDone { progress.done($0) }
        consumer.onMessageFailed { letter in
            progress.failed()
            progress.note(
                "\(letter.message.topic) \(letter.message.key ?? "") (index "
                    + "\(letter.message.index)) is a dead letter after \(letter.tries) tries: "
                    + (letter.error ?? ""))
        }
        consumer.onRequestSuccess { progress.lag($0.lag, seconds: $0.lagSeconds) }
        consumer.onBatchComplete { batch in
            // Letters that are retried between two batches get rows of their own.
            applier.begin([])
            progress.batch(batch)
        }
        consumer.onRequestError { trouble in progress.trouble(trouble.description) }
        consumer.onNotice { notice in progress.note(notice.description) }
        return consumer
    }

    /// Waits for `body`, and draws meanwhile. From the first signal on `stop` is called again and
    /// again, and tells whether to cancel it; the second signal cancels it in any case.
    private func wait<Result: Sendable>(
        _ signals: borrowing Signals, _ body: @escaping @Sendable () async throws -> Result,
        stop: () -> Bool
    ) throws -> Result {
        var asked = 0
        return try waiting(body) {
            switch try signals.wait(milliseconds: 100) {
            case .terminate, .interrupt: asked += 1
            case .hangUp, nil: break
            }
            progress.draw()
            return asked > 0 && (stop() || asked > 1)
        }
    }
}

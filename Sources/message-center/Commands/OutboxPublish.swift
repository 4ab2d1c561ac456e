import MessageCenterClient
import Platform

/// `publish --outbox`: the rows of a service's own table.
enum OutboxPublish {
    static let outbox = Option(
        optional: "outbox", .text("DATABASE"),
        "publish the rows of message_outbox in an SQLite database, and go on as more come")
    static let makes = Flag("init", "make the outbox's tables in the database, and end")
    static let once = Flag("once", "end when the outbox is empty")

    /// How long an empty outbox is left alone.
    private static let rest = Duration.milliseconds(200)
    /// How long the request in flight may take when it is to end.
    private static let patience = Duration.seconds(5)

    static func mistakes(_ arguments: Arguments) -> [String] {
        guard !arguments.has(outbox) else { return [] }
        let rows: [any OptionRow] = [makes, once]
        return rows.filter { arguments.has($0) }.map { "--\($0.name) goes with --outbox only" }
    }

    static func run(
        _ path: String, _ arguments: Arguments, batch: Int, tries: Int
    ) throws -> ExitStatus {
        if arguments[makes] {
            try Outbox.make(path: path)
            return .done
        }
        // Before any thread starts: they inherit that signals are read here and nowhere else.
        let signals = try Signals()
        let isOnce = arguments[once]
        let settings = settings(arguments, batch: batch)
        let sender = try HTTPSender(
            base: arguments[HubOptions.hub], token: HubOptions.token(arguments),
            userAgent: settings.userAgent, options: settings.options)
        let drain = OutboxDrain(try Outbox(path: path), tries: isOnce ? tries : nil) { words in
            Console.note(words)
        }
        let lane = Lane(source: drain, sender: sender, settings: settings)
        try wait(for: drain, signals) {
            await lane.drain()
            while !isOnce, !drain.isStopping {
                try? await Task.sleep(for: rest)
                await lane.drain()
            }
        }
        return report(drain, arguments)
    }

    private static func settings(_ arguments: Arguments, batch: Int) -> PublishSettings {
        var settings = PublishSettings()
        settings.options = HubOptions.http(arguments)
        settings.userAgent = "message-center/\(programVersion)"
        settings.batchMessages = batch
        let isQuiet = arguments[HubOptions.quiet]
        settings.onTrouble = { trouble in
            guard !isQuiet else { return }
            let pause = span(seconds: trouble.nextTry.inSeconds)
            Console.note("\(trouble.description); trying again in \(pause)")
        }
        return settings
    }

    /// Waits for `work`, which a signal ends when the request in flight is settled. Where that
    /// takes long, or at the second signal, the request is broken off: its rows have ids and go
    /// out again.
    private static func wait(
        for drain: OutboxDrain, _ signals: borrowing Signals,
        _ work: @escaping @Sendable () async -> Void
    ) throws {
        var (asked, since) = (0, ContinuousClock.now)
        try waiting(work) {
            switch try signals.wait(milliseconds: 50) {
            case .terminate, .interrupt:
                asked += 1
                since = .now
                drain.stop()
            case .hangUp, nil: break
            }
            return asked > 1 || asked == 1 && (drain.isHeldUp || .now - since > patience)
        }
    }

    private static func report(_ drain: OutboxDrain, _ arguments: Arguments) -> ExitStatus {
        let counts = drain.counts
        if arguments[HubOptions.json] {
            var object = JSONObject()
            object.add("count", counts.stored)
            object.add("duplicates", counts.duplicates)
            object.add("refused", counts.refused)
            Console.print(object.text)
        } else if !arguments[HubOptions.quiet] {
            let messages = counts.stored == 1 ? "1 message" : "\(grouped(counts.stored)) messages"
            let refused = counts.refused > 0 ? ", \(grouped(counts.refused)) refused" : ""
            Console.print("published \(messages)\(refused)")
        }
        if let why = drain.stopped { Console.note("message-center: ended early: \(why.text)") }
        if arguments[once], drain.isStopping, drain.hasRows {
            Console.note("message-center: stopped before the outbox was empty")
            return .failed
        }
        return drain.stopped == nil && counts.refused == 0 ? .done : .failed
    }
}

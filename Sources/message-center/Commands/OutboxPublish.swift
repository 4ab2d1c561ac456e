import MessageCenterClient

/// `publish --outbox`: the rows of a service's own table.
enum OutboxPublish {
    static let outbox = Option(
        optional: "outbox", .text("DATABASE"),
        "publish the rows of message_outbox in an SQLite database, and go on as more come")
    static let makes = Flag("init", "make the outbox's tables in the database, and end")
    static let once = Flag("once", "end when the outbox is empty")

    /// How long an empty outbox is left alone.
    private static let rest = Duration.milliseconds(200)

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
        let (isQuiet, isOnce) = (arguments[HubOptions.quiet], arguments[once])
        var settings = PublishSettings()
        settings.userAgent = "message-center/\(programVersion)"
        settings.batchMessages = batch
        settings.onTrouble = { trouble in
            guard !isQuiet else { return }
            let pause = span(seconds: trouble.nextTry.inSeconds)
            Console.note("\(trouble.description); trying again in \(pause)")
        }
        let sender = try HTTPSender(
            base: arguments[HubOptions.hub], token: HubOptions.token(arguments),
            userAgent: settings.userAgent)
        let drain = OutboxDrain(try Outbox(path: path), tries: isOnce ? tries : nil) { words in
            Console.note(words)
        }
        let lane = Lane(source: drain, sender: sender, settings: settings)
        blocking {
            repeat {
                await lane.drain()
                if !isOnce { try? await Task.sleep(for: rest) }
            } while !isOnce
        }
        return report(drain, arguments)
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
        return drain.stopped == nil && counts.refused == 0 ? .done : .failed
    }
}

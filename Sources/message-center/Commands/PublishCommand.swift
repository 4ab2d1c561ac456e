import MessageCenterClient
import Wire

extension Command {
    static let publish = Command(
        name: "publish", summary: "publish one message, a file of them, an outbox, or the sample",
        details: """
            A file has one JSON object a line with topic, wid, body, and perhaps key, occurred, id:

              {"topic":"SaleOrder_Changed","wid":3,"key":"order:7","body":{"OrderId":"7"}}

            Every message without an id gets one here, so that sending again after a lost answer
            never makes a second message. Batches go one after another: the file's order is kept.

            An outbox is a table of a service's own SQLite database (docs/client.md): its rows are
            published in order, and removed when the hub has them; what the hub refuses moves to
            message_outbox_refused. Ctrl-C and SIGTERM end it after the request in flight.

              message-center publish --topic Product_Changed --wid 0 --key product:9 --body '{}'
              message-center publish --file events.jsonl
              zcat events.jsonl.gz | message-center publish --file -
              message-center publish --outbox shop.db --init
              message-center publish --outbox shop.db
            """,
        options: [
            Publish.topic, Publish.wid, Publish.key, Publish.body, Publish.bodyFile, Publish.id,
            Publish.occurred, Publish.file, Publish.sample, Publish.ifEmpty, OutboxPublish.outbox,
            OutboxPublish.makes, OutboxPublish.once, Publish.batch, Publish.tries, HubOptions.quiet,
        ] + HubOptions.connectionAndJSON,
        run: Publish.run)
}

private enum Publish {
    static let topic = Option(
        optional: "topic", .text("NAME"), "the message's topic, such as SaleOrder_Changed")
    static let wid = Option(
        optional: "wid", .integer(0...warehouseNumbers.upperBound),
        "the warehouse it is for; 0: every warehouse")
    static let key = Option(optional: "key", .text("KEY"), "what it is about, such as order:10001")
    static let body = Option(optional: "body", .text("JSON"), "its body")
    static let bodyFile = Option(
        optional: "body-file", .text("FILE"), "take the body from a file; - is standard input")
    static let id = Option(
        optional: "id", .text("UUID"), "its id, of version 7; made here where not given")
    static let occurred = Option(
        optional: "occurred", .text("TIME"), "when it happened, such as 2026-11-20T08:00:00Z")
    static let file = Option(
        optional: "file", .text("FILE"), "publish every line of a file; - is standard input")
    static let sample = Flag("sample", "publish the sample: some 500 events of a made-up shop")
    static let ifEmpty = Flag("if-empty", "do nothing where the hub has messages already")
    static let batch = Option("batch", .integer(1...10_000), default: 500, "messages a request")
    static let tries = Option(
        "tries", .integer(1...1_000), default: 10,
        "how often a request is sent at most, with growing pauses, while the hub is away")

    static let ofOne: [any OptionRow] = [topic, wid, key, body, bodyFile, id, occurred]

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        try check(arguments)
        if let path = arguments[OutboxPublish.outbox] {
            return try OutboxPublish.run(
                path, arguments, batch: arguments[batch], tries: arguments[tries])
        }
        let hub = try HubConnection(arguments)
        if arguments[ifEmpty], try hub.head() > 0 {
            if !arguments[HubOptions.quiet] { Console.note("the hub has messages already") }
            return .done
        }
        if let path = arguments[file] {
            try publish(path, to: hub, arguments)
        } else if arguments[sample] {
            try publishSample(to: hub, arguments)
        } else {
            try publishOne(to: hub, arguments)
        }
        return .done
    }

    /// One message, a file, the sample or an outbox; never a mixture.
    private static func check(_ arguments: Arguments) throws {
        var mistakes = OutboxPublish.mistakes(arguments)
        let sources: [any OptionRow] = [file, sample, OutboxPublish.outbox]
        let chosen = sources.filter { arguments.has($0) }
        if let first = chosen.first {
            for row in ofOne + chosen.dropFirst() where arguments.has(row) {
                mistakes.append("--\(row.name) does not go together with --\(first.name)")
            }
        } else {
            if !arguments.has(topic) { mistakes.append("--topic NAME is missing (or --file FILE)") }
            if !arguments.has(wid) { mistakes.append("--wid N is missing; 0 is every warehouse") }
            if arguments.has(body) == arguments.has(bodyFile) {
                mistakes.append("the body comes by --body or by --body-file, one of them")
            }
        }
        guard mistakes.isEmpty else { throw UsageError(mistakes) }
    }

    private static func resending(_ arguments: Arguments) -> Resending {
        let isQuiet = arguments[HubOptions.quiet]
        return Resending(tries: arguments[tries]) { why, pause in
            if !isQuiet {
                Console.note("\(why); trying again in \(span(seconds: pause.inSeconds))")
            }
        }
    }

    private static func publishOne(to hub: HubConnection, _ arguments: Arguments) throws {
        var ids = MessageIDSource()
        var message = JSONObject()
        message.add("topic", arguments[topic])
        message.add("wid", arguments[wid])
        message.add("key", arguments[key])
        message.add("id", arguments[id] ?? ids.next())
        message.add("occurred", arguments[occurred])
        message.add("body", json: try bodyText(arguments))
        let answer = try resending(arguments).send { try hub.post("/v1/messages", message) }
        if arguments[HubOptions.json] { return answer.printAsItCame() }
        let stored = try answer.json()
        let known = stored["duplicate"]?.boolean == true ? ", known already" : ""
        Console.print("\(stored["id"]?.cell ?? "?")  index \(stored["index"]?.cell ?? "?")\(known)")
    }

    /// The body's own bytes; anything but JSON is refused here, where one can say what to do.
    private static func bodyText(_ arguments: Arguments) throws -> String {
        let bytes: [UInt8]
        if let path = arguments[bodyFile] {
            bytes = try ByteStream.readAll(path: path, limit: LineReader.longestLine)
        } else {
            bytes = Array((arguments[body] ?? "").utf8)
        }
        do throws(JSONError) {
            _ = try JSONValue.parse(bytes)
        } catch {
            throw UsageError(
                "the body is no JSON \(error.complaint); plain text goes in quotes: '\"text\"'")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func publish(
        _ path: String, to hub: HubConnection, _ arguments: Arguments
    ) throws {
        var lines = try LineReader(path: path)
        var stream = EventStream(
            hub: hub, resending: resending(arguments),
            name: path == "-" ? "standard input" : path, batchSize: arguments[batch])
        var bar = ProgressBar(total: lines.size, quiet: arguments[HubOptions.quiet])
        defer { bar.finish() }
        while let line = try lines.next() {
            guard try stream.take(line.bytes, number: line.number) else { continue }
            bar.advance(to: lines.position, note: "\(grouped(stream.published.count)) messages")
        }
        try stream.finish()
        bar.finish()
        report(stream.published, arguments)
    }

    private static func publishSample(to hub: HubConnection, _ arguments: Arguments) throws {
        var stream = EventStream(
            hub: hub, resending: resending(arguments), name: "the sample",
            batchSize: arguments[batch])
        for (offset, line) in Sample.lines().enumerated() {
            _ = try stream.take(Array(line.utf8), number: offset + 1)
        }
        try stream.finish()
        report(stream.published, arguments)
    }

    private static func report(_ published: Published, _ arguments: Arguments) {
        if arguments[HubOptions.json] {
            Console.print(published.json.text)
        } else if !arguments[HubOptions.quiet] {
            Console.print(published.summary)
        }
    }
}

import MessageCenterClient
import Wire

extension Command {
    static let archiveReplay = Command(
        name: "archive replay", summary: "hand old messages to one warehouse again",
        details: """
            Appends copies of them to the warehouse's line, oldest first: of messages that are
            everybody's or its own; others are left out. Counts them first and asks; where nobody
            can be asked it needs --yes. It has an id: when it was ended by Ctrl-C or a lost
            connection, the same command with that --id goes on and copies nothing twice.

              message-center archive replay --wid 3 --topic 'SaleOrder_*' \\
                --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z
            """,
        options: [
            HubOptions.wid, ArchiveOptions.topic, Replay.of, ArchiveOptions.key,
            ArchiveOptions.text, ArchiveOptions.from, ArchiveOptions.to, Replay.first, Replay.last,
            Replay.id, Consent.dryRun, Consent.yes, HubOptions.quiet,
        ] + HubOptions.connectionAndJSON,
        run: Replay.run)
}

private enum Replay {
    static let of = Option(
        optional: "of", .integer(0...warehouseNumbers.upperBound, "WID"),
        "only messages of this wid: 0, or the warehouse's own")
    static let first = Option(
        optional: "first", .integer(indexes, "INDEX"), "only from this message on")
    static let last = Option(
        optional: "last", .integer(indexes, "INDEX"), "only up to this message")
    static let id = Option(
        optional: "id", .text("UUID"), "the id of a replay to go on with; made here where not given"
    )

    /// What the slices of one run come to.
    struct Sum {
        var count = 0
        var skipped = 0
        var first: Int?
        var last: Int?
        var known = 0
        /// It came to its end; false: Ctrl-C was pressed.
        var isWhole = true
        var unreadable = UnreadableStretches()

        mutating func add(_ answer: JSONValue) {
            count += answer["count"]?.integer ?? 0
            skipped += answer["skipped"]?.integer ?? 0
            first = first ?? answer["firstIndex"]?.integer
            last = answer["lastIndex"]?.integer ?? last
            known += answer["copies"]?["duplicates"]?.integer ?? 0
            unreadable.note(answer)
        }

        func json(id: String) -> String {
            var object = JSONObject()
            object.add("id", id)
            object.add("count", count)
            object.add("firstIndex", first)
            object.add("lastIndex", last)
            object.add("skipped", skipped)
            object.add("duplicates", known)
            object.add("unreadable", json: JSONValue.array(unreadable.all).serialized())
            return object.text
        }
    }

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        try Consent.mustBePossible(arguments)
        var ids = MessageIDSource()
        let name = arguments[id] ?? ids.next()
        let isJSON = arguments[HubOptions.json]
        let preview = try slices(arguments, name, through: arguments[last], dryRun: true)
        guard preview.isWhole else {
            Console.note("cancelled: nothing was copied")
            return .cancelled
        }
        let change = describe(preview, wid: arguments[HubOptions.wid])
        if arguments[Consent.dryRun] || preview.count == 0 {
            Console.print(isJSON ? preview.json(id: name) : change)
            return preview.unreadable.report()
        }
        guard Consent.isGiven(to: change, arguments) else { return .failed }
        if !arguments[HubOptions.quiet] { Console.note("replay \(name)") }
        let done = try slices(arguments, name, through: preview.last, dryRun: false)
        let status = done.unreadable.report()
        Console.print(
            isJSON
                ? done.json(id: name)
                : "warehouse \(arguments[HubOptions.wid]) has \(copies(done.count - done.known)) "
                    + "more to pull" + (done.known > 0 ? "; \(grouped(done.known)) it had" : ""))
        guard done.isWhole else {
            Console.note("cancelled: the same command with --id \(name) goes on")
            return .cancelled
        }
        return status
    }

    private static func slices(
        _ arguments: Arguments, _ name: String, through last: Int?, dryRun: Bool
    ) throws -> Sum {
        let work = SlicedWork(
            hub: try HubConnection(arguments), isQuiet: arguments[HubOptions.quiet])
        var sum = Sum()
        sum.isWhole = try work.run { token in
            var body = JSONObject()
            body.add("filter", json: filter(arguments, through: last).text)
            body.add("wid", arguments[HubOptions.wid])
            body.add("dryRun", set: dryRun)
            body.add("id", name)
            body.add("pageToken", token)
            return try work.hub.post("/v1/archive/replay", body)
        } _: { _, content in
            sum.add(content)
            return copies(sum.count) + (dryRun ? " to make" : "")
        }
        return sum
    }

    private static func filter(_ arguments: Arguments, through last: Int?) -> JSONObject {
        var filter = JSONObject()
        filter.add("topic", arguments[ArchiveOptions.topic])
        filter.add("wid", arguments[of])
        filter.add("key", arguments[ArchiveOptions.key])
        filter.add("text", arguments[ArchiveOptions.text])
        filter.add("from", arguments[ArchiveOptions.from])
        filter.add("to", arguments[ArchiveOptions.to])
        filter.add("first", arguments[first])
        filter.add("last", last)
        return filter
    }

    private static func describe(_ preview: Sum, wid: Int) -> String {
        let others =
            preview.skipped > 0
            ? "; \(grouped(preview.skipped)) of other wids are left out" : ""
        guard preview.count > 0, let first = preview.first, let last = preview.last else {
            return "nothing fits for warehouse \(wid)\(others)"
        }
        return "warehouse \(wid) gets \(copies(preview.count)) of messages between index "
            + "\(first) and \(last)\(others)"
    }

    private static func copies(_ count: Int) -> String {
        count == 1 ? "1 copy" : "\(grouped(count)) copies"
    }
}

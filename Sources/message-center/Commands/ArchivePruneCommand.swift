import Wire

extension Command {
    static let archivePrune = Command(
        name: "archive prune", summary: "delete the oldest files of the archive, after a preview",
        details: """
            Deletes whole files whose messages are all older than a time, or below an index. They
            are gone: no warehouse can pull them any more. Shows what it would do and asks; where
            nobody can be asked it needs --yes.

              message-center archive prune --before 2026-01-01T00:00:00Z
            """,
        options: [Prune.before, Consent.dryRun, Consent.yes] + HubOptions.connectionAndJSON,
        run: Prune.run)
}

private enum Prune {
    static let before = Option(
        required: "before", .position, "a time, or an index: what lies before it goes")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        try Consent.mustBePossible(arguments)
        let hub = try HubConnection(arguments)
        let preview = try prune(hub, arguments, dryRun: true)
        let change = describe(preview.body)
        if arguments[Consent.dryRun] || preview.body["files"]?.integer == 0 {
            Console.print(arguments[HubOptions.json] ? preview.text : change)
            return .done
        }
        guard Consent.isGiven(to: change, arguments) else { return .failed }
        let done = try prune(hub, arguments, dryRun: false)
        Console.print(
            arguments[HubOptions.json]
                ? done.text
                : "the archive now begins behind message \(done.body["through"]?.cell ?? "?")")
        return .done
    }

    private static func prune(
        _ hub: HubConnection, _ arguments: Arguments, dryRun: Bool
    ) throws -> (body: JSONValue, text: String) {
        var body = JSONObject()
        body.add("before", json: arguments[before].json)
        body.add("dryRun", set: dryRun)
        let answer = try hub.post("/v1/archive/prune", body, wait: 60)
        return try (answer.json(), answer.text)
    }

    private static func describe(_ preview: JSONValue) -> String {
        guard let files = preview["files"]?.integer, files > 0 else {
            return "no whole file lies before that"
        }
        let messages = grouped(preview["messages"]?.integer ?? 0)
        let bytes = grouped(preview["bytes"]?.integer ?? 0)
        return "\(files == 1 ? "1 file" : "\(grouped(files)) files") with \(messages) messages up "
            + "to \(preview["through"]?.cell ?? "?"), \(bytes) bytes, will be DELETED"
    }
}

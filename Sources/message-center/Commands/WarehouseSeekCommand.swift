import Wire

extension Command {
    static let warehouseSeek = Command(
        name: "warehouse seek", summary: "move a warehouse's place, after a preview",
        details: """
            Shows what it would do and asks; where nobody can be asked it needs --yes. Pages that
            were handed out before are void afterwards.

            \(positionHelp)
            """,
        options: [HubOptions.wid, Seek.to, Consent.dryRun, Consent.yes]
            + HubOptions.connectionAndJSON,
        run: Seek.run)
}

private enum Seek {
    static let to = Option(required: "to", .position, "where the warehouse goes on")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        try Consent.mustBePossible(arguments)
        let hub = try HubConnection(arguments)
        let preview = try seek(hub, arguments, dryRun: true)
        let change = describe(preview.body, wid: arguments[HubOptions.wid])
        if arguments[Consent.dryRun] {
            Console.print(arguments[HubOptions.json] ? preview.text : change)
            return .done
        }
        guard Consent.isGiven(to: change, arguments) else { return .failed }
        let done = try seek(hub, arguments, dryRun: false)
        let place = done.body["to"]?.cell ?? "?"
        Console.print(
            arguments[HubOptions.json]
                ? done.text : "warehouse \(arguments[HubOptions.wid]) now stands at \(place)")
        return .done
    }

    private static func seek(
        _ hub: HubConnection, _ arguments: Arguments, dryRun: Bool
    ) throws -> (body: JSONValue, text: String) {
        var body = JSONObject()
        body.add("to", json: arguments[to].json)
        body.add("dryRun", set: dryRun)
        let answer = try hub.post("/v1/warehouses/\(arguments[HubOptions.wid])/seek", body)
        return try (answer.json(), answer.text)
    }

    private static func describe(_ preview: JSONValue, wid: Int) -> String {
        let from = preview["from"]?.integer ?? 0
        let to = preview["to"]?.integer ?? 0
        let count = grouped(preview["messages"]?.integer ?? 0)
        if from == to { return "warehouse \(wid) already stands at \(from)" }
        let effect = to < from ? "will be handed out again" : "will NEVER be handed out"
        return "warehouse \(wid) goes from \(from) to \(to): \(count) messages \(effect)"
    }
}

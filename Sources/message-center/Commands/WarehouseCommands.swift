import MessageCenterClient
import Wire

extension Command {
    /// What one does with warehouses.
    enum warehouse {
        static let list = Command(
            name: "warehouse list", summary: "show where every warehouse is",
            options: HubOptions.connectionAndJSON, run: Warehouses.list)
        static let show = Command(
            name: "warehouse show", summary: "show everything about one warehouse",
            options: [HubOptions.wid] + HubOptions.connectionAndJSON, run: Warehouses.show)
        static let pause = Command(
            name: "warehouse pause", summary: "let a warehouse pull nothing for now",
            details: "Its commits still count. 'warehouse resume' ends it.",
            options: [HubOptions.wid] + HubOptions.connectionAndJSON,
            run: { try Warehouses.act("pause", done: "is paused", $0) })
        static let resume = Command(
            name: "warehouse resume", summary: "let a paused warehouse pull again",
            options: [HubOptions.wid] + HubOptions.connectionAndJSON,
            run: { try Warehouses.act("resume", done: "pulls again", $0) })
        static let retire = Command(
            name: "warehouse retire", summary: "close a warehouse: no lag, no alarms, no pulls",
            details: "Its place is kept. 'warehouse revive' opens it again.",
            options: [HubOptions.wid] + HubOptions.connectionAndJSON,
            run: { try Warehouses.act("retire", done: "is retired", $0) })
        static let revive = Command(
            name: "warehouse revive", summary: "open a retired warehouse again",
            options: [HubOptions.wid] + HubOptions.connectionAndJSON,
            run: { try Warehouses.act("revive", done: "is open again", $0) })
        static let name = Command(
            name: "warehouse name", summary: "give a warehouse a name, and say how often it calls",
            options: [HubOptions.wid, Warehouses.text, Warehouses.expectEvery]
                + HubOptions.connectionAndJSON,
            run: Warehouses.name)
        static let seek = Command.warehouseSeek
    }
}

private enum Warehouses {
    static let text = Option(optional: "name", .text("TEXT"), "its name for people")
    static let expectEvery = Option(
        optional: "expect-every", .integer(0...31_536_000, "SECONDS"),
        "it counts as silent when it has not called for so long")

    /// What fits on a screen; the rest is in `show` and in `--json`.
    static let columns = [
        "wid", "name", "state", "committed", "head", "lag.messages", "lag.seconds",
        "ratePerSecond", "lastPull", "deadLetters",
    ]

    static func list(_ arguments: Arguments) throws -> ExitStatus {
        let rows = try all(HubConnection(arguments))
        if arguments[HubOptions.json] {
            Console.print(JSONValue.object([.init("warehouses", .array(rows))]).serialized())
            return .done
        }
        guard !rows.isEmpty else {
            Console.note("no warehouse has pulled yet")
            return .done
        }
        RecordView.table(rows, columns: columns, only: true).forEach(Console.print)
        return .done
    }

    /// Page by page to the last one.
    private static func all(_ hub: HubConnection) throws -> [JSONValue] {
        var rows: [JSONValue] = []
        var query = ""
        while true {
            let page = try hub.get("/v1/warehouses\(query)")
            rows += try page.rows("warehouses")
            guard let token = try page.json()["nextPageToken"]?.text else { return rows }
            query = "?pageToken=\(HTTPTransport.escape(token))"
        }
    }

    static func show(_ arguments: Arguments) throws -> ExitStatus {
        let answer = try HubConnection(arguments).get(path(arguments))
        try answer.show(asJSON: arguments[HubOptions.json])
        return .done
    }

    static func act(
        _ verb: String, done: String, _ arguments: Arguments
    ) throws -> ExitStatus {
        let answer = try HubConnection(arguments).post("\(path(arguments))/\(verb)")
        tell(answer, done, arguments)
        return .done
    }

    static func name(_ arguments: Arguments) throws -> ExitStatus {
        guard arguments.has(text) || arguments.has(expectEvery) else {
            throw UsageError("nothing to set: give --name or --expect-every, or both")
        }
        var body = JSONObject()
        body.add("name", arguments[text])
        body.add("expectEverySeconds", arguments[expectEvery])
        let answer = try HubConnection(arguments).put(path(arguments), body)
        let name = arguments[text].map { "is named '\($0)'" }
        let pace = arguments[expectEvery].map {
            $0 > 0 ? "is expected every \($0) s" : "is expected at no particular pace"
        }
        tell(answer, [name, pace].compactMap(\.self).joined(separator: ", "), arguments)
        return .done
    }

    private static func tell(_ answer: HTTPAnswer, _ done: String, _ arguments: Arguments) {
        if arguments[HubOptions.json] {
            answer.printAsItCame()
        } else {
            Console.print("warehouse \(arguments[HubOptions.wid]) \(done)")
        }
    }

    private static func path(_ arguments: Arguments) -> String {
        "/v1/warehouses/\(arguments[HubOptions.wid])"
    }
}

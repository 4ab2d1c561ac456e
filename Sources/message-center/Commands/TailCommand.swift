import Glibc
import MessageCenterClient
import Wire

extension Command {
    static let tail = Command(
        name: "tail", summary: "follow a warehouse's line as messages come in",
        details: """
            Only looks: nothing is committed, no session is taken, and the warehouse need not
            exist. Ends with Ctrl-C. With --json each message is one line.

            \(positionHelp)
            """,
        options: [HubOptions.wid, Tail.from, Tail.topic, Tail.interval]
            + HubOptions.connectionAndJSON,
        run: Tail.run)
}

private enum Tail {
    static let from = Option(
        "from", .position, default: .latest, "where to begin")
    static let topic = Option(
        optional: "topic", .text("PATTERN"), "only this topic; * stands for any characters")
    static let interval = Option(
        "interval", .integer(1...3_600, "SECONDS"), default: 1, "how often to look")

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var line = Line(
            hub: try HubConnection(arguments), wid: arguments[HubOptions.wid],
            topic: arguments[topic])
        try line.place(at: arguments[from])
        if !arguments[HubOptions.json] {
            Console.note("warehouse \(line.wid) behind index \(line.after); Ctrl-C ends")
        }
        while true {
            do {
                let page = try line.next()
                for message in page.messages {
                    Console.print(
                        arguments[HubOptions.json]
                            ? message.serialized() : MessageTable.line(message))
                }
                if page.more { continue }
            } catch let failure as TransportFailure where failure.isPassing {
                Console.note("message-center tail: \(failure); trying again")
            } catch let problem as HubProblem where problem.isPassing {
                Console.note("message-center tail: \(problem.lines[0]); trying again")
            }
            sleep(UInt32(arguments[interval]))
        }
    }
}

/// A place in a warehouse's line that only this program knows of.
private struct Line {
    let hub: HubConnection
    let wid: Int
    let topic: String?
    var after = 0

    init(hub: HubConnection, wid: Int, topic: String?) {
        self.hub = hub
        self.wid = wid
        self.topic = topic
    }

    mutating func place(at position: Position) throws {
        switch position.json {
        case Position.latest.json: after = try hub.head(wid: wid)
        case "\"earliest\"", "\"archive\"": after = 0
        default: after = try position.index ?? resolve(position)
        }
    }

    /// The messages after the place, which moves behind them.
    mutating func next() throws -> (messages: [JSONValue], more: Bool) {
        let filter = topic.map { "&topic=\(HTTPTransport.escape($0))" } ?? ""
        do {
            let page = try hub.get(
                "/v1/warehouses/\(wid)/messages?after=\(after)&limit=100\(filter)"
            )
            .json()
            after = max(after, page["next"]?.integer ?? after)
            return (page["messages"]?.elements ?? [], page["more"]?.boolean ?? false)
        } catch let problem as HubProblem where problem.code == "position_gone" {
            guard let oldest = problem["oldest"]?.integer, oldest > after + 1 else { throw problem }
            Console.note("messages before \(oldest) are gone; going on there")
            after = oldest - 1
            return ([], true)
        }
    }

    /// Lets the hub say which index a time or an id stands for; moves nothing.
    private func resolve(_ position: Position) throws -> Int {
        var body = JSONObject()
        body.add("to", json: position.json)
        body.add("dryRun", set: true)
        let preview = try hub.post("/v1/warehouses/\(wid)/seek", body).json()
        guard let index = preview["to"]?.integer else {
            throw UnexpectedAnswer("the hub does not say where \(position.json) is")
        }
        return index
    }
}

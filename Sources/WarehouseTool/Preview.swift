package import MessageCenterClient
import SQLite
import Wire

/// What consuming would do, told and not done: the line is looked at, nothing is leased, committed
/// or written.
package struct Preview: Sendable {
    private let configuration: WarehouseConfiguration
    private let fetcher: RowFetcher
    private let ahead: RowsAhead
    private let hub: HTTPSender

    /// - Parameter note: what is worth knowing beside the messages.
    package init(
        _ configuration: WarehouseConfiguration, note: @escaping @Sendable (String) -> Void
    ) throws(TransportFailure) {
        self.configuration = configuration
        fetcher = try RowFetcher(configuration)
        ahead = RowsAhead(configuration, fetcher, note: note)
        hub = try HTTPSender(
            base: configuration.hub, token: configuration.token,
            userAgent: "message-center consume", options: configuration.options)
    }

    /// Tells what would become of the next `limit` messages, each in one line.
    ///
    /// - Returns: how many would fail.
    package func run(limit: Int, tell: @Sendable (String) -> Void) async throws -> Int {
        let position = try WarehouseDatabase.position(
            at: configuration.database, wid: configuration.wid)
        let after = position.map { "&after=\($0.index)" } ?? ""
        let answer = try await hub.perform(
            HTTPRequest(
                "GET", "/v1/warehouses/\(configuration.wid)/messages?limit=\(limit)\(after)"))
        let content = (try? JSONValue.parse(answer.body)) ?? .null
        guard answer.status == 200, let messages = content["messages"]?.elements else {
            throw Bootstrap.Failure(
                description: "the hub refuses (\(answer.status)): "
                    + (content["detail"]?.text ?? "no reason given"))
        }
        var failures = 0
        let batch = messages.map(Self.message)
        ahead.begin(batch)
        for message in batch {
            let prefix = "\(message.index) \(message.topic) \(message.key ?? "-")"
            do {
                tell("\(prefix): \(try await line(message))")
            } catch {
                failures += 1
                tell("\(prefix): would fail: \(error)")
            }
        }
        return failures
    }

    private static func message(_ json: JSONValue) -> Message {
        Message(
            id: json["id"]?.text ?? "", index: json["index"]?.integer ?? 0,
            ordinal: json["ordinal"]?.integer ?? 0, topic: json["topic"]?.text ?? "",
            wid: json["wid"]?.integer ?? 0, key: json["key"]?.text,
            body: Array((json["body"] ?? .null).serialized().utf8))
    }

    private func line(_ message: Message) async throws -> String {
        guard let rule = configuration.rule(for: message.topic) else { return "no rule" }
        let change = try await RowMaker(fetcher: fetcher, ahead: ahead, patience: nil)
            .change(rule, message)
        switch change {
        case .none: return "nothing"
        case .upsert(let target, let values):
            return "upsert \(target.table) " + Self.cells(target.key + target.columns, values)
        case .delete(let target, let values):
            return "delete \(target.table) " + Self.cells(target.key, values)
        }
    }

    private static func cells(_ cells: [TableTarget.Cell], _ values: [Value]) -> String {
        zip(cells, values).map { "\($0.column)=\($1.shown)" }.joined(separator: " ")
    }
}

extension Value {
    /// For people: as SQL writes it.
    var shown: String {
        switch self {
        case .null: "NULL"
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .text(let text): "'" + text.replacing("'", with: "''") + "'"
        case .blob(let bytes): "x'\(bytes.count) bytes'"
        }
    }
}

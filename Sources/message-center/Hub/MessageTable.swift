import Wire

/// Messages for people, one a row.
enum MessageTable {
    static func lines(_ messages: [JSONValue], width: Int = Console.width) -> [String] {
        let hasOrdinals = messages.contains { $0["ordinal"] != nil }
        var columns: [(title: String, side: Table.Side)] = [("INDEX", .right)]
        if hasOrdinals { columns.append(("ORDINAL", .right)) }
        columns += [
            ("CREATED", .left), ("WID", .right), ("TOPIC", .left), ("KEY", .left), ("BODY", .left),
        ]
        var table = Table(columns)
        for message in messages {
            let ordinal = hasOrdinals ? [message["ordinal"]?.cell] : []
            table.add([index(of: message)] + ordinal + rest(of: message))
        }
        return table.lines(width: width)
    }

    /// One message on a line of its own, for messages that come one by one.
    static func line(_ message: JSONValue, width: Int = Console.width) -> String {
        let cells = [index(of: message)] + rest(of: message)
        // A dash holds the place of what is not there: nothing else keeps the columns apart.
        let words = cells.map { $0.flatMap { $0.isEmpty ? nil : $0 } ?? "-" }
        return fit(words.joined(separator: "  "), into: width > 0 ? width : .max)
    }

    /// `41`, or `41+3` for a message that stands for three more.
    private static func index(of message: JSONValue) -> String? {
        guard let index = message["index"]?.cell else { return nil }
        let swallowed = message["coalesced"]?.integer ?? 0
        return swallowed > 0 ? "\(index)+\(swallowed)" : index
    }

    private static func rest(of message: JSONValue) -> [String?] {
        [
            message["created"]?.cell, message["wid"]?.cell, message["topic"]?.cell,
            message["key"]?.cell, message["body"]?.serialized(),
        ]
    }
}

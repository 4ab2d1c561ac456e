import MessageCenterClient
import Wire

/// A search at the hub, slice by slice; messages come as the hub wrote them, byte for byte.
struct MessageSearch {
    let work: SlicedWork
    /// The query but for limit and token.
    private let query: String

    init(_ arguments: Arguments, order: String) throws {
        work = SlicedWork(
            hub: try HubConnection(arguments), isQuiet: arguments[HubOptions.quiet])
        var query = "order=\(order)"
        func add(_ name: String, _ value: String?) {
            if let value { query += "&\(name)=\(HTTPTransport.escape(value))" }
        }
        add("topic", arguments[ArchiveOptions.topic])
        add("wid", arguments[ArchiveOptions.wid].map(String.init))
        add("key", arguments[ArchiveOptions.key])
        add("text", arguments[ArchiveOptions.text])
        add("from", arguments[ArchiveOptions.from])
        add("to", arguments[ArchiveOptions.to])
        self.query = query
    }

    /// Gives each message found to `take`, until that returns false.
    ///
    /// - Returns: whether the search came to its end; false: Ctrl-C was pressed.
    func run(
        limit: Int, _ unreadable: inout UnreadableStretches, _ take: ([UInt8]) throws -> Bool
    ) throws -> Bool {
        var (count, stretches) = (0, unreadable)
        let isWhole = try work.run { token in
            let rest = min(1000, limit - count)
            return try work.hub.get(
                "/v1/messages?\(query)&limit=\(rest)" + (token.map { "&pageToken=\($0)" } ?? ""))
        } _: { answer, content in
            stretches.note(content)
            for message in try Self.messages(answer.body) {
                count += 1
                guard try take(message) else { return nil }
            }
            return count == limit ? nil : "\(grouped(count)) found"
        }
        unreadable = stretches
        return isWhole
    }

    /// The elements of the answer's `messages`, as they stand there.
    private static func messages(_ body: [UInt8]) throws(JSONError) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var reader = JSONReader(body.span.bytes)
        try reader.beginObject()
        while let member = try reader.nextMember() {
            guard try reader.text(member) == "messages" else {
                try reader.skipValue()
                continue
            }
            try reader.beginArray()
            while try reader.nextElement() {
                let range = try reader.skipValue().range
                messages.append(Array(body[range]))
            }
        }
        return messages
    }
}

import Platform
import TestSupport
import Wire

/// The whole line of a warehouse, as the hub tells it.
struct HubLine {
    struct Message: Sendable {
        let id: String
        let index: Int
        let topic: String
        let wid: Int
        let key: String
        let body: String
    }

    private(set) var messages: [Message] = []

    /// Reads all pages.
    init(_ endpoint: Endpoint, wid: Int) throws {
        try self.init(RawClient(endpoint), wid: wid)
    }

    init(_ client: RawClient, wid: Int) throws {
        var after = 0
        while true {
            let page = try client.get("/v1/warehouses/\(wid)/messages?after=\(after)&limit=1000")
            guard page.status == 200 else { throw Unexpected(page) }
            messages += page.messages.map { message in
                Message(
                    id: message["id"]?.text ?? "", index: message["index"]?.integer ?? 0,
                    topic: message["topic"]?.text ?? "", wid: message["wid"]?.integer ?? -1,
                    key: message["key"]?.text ?? "", body: message["body"]?.serialized() ?? "")
            }
            after = page.next
            if page.more != true { return }
        }
    }

    /// The bodies of each key, in the order of the line.
    var bodiesByKey: [String: [String]] {
        messages.reduce(into: [:]) { $0[$1.key, default: []].append($1.body) }
    }
}

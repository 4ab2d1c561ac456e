import Foundation

/// One message of a warehouse's line, or a run of Changed messages that were melted into one.
public struct Message: Sendable, Equatable {
    /// The message's own id, a UUID; of a run that of its last message.
    public var id: String
    /// The hub's number; of a run that of its first message.
    public var index: Int
    /// The hub's number of the last message of a run; else the same as `index`.
    public var lastIndex: Int
    /// The warehouse's own dense number; of a run that of its first message.
    public var ordinal: Int
    /// `<Entity>_<Event>`, such as `SaleOrder_Changed`; of a run that of its last message.
    public var topic: String
    /// 0: for every warehouse. Else the one warehouse it is for.
    public var wid: Int
    /// What it is about, such as `order:10001`.
    public var key: String?
    /// The body as the hub keeps it: one JSON value in UTF-8, byte for byte; of a run that of its
    /// last message.
    public var body: [UInt8]
    /// The hub's time, RFC 3339 in UTC.
    public var created: String
    /// When it happened at the business side, as the publisher wrote it.
    public var occurred: String?
    /// How many older messages of its run this one stands for; 0 for a message by itself.
    public var coalesced: Int
    /// Whether its run began with a Created: the warehouse has not seen this entity before.
    public var isCreatedInRun: Bool

    /// Puts a message together; for tests of handlers.
    public init(
        id: String, index: Int, ordinal: Int = 0, topic: String, wid: Int = 0, key: String? = nil,
        body: [UInt8] = Array("{}".utf8), created: String = "1970-01-01T00:00:00.000Z",
        occurred: String? = nil, lastIndex: Int? = nil, coalesced: Int = 0,
        isCreatedInRun: Bool = false
    ) {
        self.id = id
        self.index = index
        self.lastIndex = lastIndex ?? index
        self.ordinal = ordinal
        self.topic = topic
        self.wid = wid
        self.key = key
        self.body = body
        self.created = created
        self.occurred = occurred
        self.coalesced = coalesced
        self.isCreatedInRun = isCreatedInRun
    }

    /// The body as text.
    public var bodyText: String { String(decoding: body, as: UTF8.self) }

    /// The body as a value of your own.
    ///
    /// - Throws: what `JSONDecoder` does where the body is of another form.
    public func decode<Body: Decodable>(_ type: Body.Type = Body.self) throws -> Body {
        try JSONDecoder().decode(type, from: Data(body))
    }

    /// What stands behind the first colon of the key: `10001` of `order:10001`.
    public var entityID: String? {
        guard let key, let colon = key.firstIndex(of: ":") else { return nil }
        return String(key[key.index(after: colon)...])
    }

    /// What stands before the last `_` of the topic.
    var entity: Substring { Topic.split(topic).entity }
}

/// How a topic's name is read: `<Entity>_<Event>`.
enum Topic {
    /// What a topic says of its entity; only Created and Changed ever melt into one another.
    enum Event: Sendable {
        case created, changed, other
    }

    /// The entity is what stands before the last `_`.
    static func split(_ name: String) -> (entity: Substring, event: Event) {
        guard let bar = name.lastIndex(of: "_") else { return (name[...], .other) }
        switch name[name.index(after: bar)...] {
        case "Created": return (name[..<bar], .created)
        case "Changed": return (name[..<bar], .changed)
        default: return (name[..<bar], .other)
        }
    }
}

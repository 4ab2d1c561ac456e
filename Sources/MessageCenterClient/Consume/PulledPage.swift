/// What the hub answers to a pull: one whole stretch of the line.
struct PulledPage: Sendable {
    /// What the hub asks of this client, until it was told the outcome.
    struct Command: Sendable, Equatable {
        /// The hub's number of the dead letter.
        let number: Int
        /// `retry` or `drop`.
        let action: String
        /// The id of the message it is about.
        let message: String
    }

    var messages: [Message] = []
    var next = 0
    var hasMore = false
    /// The ordinal of the first message of the stretch.
    var from = 0
    /// The ordinal of its last; `from` - 1 where it is empty.
    var to = 0
    /// What `topics` left out, and what the hub melted: both 0, for nothing of it is asked for.
    var filtered = 0
    var coalesced = 0
    var committed = 0
    /// How often an operator has moved the warehouse; nil: the hub does not say.
    var seeks: Int?
    var lagMessages = 0
    var lagSeconds = 0
    var hub = ""
    var commands: [Command] = []

    /// Reads an answer.
    ///
    /// - Throws: where it is none of a hub, such as the page of a proxy; and where it is, and
    ///   cannot be true.
    init(_ body: [UInt8]) throws(JSONFlaw) {
        var scanner = JSONScanner(body)
        var seen: Set<String> = []
        var page = Self()
        try scanner.members { name, scanner throws(JSONFlaw) in
            seen.insert(name)
            try page.take(name, &scanner)
        }
        try scanner.end()
        let missing = ["messages", "next", "more", "count", "committed", "hub"].filter {
            !seen.contains($0)
        }
        guard missing.isEmpty else {
            throw JSONFlaw(
                description: "it has no \(missing.joined(separator: ", "))", offset: body.count)
        }
        guard page.from >= 1, page.to >= page.from - 1 else {
            throw JSONFlaw(
                description: "the page counts from \(page.from) to \(page.to)",
                offset: body.count, isSenseless: true)
        }
        self = page
    }

    private init() {}

    private mutating func take(_ name: String, _ scanner: inout JSONScanner) throws(JSONFlaw) {
        switch name {
        case "messages":
            var read: [Message] = []
            try scanner.elements { scanner throws(JSONFlaw) in
                read.append(try Message(&scanner))
            }
            messages = read
        case "next": next = try scanner.count()
        case "more": hasMore = try scanner.boolean()
        case "count": try takeCount(&scanner)
        case "committed": committed = try scanner.count()
        case "seeks": seeks = try scanner.count()
        case "lag": try takeLag(&scanner)
        case "hub": hub = try scanner.name()
        case "commands":
            var read: [Command] = []
            try scanner.elements { scanner throws(JSONFlaw) in
                read.append(try Command(&scanner))
            }
            commands = read
        default: try scanner.skip()
        }
    }

    private mutating func takeCount(_ scanner: inout JSONScanner) throws(JSONFlaw) {
        var read = (from: 0, to: 0, filtered: 0, coalesced: 0)
        try scanner.members { name, scanner throws(JSONFlaw) in
            switch name {
            case "from": read.from = try scanner.count()
            case "to": read.to = try scanner.count()
            case "filtered": read.filtered = try scanner.count()
            case "coalesced": read.coalesced = try scanner.count()
            default: try scanner.skip()
            }
        }
        (from, to, filtered, coalesced) = read
    }

    private mutating func takeLag(_ scanner: inout JSONScanner) throws(JSONFlaw) {
        var read = (messages: 0, seconds: 0)
        try scanner.members { name, scanner throws(JSONFlaw) in
            switch name {
            case "messages": read.messages = try scanner.roughly()
            case "seconds": read.seconds = try scanner.roughly()
            default: try scanner.skip()
            }
        }
        (lagMessages, lagSeconds) = read
    }
}

extension PulledPage.Command {
    fileprivate init(_ scanner: inout JSONScanner) throws(JSONFlaw) {
        var read = (number: 0, action: "", message: "")
        try scanner.members { name, scanner throws(JSONFlaw) in
            switch name {
            case "n": read.number = try scanner.count()
            case "action": read.action = try scanner.string()
            case "message": read.message = try scanner.string()
            default: try scanner.skip()
            }
        }
        (number, action, message) = read
    }
}

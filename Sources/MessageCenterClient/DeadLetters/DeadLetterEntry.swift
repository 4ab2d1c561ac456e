/// One line of a dead-letter file: something that happened to one message.
struct DeadLetterEntry: Sendable, Equatable {
    enum Event: Sendable, Equatable {
        /// A message comes into the file.
        case letter(DeadLetter)
        /// It was tried again in vain. `message` says what of it changed: a run's marks.
        case failed(error: String, tries: Int, coalesced: Int, isCreatedInRun: Bool)
        case ordered(DeadLetter.Order)
        case settled(DeadLetter.State)
        /// The file was shortened; numbers up to this one were given before.
        case shortened(through: Int)
        /// The hub knows how it ended.
        case reported
    }

    /// The id of the message it is about.
    var id: String
    /// RFC 3339.
    var at: String
    var event: Event

    // MARK: Writing

    /// The line, with its end.
    var line: [UInt8] {
        var object = JSONObjectText()
        object.add("at", at)
        switch event {
        case .letter(let letter): add(letter, to: &object)
        case .failed(let error, let tries, let coalesced, let isCreatedInRun):
            object.add("state", DeadLetter.State.dead.rawValue)
            object.add("id", id)
            object.add("error", error)
            object.add("tries", tries)
            object.add("coalesced", coalesced)
            object.add("createdInRun", isCreatedInRun)
        case .ordered(let order):
            object.add("state", order.rawValue)
            object.add("id", id)
        case .settled(let state):
            object.add("state", state.rawValue)
            object.add("id", id)
        case .reported:
            object.add("state", "reported")
            object.add("id", id)
        case .shortened(let number):
            object.add("state", "shortened")
            object.add("n", number)
        }
        return object.finished + [0x0A]
    }

    private func add(_ letter: DeadLetter, to object: inout JSONObjectText) {
        let message = letter.message
        object.add("state", letter.state.rawValue)
        object.add("n", letter.number)
        object.add("id", message.id)
        object.add("index", message.index)
        object.add("lastIndex", message.lastIndex)
        object.add("ordinal", message.ordinal)
        object.add("topic", message.topic)
        object.add("wid", message.wid)
        object.add("key", message.key)
        object.add("body", json: message.body)
        object.add("created", message.created)
        object.add("occurred", message.occurred)
        object.add("coalesced", message.coalesced)
        object.add("createdInRun", message.isCreatedInRun)
        object.add("hub", letter.hub)
        object.add("error", letter.error)
        object.add("tries", letter.tries)
        object.add("firstAt", letter.firstAt)
        object.add("lastAt", letter.lastAt)
    }

    init(id: String, at: String, _ event: Event) {
        self.id = id
        self.at = at
        self.event = event
    }

    // MARK: Reading

    /// Reads a line.
    init(line: [UInt8]) throws(JSONFlaw) {
        var fields = Fields()
        var scanner = JSONScanner(line)
        try scanner.members { name, scanner throws(JSONFlaw) in
            try fields.take(name, &scanner)
        }
        try scanner.end()
        guard let event = fields.event else {
            throw JSONFlaw(description: "it says nothing of a dead letter", offset: 0)
        }
        self.init(id: fields.message.id, at: fields.at, event)
    }

    private struct Fields {
        var state = ""
        var at = ""
        var number: Int?
        var message = Message(id: "", index: 0, topic: "", body: [])
        var hub = ""
        var error: String?
        var tries = 0
        var firstAt = ""
        var lastAt = ""

        mutating func take(_ name: String, _ scanner: inout JSONScanner) throws(JSONFlaw) {
            switch name {
            case "state": state = try scanner.string()
            case "at": at = try scanner.string()
            case "n": number = try scanner.count()
            case "hub": hub = try scanner.string()
            case "error": error = try scanner.optionalString()
            case "tries": tries = try scanner.count()
            case "firstAt": firstAt = try scanner.optionalString() ?? ""
            case "lastAt": lastAt = try scanner.optionalString() ?? ""
            default: try message.take(name, &scanner)
            }
        }

        var event: Event? {
            if state == "shortened", let number { return .shortened(through: number) }
            guard !message.id.isEmpty else { return nil }
            if let order = DeadLetter.Order(rawValue: state) { return .ordered(order) }
            if state == "reported" { return .reported }
            guard let state = DeadLetter.State(rawValue: state) else { return nil }
            guard state.isOpen else { return .settled(state) }
            guard let number else {
                return .failed(
                    error: error ?? "", tries: tries, coalesced: message.coalesced,
                    isCreatedInRun: message.isCreatedInRun)
            }
            var message = message
            message.lastIndex = max(message.lastIndex, message.index)
            return .letter(
                DeadLetter(
                    number: number, state: state, message: message, hub: hub, error: error,
                    tries: tries, firstAt: firstAt, lastAt: lastAt))
        }
    }
}

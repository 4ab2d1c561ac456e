extension Message {
    /// Reads a message as the hub writes it.
    init(_ scanner: inout JSONScanner) throws(JSONFlaw) {
        var read = Message(id: "", index: 0, topic: "", body: [])
        try scanner.members { name, scanner throws(JSONFlaw) in
            try read.take(name, &scanner)
        }
        guard !read.id.isEmpty, read.index > 0, !read.topic.isEmpty, !read.body.isEmpty else {
            throw JSONFlaw(
                description: "a message has no id, index, topic or body", offset: scanner.offset)
        }
        guard read.id.utf8.count <= PositionFile.longestID else {
            throw JSONFlaw(description: "an id is too long", offset: scanner.offset)
        }
        read.lastIndex = max(read.lastIndex, read.index)
        self = read
    }

    /// Takes one member, whatever it is.
    mutating func take(_ name: String, _ scanner: inout JSONScanner) throws(JSONFlaw) {
        switch name {
        case "id": id = try scanner.string()
        case "index": index = try scanner.integer()
        case "lastIndex": lastIndex = try scanner.integer()
        case "ordinal": ordinal = try scanner.integer()
        case "topic": topic = try scanner.string()
        case "wid": wid = try scanner.integer()
        case "key": key = try scanner.optionalString()
        case "body": body = Array(try scanner.raw())
        case "created": created = try scanner.string()
        case "occurred": occurred = try scanner.optionalString()
        case "coalesced": coalesced = try scanner.integer()
        case "createdInRun": isCreatedInRun = try scanner.boolean()
        default: try scanner.skip()
        }
    }
}

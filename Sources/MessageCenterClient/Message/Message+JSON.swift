extension Message {
    /// Reads a message as the hub writes it to who did not ask it to melt any.
    init(_ scanner: inout JSONScanner) throws(JSONFlaw) {
        var read = Message(id: "", index: 0, topic: "", body: [])
        try scanner.members { name, scanner throws(JSONFlaw) in
            try read.take(name, &scanner)
        }
        guard !read.id.isEmpty, read.index > 0, !read.topic.isEmpty, !read.body.isEmpty else {
            throw JSONFlaw(
                description: "a message has no id, index, topic or body", offset: scanner.offset)
        }
        guard read.lastIndex == 0 || read.lastIndex == read.index, read.coalesced == 0,
            !read.isCreatedInRun
        else {
            throw JSONFlaw(
                description: "the hub melted messages, which nobody asked for",
                offset: scanner.offset, isSenseless: true)
        }
        read.lastIndex = read.index
        self = read
    }

    /// Takes one member, whatever it is.
    mutating func take(_ name: String, _ scanner: inout JSONScanner) throws(JSONFlaw) {
        switch name {
        case "id": id = try scanner.name()
        case "index": index = try scanner.count()
        case "lastIndex": lastIndex = try scanner.count()
        case "ordinal": ordinal = try scanner.count()
        case "topic": topic = try scanner.string()
        case "wid": wid = try scanner.count()
        case "key": key = try scanner.optionalString()
        case "body": body = Array(try scanner.raw())
        case "created": created = try scanner.string()
        case "occurred": occurred = try scanner.optionalString()
        case "coalesced": coalesced = try scanner.count()
        case "createdInRun": isCreatedInRun = try scanner.boolean()
        default: try scanner.skip()
        }
    }
}

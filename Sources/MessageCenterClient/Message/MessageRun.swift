/// What is handled as one: a message, or several that melt into one.
struct MessageRun: Sendable, Equatable {
    /// In the order of the line; never empty.
    private(set) var members: [Message]

    /// What the handler gets: the place of the first, the content of the last.
    var message: Message {
        guard members.count > 1, let first = members.first, var message = members.last else {
            return members[0]
        }
        message.index = first.index
        message.ordinal = first.ordinal
        message.coalesced = members.reduce(members.count - 1) { $0 + $1.coalesced }
        message.isCreatedInRun =
            first.isCreatedInRun || Topic.split(first.topic).event == .created
        return message
    }

    init(_ message: Message) {
        members = [message]
    }

    mutating func append(_ message: Message) {
        members.append(message)
    }

    /// Takes a batch apart into what is handled as one, in the order of their first messages.
    ///
    /// - Parameters:
    ///   - messages: in the order of the line.
    ///   - mode: which of them melt.
    ///   - isHandled: what nobody handles is left out, and ends the runs of its key all the same.
    ///   - standsAlone: keys with an open failure: their messages melt with nothing.
    static func runs(
        of messages: some Sequence<Message>, _ mode: Coalescing,
        isHandled: (Message) -> Bool = { _ in true },
        standsAlone: (Message) -> Bool = { _ in false }
    ) -> [MessageRun] {
        var coalescer = Coalescer(mode)
        var runs: [MessageRun] = []
        for message in messages {
            let slot = isHandled(message) ? runs.count : nil
            if let run = coalescer.take(message, slot: slot), !standsAlone(message) {
                runs[run].append(message)
            } else if slot != nil {
                runs.append(MessageRun(message))
            }
        }
        return runs
    }
}

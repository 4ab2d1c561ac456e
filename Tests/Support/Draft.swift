package import Hub

/// A message as a publisher would send it, with a default for everything.
package struct Draft: Sendable, Equatable {
    package var topic: String
    package var wid: UInt32
    package var key: String?
    package var body: String
    package var id: MessageID?
    package var occurred: Int64?

    package init(
        _ body: String = "{}", topic: String = "Order_Changed", wid: UInt32 = 0,
        key: String? = nil, id: MessageID? = nil, occurred: Int64? = nil
    ) {
        self.topic = topic
        self.wid = wid
        self.key = key
        self.body = body
        self.id = id
        self.occurred = occurred
    }
}

extension MessageID {
    /// An id of a publisher: version 7, made at `milliseconds`, the `number`th.
    package static func publishers(_ number: UInt64, at milliseconds: UInt64 = 5000) -> MessageID {
        MessageID(high: milliseconds << 16 | 0x7ABC, low: 0b10 << 62 | number)
    }
}

extension WriteBatch {
    /// Adds a request of several messages, to be stored whole or not at all.
    package func publish(_ drafts: [Draft], call: UInt64 = 0) {
        let first = messages.count
        for draft in drafts {
            messages.append(
                Message(
                    topic: append(draft.topic), key: draft.key.map(append) ?? .none,
                    body: append(draft.body), wid: draft.wid, id: draft.id,
                    occurred: draft.occurred))
        }
        publishes.append(Publish(call: call, messages: first..<messages.count))
    }

    /// Adds a warehouse's change.
    package func change(_ wid: UInt32, _ change: Warehouse.Change, call: UInt64 = 0) {
        changes.append(Change(call: call, wid: wid, change: change))
    }

    private func append(_ text: String) -> Arena.Slice {
        var text = text
        return text.withUTF8 { arena.append(UnsafeRawBufferPointer($0)) }
    }
}

/// How the hub makes the ids of messages whose publisher gave none, and knows its own again.
///
/// The id carries the index in its low 53 bits (RFC 9562, section 6.2, allows a counter there)
/// and a tag of 21 random bits, drawn once for a hub, in the rest. So it rises with the index,
/// and needs no entry in the table of ids: the index inside it leads to the message.
///
///     high: | created, 48 bits | version 7 | tag, upper 12 bits |
///     low:  | variant 10 | tag, lower 9 bits | index, 53 bits    |
package struct HubIDs: Sendable {
    /// 21 bits, drawn when the store was made.
    package let tag: UInt32

    package static let tagBits = 21
    package static let tagMask: UInt32 = 1 << tagBits - 1
    private static let indexMask: UInt64 = (1 << 53) - 1
    /// How far above the head an index inside a foreign id still counts as reserved.
    private static let reach: Int64 = 1 << 32

    package init(tag: UInt32) {
        precondition(tag < 1 << Self.tagBits, "a tag has 21 bits")
        self.tag = tag
    }

    /// The id of the message that gets `index` at `created` (milliseconds since 1970).
    package func id(created: Int64, index: Int64) -> MessageID {
        MessageID(
            high: UInt64(created) << 16 | 0x7000 | UInt64(tag >> 9),
            low: 0b10 << 62 | UInt64(tag & 0x1FF) << 53 | UInt64(index))
    }

    /// The index this hub must have given to `id`, if `id` bears this hub's tag.
    ///
    /// A random id bears it once in two million, so the message at that index decides.
    package func index(in id: MessageID) -> Int64? {
        guard id.high & 0xFFF == UInt64(tag >> 9), (id.low >> 53) & 0x1FF == UInt64(tag & 0x1FF)
        else { return nil }
        return Int64(id.low & Self.indexMask)
    }

    /// Whether a publisher's `id` is one that this hub may itself give before long.
    ///
    /// Such an id is refused: stored under it, a message could meet its double. Chance makes one
    /// in 2^42, so only somebody who builds it from the hub's own ids sees the refusal.
    package func isReserved(_ id: MessageID, head: Int64) -> Bool {
        guard let index = index(in: id) else { return false }
        return index > head && index <= head + Self.reach
    }
}

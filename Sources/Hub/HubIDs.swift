/// How the hub makes the ids of messages whose publisher gave none, and knows its own again.
///
/// The id carries the index in its low 53 bits (RFC 9562, section 6.2, allows a counter there)
/// and a tag of 21 random bits, drawn once for a hub, in the rest. So it rises with the index,
/// and needs no entry in the table of ids: the index inside it leads to the message. A hub that was
/// restored from a backup has a tag of its own, and knows the ids of those before it by theirs.
///
///     high: | created, 48 bits | version 7 | tag, upper 12 bits |
///     low:  | variant 10 | tag, lower 9 bits | index, 53 bits    |
package struct HubIDs: Sendable {
    /// 21 bits, drawn when the store was made or restored.
    package let tag: UInt32
    /// The hubs that this one was restored from. Their ids lead to messages up to the fork; what
    /// bears their tag and an index above it was given after the backup, and is a stranger's.
    private let forks: [Fork]

    package static let tagBits = 21
    package static let tagMask: UInt32 = 1 << tagBits - 1
    private static let indexMask: UInt64 = (1 << 53) - 1
    /// How far above the head an index inside a foreign id still counts as reserved.
    private static let reach: Int64 = 1 << 32

    package init(tag: UInt32, forks: [Fork] = []) {
        precondition(tag < 1 << Self.tagBits, "a tag has 21 bits")
        self.tag = tag
        self.forks = forks
    }

    /// The id of the message that gets `index` at `created` (milliseconds since 1970).
    package func id(created: Int64, index: Int64) -> MessageID {
        MessageID(
            high: UInt64(created) << 16 | 0x7000 | UInt64(tag >> 9),
            low: 0b10 << 62 | UInt64(tag & 0x1FF) << 53 | UInt64(index))
    }

    /// The index that this hub, or one it was restored from, must have given to `id`, if `id` bears
    /// its tag.
    ///
    /// A random id bears it once in two million, so the message at that index decides.
    package func index(in id: MessageID) -> Int64? {
        let (tag, index) = Self.parts(of: id)
        if tag == self.tag { return index }
        for fork in forks where tag == fork.tag && index <= fork.head { return index }
        return nil
    }

    /// Whether a publisher's `id` is one that this hub may itself give before long.
    ///
    /// Such an id is refused: stored under it, a message could meet its double. Chance makes one
    /// in 2^42, so only somebody who builds it from the hub's own ids sees the refusal.
    package func isReserved(_ id: MessageID, head: Int64) -> Bool {
        let (tag, index) = Self.parts(of: id)
        return tag == self.tag && index > head && index <= head + Self.reach
    }

    /// What stands where a hub puts its tag and the index.
    @inline(__always)
    private static func parts(of id: MessageID) -> (tag: UInt32, index: Int64) {
        let tag = UInt32(id.high & 0xFFF) << 9 | UInt32((id.low >> 53) & 0x1FF)
        return (tag, Int64(id.low & indexMask))
    }
}

/// The identity of a message: a UUID of version 7 (RFC 9562, section 5.7).
///
/// Its first 48 bits are milliseconds since 1970, so that ids sort by the time they were made.
package struct MessageID: Hashable, Sendable {
    /// The first eight bytes, big endian: time, version and `rand_a`.
    package let high: UInt64
    /// The last eight bytes, big endian: variant and `rand_b`.
    package let low: UInt64

    @inlinable package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Whether version and variant say UUIDv7, the only kind the hub takes.
    @inlinable package var isVersion7: Bool {
        (high >> 12) & 0xF == 7 && low >> 62 == 0b10
    }

    /// The id's own time: milliseconds since 1970, 48 bits.
    @inlinable package var milliseconds: Int64 { Int64(high >> 16) }
}

extension MessageID: Comparable {
    @inlinable package static func < (left: MessageID, right: MessageID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

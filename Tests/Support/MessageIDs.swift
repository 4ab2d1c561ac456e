import Foundation

/// Ids as a publisher makes them: UUIDs of version 7 (RFC 9562), rising.
package struct MessageIDs: Sendable {
    private let start: UInt64
    private var count: UInt64 = 0
    private var random: SplitMix

    /// - Parameter milliseconds: the time in the first id, since 1970.
    package init(seed: UInt64 = 1, from milliseconds: UInt64 = 1_790_000_000_000) {
        start = milliseconds
        random = SplitMix(seed)
    }

    package mutating func next() -> String {
        defer { count += 1 }
        return Self.text(
            high: (start + count) << 16 | 0x7000 | random.next() & 0xFFF,
            low: 1 << 63 | random.next() >> 2)
    }

    /// The text of a UUID.
    package static func text(high: UInt64, low: UInt64) -> String {
        func hex(_ value: UInt64, _ digits: Int) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: digits - text.count) + text
        }
        return hex(high >> 32, 8) + "-" + hex(high >> 16 & 0xFFFF, 4) + "-"
            + hex(high & 0xFFFF, 4) + "-" + hex(low >> 48, 4) + "-"
            + hex(low & 0xFFFF_FFFF_FFFF, 12)
    }
}

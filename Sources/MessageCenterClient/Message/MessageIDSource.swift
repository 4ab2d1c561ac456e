import Glibc

/// Makes message ids: UUIDs of version 7 (RFC 9562 §5.7), each greater than the one before, also
/// within a millisecond and when the clock steps back.
///
/// Rising ids matter: the hub finds a repeated id in a tree, and new ones then all go to its
/// right edge. Not shared between threads; each has a source of its own.
public struct MessageIDSource: Sendable {
    private var last: UInt64 = 0
    private var random = SystemRandomNumberGenerator()

    /// A source that has made nothing yet.
    public init() {}

    /// The next id, in lower case.
    public mutating func next() -> String {
        next(milliseconds: Self.now())
    }

    /// The next id at a time given in milliseconds since 1970.
    ///
    /// `last` is the time and 12 bits of a counter behind it, where RFC 9562 §6.2 (method 1)
    /// lets a counter stand; a counter that runs over borrows from the next millisecond.
    mutating func next(milliseconds: UInt64) -> String {
        let fresh = milliseconds << 12 | UInt64.random(in: 0..<1 << 10, using: &random)
        last = max(fresh, last + 1)
        let time = last >> 12
        let upper = time << 16 | 0x7000 | last & 0xFFF
        let lower = 0x8000_0000_0000_0000 | random.next() >> 2
        return Self.text(upper, lower)
    }

    private static func text(_ upper: UInt64, _ lower: UInt64) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for place in 0..<32 {
            if [8, 12, 16, 20].contains(place) { text.append(UInt8(ascii: "-")) }
            let half = place < 16 ? upper : lower
            text.append(digits[Int(half >> UInt64(60 - place % 16 * 4) & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}

/// Eight bytes looked at in one step, the first of them lowest.
///
/// Each test answers with the high bit set in every byte that passes. A borrow can set bits above
/// the first true one, never below: so the *lowest* bit of an answer, and of several answers or-ed
/// together, is exact, and it is the only one to use.
extension UInt64 {
    /// `byte` in all eight places.
    @inline(__always)
    static func repeating(_ byte: UInt8) -> UInt64 {
        0x0101_0101_0101_0101 &* UInt64(byte)
    }

    /// The bytes below `limit`, which is at most 0x80.
    @inline(__always)
    func bytesBelow(_ limit: UInt8) -> UInt64 {
        (self &- .repeating(limit)) & ~self & .repeating(0x80)
    }

    /// The bytes equal to `byte`.
    @inline(__always)
    func bytesEqual(to byte: UInt8) -> UInt64 {
        (self ^ .repeating(byte)).bytesBelow(1)
    }

    /// The bytes outside of ASCII.
    @inline(__always)
    var bytesBeyondASCII: UInt64 { self & .repeating(0x80) }

    /// How many bytes stand before the lowest one marked in an answer. Not for an empty answer.
    @inline(__always)
    var bytesBeforeLowestMark: Int { trailingZeroBitCount &>> 3 }
}

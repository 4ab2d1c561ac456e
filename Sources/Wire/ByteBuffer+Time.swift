/// Points in time and identifiers as text of fixed width.
extension ByteBuffer {
    /// Appends `2026-11-20T08:00:00.000Z`: RFC 3339 in UTC. What lies outside of
    /// `Timestamp.range` is written as its nearest end.
    package mutating func append(timestampMilliseconds time: Int64) {
        let time = Int(min(max(time, Timestamp.range.lowerBound), Timestamp.range.upperBound))
        let (days, millisecond) = Self.split(time, by: 86_400_000)
        let date = CivilDate(daysSinceEpoch: days)
        withFreeSpace(minimum: 24) { space in
            var field = FixedFields(space)
            field.write(date.year, 4, then: ASCII.minus)
            field.write(date.month, 2, then: ASCII.minus)
            field.write(date.day, 2, then: UInt8(ascii: "T"))
            field.write(millisecond / 3_600_000, 2, then: ASCII.colon)
            field.write(millisecond / 60_000 % 60, 2, then: ASCII.colon)
            field.write(millisecond / 1000 % 60, 2, then: ASCII.dot)
            field.write(millisecond % 1000, 3, then: UInt8(ascii: "Z"))
            return field.position
        }
    }

    /// Appends a time as a JSON string, or `null`.
    package mutating func append(jsonTimestamp time: Int64?) {
        guard let time else { return append("null") }
        append(ASCII.quote)
        append(timestampMilliseconds: time)
        append(ASCII.quote)
    }

    /// Appends `Fri, 20 Nov 2026 08:00:00 GMT`, the 29 bytes of an IMF-fixdate (RFC 9110, section
    /// 5.6.7), for a time in seconds since 1970; years are 0 to 9999 as above.
    package mutating func append(httpDateSeconds time: Int64) {
        let range = Timestamp.range
        let time = Int(min(max(time, range.lowerBound / 1000), range.upperBound / 1000))
        let (days, second) = Self.split(time, by: 86_400)
        let date = CivilDate(daysSinceEpoch: days)
        // The first of January 1970 was a Thursday.
        append(name: Self.split(days + 4, by: 7).rest, of: "SunMonTueWedThuFriSat")
        append(", ")
        append(decimal: UInt64(date.day), zeroPaddedTo: 2)
        append(ASCII.space)
        append(name: date.month - 1, of: "JanFebMarAprMayJunJulAugSepOctNovDec")
        append(ASCII.space)
        withFreeSpace(minimum: 14) { space in
            var field = FixedFields(space)
            field.write(date.year, 4, then: ASCII.space)
            field.write(second / 3600, 2, then: ASCII.colon)
            field.write(second / 60 % 60, 2, then: ASCII.colon)
            field.write(second % 60, 2, then: ASCII.space)
            return field.position
        }
        append("GMT")
    }

    /// Appends a UUID's 36 characters (RFC 9562, section 4), lower case.
    package mutating func append(uuid: (hi: UInt64, lo: UInt64)) {
        // Eight digits at a time; hyphens stand behind 8, 12, 16 and 20 of them.
        withFreeSpace(minimum: 36) { space in
            let first = Self.hexDigits(of: UInt32(truncatingIfNeeded: uuid.hi &>> 32))
            let second = Self.hexDigits(of: UInt32(truncatingIfNeeded: uuid.hi))
            let third = Self.hexDigits(of: UInt32(truncatingIfNeeded: uuid.lo &>> 32))
            let fourth = Self.hexDigits(of: UInt32(truncatingIfNeeded: uuid.lo))
            space.storeBytes(of: first.bigEndian, toByteOffset: 0, as: UInt64.self)
            Self.store(second, inHalvesAt: 9, of: space)
            Self.store(third, inHalvesAt: 19, of: space)
            space.storeBytes(of: fourth.bigEndian, toByteOffset: 28, as: UInt64.self)
            space[8] = ASCII.minus
            space[18] = ASCII.minus
            return 36
        }
    }

    /// Stores eight digits with a hyphen between their halves.
    private static func store(
        _ digits: UInt64, inHalvesAt offset: Int, of space: UnsafeMutableRawBufferPointer
    ) {
        let high = UInt32(truncatingIfNeeded: digits &>> 32)
        let low = UInt32(truncatingIfNeeded: digits)
        space.storeBytes(of: high.bigEndian, toByteOffset: offset, as: UInt32.self)
        space[offset &+ 4] = ASCII.minus
        space.storeBytes(of: low.bigEndian, toByteOffset: offset &+ 5, as: UInt32.self)
    }

    /// The eight hexadecimal digits of `value`, lower case, the first in the highest byte.
    private static func hexDigits(of value: UInt32) -> UInt64 {
        var nibbles = UInt64(value)
        nibbles = (nibbles & 0xFFFF_0000) &<< 16 | nibbles & 0x0000_FFFF
        nibbles = (nibbles & 0xFF00_0000_FF00) &<< 8 | nibbles & 0x00FF_0000_00FF
        nibbles =
            (nibbles & 0x00F0_00F0_00F0_00F0) &<< 4 | nibbles & 0x000F_000F_000F_000F
        // Ten and more carry into the bit above the nibble, and skip from "9" to "a".
        let letters = ((nibbles &+ .repeating(6)) &>> 4) & .repeating(1)
        return nibbles &+ .repeating(ASCII.zero) &+ letters &* 39
    }

    /// Appends the three letters of the name at `index`.
    private mutating func append(name index: Int, of names: StaticString) {
        for offset in 0..<3 { append(names.utf8Start[index * 3 + offset]) }
    }

    /// Division that rounds down, so that the rest is never negative.
    private static func split(_ value: Int, by unit: Int) -> (quotient: Int, rest: Int) {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: unit)
        return rest < 0 ? (quotient - 1, rest + unit) : (quotient, rest)
    }
}

/// Writes numbers of fixed width, each with the character behind it.
private struct FixedFields {
    private let space: UnsafeMutableRawBufferPointer
    private(set) var position = 0

    init(_ space: UnsafeMutableRawBufferPointer) {
        self.space = space
    }

    @inline(__always)
    mutating func write(_ value: Int, _ width: Int, then separator: UInt8) {
        let end = position &+ width
        let field = UnsafeMutableRawBufferPointer(rebasing: space[position..<end])
        ByteBuffer.write(UInt64(value), width: width, to: field)
        space[end] = separator
        position = end &+ 1
    }
}

/// The text form of a UUID (RFC 9562, section 4).
package enum UUIDText {
    /// The 128 bits of 36 characters in either case; nil if they are anything else. Versions are
    /// not looked at.
    package static func parse(_ bytes: RawSpan) -> (hi: UInt64, lo: UInt64)? {
        guard bytes.byteCount == 36 else { return nil }
        var hi: UInt64 = 0
        var lo: UInt64 = 0
        for position in 0..<36 {
            let byte = bytes.byte(at: position)
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == ASCII.minus else { return nil }
                continue
            }
            guard let digit = byte.hexValue else { return nil }
            hi = hi &<< 4 | lo &>> 60
            lo = lo &<< 4 | UInt64(digit)
        }
        return (hi, lo)
    }

    package static func parse(_ text: String) -> (hi: UInt64, lo: UInt64)? {
        parse(text.utf8.span.bytes)
    }
}

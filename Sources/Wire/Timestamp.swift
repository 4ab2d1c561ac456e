/// A point in time as milliseconds since 1970-01-01T00:00:00Z, and its text of RFC 3339.
package enum Timestamp {
    /// The first and last millisecond that the text's four digits of a year can say.
    package static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// Reads `2026-11-20T08:00:00.123+08:00`, or nil if it is anything else.
    ///
    /// Any offset and either case of `T` and `Z` are taken; of the fraction, of any length, whole
    /// milliseconds count. The day must be real. A leap second, which is 23:59:60 in UTC, is the
    /// last millisecond before it. The point in time must lie within `range`.
    package static func parse(_ bytes: RawSpan) -> Int64? {
        var text = DigitReader(bytes)
        guard let year = text.digits(4), text.take(ASCII.minus),
            let month = text.digits(2), text.take(ASCII.minus),
            let day = text.digits(2), text.takeLetter(UInt8(ascii: "t")),
            let hour = text.digits(2), hour <= 23, text.take(ASCII.colon),
            let minute = text.digits(2), minute <= 59, text.take(ASCII.colon),
            let second = text.digits(2), second <= 60
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.isReal, let fraction = fraction(&text), let offset = offset(&text),
            text.isAtEnd
        else { return nil }
        let minutes = date.daysSinceEpoch * 1440 + hour * 60 + minute - offset
        var milliseconds = second * 1000 + fraction
        if second == 60 {
            guard (minutes % 1440 + 1440) % 1440 == 1439 else { return nil }
            milliseconds = 59_999
        }
        let time = Int64(minutes * 60_000 + milliseconds)
        return range.contains(time) ? time : nil
    }

    package static func parse(_ text: String) -> Int64? {
        parse(text.utf8.span.bytes)
    }

    /// The whole milliseconds of a fraction; 0 if there is none.
    private static func fraction(_ text: inout DigitReader) -> Int? {
        guard text.take(ASCII.dot) else { return 0 }
        var milliseconds = 0
        var weight = 100
        guard var digit = text.digits(1) else { return nil }
        while true {
            milliseconds += digit * weight
            weight /= 10
            guard let next = text.digits(1) else { return milliseconds }
            digit = next
        }
    }

    /// `Z` or `+hh:mm`, in minutes.
    private static func offset(_ text: inout DigitReader) -> Int? {
        if text.takeLetter(UInt8(ascii: "z")) { return 0 }
        let isWest = text.take(ASCII.minus)
        guard isWest || text.take(ASCII.plus), let hours = text.digits(2), hours <= 23,
            text.take(ASCII.colon), let minutes = text.digits(2), minutes <= 59
        else { return nil }
        return (hours * 60 + minutes) * (isWest ? -1 : 1)
    }
}

/// The ordered ids of the system before, given as a position: 27 digits, year to microsecond of
/// local time and a counter.
///
///     160704133235041047000007210
///     yyMMddHHmmss                 2016-07-04 13:32:35
///                 uuuuuu           .041047
///                       counter    000007210
package enum LegacyPosition {
    /// The milliseconds since the epoch at which the id was made where clocks were
    /// `zoneMinutes` ahead of UTC; nil if it is not such an id. Years are those from 2000 on.
    package static func parse(_ bytes: RawSpan, zoneMinutes: Int) -> Int64? {
        var text = DigitReader(bytes)
        guard bytes.byteCount == 27, let year = text.digits(2), let month = text.digits(2),
            let day = text.digits(2), let hour = text.digits(2), hour <= 23,
            let minute = text.digits(2), minute <= 59, let second = text.digits(2), second <= 59,
            let microsecond = text.digits(6), text.digits(9) != nil
        else { return nil }
        let date = CivilDate(year: 2000 + year, month: month, day: day)
        guard date.isReal else { return nil }
        let minutes = date.daysSinceEpoch * 1440 + hour * 60 + minute - zoneMinutes
        return Int64(minutes * 60_000 + second * 1000 + microsecond / 1000)
    }

    package static func parse(_ text: String, zoneMinutes: Int) -> Int64? {
        parse(text.utf8.span.bytes, zoneMinutes: zoneMinutes)
    }
}

/// Reads fixed numbers of digits and single characters, one after another.
private struct DigitReader: ~Escapable {
    private let bytes: RawSpan
    private var position = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.byteCount }

    /// The number that exactly `count` digits make.
    mutating func digits(_ count: Int) -> Int? {
        guard bytes.byteCount - position >= count else { return nil }
        var value = 0
        for index in position..<position + count {
            let byte = bytes.byte(at: index)
            guard byte.isDigit else { return nil }
            value = value * 10 + Int(byte &- ASCII.zero)
        }
        position += count
        return value
    }

    /// Passes over `byte` if it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard !isAtEnd, bytes.byte(at: position) == byte else { return false }
        position += 1
        return true
    }

    /// Passes over `letter`, which is lower case, in either case.
    mutating func takeLetter(_ letter: UInt8) -> Bool {
        guard !isAtEnd, bytes.byte(at: position).lowercased == letter else { return false }
        position += 1
        return true
    }
}

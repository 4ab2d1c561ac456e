/// Durations and sizes as people write them in settings.
package enum Quantity {
    private static let durations: [(unit: String, milliseconds: Int64)] = [
        ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    private static let sizes: [(unit: String, bytes: Int64)] = [
        ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ]
    /// A hundred years, and a million terabytes: further nobody plans, and nothing overflows.
    private static let longest: Int64 = 36_525 * 86_400_000
    private static let largest: Int64 = 1_000_000_000_000_000_000

    package static let durationForm = "must be a duration from 1s, such as 90m, 12h or 7d"
    package static let sizeForm = "must be a size from 1MB, such as 500MB, 10GB or 2TB"

    /// Milliseconds, a second at least; nil: `text` is none.
    package static func duration(_ text: String) -> Int64? {
        amount(text, durations).flatMap { $0 <= longest ? $0 : nil }
    }

    /// Bytes, a megabyte at least.
    package static func size(_ text: String) -> Int64? {
        amount(text, sizes).flatMap { $0 <= largest ? $0 : nil }
    }

    private static func amount(_ text: String, _ units: [(unit: String, Int64)]) -> Int64? {
        for (unit, factor) in units where text.hasSuffix(unit) {
            let digits = text.dropLast(unit.count)
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int64(digits), number > 0
            else { return nil }
            let (amount, isTooMuch) = number.multipliedReportingOverflow(by: factor)
            return isTooMuch ? nil : amount
        }
        return nil
    }
}

import Foundation

/// Numbers as the English page writes them, reckoned once more.
enum Written {
    /// All digits, grouped.
    static func exact(_ number: Int) -> String {
        var rest = String(abs(number))
        var groups: [String] = []
        while rest.count > 3 {
            groups.insert(String(rest.suffix(3)), at: 0)
            rest.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([rest] + groups).joined(separator: ",")
    }

    /// Bytes by powers of 1024, to three digits.
    static func bytes(_ number: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = Double(number)
        var unit = 0
        while abs(value) >= 1000, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        var digits = String(format: "%.\(value < 10 ? 2 : value < 100 ? 1 : 0)f", value)
        if digits.contains(".") {
            while digits.last == "0" { digits.removeLast() }
            if digits.last == "." { digits.removeLast() }
        }
        return "\(digits) \(units[unit])"
    }

    /// A span of seconds in its two greatest units.
    static func span(_ seconds: Int) -> String {
        func two(_ big: Int, _ bigUnit: String, _ small: Int, _ unit: String, _ both: Bool)
            -> String
        {
            let rest = seconds % big / small
            return "\(seconds / big) \(bigUnit)" + (both && rest > 0 ? " \(rest) \(unit)" : "")
        }
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: two(60, "min", 1, "s", seconds < 600)
        case ..<86_400: two(3600, "h", 60, "min", true)
        default: two(86_400, "d", 3600, "h", seconds < 864_000)
        }
    }
}

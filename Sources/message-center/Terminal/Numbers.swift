/// A whole number for people: `1,234,567`.
func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (place, digit) in digits.enumerated() {
        if place > 0, (digits.count - place).isMultiple(of: 3) { text += "," }
        text.append(digit)
    }
    return number < 0 ? "-" + text : text
}

/// A number with one place behind the point where it is small: `7.5`, `1,234`.
func rounded(_ number: Double) -> String {
    guard number.isFinite else { return "-" }
    guard abs(number) < 100 else { return grouped(Int(number.rounded())) }
    let tenths = Int((number * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
}

/// A stretch of time for people: `7.5 ms`, `45.0 s`, `12.0 min`, `3.0 h`, `5.0 d`.
func span(seconds: Double) -> String {
    switch seconds {
    case 0.000_05..<1: rounded(seconds * 1_000) + " ms"
    case ..<100: rounded(seconds) + " s"
    case ..<6_000: rounded(seconds / 60) + " min"
    case ..<172_800: rounded(seconds / 3_600) + " h"
    default: rounded(seconds / 86_400) + " d"
    }
}

extension Duration {
    /// The whole stretch in seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

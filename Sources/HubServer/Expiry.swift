import Wire

/// When a token comes to its end, as people say it: `90d`, `12h`, `2027-01-31`, `never`.
package enum Expiry: Equatable, Sendable {
    case never
    /// So many milliseconds from now.
    case after(Int64)
    /// Milliseconds since 1970.
    case at(Int64)

    package static let form =
        "a duration such as 12h or 90d, a day or time such as 2027-01-31 (from 00:00 UTC on it is "
        + "worth nothing), or never"

    /// Nil: `text` is none of these.
    package init?(_ text: String) {
        if text == "never" {
            self = .never
        } else if let length = Quantity.duration(text) {
            self = .after(length)
        } else if let time = Timestamp.parse(text) ?? Timestamp.parse(text + "T00:00:00Z") {
            self = .at(time)
        } else {
            return nil
        }
    }

    /// Milliseconds since 1970; nil: never.
    package func time(now: Int64) -> Int64? {
        switch self {
        case .never: nil
        case .after(let length): now + length
        case .at(let time): time
        }
    }
}

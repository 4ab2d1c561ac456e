/// A token as it is listed: everything but itself. Times are milliseconds since 1970.
package struct TokenEntry: Equatable, Sendable {
    package let number: Int64
    package let name: String
    package let role: TokenFile.Role
    /// Topic patterns of a publisher, wids of a warehouse, separated by commas.
    package let scope: String
    package let created: Int64
    /// From when on it is worth nothing; nil: never.
    package let expires: Int64?
    /// To a minute or so; 0: never.
    package let lastUse: Int64
    /// The number of the token that has taken its place.
    package let successor: Int64?

    package enum State: String, Sendable {
        case active
        /// Another has taken its place; it holds for a while yet.
        case replaced
        case expired
    }

    package func state(now: Int64) -> State {
        if now >= expires ?? .max { return .expired }
        return successor == nil ? .active : .replaced
    }
}

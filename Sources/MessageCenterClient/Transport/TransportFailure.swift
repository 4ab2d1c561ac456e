/// Why a request brought no answer. An answer of any status is not a failure.
public struct TransportFailure: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is, for programs.
    public enum Reason: Sendable {
        /// The address or the token cannot be used at all.
        case unusable
        /// Nobody answers at the address.
        case unreachable
        /// The answer did not come in time. The server may have done what was asked.
        case timedOut
        /// The connection broke, perhaps before TLS was agreed on. The server may have done what
        /// was asked.
        case broken
        /// The server's certificate is not trusted, or the two sides cannot agree on TLS.
        case insecure
        /// The answer is larger than this side takes.
        case tooLarge
        /// The task that waited was cancelled. The server may have done what was asked.
        case cancelled
        /// Anything else libcurl reports.
        case other
    }

    /// What kind of failure it is.
    public let reason: Reason
    /// One sentence for people; contains no token.
    public let description: String

    /// Makes a failure.
    public init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    /// Whether the same request may well succeed a little later.
    public var isPassing: Bool {
        switch reason {
        case .unreachable, .timedOut, .broken: true
        case .unusable, .insecure, .tooLarge, .cancelled, .other: false
        }
    }
}

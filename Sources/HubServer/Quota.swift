import Hub
import Wire

/// How much of a limit its caller has left: told where little is, and where nothing is.
///
/// As the fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11),
/// which are structured fields (RFC 9651).
struct Quota: Sendable {
    enum Policy: String, Sendable {
        case address, token
        case wrongTokens = "wrong-tokens"
        case failedSignIns = "failed-sign-ins"
    }

    let policy: Policy
    let rate: RequestRate
    let left: Int
    /// Seconds until more is there.
    let seconds: Int

    func appendFields(to output: inout ByteBuffer) {
        output.append("RateLimit-Policy: \"")
        output.append(policy.rawValue)
        output.append("\";q=")
        output.append(decimal: rate.count)
        output.append(";w=")
        output.append(decimal: rate.seconds)
        output.append("\r\nRateLimit: \"")
        output.append(policy.rawValue)
        output.append("\";r=")
        output.append(decimal: left)
        output.append(";t=")
        output.append(decimal: seconds)
        output.append("\r\n")
    }
}

extension UInt64 {
    /// Nanoseconds as whole seconds, rounded up, and at least one.
    var wholeSeconds: Int { Swift.max(1, Int((self + 999_999_999) / 1_000_000_000)) }
}

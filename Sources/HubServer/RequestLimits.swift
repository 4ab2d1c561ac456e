import Hub

/// How often whom is answered, as the configuration has it.
struct RequestLimits: Sendable {
    /// Nil: as often as it asks.
    let address: RequestRate?
    let token: RequestRate?
    let wrongTokens = RequestRate(Limits.failedTokens, everySeconds: 60)
    let failedSignIns = RequestRate(Limits.failedSignIns, everySeconds: 60)

    init(_ configuration: Configuration) {
        address = Self.rate(configuration.requestsOfAddress)
        token = Self.rate(configuration.requestsOfToken)
    }

    private static func rate(_ perSecond: Int?) -> RequestRate? {
        perSecond.map {
            RequestRate($0 * Limits.burstSeconds, everySeconds: Limits.burstSeconds)
        }
    }
}

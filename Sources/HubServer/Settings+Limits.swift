import Hub
internal import Platform

/// The settings of who may ask how often.
extension Settings {
    static let limits: [Setting] = [
        number(
            "connections-per-address", "connections at once from one address; 0 for no limit",
            standard: Limits.connectionsOfAddress, 0...1_000_000
        ) { $1.connectionsOfAddress = $0 == 0 ? nil : Int($0) },
        number(
            "requests-per-address", "requests a second from one address; 0 for no limit",
            standard: Limits.requestsOfAddress, 0...10_000_000
        ) { $1.requestsOfAddress = $0 == 0 ? nil : Int($0) },
        number(
            "requests-per-token", "requests a second with one token; 0 for no limit",
            standard: Limits.requestsOfToken, 0...10_000_000
        ) { $1.requestsOfToken = $0 == 0 ? nil : Int($0) },
        networks(
            "limit-exempt", "addresses to which the limits of one address do not apply; none",
            standard: "127.0.0.0/8,::1/128"
        ) { $1.exempt = $0 },
        networks(
            "trusted-proxy", "proxies whose X-Forwarded-For is believed: 10.0.0.7,10.1.0.0/16",
            standard: "none"
        ) { $1.trustedProxies = $0 },
    ]

    private static func networks(
        _ name: String, _ help: String, standard: String,
        _ set: @escaping @Sendable ([NetworkPrefix], inout Configuration) -> Void
    ) -> Setting {
        Setting(name: name, placeholder: "NETS", help: help, standard: standard) {
            do throws(NetworkPrefix.Malformed) {
                set(try NetworkPrefix.list($0), &$1)
                return nil
            } catch {
                return error.complaint
            }
        }
    }
}

import Platform

/// How a hub is to run: the flags of `serve`, over the environment, over the configuration file,
/// over the defaults.
struct ServeOptions: Sendable, Equatable {
    let listen: Endpoint
    let data: String
    /// Event loops; nil: one a core.
    let loops: Int?
    let logFormat: String
    let logLevel: String
    let legacyZone: String
    let maxBody: Int
    let maxBatch: Int
    let maxConnections: Int
    let retentionDays: Int

    static let listen = Option(
        "listen", .endpoint, default: try! Endpoint("127.0.0.1:8088"),
        environment: "MESSAGE_CENTER_LISTEN",
        "where to listen; beyond loopback only when a token is defined")
    static let data = Option(
        "data", .text("DIRECTORY"), default: "./data", environment: "MESSAGE_CENTER_DATA",
        "where everything is kept")
    static let loops = Option(
        optional: "loops", .integer(1...1_024), environment: "MESSAGE_CENTER_LOOPS",
        "event loops, one a core if not said")
    static let logFormat = Option(
        "log-format", .word(["text", "json"]), default: "text",
        environment: "MESSAGE_CENTER_LOG_FORMAT", "how the log is written")
    static let logLevel = Option(
        "log-level", .word(["debug", "info", "warning", "error"]), default: "info",
        environment: "MESSAGE_CENTER_LOG_LEVEL", "the least that is written")
    static let legacyZone = Option(
        "legacy-zone", .zone, default: "+08:00", environment: "MESSAGE_CENTER_LEGACY_ZONE",
        "the zone of the local times in old 27-digit ids")
    static let maxBody = Option(
        "max-body", .size(1_024...(16 << 20)), default: 256 << 10,
        environment: "MESSAGE_CENTER_MAX_BODY", "bytes of a message's body at most")
    static let maxBatch = Option(
        "max-batch", .size(1_024...(256 << 20)), default: 16 << 20,
        environment: "MESSAGE_CENTER_MAX_BATCH", "bytes of a batch at most")
    static let maxConnections = Option(
        "max-connections", .integer(1...1_000_000), default: 10_000,
        environment: "MESSAGE_CENTER_MAX_CONNECTIONS", "open connections at most")
    static let retentionDays = Option(
        "retention-days", .integer(1...36_500), default: 7,
        environment: "MESSAGE_CENTER_RETENTION_DAYS", "days before a message goes to the archive")

    static let all: [any OptionRow] = [
        listen, data, loops, logFormat, logLevel, legacyZone, maxBody, maxBatch, maxConnections,
        retentionDays,
    ]

    init(_ arguments: Arguments) {
        listen = arguments[Self.listen]
        data = arguments[Self.data]
        loops = arguments[Self.loops]
        logFormat = arguments[Self.logFormat]
        logLevel = arguments[Self.logLevel]
        legacyZone = arguments[Self.legacyZone]
        maxBody = arguments[Self.maxBody]
        maxBatch = arguments[Self.maxBatch]
        maxConnections = arguments[Self.maxConnections]
        retentionDays = arguments[Self.retentionDays]
    }
}

extension ValueForm where Value == Endpoint {
    /// Where to listen: `127.0.0.1:8088`, `[::1]:8088`, `:8088`.
    static let endpoint = ValueForm(placeholder: "HOST:PORT") { text throws(Mistake) in
        do throws(Endpoint.Malformed) {
            return try Endpoint(text)
        } catch {
            throw Mistake(error.description)
        }
    }
}

extension ValueForm where Value == String {
    /// A distance from UTC: `+08:00`.
    static let zone = ValueForm(placeholder: "±HH:MM") { text throws(Mistake) in
        let digits = text.utf8.map { Int($0) - 48 }
        let isZone =
            digits.count == 6 && (text.hasPrefix("+") || text.hasPrefix("-"))
            && text.utf8.dropFirst(3).first == UInt8(ascii: ":")
            && [1, 2, 4, 5].allSatisfy { 0...9 ~= digits[$0] }
            && digits[1] * 10 + digits[2] <= 14 && digits[4] < 6
        guard isZone else { throw Mistake("expects a zone such as +08:00, not '\(text)'") }
        return text
    }
}

import Hub

/// How long a connection may take for what, in nanoseconds of the monotonic clock.
///
/// The hub's own stand in `Limits`, each with its reason; a test that waits for one makes it short.
package struct Deadlines: Sendable {
    package var head = seconds(Limits.headSeconds)
    package var body = seconds(Limits.bodySeconds)
    package var bodyTotal = seconds(Limits.bodyTotalSeconds)
    package var write = seconds(Limits.writeSeconds)
    package var writeTotal = seconds(Limits.writeTotalSeconds)
    package var page = seconds(Limits.pageWaitSeconds)
    package var stream = seconds(Limits.streamSeconds)
    package var idle = seconds(Limits.idleSeconds)
    package var linger = seconds(Limits.lingerSeconds)
    package var farewell = milliseconds(Limits.farewellMilliseconds)
    package var stop = seconds(Limits.stopSeconds)

    package init() {}

    package static func seconds(_ count: Int) -> UInt64 { UInt64(count) * 1_000_000_000 }
    package static func milliseconds(_ count: Int) -> UInt64 { UInt64(count) * 1_000_000 }
}

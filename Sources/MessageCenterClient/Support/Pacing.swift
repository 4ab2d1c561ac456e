/// Time and chance, as whatever waits here sees them; a test gives its own.
package struct Pacing: Sendable {
    /// A clock that only goes forward.
    package var now: @Sendable () -> ContinuousClock.Instant
    /// Waits so long, or until the task is cancelled.
    package var pause: @Sendable (Duration) async -> Void
    /// A number from 0 to 1.
    package var chance: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        pause: @escaping @Sendable (Duration) async -> Void,
        chance: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.pause = pause
        self.chance = chance
    }

    /// The machine's.
    package static let real = Pacing(
        now: { ContinuousClock.now },
        pause: { try? await Task.sleep(for: $0) },
        chance: { Double.random(in: 0...1) })
}

/// Messages a second that a warehouse gets done, as a mean that forgets with a half-life of 30 s.
package struct Rate: Sendable {
    private var perSecond = 0.0
    private var ordinal: Int64?
    private var noted: UInt64 = 0
    /// Messages done since the hub's start.
    package private(set) var done: Int64 = 0

    private static let halfLifeSeconds = 30.0

    package init() {}

    /// Notes that the line is done up to `ordinal` at `now` (monotonic nanoseconds).
    package mutating func note(ordinal: Int64, now: UInt64) {
        defer { self.ordinal = ordinal }
        guard let before = self.ordinal, ordinal > before else {
            noted = noted == 0 ? now : noted
            return
        }
        done += ordinal - before
        let seconds = max(0.001, Double(now &- noted) / 1e9)
        let keep = Self.keep(seconds)
        perSecond = perSecond * keep + Double(ordinal - before) / seconds * (1 - keep)
        noted = now
    }

    /// Whether nothing was noted yet.
    package var isFresh: Bool { ordinal == nil }

    /// Notes where the line is before anything of it is done, or where an operator has put it:
    /// nothing was done for that.
    package mutating func begin(at ordinal: Int64) {
        self.ordinal = ordinal
    }

    /// The mean at `now`: with nothing noted it fades.
    package func value(now: UInt64) -> Double {
        guard noted != 0, now > noted else { return perSecond }
        return perSecond * Self.keep(Double(now - noted) / 1e9)
    }

    /// What remains of the old mean after `seconds`: 2^(-seconds / half-life), by halving.
    private static func keep(_ seconds: Double) -> Double {
        let halvings = min(60, seconds / halfLifeSeconds)
        let whole = halvings.rounded(.down)
        var kept = 1.0
        for _ in 0..<Int(whole) { kept /= 2 }
        // Between two halvings the chord is close enough for a display.
        return kept * (1 - (halvings - whole) / 2)
    }
}

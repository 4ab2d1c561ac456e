/// How long to wait after one failure more: doubles each time, up to a bound. The random half
/// keeps many publishers from coming back at once.
package struct GrowingPause: Sendable {
    package let first: Duration
    package let longest: Duration

    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// - Parameters:
    ///   - failures: how many there were in a row, from 1.
    ///   - asked: what the other side asks for; it counts up to the bound.
    ///   - chance: from 0 to 1.
    package func after(_ failures: Int, asked: Duration?, chance: Double) -> Duration {
        if let asked { return min(asked, longest) }
        let full = min(longest, first * (1 << min(failures - 1, 20)))
        return full * (0.5 + chance / 2)
    }
}

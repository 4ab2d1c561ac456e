/// How often something may happen: so many times a `window`, all of them at once if need be.
///
/// The rule is the generic cell rate algorithm (ITU-T I.371, annex A): one number remembers all,
/// the time at which the budget will be whole again. What happens moves it on by one `interval`;
/// what would move it further ahead than the window is refused, and moves nothing. So within any
/// time t it happens at most `count` times, and `count` more for each window that t has.
package struct RequestRate: Equatable, Sendable {
    /// How often a window, at least 1.
    package let count: Int
    /// Whole seconds, at least 1.
    package let seconds: Int
    /// Nanoseconds of the window, and of one of its parts.
    private let window: UInt64
    private let interval: UInt64

    /// - Parameter count: at most a thousand million a second: an interval has whole nanoseconds.
    package init(_ count: Int, everySeconds seconds: Int) {
        precondition(count > 0 && seconds > 0 && count <= seconds * 1_000_000_000)
        self.count = count
        self.seconds = seconds
        // A whole number of intervals: rounding takes some nanoseconds, and no request.
        interval = UInt64(seconds) * 1_000_000_000 / UInt64(count)
        window = interval * UInt64(count)
    }

    /// What became of a request.
    package enum Verdict: Equatable, Sendable {
        /// It may go on, and so many more may follow at once.
        case allowed(left: Int)
        /// Nothing is left; nanoseconds until there is one.
        case refused(wait: UInt64)
    }

    /// What becomes of a request at `now`, and when the budget is whole again after it.
    ///
    /// - Parameters:
    ///   - whole: monotonic nanoseconds at which the budget would be whole without it.
    ///   - now: monotonic nanoseconds; threads need not agree exactly.
    ///   - weight: the requests that it counts as; all that may come at once, at most.
    package func judge(
        whole: UInt64, now: UInt64, weight: Int = 1
    ) -> (verdict: Verdict, whole: UInt64) {
        let ahead = max(whole, now) - now + interval * UInt64(min(weight, count))
        guard ahead <= window else { return (.refused(wait: ahead - window), whole) }
        return (.allowed(left: Int((window - ahead) / interval)), now + ahead)
    }
}

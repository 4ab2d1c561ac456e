import Synchronization

/// What one caller has left of a `RequestRate`. Any thread takes from it, without a lock.
///
/// One word, changed by compare and swap: whoever loses looks again at what the winner left, so
/// that all threads together never take more than the rate allows. Nothing is allocated.
package final class RequestBudget: Sendable {
    /// Monotonic nanoseconds at which it is whole again.
    private let whole = Atomic<UInt64>(0)
    /// The minute in which it was last told that nothing is left.
    private let told = Atomic<UInt64>(.max)

    package init() {}

    /// Takes as many as `weight` says, if they are there, or none.
    package func take(
        _ rate: RequestRate, now: UInt64, weight: Int = 1
    ) -> RequestRate.Verdict {
        var seen = whole.load(ordering: .relaxed)
        while true {
            let (verdict, next) = rate.judge(whole: seen, now: now, weight: weight)
            guard case .allowed = verdict else { return verdict }
            // Relaxed: the number stands for itself, nothing else is read by way of it.
            let (isDone, original) = whole.weakCompareExchange(
                expected: seen, desired: next, ordering: .relaxed)
            if isDone { return verdict }
            seen = original
        }
    }

    /// What `take` would answer, without taking.
    package func look(_ rate: RequestRate, now: UInt64) -> RequestRate.Verdict {
        rate.judge(whole: whole.load(ordering: .relaxed), now: now).verdict
    }

    /// Monotonic nanoseconds at which it is whole again. Then it may be forgotten, and made anew
    /// for whoever asks for it.
    package var wholeAt: UInt64 { whole.load(ordering: .relaxed) }

    /// Whether to tell that nothing is left: once a minute, on one thread.
    package func mayTell(now: UInt64) -> Bool {
        let minute = now / 60_000_000_000
        // Read first: a flood of refusals shall not write to what all processors read.
        guard told.load(ordering: .relaxed) != minute else { return false }
        return told.exchange(minute, ordering: .relaxed) != minute
    }
}

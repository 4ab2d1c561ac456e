import Hub
import Platform
import Synchronization
import TestSupport
import Testing

/// How often something may happen, and that it never does more often.
@Suite("Request budgets")
struct RequestBudgetTests {
    private static let second: UInt64 = 1_000_000_000

    private func isAllowed(_ verdict: RequestRate.Verdict) -> Bool {
        if case .allowed = verdict { true } else { false }
    }

    @Test(
        "A window's worth may come at once, then one an interval",
        arguments: [(1, 1), (3, 1), (10, 60), (100, 60), (50_000, 5), (7, 3)])
    func burst(count: Int, seconds: Int) {
        let rate = RequestRate(count, everySeconds: seconds)
        let budget = RequestBudget()
        let start = 5 * Self.second
        for left in stride(from: count - 1, through: 0, by: -1) {
            guard case .allowed(left) = budget.take(rate, now: start) else {
                Issue.record("\(left) left of \(count) were told otherwise")
                return
            }
        }
        guard case .refused(let wait) = budget.take(rate, now: start) else {
            Issue.record("one more than \(count) came in")
            return
        }
        #expect(wait <= UInt64(seconds) * Self.second / UInt64(count))
        #expect(!isAllowed(budget.take(rate, now: start + wait - 1)))
        #expect(isAllowed(budget.take(rate, now: start + wait)))
        #expect(!isAllowed(budget.take(rate, now: start + wait)))
        #expect(budget.wholeAt > start + wait)
        #expect(budget.wholeAt <= start + wait + UInt64(seconds) * Self.second)
    }

    @Test("A refusal takes nothing, and looking does not either")
    func refusalsAreFree() {
        let rate = RequestRate(2, everySeconds: 2)
        let budget = RequestBudget()
        #expect(budget.take(rate, now: 100) == .allowed(left: 1))
        #expect(budget.look(rate, now: 100) == .allowed(left: 0))
        #expect(budget.take(rate, now: 100) == .allowed(left: 0))
        for _ in 0..<1000 {
            #expect(budget.look(rate, now: 100) == .refused(wait: Self.second))
            #expect(budget.take(rate, now: 100) == .refused(wait: Self.second))
        }
        #expect(
            budget.take(rate, now: 100 + Self.second) == .allowed(left: 0))
    }

    @Test("A clock that is a little behind another thread's takes no more, and does not fail")
    func clocksApart() {
        let rate = RequestRate(4, everySeconds: 2)
        let budget = RequestBudget()
        #expect(budget.take(rate, now: 1000) == .allowed(left: 3))
        #expect(budget.take(rate, now: 900) == .allowed(left: 1))
        #expect(budget.take(rate, now: 800) == .allowed(left: 0))
        #expect(budget.take(rate, now: 700) == .refused(wait: 300))
        #expect(budget.take(rate, now: 1000) == .allowed(left: 0))
        #expect(budget.take(rate, now: 1000) == .refused(wait: Self.second / 2))
    }

    /// A bucket that leaks: how full it is, as a fraction without rounding.
    private struct Bucket {
        var full = 0.0
        var last: UInt64 = 0

        /// Whether one more fits; nil: too close to say by this arithmetic.
        mutating func take(_ count: Int, _ seconds: Int, now: UInt64) -> Bool? {
            let leak = Double(now - last) / 1e9 * Double(count) / Double(seconds)
            full = max(0, full - leak)
            last = now
            let room = Double(count) - full - 1
            return abs(room) < 1e-3 ? nil : room > 0
        }
    }

    @Test("Behaves as a bucket that leaks does", arguments: 1...12)
    func model(seed: Int) {
        var random = SplitMix(UInt64(seed))
        let count = Int(random.number(1...200))
        let seconds = Int(random.number(1...10))
        let rate = RequestRate(count, everySeconds: seconds)
        let budget = RequestBudget()
        var bucket = Bucket()
        var now: UInt64 = 0
        var allowed = 0
        for step in 0..<20_000 {
            let mean = Int64(seconds) * 1_000_000_000 / Int64(count)
            now += UInt64(random.oneIn(50) ? random.number(0...mean * 40) : random.number(0...mean))
            let expected = bucket.take(count, seconds, now: now)
            let verdict = budget.take(rate, now: now)
            if let expected, expected != isAllowed(verdict) {
                Issue.record("step \(step): \(verdict), the bucket holds \(bucket.full)")
                return
            }
            if isAllowed(verdict) {
                bucket.full += 1
                allowed += 1
            }
        }
        #expect(allowed > 1000)
    }

    @Test("Many threads together never take more than there is, and leave nothing of it")
    func threads() throws {
        let rate = RequestRate(10_000, everySeconds: 5)
        let budget = RequestBudget()
        // All see the same moment: nothing comes back meanwhile, so the number is exact.
        let taken = try concurrently(4) { _ in
            (0..<10_000).reduce(0) { sum, _ in
                if case .allowed = budget.take(rate, now: 77) { sum + 1 } else { sum }
            }
        }
        #expect(taken.reduce(0, +) == 10_000)
    }

    @Test("On a clock that runs, threads together get the rate and one window, no more")
    func runningClock() throws {
        let rate = RequestRate(1000, everySeconds: 1)
        let budget = RequestBudget()
        let start = MonotonicClock.now()
        let results = try concurrently(3) { _ in
            var (taken, last) = (0, start)
            for _ in 0..<200_000 {
                let now = MonotonicClock.now()
                if case .allowed = budget.take(rate, now: now) { (taken, last) = (taken + 1, now) }
            }
            return (taken: taken, last: last)
        }
        let seconds = Double(results.map(\.last).max()! - start) / 1e9
        let taken = results.reduce(0) { $0 + $1.taken }
        #expect(taken >= 1000)
        #expect(Double(taken) <= 1000 * (1 + seconds) + 1)
    }

    @Test("That nothing is left is told once a minute")
    func telling() {
        let budget = RequestBudget()
        let minute = 60 * Self.second
        #expect(budget.mayTell(now: 5 * minute))
        #expect(!budget.mayTell(now: 5 * minute + 1))
        #expect(!budget.mayTell(now: 6 * minute - 1))
        #expect(budget.mayTell(now: 6 * minute))
    }
}

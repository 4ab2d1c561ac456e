import MessageCenterClient
import TestSupport
import Testing

@Suite("Retry policy")
struct RetryPolicyTests {
    @Test(
        "Pauses grow up to their bound",
        arguments: [
            (0, 0), (1, 100), (2, 200), (3, 400), (9, 25_600), (10, 30_000), (99_999, 30_000),
        ])
    func bounds(failures: Int, milliseconds: Int) {
        let error = RetryPolicy().bound(after: failures) - .milliseconds(milliseconds)
        #expect(error < .microseconds(1) && error > .microseconds(-1))
    }

    @Test("A pause is anything up to its bound", arguments: 1...50 as ClosedRange<UInt64>)
    func jitter(seed: UInt64) {
        var random = SplitMix(seed)
        let policy = RetryPolicy()
        for failures in 1...12 {
            let pause = policy.pause(after: failures, using: &random)
            #expect(pause >= .zero && pause <= policy.bound(after: failures))
        }
        let pauses = (0..<20).map { _ in policy.pause(after: 5, using: &random) }
        #expect(Set(pauses).count > 10, "they differ")
    }

    @Test("Ten tries take less than a minute of pauses")
    func total() {
        let policy = RetryPolicy()
        let total = (1..<policy.tries).reduce(Duration.zero) { $0 + policy.bound(after: $1) }
        #expect(total < .seconds(60))
    }
}

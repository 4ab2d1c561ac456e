import HubServer
import Testing

/// How often the writer asks the store by itself, counted with a clock that the test moves.
@Suite struct FlushPaceTests {
    /// Lets `seconds` pass, a round of the writer each millisecond, and counts the transactions.
    private func transactions(
        seconds: UInt64, unsaved: Int, storeFails: Bool
    ) -> (count: Int, left: Int) {
        var pace = FlushPace()
        var (count, left) = (0, unsaved)
        for millisecond in 1...seconds * 1000 {
            let now = (100_000 + millisecond) * 1_000_000
            guard pace.isDue(now) else { continue }
            let rows = min(left, FlushPace.rows)
            pace.took(rows: rows, now)
            count += 1
            if storeFails { pace.failed(now) } else { left -= rows }
        }
        return (count, left)
    }

    @Test(
        "A store that fails is asked once a second, however many rows wait",
        arguments: [0, 1, 99, 100, 101, 100_000])
    func failing(unsaved: Int) {
        let (count, left) = transactions(seconds: 10, unsaved: unsaved, storeFails: true)
        #expect(count == 10)
        #expect(left == unsaved)
    }

    @Test(
        "A store that works takes all rows in one second, and is then asked once a second",
        arguments: [(0, 0), (99, 0), (100, 1), (12_345, 123)])
    func working(unsaved: Int, full: Int) {
        let (count, left) = transactions(seconds: 10, unsaved: unsaved, storeFails: false)
        #expect(left == 0)
        #expect(count == full + 10)
    }
}

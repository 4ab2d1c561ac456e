import Hub
import HubServer
import Testing

/// From samples to points, and to a forecast.
@Suite("Points of a chart") struct SampleChartTests {
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour

    private func chart(_ milliseconds: Int64, age: Int64? = nil) -> SampleChart {
        SampleChart(
            milliseconds: milliseconds, age: age ?? milliseconds, sampling: Sampling())
    }

    @Test(
        "The longer the range, the coarser the points: at most 361",
        arguments: [
            (hour / 60, .fine, 10), (hour, .fine, 10), (2 * hour, .coarse, 60),
            (6 * hour, .coarse, 60), (day, .coarse, 240), (7 * day, .coarse, 1680),
            (365 * day, .coarse, 87_600),
        ] as [(Int64, Sample.Grain, Int64)])
    func steps(range: Int64, grain: Sample.Grain, step: Int64) {
        var chart = chart(range)
        #expect(chart.grain == grain)
        #expect(chart.step == step * 1000)
        let apart: Int64 = grain == .fine ? 10_000 : 60_000
        let start: Int64 = 1_700_000_123_456
        let end = start + min(range, 30 * Self.day)
        for at in stride(from: start + 1, through: end, by: Int(apart)) {
            chart.add(Sample(at: at, span: apart))
        }
        #expect(chart.points.count <= 361)
        let spans = chart.points.reduce(0) { $0 + $1.span }
        #expect(abs(spans - min(range, 30 * Self.day)) <= apart)
    }

    @Test("An hour long ago is coarse: what was fine is gone")
    func longAgo() {
        #expect(chart(Self.hour, age: Self.day).grain == .coarse)
        #expect(chart(Self.hour, age: 2 * Self.hour).grain == .fine)
    }

    @Test("Counts add up, lags are the greatest, the rest is as it was at the end")
    func adding() {
        var first = Sample(at: 1000, span: 1000)
        (first.published, first.handedOut, first.committed) = (5, 6, 7)
        (first.lagMessages, first.lagSeconds, first.head) = (50, 3, 10)
        (first.storeBytes, first.archiveBytes, first.freeBytes) = (100, 200, 300)
        var second = Sample(at: 3000, span: 2000)
        (second.published, second.handedOut, second.committed) = (1, 2, 3)
        (second.lagMessages, second.lagSeconds, second.head) = (20, 9, 12)
        (second.storeBytes, second.archiveBytes, second.freeBytes) = (90, 210, 310)
        let sum = Sample.sum([first, second])
        var due = Sample(at: 3000, span: 3000)
        (due.published, due.handedOut, due.committed) = (6, 8, 10)
        (due.lagMessages, due.lagSeconds, due.head) = (50, 9, 12)
        (due.storeBytes, due.archiveBytes, due.freeBytes) = (90, 210, 310)
        #expect(sum == due)
        #expect(Sample.sum([]) == nil)
    }

    @Test("A gap stays a gap")
    func gap() {
        var chart = chart(Self.day)
        for minute in Array(0..<100) + Array(300..<400) {
            chart.add(Sample(at: Int64(minute) * 60_000, span: 60_000))
        }
        let times = chart.points.map(\.at)
        let gaps = zip(times, times.dropFirst()).filter { $1 - $0 > 2 * chart.step }
        #expect(gaps.count == 1)
    }

    // MARK: The forecast

    /// A day's samples of a store with `bytes` at each minute.
    private func forecast(
        minutes: Int = 1440, _ bytes: (Int64) -> Int64
    ) -> DiskForecast {
        var forecast = DiskForecast()
        for minute in 0..<Int64(minutes) {
            var sample = Sample(at: minute * 60_000, span: 60_000)
            sample.storeBytes = bytes(minute)
            sample.archiveBytes = minute
            forecast.add(sample)
        }
        return forecast
    }

    @Test("Growth is that of store and archive together")
    func growth() {
        #expect(forecast { $0 * 999 }.growthPerDay == 1_440_000)
    }

    @Test("One great jump, up or down, does not sway it")
    func robust() {
        let up = forecast { $0 * 999 + ($0 > 1200 ? 50_000_000 : 0) }.growthPerDay ?? 0
        #expect(abs(up - 1_440_000) < 10_000)
        let down = forecast { 90_000_000 + $0 * 999 - ($0 > 200 ? 50_000_000 : 0) }.growthPerDay
        #expect(abs((down ?? 0) - 1_440_000) < 10_000)
    }

    @Test("With less than three hours nothing is said")
    func tooLittle() {
        #expect(forecast(minutes: 160) { $0 }.growthPerDay == nil)
        #expect(forecast(minutes: 181) { $0 }.growthPerDay != nil)
        #expect(DiskForecast().growthPerDay == nil)
    }

    @Test("The disk is full when the growth has taken what is free above the limit")
    func full() {
        func full(_ growth: Int64?, free: Int64 = 3000, limit: Int64 = 1000) -> Int64? {
            DiskForecast.full(growthPerDay: growth, free: free, limit: limit, now: 5)
        }
        #expect(full(1000) == 5 + 2 * Self.day)
        #expect(full(1000, free: 10) == 5)
        #expect(full(0) == nil)
        #expect(full(-7) == nil)
        #expect(full(nil) == nil)
        #expect(full(1, free: 1 << 50) == nil)
    }
}

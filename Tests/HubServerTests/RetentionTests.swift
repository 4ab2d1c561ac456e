import HubServer
import Testing

@Suite("Retention: what is due, and when to look") struct RetentionTests {
    private static let day: Int64 = 86_400_000
    private let week = Retention(age: 7 * day)

    @Test("A message is due when it is older than the retention")
    func cutoff() {
        #expect(week.cutoff(wall: 8 * Self.day) == Self.day)
        #expect(Retention(age: 1000).cutoff(wall: 5000) == 4000)
    }

    @Test(
        "A frame that is not full waits a fiftieth of the retention for more, an hour at most",
        arguments: [
            (1000, 20), (90 * 60_000, 108_000), (7 * day, 3_600_000), (365 * day, 3_600_000),
        ] as [(Int64, Int64)])
    func slack(age: Int64, slack: Int64) {
        let retention = Retention(age: age)
        let wall = 400 * Self.day
        #expect(retention.slack == slack)
        #expect(!retention.isLate(wall - age - slack, wall: wall))
        #expect(retention.isLate(wall - age - slack - 1, wall: wall))
    }

    @Test("A clock that was set back makes nothing due, one set forward everything")
    func stepped() {
        let now = 1_790_000_000_000 as Int64
        #expect(week.cutoff(wall: now - 30 * Self.day) < now - 30 * Self.day)
        #expect(week.cutoff(wall: now + 30 * Self.day) > now)
    }

    @Test("Without a size nothing is too much")
    func noSize() {
        #expect(week.kept(of: .init(bytes: .max, messages: 1)) == nil)
        #expect(week.safe(of: .init(bytes: .max, messages: 1)) == nil)
    }

    @Test("A store that is too large keeps a little less than it may")
    func size() throws {
        let retention = Retention(age: .max, bytes: 1_000_000)
        #expect(retention.kept(of: .init(bytes: 1_000_000, messages: 1000)) == nil)
        #expect(retention.kept(of: .init(bytes: 2_000_000, messages: 1000)) == 490)
        // Where as many bytes and messages are garbage, the answer is the same.
        #expect(retention.kept(of: .init(bytes: 4_000_000, messages: 2000)) == 490)
        #expect(retention.kept(of: .init(bytes: 2_000_000, messages: 0)) == nil)
        // No overflow where everything is large.
        let large = Retention(age: .max, bytes: 1_000_000_000_000_000_000)
        let size = Retention.Size(bytes: 2_000_000_000_000_000_000, messages: 1 << 50)
        #expect(try #require(large.kept(of: size)) < 1 << 49)
    }

    @Test("Who needs the last fifth is told before it leaves, by age and by size")
    func leaving() {
        #expect(week.leavingCutoff(wall: 10 * week.age) == 10 * week.age - week.age / 5 * 4)
        let retention = Retention(age: .max, bytes: 1_000_000)
        #expect(retention.safe(of: .init(bytes: 800_000, messages: 1000)) == nil)
        #expect(retention.safe(of: .init(bytes: 1_000_000, messages: 1000)) == 800)
    }

    @Test(
        "It looks every second, more often where messages stay for seconds only",
        arguments: [(1000, 100), (300, 50), (5000, 500), (60_000, 1000), (7 * day, 1000)]
            as [(Int64, Int32)])
    func pause(age: Int64, pause: Int32) {
        #expect(Retention(age: age).pause == pause)
    }

    @Test(
        "A day begins at midnight UTC",
        arguments: [(0, 0), (1, 0), (day - 1, 0), (day, day), (-1, -day), (-day, -day)]
            as [(Int64, Int64)])
    func days(time: Int64, begin: Int64) {
        #expect(Retention.dayBegin(time) == begin)
    }
}

@Suite("The pace of deleting") struct TrimPaceTests {
    private let millisecond: UInt64 = 1_000_000

    @Test("A start looks at once, and not again when nothing is left")
    func start() {
        var pace = TrimPace()
        #expect(pace.isDue(5))
        pace.trimmed(rows: 0, isLeft: false, 5)
        #expect(!pace.isDue(.max) && !pace.isPending)
        pace.moved(7)
        #expect(pace.isDue(7))
    }

    @Test("A slice a millisecond, while there is something")
    func slices() {
        var pace = TrimPace()
        pace.trimmed(rows: 250, isLeft: true, 10)
        #expect(!pace.isDue(10 + millisecond - 1) && pace.isPending)
        #expect(pace.isDue(10 + millisecond))
        // Also the last rows may leave something else behind: late ids, history.
        pace.trimmed(rows: 3, isLeft: false, 10)
        #expect(pace.isPending)
        // A move meanwhile does not make it sooner.
        pace.moved(11)
        #expect(!pace.isDue(11))
    }

    @Test("Where a reader is in the way it waits longer, and after a failure a second")
    func waits() {
        var pace = TrimPace()
        pace.trimmed(rows: 0, isLeft: true, 0)
        #expect(!pace.isDue(10 * millisecond - 1))
        #expect(pace.isDue(10 * millisecond))
        pace.failed(0)
        #expect(!pace.isDue(1000 * millisecond - 1))
        #expect(pace.isDue(1000 * millisecond))
    }
}

@Suite("Room on the disk") struct RoomGaugeTests {
    @Test("Below the limit it is short; an eighth above it is not any more; each is news once")
    func hysteresis() {
        var gauge = RoomGauge(limit: 800)
        for (free, isNews, isShort) in [
            (1000, false, false), (800, false, false), (799, true, true), (500, false, true),
            (800, false, true), (899, false, true), (900, true, false), (850, false, false),
            (0, true, true), (10_000, true, false),
        ] as [(UInt64, Bool, Bool)] {
            #expect(gauge.note(free: free) == isNews, "\(free)")
            #expect(gauge.isShort == isShort, "\(free)")
        }
    }

    @Test("Without a limit there is always enough")
    func off() {
        var gauge = RoomGauge(limit: 0)
        #expect(!gauge.note(free: 0) && !gauge.isShort)
    }
}

@Suite("Durations and sizes") struct QuantityTests {
    @Test(
        "A duration is a number and its unit",
        arguments: [
            ("1s", 1000), ("90m", 5_400_000), ("12h", 43_200_000), ("7d", 604_800_000),
            ("36525d", 3_155_760_000_000), ("36526d", nil), ("0s", nil), ("", nil), ("s", nil),
            ("7", nil), ("7 d", nil), ("-7d", nil), ("+7d", nil), ("1.5h", nil), ("7D", nil),
            ("1h30m", nil), ("99999999999999999999d", nil), ("9223372036854775807d", nil),
        ] as [(String, Int64?)])
    func durations(text: String, milliseconds: Int64?) {
        #expect(Quantity.duration(text) == milliseconds)
    }

    @Test(
        "A size is a number and its unit",
        arguments: [
            ("1MB", 1_000_000), ("500MB", 500_000_000), ("10GB", 10_000_000_000),
            ("2TB", 2_000_000_000_000), ("1000000TB", 1_000_000_000_000_000_000),
            ("1000001TB", nil), ("0GB", nil), ("10", nil), ("10gb", nil), ("MB", nil),
        ] as [(String, Int64?)])
    func sizes(text: String, bytes: Int64?) {
        #expect(Quantity.size(text) == bytes)
    }
}

/// Whether a thread that runs when nobody else does gets too little of the processor.
///
/// Times are nanoseconds. Used by the archiver alone. What it waits for a slow disk counts as time
/// in which it wanted to work: it may then be fed without need.
struct Hunger {
    /// What is looked at: so much time in which it wanted to work.
    private static let span: UInt64 = 1_000_000_000
    /// It is hungry if it had less of that than one part in so many.
    private static let share: UInt64 = 20
    /// So long it then gets its share of what others have.
    private static let meal: UInt64 = 30_000_000_000

    private var elapsed: UInt64 = 0
    private var processor: UInt64 = 0
    private var stilled: UInt64 = 0

    /// Whether it may do with what others leave.
    func isStilled(_ now: UInt64) -> Bool { now >= stilled }

    /// Notes a piece of work.
    ///
    /// - Parameters:
    ///   - elapsed: time that it took.
    ///   - processor: time that the processor worked at it.
    mutating func note(elapsed: UInt64, processor: UInt64, _ now: UInt64) {
        self.elapsed += elapsed
        self.processor += processor
        guard self.elapsed >= Self.span else { return }
        if self.processor < self.elapsed / Self.share, isStilled(now) { stilled = now + Self.meal }
        self.elapsed = 0
        self.processor = 0
    }
}

/// A bar on standard error for work that takes long. Draws nothing where nobody looks.
struct ProgressBar {
    private let total: Int
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var lastDrawn: ContinuousClock.Instant?
    private static let cells = 30
    private static let pause: Duration = .milliseconds(100)

    /// `total` is what `advance` will end with; 0 where that is not known.
    init(total: Int, quiet: Bool) {
        self.total = total
        isShown = !quiet && Console.hasDrawing
    }

    /// Shows how far the work is, at most ten times a second.
    mutating func advance(to done: Int, note: String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if let lastDrawn, now - lastDrawn < Self.pause, done < total { return }
        lastDrawn = now
        Console.draw("\r\(Self.line(done: done, total: total)) \(note)\u{1B}[K")
    }

    /// Takes the bar away, so that what follows begins on a clean line.
    func finish() {
        if isShown, lastDrawn != nil { Console.draw("\r\u{1B}[K") }
    }

    /// The bar itself: `[#####     ]  50%`.
    static func line(done: Int, total: Int) -> String {
        guard total > 0 else { return "\(done)" }
        let share = min(1, Double(done) / Double(total))
        let full = Int(share * Double(cells))
        let bar = String(repeating: "#", count: full) + String(repeating: " ", count: cells - full)
        let percent = String(Int(share * 100))
        return "[\(bar)] " + String(repeating: " ", count: 3 - percent.count) + percent + "%"
    }
}

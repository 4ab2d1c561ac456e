import MessageCenterClient
import Platform

/// How a warehouse gets on: a line that lives on a terminal, and now and then one elsewhere.
///
/// Fed by the consumer's tasks, drawn by the thread that waits for them.
final class ConsumeProgress: Sendable {
    private struct State {
        var done = 0
        var failed = 0
        var unhandled = 0
        /// Dead letters and parked ones, of this run and earlier ones.
        var open = 0
        var lag = 0
        var lagSeconds = 0
        var last = ""
        var trouble: String?
        /// Within a message: for the data interface or the database.
        var isWaiting = false
        /// Done a second ago, and the rate since: what the line shows.
        var doneThen = 0
        var then = ContinuousClock.now
        var rate = 0.0
        var isDrawn = false
        var toldAt = ContinuousClock.now
        var doneTold = 0
    }

    private let state = Locked(State())
    private let isQuiet: Bool
    private let begun = ContinuousClock.now
    private static let plainPause: Duration = .seconds(10)

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
    }

    // MARK: What happens

    func done(_ message: Message) {
        state.withLock {
            $0.done += 1
            $0.last = "\(message.topic) \(message.key ?? "")"
        }
    }

    func failed() { state.withLock { $0.failed += 1 } }

    var hasFailures: Bool { state.withLock { $0.failed > 0 || $0.open > 0 } }

    func batch(_ batch: BatchSummary) {
        state.withLock {
            $0.unhandled += batch.unhandled
            $0.open = batch.openLetters
            $0.lag = batch.lag
        }
    }

    /// What a bootstrap is at.
    func filling(_ text: String) { state.withLock { $0.last = text } }

    func lag(_ messages: Int, seconds: Int) {
        state.withLock {
            $0.lag = messages
            $0.lagSeconds = seconds
            $0.trouble = nil
        }
    }

    /// What the message at hand waits for; nil: nothing any more.
    func waiting(for text: String?) {
        state.withLock { $0.isWaiting = text != nil }
        trouble(text)
    }

    /// Whether the message at hand cannot go on now.
    var isWaiting: Bool { state.withLock { $0.isWaiting } }

    /// What is wrong and will be tried again; nil: nothing any more.
    func trouble(_ text: String?) {
        let isNew = state.withLock { state in
            defer { state.trouble = text }
            return state.trouble != text
        }
        if let text, isNew { note(text) }
    }

    /// A line that stays, above the one that lives.
    func note(_ text: String) {
        clear()
        Console.note("message-center consume: \(fit(text))")
    }

    // MARK: What is shown

    /// Draws the line anew, or tells it where there is no terminal.
    func draw() {
        guard !isQuiet else { return }
        let now = ContinuousClock.now
        if Console.hasDrawing {
            let line = state.withLock { state in
                Self.measure(&state, now)
                state.isDrawn = true
                return Self.line(state)
            }
            Console.draw("\r\(fit(line, into: 100))\u{1B}[K")
            return
        }
        let line = state.withLock { state -> String? in
            guard now - state.toldAt >= Self.plainPause, state.done != state.doneTold else {
                return nil
            }
            Self.measure(&state, now)
            state.toldAt = now
            state.doneTold = state.done
            return Self.line(state)
        }
        if let line { Console.note(line) }
    }

    /// The last word: what this run has done.
    func finish() {
        clear()
        guard !isQuiet else { return }
        let (done, failed, unhandled) = state.withLock { ($0.done, $0.failed, $0.unhandled) }
        let seconds = (ContinuousClock.now - begun).inSeconds
        Console.note(
            "\(grouped(done)) done, \(grouped(failed)) failed"
                + (unhandled > 0 ? ", \(grouped(unhandled)) without a rule" : "")
                + ", in \(span(seconds: seconds))")
    }

    private func clear() {
        let wasDrawn = state.withLock { state in
            defer { state.isDrawn = false }
            return state.isDrawn
        }
        if wasDrawn { Console.draw("\r\u{1B}[K") }
    }

    private static func measure(_ state: inout State, _ now: ContinuousClock.Instant) {
        let seconds = (now - state.then).inSeconds
        guard seconds >= 1 else { return }
        state.rate = Double(state.done - state.doneThen) / seconds
        state.doneThen = state.done
        state.then = now
    }

    private static func line(_ state: State) -> String {
        let age = state.lag > 0 ? " (\(span(seconds: Double(state.lagSeconds))))" : ""
        return "\(grouped(state.done)) done, \(rounded(state.rate)) a second, lag "
            + "\(grouped(state.lag))\(age), \(grouped(state.failed)) failed  "
            + (state.trouble ?? state.last)
    }
}

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
        /// What a bootstrap is at; nil: nothing, messages are consumed.
        var filling: String?
        var trouble: String?
        /// Within a message: for the data interface or the database.
        var isWaiting = false
        /// Done a second ago, and the rate since: what the line shows.
        var doneThen = 0
        var then = ContinuousClock.now
        /// nil in the first second.
        var rate: Double?
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

    /// What a bootstrap is at; nil: it is done.
    func filling(_ text: String?) { state.withLock { $0.filling = text } }

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
            Console.draw("\r\(fit(line, into: Console.drawingWidth - 1))\u{1B}[K")
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
        let state = state.withLock { $0 }
        let seconds = (ContinuousClock.now - begun).inSeconds
        let unhandled = state.unhandled
        Console.note(
            "\(grouped(state.done)) done, \(Self.failures(state))"
                + (unhandled > 0 ? ", \(grouped(unhandled)) without a rule" : "")
                + ", in \(span(seconds: seconds))")
    }

    /// What has failed in this run, and what waits for somebody, of earlier ones too.
    private static func failures(_ state: State) -> String {
        "\(grouped(state.failed)) failed"
            + (state.open > 0 ? ", \(grouped(state.open)) dead or parked" : "")
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
        if let filling = state.filling {
            return "filling \(filling)" + (state.trouble.map { "  \($0)" } ?? "")
        }
        let age = state.lag > 0 ? " (\(span(seconds: Double(state.lagSeconds))))" : ""
        let rate = state.rate.map { "\(rounded($0)) a second, " } ?? ""
        return "\(grouped(state.done)) done, \(rate)lag \(grouped(state.lag))\(age), "
            + "\(failures(state))  \(state.trouble ?? state.last)"
    }
}

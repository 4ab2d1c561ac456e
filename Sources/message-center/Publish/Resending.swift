import Glibc
import MessageCenterClient

/// Sends a request again while what is wrong may pass. Only for requests that may be acted on
/// twice without harm, as a publish whose messages have ids.
struct Resending {
    /// How often a request is sent at most.
    let tries: Int
    /// Called before each pause, with what was wrong and how long the pause is.
    let note: (String, Duration) -> Void

    private static let pauses = GrowingPause(first: .milliseconds(200), longest: .seconds(10))
    /// A hub that asks for a longer pause than that is not waited for in one go.
    private static let longestAsked = 60

    /// The good answer, or the last failure.
    func send(_ request: () throws -> HTTPAnswer) throws -> HTTPAnswer {
        for attempt in 1..<max(2, tries + 1) {
            do {
                return try request()
            } catch let failure as TransportFailure where failure.isPassing && attempt < tries {
                wait(before: attempt, asked: nil, why: failure.description)
            } catch let problem as HubProblem where problem.isPassing && attempt < tries {
                wait(before: attempt, asked: problem.retryAfter, why: problem.lines[0])
            }
        }
        preconditionFailure("the last try returns or throws")
    }

    private func wait(before attempt: Int, asked: Int?, why: String) {
        let pause = asked.map { Double(min($0, Self.longestAsked)) } ?? Self.pause(attempt)
        note(why, .seconds(pause))
        usleep(useconds_t(pause * 1_000_000))
    }

    /// The library's own pauses, in seconds.
    static func pause(_ attempt: Int) -> Double {
        pauses.after(attempt, asked: nil, chance: Double.random(in: 0...1)).inSeconds
    }
}

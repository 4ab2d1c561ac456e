import Foundation

/// How often a message is tried, and how long the pauses between the tries are.
public struct RetryPolicy: Sendable, Equatable {
    /// How often a message is tried in all, also across crashes of the process; 1 and more.
    public var tries: Int
    /// The longest pause before the second try; every further one may be `growth` times as long.
    public var firstPause: Duration
    /// How much longer each pause may be than the one before.
    public var growth: Double
    /// What no pause exceeds.
    public var longestPause: Duration

    /// Ten tries; pauses of up to 0.1 s, 0.2 s, 0.4 s … 25.6 s: together 51 s at most.
    public init(
        tries: Int = 10, firstPause: Duration = .milliseconds(100), growth: Double = 2,
        longestPause: Duration = .seconds(30)
    ) {
        precondition(tries >= 1 && growth >= 1, "a message is tried once at least")
        self.tries = tries
        self.firstPause = firstPause
        self.growth = growth
        self.longestPause = longestPause
    }

    /// The longest that the pause behind `failures` failures can be.
    public func bound(after failures: Int) -> Duration {
        guard failures > 0 else { return .zero }
        let factor = pow(growth, Double(min(failures - 1, 1000)))
        let seconds = firstPause.seconds * factor
        return seconds < longestPause.seconds ? .seconds(seconds) : longestPause
    }

    /// The pause behind `failures` failures: anything up to its bound, so that many who failed
    /// together do not come back together ("full jitter").
    public func pause(
        after failures: Int, using random: inout some RandomNumberGenerator
    ) -> Duration {
        .seconds(Double.random(in: 0...bound(after: failures).seconds, using: &random))
    }
}

/// Throw this out of a handler to say that trying again would not help: the message becomes a dead
/// letter at once.
public struct DoNotRetry: Error, CustomStringConvertible {
    /// What was wrong.
    public let reason: any Error

    /// Wraps the error that no further try would mend.
    public init(_ reason: any Error) {
        self.reason = reason
    }

    /// Says it in words.
    public init(_ reason: String) {
        self.reason = Words(description: reason)
    }

    /// What was wrong, in words.
    public var description: String { "\(reason)" }

    private struct Words: Error, CustomStringConvertible {
        let description: String
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

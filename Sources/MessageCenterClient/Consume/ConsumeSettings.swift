public import Foundation

/// How a consumer works; every default is a good one to begin with.
public struct ConsumeSettings: Sendable {
    /// The pause behind an answer with nothing more in it, where `wait` is zero.
    public var interval: Duration = .seconds(60)
    /// Messages of a batch at most, 1 to 1,000.
    public var limit = 100
    /// How long the hub holds an answer back until there is something (long poll), up to 60 s;
    /// zero: not at all.
    public var wait: Duration = .seconds(30)
    /// How long the warehouse stays ours when this process is gone, 10 s to 1 h.
    public var lease: Duration = .seconds(60)
    /// Whether to take the warehouse over from whoever holds it, at the start.
    public var takesOver = false
    /// Which messages melt into one.
    public var coalescing = Coalescing.perKey
    /// How often a message is tried.
    public var retry = RetryPolicy()
    /// What a handler may take for one message; beyond it is cancelled, and that try has failed.
    public var handlerTimeout: Duration = .seconds(300)
    /// What a cancelled handler may take to end. One that does not ends the consumer: a second try
    /// beside it would break the order.
    public var handlerGrace: Duration = .seconds(10)
    /// Where lock, position and dead letters are kept; nil: a folder named by the warehouse's
    /// number, where the program was started.
    public var folder: String?
    /// Who keeps the position, if not the folder.
    public var keeper: (any PositionKeeper)?
    /// What sounds at the end of a batch with failures.
    public var alarm = Alarm()
    /// Takes another hub's numbers for granted, once: after a look at what was lost. See
    /// `ConsumerFailure.otherHub`.
    public var acceptsHub = false
    /// What to do at a start where the hub has more committed than is done here, because the
    /// warehouse's data were restored, another machine went on meanwhile, or an operator moved it
    /// forward. False: go back to where the data are, so that nothing is missing. True: go on where
    /// the hub is.
    public var followsHub = false
    /// Ends when everything that is there is done, rather than waiting for more.
    public var stopsWhenCaughtUp = false
    /// Dead and parked messages at most; beyond, the consumer sounds the alarm and stops.
    public var mostOpenLetters = 10_000
    /// Bytes of their bodies at most.
    public var mostOpenLetterBytes = 64 << 20
    /// Pauses between requests that brought nothing, where the hub does not say how long.
    public var requestPauses = RetryPolicy(
        tries: .max, firstPause: .milliseconds(500), longestPause: .seconds(30))
    /// How the connection is made.
    public var connection = HTTPOptions()
    /// What operators see at the hub: the name of this program, 128 bytes at most.
    public var clientName = "MessageCenterClient"
    /// Its version.
    public var clientVersion = ""
    /// Where time comes from; a test's may be faster.
    public var timing = Timing()

    /// The defaults.
    public init() {}
}

/// Where a consumer's time comes from.
public struct Timing: Sendable {
    /// The wall clock, for what people read. Nothing is decided by it, so it may step.
    public var now: @Sendable () -> Date
    /// Waits so long by a clock that does not step; ends early, and throws, when its task is
    /// cancelled.
    public var pause: @Sendable (Duration) async throws -> Void

    /// The clocks of the machine, unless told otherwise.
    public init(
        now: @escaping @Sendable () -> Date = { Date() },
        pause: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0, clock: .continuous)
        }
    ) {
        self.now = now
        self.pause = pause
    }

    /// Now, as RFC 3339 writes it: UTC, milliseconds.
    var timestamp: String { Self.timestamp(of: now()) }

    static func timestamp(of time: Date) -> String {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(time)
    }
}

/// Where a warehouse begins that the hub has never seen; of no meaning later.
public enum StartPosition: Sendable, Equatable {
    /// The oldest message in the hub's store.
    case earliest
    /// The oldest of all, archive and all.
    case archive
    /// Only what is published from now on.
    case latest
    /// Behind this index; 0: with the first message.
    case index(Int)
    /// Behind the message of this id. Old ids of 27 digits are taken as a time.
    case id(String)
    /// What was published at this time or later.
    case time(Date)
}

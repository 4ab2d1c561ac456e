/// How a consumer ended without anything being wrong.
public enum ConsumerEnd: Sendable, Equatable {
    /// `stop()` was called, or its task cancelled.
    case stopped
    /// Everything that was there is done, and `stopsWhenCaughtUp` was set.
    case caughtUp
    /// Another client has taken the warehouse over; this is its session.
    case fenced(by: String)
}

/// A request to the hub that was answered well.
public struct RequestSuccess: Sendable {
    /// Messages in the answer.
    public let messages: Int
    /// Whether the line goes on behind them.
    public let hasMore: Bool
    /// Messages that the hub has for this warehouse and that are not committed.
    public let lag: Int
    /// The age of the oldest of them, in seconds.
    public let lagSeconds: Int
}

/// Something that went wrong and that time may mend: it is tried again by itself.
public struct RequestTrouble: Sendable, CustomStringConvertible {
    /// What went wrong, in words.
    public let description: String
    /// The status of the hub's answer; nil where there was none.
    public let status: Int?
    /// The hub's stable word for it, such as `paused`.
    public let code: String?
    /// How long nothing is tried now.
    public let pause: Duration
}

/// Something worth knowing that needs nobody to do anything; in words.
public enum ConsumerNotice: Sendable, Equatable, CustomStringConvertible {
    /// The hub was restored from a backup that has everything that is done here.
    case hubAdopted(from: String, to: String)
    /// An operator has moved the warehouse.
    case moved(from: Int, to: Int)
    /// The hub has more committed than is done here; it is handled again from here on.
    case goesBack(from: Int, to: Int)
    /// A line of the dead-letter file could not be understood; it stays there.
    case flaw(String)
    /// The dead-letter file could not be written anew without what is settled; it goes on growing.
    case notShortened(String)
    /// The hub does not take reports of dead letters; they are in the file all the same.
    case unreported(String)
    /// An alarm did not sound.
    case silentAlarm(String)

    /// The notice in words.
    public var description: String {
        switch self {
        case .hubAdopted(let from, let to):
            "hub \(to) was restored from hub \(from) with everything that is done here: going on"
        case .moved(let from, let to): "an operator has moved the warehouse from \(from) to \(to)"
        case .goesBack(let from, let to):
            "the hub has messages up to \(from) as done, here it is \(to): going on from there"
        case .flaw(let text): "not understood: \(text)"
        case .notShortened(let text): "the dead-letter file stays as long as it is: \(text)"
        case .unreported(let text): "the hub takes no report of dead letters: \(text)"
        case .silentAlarm(let text): "an alarm did not sound: \(text)"
        }
    }
}

/// A try of a message that failed.
public struct FailedTry: Sendable {
    /// The message, or the run it stands for.
    public let message: Message
    /// What the handler threw, in words.
    public let error: String
    /// How often it was tried by now.
    public let tries: Int
    /// The pause before the next try; nil: there is none, it is a dead letter now.
    public let pause: Duration?
}

/// A batch that is done: on disk here, and about to be committed at the hub.
public struct BatchSummary: Sendable, Equatable {
    /// Messages that came.
    public var messages = 0
    /// Handled with success, each run as one.
    public var done = 0
    /// Swallowed by a newer one of their run.
    public var coalesced = 0
    /// Became dead letters.
    public var failed = 0
    /// Parked behind a dead one of their key.
    public var parked = 0
    /// Messages for which there is no handler.
    public var unhandled = 0
    /// Where the warehouse is now.
    public var position = Position(hub: "", index: 0)
    /// Messages that are still to come, as the hub told with this batch.
    public var lag = 0
    /// Whether the line goes on.
    public var hasMore = false
    /// Dead letters and parked ones in all.
    public var openLetters = 0
}

/// How a `MessagePublisher` works; every bound there is, with its default.
public struct PublishSettings: Sendable {
    /// Certificates, proxy, and how long connecting may take.
    public var options = HTTPOptions()
    /// The name the hub writes into its log.
    public var userAgent = "MessageCenterClient"
    /// How long one request may take, to the last byte of its answer.
    public var requestTimeout: Duration = .seconds(15)
    /// How long a message is tried without a spool, while the hub cannot be reached or has no
    /// time. A call so takes at most this and twice `requestTimeout`.
    public var giveUpAfter: Duration = .seconds(30)
    /// Messages of one request at most; the hub takes 10,000.
    public var batchMessages = 1000
    /// Bytes of one request at which no further message is added; the hub takes 16 MiB.
    public var batchBytes = 4 << 20
    /// How long the next request waits for company when the one before had much of it.
    public var linger: Duration = .milliseconds(1)
    /// Messages that wait for the hub, or for the spool's disk, at most; then `queue_full`.
    public var waitingMessages = 10_000
    /// Their bytes at most.
    public var waitingBytes = 64 << 20
    /// The pause after the first request that failed; it doubles with each further one. The hub's
    /// own wish (`Retry-After`) goes first.
    public var firstPause: Duration = .milliseconds(200)
    /// The longest pause, also where the hub wishes for more.
    public var longestPause: Duration = .seconds(10)
    /// Where messages are kept until the hub has them; nil: in memory only.
    public var spool: SpoolSettings?
    /// Told of every request that failed and will be sent again, and of what else is in the way.
    /// Called on a thread of the library's; must not wait.
    public var onTrouble: (@Sendable (PublishTrouble) -> Void)?

    /// The defaults.
    public init() {}
}

/// A folder in which messages survive whatever happens to the hub, the network and the process.
public struct SpoolSettings: Sendable {
    /// The folder; made if it is not there. One publisher a folder at a time.
    public var folder: String
    /// Bytes on the disk at most; then publishing fails with `spool_full`.
    public var bytes: Int
    /// How long a call waits for the hub before it answers that the message is kept.
    public var patience: Duration

    /// A spool in `folder`, of a gigabyte at most.
    public init(folder: String, bytes: Int = 1 << 30, patience: Duration = .seconds(5)) {
        self.folder = folder
        self.bytes = bytes
        self.patience = patience
    }
}

/// Why messages wait.
public struct PublishTrouble: Sendable, CustomStringConvertible {
    /// A stable word: one of the hub's, such as `disk_nearly_full`, or of `PublishCode`, or
    /// `unreachable`.
    public let code: String
    /// One sentence for people.
    public let description: String
    /// Whether it may pass by itself. A refused token or certificate needs somebody.
    public let isPassing: Bool
    /// When it is tried again.
    public let nextTry: Duration
}

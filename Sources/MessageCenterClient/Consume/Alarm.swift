import Foundation

/// What sounds at the end of a batch with failures. All of it may be set at once; each part has
/// `timeout` to come to an end.
public struct Alarm: Sendable {
    /// Rings the terminal on standard error, where there is one.
    public var bell = true
    /// A program and its arguments. Its environment has what it is about in `MESSAGE_CENTER_WID`,
    /// `_FAILURES`, `_PARKED`, `_OPEN`, `_TOPIC`, `_KEY`, `_ID`, `_ERROR` and `_DRILL` (1 or 0).
    public var command: [String] = []
    /// Gets the same as a JSON object, by POST.
    public var webhook: String?
    /// What each of them may take.
    public var timeout: Duration = .seconds(10)

    /// An alarm that rings the terminal's bell and does no more.
    public init() {}

    /// What an alarm is about.
    public struct Cause: Sendable, Equatable {
        /// The warehouse.
        public var wid: Int
        /// Messages of the batch that became dead letters.
        public var failures: Int
        /// Messages of the batch that were parked.
        public var parked: Int
        /// Dead and parked ones in all.
        public var open: Int
        /// The last message that failed.
        public var message: Message?
        /// What went wrong.
        public var error: String
        /// Whether it is only to hear whether it sounds.
        public var isDrill: Bool

        /// A cause with nothing in it but the warehouse and what went wrong.
        public init(
            wid: Int, failures: Int = 0, parked: Int = 0, open: Int = 0, message: Message? = nil,
            error: String, isDrill: Bool = false
        ) {
            self.wid = wid
            self.failures = failures
            self.parked = parked
            self.open = open
            self.message = message
            self.error = error
            self.isDrill = isDrill
        }
    }

    /// How one part of an alarm went.
    public struct Outcome: Sendable, Equatable, CustomStringConvertible {
        /// `bell`, `command` or `webhook`.
        public let name: String
        /// Whether it did what it should.
        public let isGood: Bool
        /// How it went, in words.
        public let text: String

        /// One line for people.
        public var description: String { "\(name): \(text)" }
    }

    /// Sounds every part that is set, one after another.
    public func sound(_ cause: Cause) async -> [Outcome] {
        var outcomes: [Outcome] = []
        if bell { outcomes.append(ring()) }
        if !command.isEmpty { outcomes.append(await run(cause)) }
        if let webhook { outcomes.append(await post(cause, to: webhook)) }
        return outcomes
    }

    private func ring() -> Outcome {
        guard isatty(STDERR_FILENO) == 1 else {
            return Outcome(name: "bell", isGood: true, text: "no terminal to ring")
        }
        FileHandle.standardError.write(Data([0x07]))
        return Outcome(name: "bell", isGood: true, text: "rung")
    }

    // MARK: Command

    private func run(_ cause: Cause) async -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(
            Self.variables(cause)
        ) { $1 }
        process.standardInput = FileHandle.nullDevice
        let ending = OneShot<Int32>()
        process.terminationHandler = { ending.set($0.terminationStatus) }
        do {
            try process.run()
        } catch {
            return Outcome(name: "command", isGood: false, text: "not started: \(error)")
        }
        guard let status = await ending.value(within: timeout) else {
            // Not asked first: it had its time, and may have its signals blocked.
            kill(process.processIdentifier, SIGKILL)
            return Outcome(name: "command", isGood: false, text: "killed after \(timeout)")
        }
        return Outcome(name: "command", isGood: status == 0, text: "ended with status \(status)")
    }

    static func variables(_ cause: Cause) -> [String: String] {
        [
            "MESSAGE_CENTER_WID": "\(cause.wid)", "MESSAGE_CENTER_FAILURES": "\(cause.failures)",
            "MESSAGE_CENTER_PARKED": "\(cause.parked)", "MESSAGE_CENTER_OPEN": "\(cause.open)",
            "MESSAGE_CENTER_TOPIC": cause.message?.topic ?? "",
            "MESSAGE_CENTER_KEY": cause.message?.key ?? "",
            "MESSAGE_CENTER_ID": cause.message?.id ?? "", "MESSAGE_CENTER_ERROR": cause.error,
            "MESSAGE_CENTER_DRILL": cause.isDrill ? "1" : "0",
        ].mapValues { $0.replacing("\0", with: "") }
    }

    // MARK: Webhook

    private func post(_ cause: Cause, to address: String) async -> Outcome {
        do throws(TransportFailure) {
            let (base, path) = Self.split(address)
            let sender = try HTTPSender(base: base)
            let answer = try await sender.perform(
                HTTPRequest("POST", path, body: Self.json(cause), timeout: timeout))
            return Outcome(
                name: "webhook", isGood: answer.status < 300, text: "answered \(answer.status)")
        } catch {
            return Outcome(name: "webhook", isGood: false, text: error.description)
        }
    }

    /// Scheme and host, and everything behind.
    static func split(_ address: String) -> (base: String, path: String) {
        let host = address.firstRange(of: "://")?.upperBound ?? address.startIndex
        guard let slash = address[host...].firstIndex(where: { $0 == "/" || $0 == "?" }) else {
            return (address, "/")
        }
        let path = String(address[slash...])
        return (String(address[..<slash]), path.hasPrefix("/") ? path : "/" + path)
    }

    static func json(_ cause: Cause) -> [UInt8] {
        var object = JSONObjectText()
        object.add("wid", cause.wid)
        object.add("failures", cause.failures)
        object.add("parked", cause.parked)
        object.add("open", cause.open)
        object.add("topic", cause.message?.topic)
        object.add("key", cause.message?.key)
        object.add("id", cause.message?.id)
        object.add("error", cause.error)
        object.add("drill", cause.isDrill)
        return object.finished
    }
}

import Foundation

/// Consumes the messages of one warehouse, strictly one after another: pulls them, hands each to
/// its handler, and tells the hub when a batch is done.
///
/// ```swift
/// let consumer = try MessageConsumer(url: "http://127.0.0.1:8088", wid: 105, token: token)
/// consumer.on("SaleOrder_*") { message in try await update(message.key) }
/// try await consumer.start()
/// ```
///
/// A message comes at least once: after a crash some come again, so a handler has to be such that
/// the second time changes nothing. Any task may call any of this; handlers and hooks are set
/// before `start`.
public final class MessageConsumer: Sendable {
    /// The warehouse.
    public let wid: Int

    private struct State {
        var handlers = Handlers()
        var hooks = Hooks()
        var control: ConsumerControl?
    }

    private let url: String
    private let token: String?
    private let settings: ConsumeSettings
    private let state = Guarded(State())

    /// Prepares a consumer; nothing is asked of the hub, and no file is made yet.
    ///
    /// - Parameters:
    ///   - url: the hub, such as `http://127.0.0.1:8088`.
    ///   - wid: the warehouse, 1 to 2,147,483,647.
    ///   - token: one that may act for this warehouse, where the hub wants one.
    ///   - settings: how it works.
    /// - Throws: `ConsumerFailure.unusable`, which says what cannot be used.
    public init(
        url: String, wid: Int, token: String? = nil, settings: ConsumeSettings = ConsumeSettings()
    ) throws(ConsumerFailure) {
        self.url = url
        self.wid = wid
        self.token = token
        self.settings = settings
        try settings.check(wid: wid)
        do {
            _ = try HTTPSender(base: url, token: token, options: settings.connection)
        } catch {
            throw .unusable(error.description)
        }
    }

    // MARK: Handlers

    /// Sets what is done with messages whose topic fits `pattern`, in which `*` stands for any run
    /// of characters. Of several that fit, the one that says most of the topic is called. A message
    /// that no handler fits counts as done.
    ///
    /// What a handler throws is a failed try; `DoNotRetry` says that it was the last. A handler
    /// returns when what it did is durable: the message does not come again then.
    public func on(
        _ pattern: String, _ handler: @escaping @Sendable (Message) async throws -> Void
    ) {
        state.withLock { $0.handlers.add(pattern, handler) }
    }

    /// The same, with the body as a value of your own. One that is of another form is not tried
    /// again.
    public func on<Body: Decodable & Sendable>(
        _ pattern: String, as type: Body.Type,
        _ handler: @escaping @Sendable (Message, Body) async throws -> Void
    ) {
        on(pattern) { message in
            let body: Body
            do {
                body = try message.decode(type)
            } catch {
                throw DoNotRetry("the body is no \(type): \(error)")
            }
            try await handler(message, body)
        }
    }

    // MARK: Hooks

    /// Called when the hub has answered a pull.
    public func onRequestSuccess(_ hook: @escaping @Sendable (RequestSuccess) -> Void) {
        state.withLock { $0.hooks.requestSuccess.append(hook) }
    }

    /// Called when something went wrong that is tried again by itself: a request, or a write to the
    /// folder.
    public func onRequestError(_ hook: @escaping @Sendable (RequestTrouble) -> Void) {
        state.withLock { $0.hooks.requestError.append(hook) }
    }

    /// Called with the messages of a batch that handlers will be called for, in their order, runs
    /// melted; some may be parked instead.
    package func onBatchBegin(_ hook: @escaping @Sendable ([Message]) -> Void) {
        state.withLock { $0.hooks.batchBegin.append(hook) }
    }

    /// Called when a batch is done and on disk here; it is committed next.
    public func onBatchComplete(_ hook: @escaping @Sendable (BatchSummary) -> Void) {
        state.withLock { $0.hooks.batchComplete.append(hook) }
    }

    /// Called when a message was handled with success.
    public func onMessageDone(_ hook: @escaping @Sendable (Message) -> Void) {
        state.withLock { $0.hooks.messageDone.append(hook) }
    }

    /// Called when a message failed all its tries and is a dead letter now.
    public func onMessageFailed(_ hook: @escaping @Sendable (DeadLetter) -> Void) {
        state.withLock { $0.hooks.messageFailed.append(hook) }
    }

    /// Called after each single try that failed.
    public func onTryFailed(_ hook: @escaping @Sendable (FailedTry) -> Void) {
        state.withLock { $0.hooks.tryFailed.append(hook) }
    }

    /// Called when something happened that is worth knowing.
    public func onNotice(_ hook: @escaping @Sendable (ConsumerNotice) -> Void) {
        state.withLock { $0.hooks.notice.append(hook) }
    }

    // MARK: Running

    /// Consumes until `stop()` is called, the task is cancelled, or something is wrong that needs
    /// somebody. Troubles that time may mend it waits out, however long.
    ///
    /// - Parameters:
    ///   - position: where a warehouse begins that the hub has never seen; else of no meaning.
    ///   - limit: messages of a batch at most; nil: what the settings say.
    /// - Returns: how it ended.
    /// - Throws: a `ConsumerFailure`, whose description says what to do.
    @discardableResult
    public func start(
        from position: StartPosition? = nil, limit: Int? = nil
    ) async throws -> ConsumerEnd {
        var settings = settings
        if let limit { settings.limit = limit }
        try settings.check(wid: wid)
        let control = ConsumerControl()
        let (handlers, hooks) = try state.withLock { state in
            guard state.control == nil else {
                throw ConsumerFailure.unusable("this consumer runs already")
            }
            state.control = control
            return (state.handlers, state.hooks)
        }
        defer { state.withLock { $0.control = nil } }
        let run = try ConsumerRun(
            url: url, wid: wid, token: token, settings: settings, handlers: handlers,
            hooks: hooks, control: control, from: position)
        // A task of its own: what it does at its end must not be cancelled.
        let task = Task { try await run.run() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            control.stop(cancels: true)
        }
    }

    /// Ends `start` after the message that is being handled, and returns at once.
    public func stop() {
        state.withLock { $0.control }?.stop(cancels: false)
    }

    /// Sounds every part of the alarm, to hear whether it sounds.
    public func drill() async -> [Alarm.Outcome] {
        await settings.alarm.sound(
            Alarm.Cause(wid: wid, error: "this is a drill", isDrill: true))
    }
}

extension ConsumeSettings {
    /// Finds what no hub would take, while somebody is there to read it.
    func check(wid: Int) throws(ConsumerFailure) {
        func demand(_ isGood: Bool, _ text: String) throws(ConsumerFailure) {
            guard isGood else { throw .unusable(text) }
        }
        try demand(1...2_147_483_647 ~= wid, "a warehouse's number is 1 to 2147483647, not \(wid)")
        try demand(1...1000 ~= limit, "a batch has 1 to 1000 messages, not \(limit)")
        try demand(
            wait >= .zero && wait <= .seconds(60), "a pull waits 0 to 60 s, not \(wait)")
        try demand(
            lease >= .seconds(10) && lease <= .seconds(3600), "a lease is 10 s to 1 h, not \(lease)"
        )
        try demand(interval > .zero, "an interval is more than nothing")
        try demand(handlerTimeout > .zero, "a handler needs some time")
        try demand(
            mostOpenLetters > 0 && mostOpenLetterBytes > 0, "there must be room for dead letters")
        try demand(
            clientName.utf8.count <= 128 && clientVersion.utf8.count <= 128,
            "a client's name and version have 128 bytes at most")
    }
}

public import Foundation

/// Publishes messages to a hub, from any number of tasks at once.
///
/// Every message goes out in the order of the calls, in one lane: one request at a time, and what
/// gathers meanwhile is the next one. Ids are made here, so that a message whose answer was lost
/// is sent again without harm. With a spool (`PublishSettings.spool`) messages survive the hub's,
/// the network's and this process's end.
///
/// Keep one publisher as long as the program runs; `close()` it at the end.
public final class MessagePublisher: Sendable {
    private let route: any PublishRoute
    private let wid: @Sendable () -> Int?
    private let ids = Guarded(MessageIDSource())

    /// A publisher to the hub at `url`; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - url: such as `http://127.0.0.1:8088`.
    ///   - token: of the role `publisher`; nil where the hub is open.
    ///   - wid: the warehouse that messages are for where a call does not say; 0 is every one.
    /// - Throws: a `PublisherFailure` that says what cannot work: the address, a certificate's
    ///   file, the spool's folder.
    public convenience init(
        url: String, token: String? = nil, wid: Int? = nil,
        settings: PublishSettings = PublishSettings()
    ) throws(PublisherFailure) {
        try self.init(url: url, token: token, settings: settings, pacing: .real) { wid }
    }

    /// The same with a closure that tells the wid of each call that does not say one.
    public convenience init(
        url: String, token: String? = nil, settings: PublishSettings = PublishSettings(),
        wid: @escaping @Sendable () -> Int
    ) throws(PublisherFailure) {
        try self.init(url: url, token: token, settings: settings, pacing: .real) { wid() }
    }

    init(
        url: String, token: String?, settings: PublishSettings, pacing: Pacing,
        wid: @escaping @Sendable () -> Int?
    ) throws(PublisherFailure) {
        self.wid = wid
        let sender: HTTPSender
        do throws(TransportFailure) {
            sender = try HTTPSender(
                base: url, token: token, userAgent: settings.userAgent, options: settings.options)
        } catch {
            throw PublisherFailure(description: error.description)
        }
        if let spool = settings.spool {
            route = try SpoolRoute(spool, sender: sender, settings: settings, pacing: pacing)
        } else {
            route = MemoryRoute(sender: sender, settings: settings, pacing: pacing)
        }
    }

    deinit {
        // Nobody waits for a result here: who does holds the publisher.
        route.abandon()
    }

    /// Publishes one message and waits until it is safe.
    ///
    /// Takes at most `giveUpAfter` and twice `requestTimeout`; with a spool, `patience` and what
    /// its disk takes. Cancelling the task does not take the message back.
    /// - Parameters:
    ///   - topic: such as `SaleOrder_Changed`.
    ///   - wid: the warehouse it is for, 0 for every one; nil: the publisher's own.
    ///   - key: what it is about, such as `order:10001`: messages of one key stay in order.
    ///   - body: becomes JSON; dates in it become RFC 3339 texts.
    ///   - occurred: when it happened at the business side.
    ///   - id: a UUID of version 7, to publish a message again; nil: a new one.
    public nonisolated(nonsending) func publish(
        topic: String, wid: Int? = nil, key: String? = nil, body: some Encodable,
        occurred: Date? = nil, id: String? = nil
    ) async -> PublishResult {
        let id = id ?? newID()
        let bytes: [UInt8]
        do {
            bytes = Array(try Self.encoder.encode(body))
        } catch {
            return .failed(id, Refusal(PublishCode.invalid, "the body cannot be JSON: \(error)"))
        }
        return await publish(
            id, topic: topic, wid: wid, key: key, body: bytes, isChecked: true, occurred: occurred)
    }

    /// The same with a body that is JSON already; it goes out as it is.
    public nonisolated(nonsending) func publish(
        topic: String, wid: Int? = nil, key: String? = nil, json: some Sequence<UInt8>,
        occurred: Date? = nil, id: String? = nil
    ) async -> PublishResult {
        await publish(
            id ?? newID(), topic: topic, wid: wid, key: key, body: Array(json), isChecked: false,
            occurred: occurred)
    }

    /// A new message id, for a message that may have to be published again: UUIDs of version 7,
    /// rising.
    public func newID() -> String { ids.withLock { $0.next() } }

    /// Waits until the hub has everything, the spool's backlog too, at most so long.
    ///
    /// - Returns: whether nothing is left.
    public func drain(within time: Duration) async -> Bool {
        await route.drain(within: time)
    }

    /// Ends the publisher. Calls that wait are answered: without a spool that their messages may
    /// be lost, with one that they are kept. Later calls fail with `closed`. The spool's folder is
    /// free when this returns.
    public func close() async {
        await route.close()
    }

    private nonisolated(nonsending) func publish(
        _ id: String, topic: String, wid: Int?, key: String?, body: [UInt8], isChecked: Bool,
        occurred: Date?
    ) async -> PublishResult {
        guard let wid = wid ?? self.wid() else {
            let why = "no wid: the call or the publisher says it; 0 is every warehouse"
            return .failed(id, Refusal(PublishCode.invalid, why))
        }
        let message: OutgoingMessage
        do throws(Refusal) {
            message = try OutgoingMessage(
                id: id, topic: topic, wid: wid, key: key,
                occurred: occurred?.formatted(Self.timeStyle), body: body, isChecked: isChecked)
        } catch {
            return .failed(id, error)
        }
        return await route.publish(message)
    }

    private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Encoding changes nothing in it, so that all may use the one. Members are sorted: a body that
    /// is encoded again, to be published under the same id, must be the same bytes.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
}

/// Why there is no publisher.
public struct PublisherFailure: Error, Sendable, CustomStringConvertible {
    /// One sentence for people.
    public let description: String
}

/// The way of a message from the call to the hub.
protocol PublishRoute: Sendable {
    func publish(_ message: OutgoingMessage) async -> PublishResult
    func drain(within time: Duration) async -> Bool
    func close() async
    /// Ends without waiting.
    func abandon()
}

/// By memory only.
private struct MemoryRoute: PublishRoute {
    private let backlog: MemoryBacklog
    private let worker: LaneWorker<MemoryBacklog>
    private let pacing: Pacing

    init(sender: HTTPSender, settings: PublishSettings, pacing: Pacing) {
        backlog = MemoryBacklog(settings, now: pacing.now)
        worker = LaneWorker(
            Lane(source: backlog, sender: sender, settings: settings, pacing: pacing))
        self.pacing = pacing
    }

    func publish(_ message: OutgoingMessage) async -> PublishResult {
        await withCheckedContinuation { call in
            if backlog.append(message, call) { worker.wake() }
        }
    }

    func drain(within time: Duration) async -> Bool {
        await pacing.wait(atMost: time) { backlog.waiting == 0 }
    }

    func close() async {
        await worker.close()
        backlog.close()
    }

    func abandon() { worker.cancel() }
}

extension Pacing {
    /// Looks again and again until the condition holds; whether it did in time.
    func wait(atMost time: Duration, until condition: @Sendable () async -> Bool) async -> Bool {
        let end = now() + time
        while await !condition() {
            guard now() < end, !Task.isCancelled else { return false }
            await pause(.milliseconds(5))
        }
        return true
    }
}

/// Messages that wait for the hub, oldest first, wherever they wait.
package protocol Backlog: Sendable {
    /// The oldest messages, about as many as the limit says; none where there are none.
    func front(_ limit: BatchLimit) async throws(Refusal) -> [OutgoingMessage]

    /// The first messages are settled, as many as there are outcomes.
    ///
    /// - Throws: where that cannot be noted; it is then asked for again later.
    func settle(_ outcomes: [BatchInFlight.Outcome]) async throws(Refusal)

    /// The hub cannot be used now.
    ///
    /// - Parameter front: how many messages were given out by `front` and are not settled.
    func holdUp(_ why: BatchVerdict.HoldUp, front: Int) async -> Patience

    /// Roughly how many wait now; only for the linger.
    var waiting: Int { get }
}

/// How long a backlog goes on waiting while the hub cannot be used.
package struct Patience: Sendable {
    /// How many messages of the front, from the first on, are given up.
    package let givenUp: Int
    /// What those are told.
    package let refusal: Refusal
    /// The longest pause until the backlog wants to be asked again; nil: any.
    package let again: Duration?

    package init(givenUp: Int, refusal: Refusal, again: Duration? = nil) {
        self.givenUp = givenUp
        self.refusal = refusal
        self.again = again
    }
}

/// How much goes into one request.
package struct BatchLimit: Sendable {
    package let messages: Int
    /// At which no further message is added.
    package let bytes: Int

    package init(messages: Int, bytes: Int) {
        self.messages = messages
        self.bytes = bytes
    }
}

/// The one way from a backlog to the hub: a request at a time, in order, again and again until
/// each message is settled. Never two requests in flight, so that order holds by itself.
package struct Lane<Source: Backlog>: Sendable {
    private let source: Source
    private let sender: HTTPSender
    private let settings: PublishSettings
    private let pacing: Pacing

    /// Company that is worth waiting for: after so many messages at once, more are on their way.
    private static var crowd: Int { 32 }

    package init(
        source: Source, sender: HTTPSender, settings: PublishSettings, pacing: Pacing = .real
    ) {
        self.source = source
        self.sender = sender
        self.settings = settings
        self.pacing = pacing
    }

    /// Sends until nothing waits, or the task is cancelled.
    package func drain() async {
        let limit = BatchLimit(
            messages: max(1, settings.batchMessages), bytes: settings.batchBytes)
        var (last, failures) = (0, 0)
        while !Task.isCancelled {
            if last >= Self.crowd, source.waiting < last / 2 { await pacing.pause(settings.linger) }
            do throws(Refusal) {
                let messages = try await source.front(limit)
                guard !messages.isEmpty else { return }
                last = messages.count
                guard let outcomes = await deliver(messages) else { return }
                try await settle(outcomes)
                failures = 0
            } catch {
                failures += 1
                await pause(
                    after: failures, HoldUp(refusal: error, isPassing: false, retryAfter: nil))
            }
        }
    }

    private typealias HoldUp = BatchVerdict.HoldUp

    /// Sends until each message is settled; nil when cancelled before.
    private func deliver(_ messages: [OutgoingMessage]) async -> [BatchInFlight.Outcome]? {
        var batch = BatchInFlight(messages)
        var failures = 0
        while true {
            let places = batch.next
            if places.isEmpty { return batch.settled }
            let verdict = await send(places.map { messages[$0].line })
            if Task.isCancelled, case .heldUp = verdict { return nil }
            batch.take(verdict, on: places)
            guard case .heldUp(let why) = verdict else {
                failures = 0
                continue
            }
            failures += 1
            let patience = await source.holdUp(why, front: messages.count)
            batch.giveUp(first: patience.givenUp, patience.refusal)
            if batch.next.isEmpty { continue }
            await pause(after: failures, why, atMost: patience.again)
            if Task.isCancelled { return nil }
        }
    }

    /// What the hub says is not forgotten because it cannot be noted at once.
    private func settle(_ outcomes: [BatchInFlight.Outcome]) async throws(Refusal) {
        var failures = 0
        while true {
            do throws(Refusal) {
                return try await source.settle(outcomes)
            } catch {
                failures += 1
                await pause(
                    after: failures, HoldUp(refusal: error, isPassing: false, retryAfter: nil))
                if Task.isCancelled { return }
            }
        }
    }

    private func send(_ lines: [[UInt8]]) async -> BatchVerdict {
        var body: [UInt8] = []
        body.reserveCapacity(lines.reduce(0) { $0 + $1.count + 1 })
        for line in lines {
            body += line
            body.append(UInt8(ascii: "\n"))
        }
        do throws(TransportFailure) {
            let answer = try await sender.perform(
                HTTPRequest(
                    "POST", "/v1/messages/batch", body: body,
                    contentType: "application/x-ndjson", timeout: settings.requestTimeout))
            return BatchVerdict(answer, count: lines.count)
        } catch {
            return BatchVerdict(error)
        }
    }

    private func pause(
        after failures: Int, _ why: HoldUp, atMost longest: Duration? = nil
    ) async {
        let growing = GrowingPause(first: settings.firstPause, longest: settings.longestPause)
        var pause = growing.after(failures, asked: why.retryAfter, chance: pacing.chance())
        if let longest { pause = min(pause, longest) }
        settings.onTrouble?(
            PublishTrouble(
                code: why.refusal.code, description: why.refusal.text, isPassing: why.isPassing,
                nextTry: pause))
        await pacing.pause(pause)
    }
}

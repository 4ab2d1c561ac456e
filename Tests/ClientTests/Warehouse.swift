import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing

/// A warehouse for tests: a table that a consumer's handlers fill, and what they were called with.
final class Warehouse: Sendable {
    struct State {
        var rows: [String: String] = [:]
        var handled: [Message] = []
        var notices: [ConsumerNotice] = []
        var troubles: [RequestTrouble] = []
        var batches: [BatchSummary] = []
        var failed: [DeadLetter] = []
        var tries: [FailedTry] = []
        var running = 0
        /// Two handlers at once.
        var overlaps = 0
    }

    struct Broken: Error, CustomStringConvertible {
        var description: String { "broken on purpose" }
    }

    private let state = Locked(State())
    /// Keys whose messages fail.
    let bad = Locked(Set<String>())

    var now: State { state.withLock { $0 } }
    var rows: [String: String] { now.rows }

    /// A consumer of warehouse 1 with everything quick, and all of it noted.
    func consumer(
        _ url: String, folder: String, wid: Int = 1,
        configure: (inout ConsumeSettings) -> Void = { _ in }
    ) throws -> MessageConsumer {
        var settings = ConsumeSettings()
        settings.folder = folder
        settings.connection.certificateAuthority = TestTLS.authority
        settings.wait = .seconds(1)
        settings.alarm.bell = false
        settings.retry.firstPause = .milliseconds(1)
        settings.retry.longestPause = .milliseconds(5)
        settings.requestPauses.firstPause = .milliseconds(5)
        settings.requestPauses.longestPause = .milliseconds(50)
        // Retry-After counts whole seconds; a test has no time for them.
        settings.timing.pause = { try await Task.sleep(for: min($0, .milliseconds(50))) }
        configure(&settings)
        let consumer = try MessageConsumer(url: url, wid: wid, settings: settings)
        consumer.on("*") { try await self.handle($0) }
        consumer.onNotice { notice in self.state.withLock { $0.notices.append(notice) } }
        consumer.onRequestError { trouble in self.state.withLock { $0.troubles.append(trouble) } }
        consumer.onBatchComplete { batch in self.state.withLock { $0.batches.append(batch) } }
        consumer.onMessageFailed { letter in self.state.withLock { $0.failed.append(letter) } }
        consumer.onTryFailed { failed in self.state.withLock { $0.tries.append(failed) } }
        return consumer
    }

    private func handle(_ message: Message) async throws {
        state.withLock { state in
            state.running += 1
            if state.running > 1 { state.overlaps += 1 }
        }
        defer { state.withLock { $0.running -= 1 } }
        await Task.yield()
        if let key = message.key, bad.withLock({ $0.contains(key) }) { throw Broken() }
        apply(message)
    }

    func apply(_ message: Message) {
        state.withLock { state in
            state.handled.append(message)
            guard let key = message.key else { return }
            let isDeleted = message.topic.hasSuffix("_Deleted")
            state.rows[key] = isDeleted ? nil : message.bodyText
        }
    }

    func forget() { state.withLock { $0 = State() } }
}

/// Waits for a condition without holding a thread that handlers need.
func until(
    within seconds: Double = 120, _ condition: () throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return try condition()
}

/// Lets a consumer run while something is done, stops it, and tells how it ended.
@discardableResult
func running(
    _ consumer: MessageConsumer, from start: StartPosition? = nil,
    _ body: () async throws -> Void
) async throws -> ConsumerEnd {
    let task = Task { try await consumer.start(from: start) }
    do {
        try await body()
    } catch {
        task.cancel()
        throw error
    }
    // It may not have begun yet.
    let isOver = Locked(false)
    let stopper = Task {
        while !isOver.withLock({ $0 }) {
            consumer.stop()
            try await Task.sleep(for: .milliseconds(5))
        }
    }
    defer {
        isOver.withLock { $0 = true }
        stopper.cancel()
    }
    return try await task.value
}

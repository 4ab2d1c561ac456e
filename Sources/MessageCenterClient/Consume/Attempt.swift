/// One try of one message.
enum Attempt: Sendable {
    case done
    /// - Parameter isFinal: the handler said that no further try would help.
    case failed(String, isFinal: Bool)
    /// The consumer's task was cancelled, and the handler with it.
    case cancelled
    /// The handler was cancelled and went on.
    case hangs

    /// Runs a handler, for so long at most.
    ///
    /// - Parameters:
    ///   - timeout: beyond it the handler is cancelled.
    ///   - grace: what it may take to end then.
    ///   - thread: where it runs.
    static func run(
        _ handler: @escaping Handlers.Handler, _ message: Message, timeout: Duration,
        grace: Duration, on thread: HandlerThread, _ control: ConsumerControl
    ) async -> Attempt {
        let ending = OneShot<Attempt>()
        let task = Task(executorPreference: thread) {
            ending.set(await outcome(of: handler, message))
        }
        control.noteHandler { task.cancel() }
        defer { control.noteHandler(nil) }
        if let attempt = await ending.value(within: timeout) {
            if case .failed = attempt, control.isCancelled { return .cancelled }
            return attempt
        }
        task.cancel()
        guard await ending.value(within: grace) != nil else { return .hangs }
        // Also where it ended without an error: it was told to leave off, and may have done so.
        return .failed("the handler took longer than \(timeout)", isFinal: false)
    }

    private static func words(of error: any Error) -> String {
        "\(error)".beginning(bytes: DeadLetter.longestError)
    }

    private static func outcome(
        of handler: Handlers.Handler, _ message: Message
    ) async -> Attempt {
        do {
            try await handler(message)
            return .done
        } catch let error as DoNotRetry {
            return .failed(words(of: error), isFinal: true)
        } catch {
            return .failed(words(of: error), isFinal: false)
        }
    }
}

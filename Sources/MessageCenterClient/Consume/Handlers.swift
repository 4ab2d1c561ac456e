/// What a program wants done with which messages.
struct Handlers: Sendable {
    typealias Handler = @Sendable (Message) async throws -> Void

    private struct Entry {
        let pattern: TopicPattern
        let handler: Handler
    }

    private var entries: [Entry] = []

    /// Adds one behind all that are there.
    mutating func add(_ pattern: String, _ handler: @escaping Handler) {
        entries.append(Entry(pattern: TopicPattern(pattern), handler: handler))
    }

    var isEmpty: Bool { entries.isEmpty }

    /// The one for a topic: of those whose pattern fits, the one that says most of the topic; of
    /// equals the first that was added.
    func handler(for topic: String) -> Handler? {
        entries.filter { $0.pattern.matches(topic) }.enumerated().max { left, right in
            rank(left) < rank(right)
        }?.element.handler
    }

    private func rank(_ entry: (offset: Int, element: Entry)) -> (Int, Int, Int) {
        let pattern = entry.element.pattern
        return (pattern.isExact ? 1 : 0, pattern.literals, -entry.offset)
    }
}

/// What a program wants to be told.
struct Hooks: Sendable {
    var requestSuccess: [@Sendable (RequestSuccess) -> Void] = []
    var requestError: [@Sendable (RequestTrouble) -> Void] = []
    var batchBegin: [@Sendable ([Message]) -> Void] = []
    var batchComplete: [@Sendable (BatchSummary) -> Void] = []
    var messageDone: [@Sendable (Message) -> Void] = []
    var messageFailed: [@Sendable (DeadLetter) -> Void] = []
    var tryFailed: [@Sendable (FailedTry) -> Void] = []
    var notice: [@Sendable (ConsumerNotice) -> Void] = []
}

package import MessageCenterClient
import SQLite
import Wire

/// Makes rows of messages, by the rules: what the consumer calls for each of them.
package struct RowApplier: Sendable {
    private let configuration: WarehouseConfiguration
    private let fetcher: RowFetcher
    private let database: WarehouseDatabase
    private let patience: Patience

    /// What became of a message.
    package enum Outcome: Sendable, Equatable {
        case upserted(table: String)
        case deleted(table: String)
        /// By a rule, or because nothing was found and that is no failure.
        case ignored
        /// No rule takes its topic.
        case unmatched
        /// It was applied before a crash.
        case known
    }

    /// - Parameter tell: what is being waited for; nil when that is over.
    package init(
        _ configuration: WarehouseConfiguration, _ fetcher: RowFetcher,
        _ database: WarehouseDatabase, tell: @escaping @Sendable (String?) -> Void
    ) {
        self.configuration = configuration
        self.fetcher = fetcher
        self.database = database
        patience = Patience(bound: configuration.patience, tell: tell)
    }

    /// Applies one message; it is in the database, with its place in the line, when this returns.
    ///
    /// - Throws: `DoNotRetry` where no further try can help.
    package func apply(_ message: Message) async throws -> Outcome {
        guard let rule = configuration.rule(for: message.topic) else { return .unmatched }
        if await database.has(message) { return .known }
        do {
            let change = try await change(rule, message)
            try await patience.wait { try await database.apply(change, of: message) }
            return Self.outcome(change)
        } catch {
            await database.failed(message)
            throw Self.told(error)
        }
    }

    private static func outcome(_ change: WarehouseDatabase.Change) -> Outcome {
        switch change {
        case .upsert(let target, _): .upserted(table: target.table)
        case .delete(let target, _): .deleted(table: target.table)
        case .none: .ignored
        }
    }

    /// A message and a rule that do not fit each other never will.
    private static func told(_ error: any Error) -> any Error {
        error is RowFailure ? DoNotRetry(error) : error
    }

    /// What the message changes. Waits for data interfaces that are away.
    package func change(
        _ rule: Rule, _ message: Message
    ) async throws -> WarehouseDatabase.Change {
        let view = try MessageView(message)
        switch rule.action {
        case .ignore: return .none
        case .delete(let target):
            return .delete(target, try target.keyValues(view, row: view.body))
        case .upsert(let target):
            guard let fetch = rule.fetch else {
                return .upsert(target, try target.values(view, row: view.body))
            }
            let row = try await patience.wait { try await fetcher.row(fetch, for: view) }
            if let row { return .upsert(target, try target.values(view, row: row)) }
            switch fetch.notFound {
            case .ignore: return .none
            case .delete: return .delete(target, try target.keyValues(view, row: nil))
            case .fail: throw FetchFailure(description: "there is no row of \(message.key ?? "it")")
            }
        }
    }

    /// The rule that takes `topic`.
    package func rule(for topic: String) -> Rule? { configuration.rule(for: topic) }
}

package import MessageCenterClient

/// Makes rows of messages: what the consumer calls for each of them.
package struct RowApplier: Sendable {
    private let configuration: WarehouseConfiguration
    private let maker: RowMaker
    private let database: WarehouseDatabase
    private let patience: Patience
    private let ahead: RowsAhead

    /// What became of a message.
    package enum Outcome: Sendable, Equatable {
        case upserted(table: String)
        case deleted(table: String)
        /// By a rule, or because nothing was found and that is no failure.
        case ignored
        /// It was applied before a crash.
        case known
    }

    /// - Parameters:
    ///   - tell: what is being waited for; nil when that is over.
    ///   - note: what is worth knowing, and holds nothing up.
    package init(
        _ configuration: WarehouseConfiguration, _ fetcher: RowFetcher,
        _ database: WarehouseDatabase, tell: @escaping @Sendable (String?) -> Void,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.database = database
        patience = Patience(bound: configuration.patience, tell: tell)
        ahead = RowsAhead(configuration, fetcher, note: note)
        maker = RowMaker(fetcher: fetcher, ahead: ahead, patience: patience)
    }

    /// These messages come next, in this order: rows of several of them may be fetched at once.
    package func begin(_ batch: [Message]) { ahead.begin(batch) }

    /// Applies one message: it is in the database when this returns. Waits for interfaces that are
    /// away, and for the database.
    ///
    /// - Throws: `DoNotRetry` where no further try can help.
    @discardableResult
    package func apply(_ message: Message) async throws -> Outcome {
        guard let rule = configuration.rule(for: message.topic) else { return .ignored }
        if await database.has(message) { return .known }
        let change: WarehouseDatabase.Change
        do {
            change = try await maker.change(rule, message)
        } catch let failure as RowFailure {
            // A message and a rule that do not fit each other never will.
            throw DoNotRetry(failure)
        }
        try await patience.wait { try await database.apply(change, of: message) }
        switch change {
        case .upsert(let target, _): return .upserted(table: target.table)
        case .delete(let target, _): return .deleted(table: target.table)
        case .none: return .ignored
        }
    }
}

import MessageCenterClient
import Wire

/// What a message changes, by its rule: fetches the row where the rule says so.
struct RowMaker: Sendable {
    let fetcher: RowFetcher
    /// What was fetched together with others.
    let ahead: RowsAhead
    /// How an interface that is away is waited for; nil: not at all.
    let patience: Patience?

    /// - Throws: `RowFailure` where message, row and rule do not fit each other; what the fetch
    ///   throws.
    func change(_ rule: Rule, _ message: Message) async throws -> WarehouseDatabase.Change {
        let view = try MessageView(message)
        switch rule.action {
        case .ignore: return .none
        case .delete(let target):
            return .delete(target, try target.keyValues(view, row: view.body))
        case .upsert(let target):
            guard let fetch = rule.fetch else {
                return .upsert(target, try target.values(view, row: view.body))
            }
            guard let row = try await row(fetch, view) else {
                return try Self.notFound(fetch, target, view)
            }
            return .upsert(target, try target.values(view, row: row))
        }
    }

    private func row(_ fetch: Fetch, _ view: MessageView) async throws -> JSONValue? {
        if let row = try await ahead.row(fetch, for: view) { return row }
        guard let patience else { return try await fetcher.row(fetch, for: view) }
        return try await patience.wait { try await fetcher.row(fetch, for: view) }
    }

    private static func notFound(
        _ fetch: Fetch, _ target: TableTarget, _ view: MessageView
    ) throws -> WarehouseDatabase.Change {
        switch fetch.notFound {
        case .ignore: return .none
        case .delete: return .delete(target, try target.keyValues(view, row: nil))
        case .fail:
            throw FetchFailure(
                description: "the interface has nothing of \(view.key ?? "this message")")
        }
    }
}

import MessageCenterClient
import Platform
import Wire

/// Rows of a batch's messages, many of them fetched by one request when the first of them has its
/// turn.
///
/// Like a row that is fetched alone, each is fetched after its message was published, and it is
/// used for one try of that message: what is not here, or is tried again, is asked for by itself.
/// Only the first message of a thing is asked for, so none gets an older row than the one before.
final class RowsAhead: Sendable {
    private struct State {
        /// Messages of the batch that have not had their turn, and were not asked for.
        var waiting: ArraySlice<Message> = []
        /// By the id of the message.
        var rows: [String: JSONValue] = [:]
        var isFailing = false
    }

    /// One request, and whose rows it is for.
    private struct Question {
        var ids: [String] = []
        /// The ids as they stand in the address.
        var list = ""
        var messages: [String] = []
    }

    private enum Turn {
        case fetched(JSONValue)
        case waiting(others: ArraySlice<Message>)
        /// Not of this batch, or asked for already.
        case alone
    }

    private let configuration: WarehouseConfiguration
    private let fetcher: RowFetcher
    private let note: @Sendable (String) -> Void
    private let state = Locked(State())

    /// - Parameter note: told when rows could not be fetched at once, and so are fetched alone.
    init(
        _ configuration: WarehouseConfiguration, _ fetcher: RowFetcher,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.fetcher = fetcher
        self.note = note
    }

    /// From now on these messages have their turns, in this order.
    func begin(_ batch: [Message]) {
        state.withLock { state in
            state.waiting = batch[...]
            state.rows = [:]
        }
    }

    /// The row of a message whose turn has come; nil: it is to be asked for by itself.
    ///
    /// - Throws: only `CancellationError`, and what the message does not fit.
    func row(_ fetch: Fetch, for view: MessageView) async throws -> JSONValue? {
        guard let byIDs = fetch.byIDs else { return nil }
        switch turn(of: view.id) {
        case .fetched(let row): return row
        case .alone: return nil
        case .waiting(let others):
            let question = question(byIDs, of: view, with: others)
            guard question.ids.count > 1 else { return nil }
            let path = try byIDs.path.filled(
                by: view, ids: question.list, escape: HTTPTransport.escape)
            try await ask(question, path, byIDs, fetch.headers)
            return state.withLock { $0.rows.removeValue(forKey: view.id) }
        }
    }

    private func turn(of id: String) -> Turn {
        state.withLock { state in
            if let row = state.rows.removeValue(forKey: id) { return .fetched(row) }
            guard let place = state.waiting.firstIndex(where: { $0.id == id }) else {
                return .alone
            }
            state.waiting = state.waiting[(place + 1)...]
            return .waiting(others: state.waiting)
        }
    }

    // MARK: Asking

    /// Asks for `first`, and with it for others that the same request can be made for.
    private func question(
        _ byIDs: FetchByIDs, of first: MessageView, with others: ArraySlice<Message>
    ) -> Question {
        var question = Question()
        guard let frame = frame(byIDs, of: first), add(first, to: &question, byIDs, frame) else {
            return question
        }
        let rule = configuration.place(ofRuleFor: first.topic)
        for message in others {
            guard question.ids.count < byIDs.limit else { break }
            guard configuration.place(ofRuleFor: message.topic) == rule,
                let view = try? MessageView(message), self.frame(byIDs, of: view) == frame
            else { continue }
            _ = add(view, to: &question, byIDs, frame)
        }
        return question
    }

    /// The address without ids: the same for all messages of one request.
    private func frame(_ byIDs: FetchByIDs, of view: MessageView) -> String? {
        try? byIDs.path.filled(by: view, escape: HTTPTransport.escape)
    }

    private func add(
        _ view: MessageView, to question: inout Question, _ byIDs: FetchByIDs, _ frame: String
    ) -> Bool {
        // A comma stands between two ids, however it is escaped.
        guard let id = try? byIDs.id.filled(by: view), !id.contains(","),
            !question.ids.contains(id)
        else { return false }
        let list = (question.list.isEmpty ? "" : question.list + ",") + HTTPTransport.escape(id)
        guard frame.utf8.count + list.utf8.count <= FetchByIDs.longestPath else { return false }
        question.list = list
        question.ids.append(id)
        question.messages.append(view.id)
        return true
    }

    private func ask(
        _ question: Question, _ path: String, _ byIDs: FetchByIDs, _ headers: [HeaderField]
    ) async throws {
        let asked = Set(question.messages)
        state.withLock { $0.waiting.removeAll { asked.contains($0.id) } }
        do {
            let found = try await rows(at: path, byIDs, headers)
            state.withLock { state in
                for (id, message) in zip(question.ids, question.messages) {
                    state.rows[message] = found[id]
                }
                state.isFailing = false
            }
        } catch {
            try Task.checkCancellation()
            let isNew = state.withLock { state in
                defer { state.isFailing = true }
                return !state.isFailing
            }
            if isNew { note("\(error); what was asked for at once is asked for one by one") }
        }
    }

    /// What the interface has of these ids. A row that is there twice is not to be relied on.
    private func rows(
        at path: String, _ byIDs: FetchByIDs, _ headers: [HeaderField]
    ) async throws -> [String: JSONValue] {
        let document = try await fetcher.document(byIDs.source, path, headers)
        guard let rows = document.flatMap(byIDs.rows.find(in:))?.elements else {
            throw FetchFailure(description: "\(path) has no array at \(byIDs.rows)")
        }
        let named = rows.compactMap { row in Self.text(byIDs.key.find(in: row)).map { ($0, row) } }
        return Dictionary(grouping: named, by: \.0).compactMapValues { same in
            same.count == 1 ? same[0].1 : nil
        }
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .text(let text): text
        case .number(let digits): digits
        default: nil
        }
    }
}

package import MessageCenterClient
import Platform
import SQLite
import Wire

/// Fills a new warehouse with the whole: notes where the hub is, loads every page of the data
/// interfaces, and lets consumption begin at the noted place.
///
/// What changes meanwhile is published behind that place, so it is handled after all pages,
/// whatever state of it they had. Each page is written together with the place behind it: an
/// interrupted bootstrap goes on there.
package struct Bootstrap: Sendable {
    private let configuration: WarehouseConfiguration
    private let fetcher: RowFetcher
    private let database: WarehouseDatabase
    private let hub: HTTPSender
    private let patience: Patience

    /// Why it cannot be done, in words, with what to do.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// How far it is.
    package struct Progress: Sendable {
        package let table: String
        /// Which step the page is of, from 0.
        package let step: Int
        package let steps: Int
        package let rows: Int
    }

    package init(
        _ configuration: WarehouseConfiguration, _ fetcher: RowFetcher,
        _ database: WarehouseDatabase, tell: @escaping @Sendable (String?) -> Void
    ) throws(TransportFailure) {
        self.configuration = configuration
        self.fetcher = fetcher
        self.database = database
        hub = try HTTPSender(
            base: configuration.hub, token: configuration.token,
            userAgent: "message-center consume", options: configuration.options)
        patience = Patience(bound: configuration.patience, tell: tell)
    }

    /// Does what is left of it; nothing if it was finished before.
    ///
    /// - Parameter progress: called behind each page.
    /// - Returns: rows that the warehouse was filled with, and where consumption begins.
    package func run(
        progress: @Sendable (Progress) -> Void
    ) async throws -> (rows: Int, start: Position) {
        var state: WarehouseDatabase.BootstrapState
        if let begun = try await database.bootstrapState() {
            state = begun
        } else {
            state = try await begin()
        }
        while !state.isFinished {
            try Task.checkCancellation()
            guard state.step < configuration.bootstrap.count else {
                state.isFinished = true
                try await write([], nil, state)
                break
            }
            let number = state.step
            let step = configuration.bootstrap[number]
            try await takePage(of: step, &state)
            progress(
                Progress(
                    table: step.target.table, step: number,
                    steps: configuration.bootstrap.count, rows: state.rows))
        }
        return (state.rows, state.start)
    }

    // MARK: The beginning

    private func begin() async throws -> WarehouseDatabase.BootstrapState {
        guard !configuration.bootstrap.isEmpty else {
            throw Failure(description: "the configuration names no pages: add bootstrap")
        }
        if let position = await database.load() {
            throw Failure(
                description: "\(configuration.database) stands at index \(position.index) of hub "
                    + "\(position.hub) already: consume goes on there, without --bootstrap")
        }
        let targets = configuration.bootstrap.map(\.target)
        if let table = try await database.firstFilled(of: targets) {
            throw Failure(
                description: "\(table) in \(configuration.database) has rows already, and nobody "
                    + "could tell which of them are gone at the source: empty it, or give "
                    + "another database")
        }
        let state = WarehouseDatabase.BootstrapState(start: try await noteHead())
        try await write([], nil, state)
        return state
    }

    /// Where the hub is now. A warehouse that it does not know begins there, so that its lag is
    /// told right from now on.
    private func noteHead() async throws -> Position {
        let session = "bootstrap-\(String(Random.word(), radix: 16))"
        let pulled = try await ask(
            "POST", "pull",
            #"{"limit":1,"wait":0,"start":"latest","lease":10,"session":"\#(session)"}"#)
        _ = try await ask("POST", "release", #"{"session":"\#(session)"}"#)
        let line = try await ask("GET", "messages?limit=1", nil)
        guard let hub = pulled["hub"]?.text, let head = line["head"]?.integer else {
            throw Failure(description: "\(configuration.hub) does not answer as a hub does")
        }
        return Position(hub: hub, index: head)
    }

    private func ask(_ method: String, _ path: String, _ body: String?) async throws -> JSONValue {
        let request = HTTPRequest(
            method, "/v1/warehouses/\(configuration.wid)/\(path)", body: body.map { Array($0.utf8) }
        )
        let answer = try await patience.wait { () async throws -> HTTPAnswer in
            let answer: HTTPAnswer
            do throws(TransportFailure) {
                answer = try await hub.perform(request)
            } catch {
                guard error.isPassing else { throw error }
                throw Away("the hub: \(error)")
            }
            guard ![408, 429, 502, 503, 504].contains(answer.status) else {
                throw Away("the hub answers \(answer.status)", answer.retryAfter)
            }
            return answer
        }
        let content = (try? JSONValue.parse(answer.body)) ?? .null
        guard answer.status < 400 else {
            let detail = content["detail"]?.text ?? ""
            let holder = content["holder"]?.text.map { " (\($0))" } ?? ""
            throw Failure(
                description: "the hub refuses (\(answer.status) "
                    + "\(content["code"]?.text ?? "")): \(detail)\(holder)")
        }
        return content
    }

    // MARK: Pages

    /// Loads one page and writes it, and the place behind it.
    private func takePage(
        of step: BootstrapStep, _ state: inout WarehouseDatabase.BootstrapState
    ) async throws {
        let path = Self.path(step, state.cursor)
        let page = try await patience.wait {
            try await fetcher.document(step.source, path, step.headers)
        }
        guard let page else { throw Failure(description: "there is nothing at \(path)") }
        guard let rows = step.rows.find(in: page)?.elements else {
            throw Failure(description: "\(path) has no array at \(step.rows)")
        }
        let values = try Self.values(rows, step, path)
        let cursor = Self.cursor(of: page, step)
        state.rows += values.count
        // A cursor that stays where it is would go round for ever.
        let goesOn = cursor != nil && cursor != state.cursor && Self.saysMore(page, step, rows)
        state.cursor = goesOn ? cursor : nil
        if !goesOn { state.step += 1 }
        try await write(values, step.target, state)
    }

    private static func path(_ step: BootstrapStep, _ cursor: String?) -> String {
        guard let cursor else { return step.path }
        let mark = step.path.contains("?") ? "&" : "?"
        return "\(step.path)\(mark)\(step.parameter)=\(HTTPTransport.escape(cursor))"
    }

    private static func cursor(of page: JSONValue, _ step: BootstrapStep) -> String? {
        switch step.next.find(in: page) {
        case .text(let text)? where !text.isEmpty: text
        case .number(let digits)?: digits
        default: nil
        }
    }

    private static func saysMore(
        _ page: JSONValue, _ step: BootstrapStep, _ rows: [JSONValue]
    ) -> Bool {
        guard let more = step.more else { return !rows.isEmpty }
        return more.find(in: page)?.boolean ?? false
    }

    private static func values(
        _ rows: [JSONValue], _ step: BootstrapStep, _ path: String
    ) throws -> [[Value]] {
        let nobody = MessageView.none
        return try rows.enumerated().map { place, row in
            do throws(RowFailure) {
                return try step.target.values(nobody, row: row)
            } catch {
                throw Failure(description: "\(path), row \(place): \(error)")
            }
        }
    }

    private func write(
        _ rows: [[Value]], _ target: TableTarget?, _ state: WarehouseDatabase.BootstrapState
    ) async throws {
        try await patience.wait { try await database.write(rows, to: target, state) }
    }
}

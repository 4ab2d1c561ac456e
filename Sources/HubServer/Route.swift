package import Hub
package import Wire

/// What a request asks for, from its method and path.
package enum Route: Equatable, Sendable {
    case publish
    case publishBatch
    case pull(UInt32)
    case operate(Operation, UInt32)
    /// The line of a warehouse, read without moving anything.
    case line(UInt32)
    case warehouses
    case warehouse(UInt32)
    /// Where it was over time.
    case history(UInt32)
    case message
    case search
    case archive(Archive)
    case topics
    /// The hub's figures over time.
    case stats
    /// What changes, as it does.
    case events
    /// What a client of the warehouse tells of a dead letter.
    case report(UInt32)
    /// The same of several.
    case reports(UInt32)
    case letters
    case letter(Int64)
    /// What is to be done with one of them, or with all that fit.
    case order(DeadLetter.Action, Int64)
    case orderAll(DeadLetter.Action)
    case metrics
    case health
    case ready
    case openAPI
    /// One of the dashboard's files: its place in `Documents.all`.
    case document(Int)
    case session(Session)
    case audit

    /// What changes one warehouse.
    package enum Operation: Equatable, Sendable {
        case commit, release, seek, pause, resume, retire, revive, describe, takeOver
    }

    /// What an operator's browser asks about who is signed in.
    package enum Session: Equatable, Sendable {
        case look, signIn, signOut
    }

    /// What is asked of the archive as a whole.
    package enum Archive: Equatable, Sendable {
        case list, verify, replay, prune
    }

    /// The largest body of a request, in bytes.
    var bodyLimit: Int {
        switch self {
        case .publish, .report: Limits.bodyBytes + Limits.requestBytes
        case .publishBatch: Limits.batchBytes
        case .reports: Limits.reportsBytes
        default: Limits.requestBytes
        }
    }

    /// Finds what `method` and `target` ask for.
    package static func find(
        _ method: RequestHead.Method, _ target: borrowing Target
    ) throws(Problem) -> Route {
        var segments = target.segments
        guard let first = target.next(&segments) else { throw .notFound }
        guard let second = target.next(&segments) else {
            return try single(method, target, first)
        }
        guard target.matches(first, "v1") else { throw .notFound }
        let third = target.next(&segments)
        let fourth = target.next(&segments)
        if let fifth = target.next(&segments) {
            guard target.next(&segments) == nil, target.matches(second, "warehouses"), let fourth,
                target.matches(fourth, "dead-letters"), target.matches(fifth, "batch"),
                case .report(let wid) = try warehouses(.post, target, third, fourth)
            else { throw .notFound }
            return try post(method, .reports(wid))
        }
        if target.matches(second, "messages") {
            return try messages(method, target, third, fourth)
        }
        if target.matches(second, "warehouses") {
            return try warehouses(method, target, third, fourth)
        }
        if target.matches(second, "archive"), fourth == nil {
            return try archive(method, target, third)
        }
        if target.matches(second, "dead-letters") {
            return try letters(method, target, third, fourth)
        }
        if target.matches(second, "topics"), third == nil {
            return try get(method, .topics)
        }
        if target.matches(second, "audit"), third == nil {
            return try get(method, .audit)
        }
        if target.matches(second, "session"), third == nil {
            return .session(try session(method))
        }
        if target.matches(second, "stats"), third == nil {
            return try get(method, .stats)
        }
        if target.matches(second, "events"), third == nil {
            return try get(method, .events)
        }
        throw .notFound
    }

    private static func get(
        _ method: RequestHead.Method, _ route: Route
    ) throws(Problem) -> Route {
        guard method == .get || method == .head else { throw .methodNotAllowed("GET, HEAD") }
        return route
    }

    private static func post(
        _ method: RequestHead.Method, _ route: Route
    ) throws(Problem) -> Route {
        guard method == .post else { throw .methodNotAllowed("POST") }
        return route
    }

    private static func session(_ method: RequestHead.Method) throws(Problem) -> Session {
        switch method {
        case .get, .head: .look
        case .post: .signIn
        case .delete: .signOut
        default: throw .methodNotAllowed("GET, HEAD, POST, DELETE")
        }
    }

    private static func single(
        _ method: RequestHead.Method, _ target: borrowing Target, _ name: ByteRange
    ) throws(Problem) -> Route {
        if name.isEmpty { return try get(method, .document(Documents.page)) }
        if target.matches(name, "healthz") { return try get(method, .health) }
        if target.matches(name, "readyz") { return try get(method, .ready) }
        if target.matches(name, "metrics") { return try get(method, .metrics) }
        if target.matches(name, "openapi.yaml") { return try get(method, .openAPI) }
        if let place = Documents.place(of: name, in: target) {
            return try get(method, .document(place))
        }
        throw .notFound
    }

    private static func messages(
        _ method: RequestHead.Method, _ target: borrowing Target, _ third: ByteRange?,
        _ fourth: ByteRange?
    ) throws(Problem) -> Route {
        guard fourth == nil else { throw .notFound }
        guard let third else {
            if method == .get || method == .head { return .search }
            guard method == .post else { throw .methodNotAllowed("GET, HEAD, POST") }
            return .publish
        }
        guard !third.isEmpty else { throw .notFound }
        if target.matches(third, "batch") { return try post(method, .publishBatch) }
        return try get(method, .message)
    }

    private static func archive(
        _ method: RequestHead.Method, _ target: borrowing Target, _ name: ByteRange?
    ) throws(Problem) -> Route {
        guard let name else { return try get(method, .archive(.list)) }
        if target.matches(name, "verify") { return try post(method, .archive(.verify)) }
        if target.matches(name, "replay") { return try post(method, .archive(.replay)) }
        if target.matches(name, "prune") { return try post(method, .archive(.prune)) }
        throw .notFound
    }

    private static func letters(
        _ method: RequestHead.Method, _ target: borrowing Target, _ third: ByteRange?,
        _ fourth: ByteRange?
    ) throws(Problem) -> Route {
        guard let third else { return try get(method, .letters) }
        if fourth == nil, let action = action(target, third) {
            return try post(method, .orderAll(action))
        }
        guard target.isNumber(third) else { throw .notFound }
        // One that is too large for a number is nobody's either.
        let number = target.number(third).map { Int64($0) } ?? .max
        guard let fourth else { return try get(method, .letter(number)) }
        guard let action = action(target, fourth) else { throw .notFound }
        return try post(method, .order(action, number))
    }

    private static func action(
        _ target: borrowing Target, _ name: ByteRange
    ) -> DeadLetter.Action? {
        if target.matches(name, "retry") { return .retry }
        if target.matches(name, "drop") { return .drop }
        return nil
    }

    private static func warehouses(
        _ method: RequestHead.Method, _ target: borrowing Target, _ third: ByteRange?,
        _ fourth: ByteRange?
    ) throws(Problem) -> Route {
        guard let third else { return try get(method, .warehouses) }
        guard target.isNumber(third) else { throw .notFound }
        guard let number = target.number(third), number >= 1, number <= Limits.wid else {
            throw Problem(
                422, "invalid_wid", "A warehouse is a number from 1 to \(Limits.wid).")
        }
        let wid = UInt32(number)
        guard let fourth else {
            if method == .put { return .operate(.describe, wid) }
            guard method == .get || method == .head else {
                throw .methodNotAllowed("GET, HEAD, PUT")
            }
            return .warehouse(wid)
        }
        if target.matches(fourth, "pull") { return try post(method, .pull(wid)) }
        if target.matches(fourth, "history") { return try get(method, .history(wid)) }
        if target.matches(fourth, "messages") { return try get(method, .line(wid)) }
        if target.matches(fourth, "dead-letters") { return try post(method, .report(wid)) }
        guard let operation = operation(target, fourth) else { throw .notFound }
        return try post(method, .operate(operation, wid))
    }

    private static func operation(_ target: borrowing Target, _ name: ByteRange) -> Operation? {
        if target.matches(name, "commit") { return .commit }
        if target.matches(name, "release") { return .release }
        if target.matches(name, "seek") { return .seek }
        if target.matches(name, "pause") { return .pause }
        if target.matches(name, "resume") { return .resume }
        if target.matches(name, "retire") { return .retire }
        if target.matches(name, "revive") { return .revive }
        if target.matches(name, "take-over") { return .takeOver }
        return nil
    }
}

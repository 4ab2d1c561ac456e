import Wire

/// What a client asks for, checked.
enum DataRequest: Equatable {
    case health
    /// The names of the resources.
    case list
    case row(resource: String, key: String, wid: Int?)
    case rows(resource: String, keys: [String], wid: Int?)
    case page(resource: String, PageRequest)

    /// Which rows, and how many.
    struct PageRequest: Equatable {
        var after: String?
        var since: String?
        var limit = 100
        var wid: Int?
    }

    /// Keys that one request may name.
    static let mostKeys = 100

    /// - Parameter bytes: those that the head was read from.
    /// - Throws: 400, 404, 405 or 422.
    init(_ head: RequestHead, _ bytes: RawSpan) throws(DataProblem) {
        let target = Target(bytes.extracting(head.target))
        var segments = target.segments
        var parts: [String] = []
        while let part = target.next(&segments) {
            guard let text = target.text(part) else {
                throw DataProblem(400, "malformed_path", "The path holds an escape that is none.")
            }
            parts.append(text)
        }
        guard head.method == .get || head.method == .head else {
            throw DataProblem(405, "method_not_allowed", "Here one can only read: GET or HEAD.")
        }
        guard let parameters = target.parameters() else {
            throw DataProblem(400, "malformed_query", "The query holds an escape that is none.")
        }
        switch (parts.first, parts.count) {
        case ("healthz", 1): self = .health
        case ("v1", 1): self = .list
        case ("v1", 2): self = try Self.many(parts[1], parameters)
        case ("v1", 3):
            let query = try Query(parameters, allowed: ["wid"])
            self = .row(resource: parts[1], key: parts[2], wid: try query.wid())
        default:
            throw DataProblem(404, "not_found", "There is nothing at this path: see /v1.")
        }
    }

    private static func many(
        _ resource: String, _ parameters: [Target.Parameter]
    ) throws(DataProblem) -> DataRequest {
        let query = try Query(parameters, allowed: ["ids", "after", "since", "limit", "wid"])
        let wid = try query.wid()
        if let ids = query["ids"] {
            for other in ["after", "since", "limit"] where query[other] != nil {
                throw .invalid(other, "does not go together with ids")
            }
            let keys = ids.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard keys.count <= mostKeys, keys.allSatisfy({ !$0.isEmpty }) else {
                throw .invalid("ids", "must be 1 to \(mostKeys) keys with one comma between them")
            }
            return .rows(resource: resource, keys: keys, wid: wid)
        }
        var page = PageRequest(after: query["after"], since: query["since"], wid: wid)
        if page.after != nil, page.since != nil {
            throw .invalid("since", "does not go together with after")
        }
        if let text = query["limit"] {
            guard let limit = Int(text), ResourceReader.limits.contains(limit) else {
                throw .invalid("limit", "must be a whole number from 1 to 1000")
            }
            page.limit = limit
        }
        return .page(resource: resource, page)
    }

    /// The parameters of one request, each at most once.
    private struct Query {
        private var values: [String: String] = [:]

        init(_ parameters: [Target.Parameter], allowed: [String]) throws(DataProblem) {
            for parameter in parameters {
                guard allowed.contains(parameter.name) else {
                    throw .invalid(
                        parameter.name,
                        "is unknown here; known are "
                            + allowed.joined(separator: ", "))
                }
                guard values.updateValue(parameter.value, forKey: parameter.name) == nil else {
                    throw .invalid(parameter.name, "is given twice")
                }
            }
        }

        subscript(name: String) -> String? { values[name] }

        func wid() throws(DataProblem) -> Int? {
            guard let text = values["wid"] else { return nil }
            guard let wid = Int(text), 0...2_147_483_647 ~= wid else {
                throw .invalid("wid", "must be a whole number from 0 to 2147483647")
            }
            return wid
        }
    }
}

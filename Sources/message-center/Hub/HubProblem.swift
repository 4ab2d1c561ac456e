import MessageCenterClient
import Wire

/// What the hub refused, and why: an `application/problem+json` answer (RFC 9457), or any other
/// answer of 400 and above.
struct HubProblem: Error {
    let status: Int
    /// A stable word for programs, such as `session_held`; empty where there is none.
    let code: String
    /// What was wrong where in the request: JSON pointer (RFC 6901) and words.
    private(set) var fields: [(pointer: String, detail: String)]
    let retryAfter: Int?
    /// The answer as it came.
    let body: [UInt8]
    private let content: JSONValue

    init(_ answer: HTTPAnswer) {
        status = answer.status
        body = answer.body
        retryAfter = answer.retryAfter
        content = (try? JSONValue.parse(answer.body)) ?? .null
        code = content["code"]?.text ?? ""
        fields = (content["errors"]?.elements ?? []).map {
            ($0["pointer"]?.text ?? "", $0["detail"]?.text ?? "")
        }
    }

    /// A member of the problem beyond the standard ones, such as `oldest` or `holder`.
    subscript(name: String) -> JSONValue? { content[name] }

    /// The same problem with its places named in another way.
    func renamed(_ name: (String) -> String) -> HubProblem {
        var renamed = self
        renamed.fields = fields.map { (name($0.pointer), $0.detail) }
        return renamed
    }

    /// Whether the same request may well succeed a little later.
    var isPassing: Bool {
        content["retryable"]?.boolean ?? [408, 429, 502, 503, 504].contains(status)
    }

    /// The problem for people: what, where, what else the hub said, and what to do next.
    var lines: [String] {
        let standard: Set = [
            "type", "title", "status", "detail", "instance", "code", "retryable", "errors",
        ]
        let extras = (content.members ?? []).filter { !standard.contains($0.name) }
        return [headline] + unsaidFields.map { "  \($0.pointer): \($0.detail)" }
            + extras.map { "  \($0.name): \($0.value.cell)" }
            + (advice.map { ["  next: \($0)"] } ?? [])
    }

    /// A hub that finds one thing wrong says it in `detail` already, as `/wid must be …`.
    private var unsaidFields: [(pointer: String, detail: String)] {
        let detail = content["detail"]?.text
        return fields.filter { "\($0.pointer) \($0.detail)" != detail }
    }

    private var headline: String {
        let title = content["title"]?.text
        let detail = content["detail"]?.text
        let words = [title, detail].compactMap(\.self).filter { !$0.isEmpty }
        let text = words.isEmpty ? "the hub answered \(status)" : words.joined(separator: ": ")
        return text + (code.isEmpty ? " (\(status))" : " (\(status) \(code))")
    }

    private var advice: String? {
        HubAdvice.byCode[code] ?? HubAdvice.byStatus[status]
    }
}

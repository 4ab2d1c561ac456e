/// What a hub answered instead of what was asked for: a problem (RFC 9457).
struct HubRefusal: Error, Sendable, Equatable {
    let status: Int
    /// Its stable word; empty where the answer is not a hub's at all.
    let code: String
    let detail: String
    private var texts: [String: String] = [:]
    private var numbers: [String: Int] = [:]
    /// How long the hub asks to be left alone.
    let retryAfter: Int?

    init(_ answer: HTTPAnswer) {
        status = answer.status
        retryAfter = answer.retryAfter
        var scanner = JSONScanner(answer.body)
        var (texts, numbers) = ([String: String](), [String: Int]())
        try? scanner.members { name, scanner throws(JSONFlaw) in
            let raw = Array(try scanner.raw())
            var value = JSONScanner(raw)
            var other = value
            if let text = try? value.string() {
                texts[name] = text
            } else if let number = try? other.count() {
                numbers[name] = number
            }
        }
        (self.texts, self.numbers) = (texts, numbers)
        code = texts["code"] ?? ""
        detail = texts["detail"] ?? "an answer of status \(answer.status) that is not a hub's"
    }

    func text(_ name: String) -> String { texts[name] ?? "" }
    func number(_ name: String) -> Int? { numbers[name] }

    /// Whether the same request may be answered well later. An answer that is not a hub's comes
    /// from something in between, and says nothing of the hub.
    var isPassing: Bool {
        if code.isEmpty { return true }
        return status >= 500 || [408, 423, 425, 429].contains(status)
    }

    /// What a consumer makes of a refusal that no time mends.
    func failure(at position: Position?) -> ConsumerFailure {
        let index = position?.index ?? 0
        switch code {
        case "session_held", "session_fenced":
            return .held(by: text("holder"), until: text("expires"))
        case "other_hub":
            return .otherHub(
                known: position?.hub ?? "", found: text("hub"), forkedAt: number("forkedAt"),
                index: index)
        case "position_ahead": return .positionAhead(index: index, head: number("head") ?? 0)
        case "position_gone":
            return .positionGone(
                index: index, oldest: number("oldest") ?? 0, head: number("head") ?? 0)
        case "retired": return .retired
        default: return .refused(status: status, code: code, detail: detail)
        }
    }
}

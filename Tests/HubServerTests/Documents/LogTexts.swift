/// The texts that calls of `log.warning` and `log.error` have in a source: what is put in stands as
/// `…`, and a call may have several, one of which it tells.
struct LogTexts {
    private(set) var texts: [String] = []
    /// Calls without a text of their own, such as of one that was made before.
    private(set) var withoutText = 0

    private var rest: Substring

    init(_ source: String) {
        rest = source[...]
        while let call = rest.firstMatch(of: /log\.(warning|error)\(/) {
            rest = rest[call.range.upperBound...]
            let found = argument()
            if found.isEmpty { withoutText += 1 }
            texts += found
        }
    }

    /// All texts until the bracket that closes the call; those joined by a plus are one.
    private mutating func argument() -> [String] {
        var found: [String] = []
        var depth = 1
        var joins = false
        while depth > 0, let character = rest.first {
            if character == "\"" {
                let text = literal()
                if joins { found[found.count - 1] += text } else { found.append(text) }
                joins = false
                continue
            }
            rest.removeFirst()
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == "+", !found.isEmpty { joins = true }
        }
        return found
    }

    private mutating func literal() -> String {
        let quote = rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
        rest.removeFirst(quote.count)
        var text = ""
        while !rest.isEmpty, !rest.hasPrefix(quote) {
            if rest.hasPrefix("\\(") {
                rest.removeFirst(2)
                _ = argument()
                text += "…"
            } else if rest.hasPrefix("\\\n") {
                rest = rest.dropFirst(2).drop { $0 == " " }
            } else {
                text.append(rest.removeFirst())
            }
        }
        rest.removeFirst(min(quote.count, rest.count))
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

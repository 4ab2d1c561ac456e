package import Wire

/// What the contract's answers hold, read as a test wants it.
extension Answer {
    package func integer(_ path: String...) -> Int? {
        var value: JSONValue? = json
        for name in path { value = value?[name] }
        return value?.integer
    }

    package var messages: [JSONValue] { self["messages"].elements ?? [] }
    package var indexes: [Int] { messages.map { $0["index"]?.integer ?? -1 } }
    package var ordinals: [Int] { messages.map { $0["ordinal"]?.integer ?? -1 } }
    package var ids: [String] { messages.map { $0["id"]?.text ?? "" } }
    package var keys: [String?] { messages.map { $0["key"]?.text } }
    package var topics: [String] { messages.map { $0["topic"]?.text ?? "" } }
    package var next: Int { integer("next") ?? -1 }
    package var more: Bool? { self["more"].boolean }

    /// Where a refusal says that something is wrong.
    package var pointers: [String] {
        (self["errors"].elements ?? []).map { $0["pointer"]?.text ?? "" }
    }

    /// The bytes of the `member` of the first message of a page, as they stand in the answer.
    package func rawBody(before member: String = ",\"created\":") -> String? {
        guard let start = text.range(of: "\"body\":"),
            let end = text.range(of: member, after: start.upperBound)
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
    }
}

extension String {
    fileprivate func range(of part: String, after start: Index? = nil) -> Range<Index>? {
        let bytes = Array(part.utf8)
        let view = utf8[(start ?? startIndex)...]
        return view.firstRange(of: bytes)
    }
}

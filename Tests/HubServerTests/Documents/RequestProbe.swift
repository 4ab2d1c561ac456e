import Wire

/// Bodies that try out one operation's request schema: each differs from the document's example in
/// one member.
final class RequestProbe {
    struct Trial {
        let body: JSONValue
        /// Where a refusal of it must point.
        let pointer: String
        let isGood: Bool
    }

    let properties: [JSONValue.Member]
    /// What pointers into the message begin with: `/0` in a batch.
    let prefix: String
    private let required: Set<String>
    private let example: [JSONValue.Member]
    private let check: SchemaCheck
    private var wid = 100

    /// Nil if the operation takes no JSON.
    init?(_ document: OpenAPIDocument, _ operation: OpenAPIDocument.Operation) {
        guard var schema = document.requestSchema(operation) else { return nil }
        var example = document.requestExample(operation) ?? [:]
        if let items = schema["items"] {
            schema = document.followed(items)
            example = example[0] ?? [:]
            prefix = "/0"
        } else {
            prefix = ""
        }
        check = document.check
        properties = schema["properties"]?.members ?? []
        required = Set(schema["required"]?.elements?.compactMap(\.text) ?? [])
        self.example = example.members ?? []
    }

    func nextWid() -> Int {
        wid += 1
        return wid
    }

    /// The example with one member put in or, if `value` is nil, left out.
    func body(with name: String, _ value: JSONValue?) -> JSONValue {
        // Two names of one thing: only one of them may be given.
        let other = name == "created" ? "occurred" : name
        var members = example.filter { $0.name != name && $0.name != other }
        if let value { members.append(.init(name, value)) }
        return wrapped(.object(members))
    }

    /// The example, its members' names in capitals.
    var inCapitals: JSONValue {
        wrapped(.object(example.map { .init($0.name.uppercased(), $0.value) }))
    }

    private func wrapped(_ message: JSONValue) -> JSONValue {
        prefix.isEmpty ? message : [message]
    }

    var trials: [Trial] {
        properties.flatMap { property in
            let left = Trial(
                body: body(with: property.name, nil), pointer: "\(prefix)/\(property.name)",
                isGood: !required.contains(property.name))
            return [left]
                + Self.candidates(followed(property.value)).map { value in
                    Trial(
                        body: body(with: property.name, value), pointer: left.pointer,
                        isGood: check.faults(value, property.value).isEmpty)
                }
        }
    }

    private func followed(_ schema: JSONValue) -> JSONValue {
        schema["$ref"]?.text.map(check.resolve) ?? schema
    }

    /// Values of every kind, and those on either side of the schema's borders.
    static func candidates(_ schema: JSONValue) -> [JSONValue] {
        var values: [JSONValue] = [
            true, -1, 5, "", "A", "a b", "latest", "2026-11-20T08:00:00Z",
            "0193aaaa-0000-7000-8000-000000000001", "0193aaaa-0000-4000-8000-000000000001",
            "160704133235041047000007210", [], ["A_*"], ["a b"], [1], [:], ["nonsense": 1],
        ]
        for border in ["minimum", "maximum"] {
            guard let number = schema[border]?.integer else { continue }
            values += [number - 1, number, number + 1].map { .number(String($0)) }
        }
        if let length = schema["maxLength"]?.integer {
            values += [length, length + 1].map { .text(String(repeating: "a", count: $0)) }
        }
        values += [64, 65, 128, 129].map { .text(String(repeating: "a", count: $0)) }
        if let count = schema["maxItems"]?.integer {
            values += [count, count + 1].map { .array(Array(repeating: "A", count: $0)) }
        }
        return values
    }
}

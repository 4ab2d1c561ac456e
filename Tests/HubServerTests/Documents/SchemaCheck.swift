import Wire

/// Checks JSON values against schemas, as far as the project's document uses them
/// (JSON Schema 2020-12; https://json-schema.org/draft/2020-12).
///
/// Stricter than the standard in one thing: a member that no schema names is a fault, so that the
/// hub says nothing the document does not tell of. A keyword it does not know is a fault too.
struct SchemaCheck {
    let document: JSONValue

    private static let annotations: Set = [
        "description", "default", "deprecated", "example", "additionalProperties",
    ]

    /// What is wrong with `value`; empty when it is as `schema` says.
    func faults(_ value: JSONValue, _ schema: JSONValue, at place: String = "") -> [String] {
        var known = Set<String>()
        var faults = check(value, schema, at: place, known: &known)
        faults += strangers(value, schema, known, at: place)
        return faults
    }

    private func strangers(
        _ value: JSONValue, _ schema: JSONValue, _ known: Set<String>, at place: String
    ) -> [String] {
        let isClosed = !known.isEmpty || schema["additionalProperties"] == false
        guard isClosed, let members = value.members else { return [] }
        return members.filter { !known.contains($0.name) }.map {
            "\(place)/\($0.name) is not in the schema"
        }
    }

    private func check(
        _ value: JSONValue, _ schema: JSONValue, at place: String, known: inout Set<String>
    ) -> [String] {
        var faults: [String] = []
        for keyword in schema.members ?? [] {
            let argument = keyword.value
            switch keyword.name {
            case "$ref":
                faults += check(value, resolve(argument.text ?? ""), at: place, known: &known)
            case "allOf":
                for part in argument.elements ?? [] {
                    faults += check(value, part, at: place, known: &known)
                }
            case "anyOf":
                let fits = (argument.elements ?? []).contains {
                    self.faults(value, $0, at: place).isEmpty
                }
                if !fits { faults.append("\(place) fits none of anyOf") }
            case "properties":
                for property in argument.members ?? [] {
                    known.insert(property.name)
                    guard let member = value[property.name] else { continue }
                    faults += self.faults(
                        member, property.value, at: "\(place)/\(property.name)")
                }
            case "required":
                faults += (argument.elements ?? []).compactMap(\.text)
                    .filter { value.members != nil && value[$0] == nil }
                    .map { "\(place)/\($0) is missing" }
            case "items":
                for (number, element) in (value.elements ?? []).enumerated() {
                    faults += self.faults(element, argument, at: "\(place)/\(number)")
                }
            default:
                guard !Self.annotations.contains(keyword.name) else { continue }
                if let fault = fault(value, keyword.name, argument) {
                    faults.append("\(place) \(fault)")
                }
            }
        }
        return faults
    }

    /// What one keyword has against `value`.
    private func fault(_ value: JSONValue, _ keyword: String, _ argument: JSONValue) -> String? {
        func unless(_ holds: Bool) -> String? {
            holds ? nil : "\(value.serialized()) is against \(keyword) \(argument.serialized())"
        }
        switch keyword {
        case "type":
            let types = argument.text.map { [$0] } ?? argument.elements?.compactMap(\.text) ?? []
            return unless(types.contains { Self.isOf($0, value) })
        case "const": return unless(value == argument)
        case "enum": return unless(argument.elements?.contains(value) ?? false)
        case "minimum":
            return unless(value.double.map { $0 >= argument.double! } ?? true)
        case "maximum":
            return unless(value.double.map { $0 <= argument.double! } ?? true)
        case "minLength":
            return unless(value.text.map { $0.unicodeScalars.count >= argument.integer! } ?? true)
        case "maxLength":
            return unless(value.text.map { $0.unicodeScalars.count <= argument.integer! } ?? true)
        case "minItems":
            return unless(value.elements.map { $0.count >= argument.integer! } ?? true)
        case "maxItems":
            return unless(value.elements.map { $0.count <= argument.integer! } ?? true)
        case "pattern":
            guard let pattern = try? Regex(argument.text ?? "(") else { return "no pattern" }
            return unless(value.text.map { $0.firstMatch(of: pattern) != nil } ?? true)
        case "format":
            return unless(value.text.map { Self.isFormed(argument.text ?? "", $0) } ?? true)
        default:
            return "has a schema with the unknown keyword \(keyword)"
        }
    }

    private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch value {
        case .object: type == "object"
        case .array: type == "array"
        case .text: type == "string"
        case .number: type == "number" || type == "integer" && value.integer != nil
        case .boolean: type == "boolean"
        case .null: type == "null"
        }
    }

    private static func isFormed(_ format: String, _ text: String) -> Bool {
        switch format {
        case "date-time": Timestamp.parse(text) != nil
        case "uuid": UUIDText.parse(text) != nil
        default: false
        }
    }

    /// What `#/a/b` of the document stands for.
    func resolve(_ reference: String) -> JSONValue {
        reference.split(separator: "/").dropFirst().reduce(document) { value, name in
            value[String(name)] ?? .null
        }
    }
}

/// A JSON value as it was written: members keep their order, numbers keep their digits, so that
/// what is shown is what the hub has.
indirect enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number's text, valid as RFC 8259 §6 has it.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    struct Member: Sendable, Equatable {
        let name: String
        let value: JSON
    }

    /// The member of that name; nil where this is no object or has none.
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var integer: Int? {
        guard case .number(let text) = self else { return nil }
        return Int(text)
    }

    var double: Double? {
        guard case .number(let text) = self else { return nil }
        return Double(text)
    }

    var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    var array: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// The value in a cell of a table: strings without quotes, nothing for null, else JSON.
    var cell: String {
        switch self {
        case .null: ""
        case .string(let text): text
        default: text
        }
    }

    /// The value as JSON without white space.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): JSON.quoted(text)
        case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { JSON.quoted($0.name) + ":" + $0.value.text }.joined(separator: ",")
                + "}"
        }
    }

    /// The text between quotes, with the escapes that RFC 8259 §7 demands.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{00}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// The text of an object that grows member by member.
struct JSONObject {
    private(set) var text = "{}"

    var bytes: [UInt8] { Array(text.utf8) }

    /// Adds a member whose value is JSON text already, kept byte for byte.
    mutating func add(_ name: String, json: String) {
        text.removeLast()
        text += (text.utf8.count > 1 ? "," : "") + JSON.quoted(name) + ":" + json + "}"
    }

    /// Adds a string, where there is one.
    mutating func add(_ name: String, _ value: String?) {
        if let value { add(name, json: JSON.quoted(value)) }
    }

    /// Adds a number, where there is one.
    mutating func add(_ name: String, _ value: Int?) {
        if let value { add(name, json: String(value)) }
    }

    /// Adds `true`; what is not set has no member.
    mutating func add(_ name: String, set: Bool) {
        if set { add(name, json: "true") }
    }

    /// Adds an array of strings, where there is one.
    mutating func add(_ name: String, _ values: [String]?) {
        if let values { add(name, json: JSON.array(values.map { .string($0) }).text) }
    }
}

import Wire

/// The text of an object that grows member by member. Unlike a `JSONValue` it takes JSON text
/// as it is, so that a body goes out byte for byte as somebody wrote it.
struct JSONObject {
    private(set) var text = "{}"

    var bytes: [UInt8] { Array(text.utf8) }

    /// Adds a member whose value is JSON text already.
    mutating func add(_ name: String, json: String) {
        text.removeLast()
        text += (text.utf8.count > 1 ? "," : "") + quoted(name) + ":" + json + "}"
    }

    /// Adds a string, where there is one.
    mutating func add(_ name: String, _ value: String?) {
        if let value { add(name, json: quoted(value)) }
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
        guard let values else { return }
        add(name, json: JSONValue.array(values.map { .text($0) }).serialized())
    }
}

/// The text as a JSON string.
func quoted(_ text: String) -> String {
    JSONValue.text(text).serialized()
}

extension JSONValue {
    /// The value in a cell of a table: strings without quotes, nothing for null, else JSON.
    var cell: String {
        switch self {
        case .null: ""
        case .text(let text): text
        default: serialized()
        }
    }
}

extension JSONError {
    /// What is wrong and where, for the person who wrote it.
    var complaint: String { "(at byte \(offset + 1): \(text))" }
}

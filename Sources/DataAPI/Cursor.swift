import SQLite
import Wire

/// A place between two rows in the order of pages: right behind the row it was made from, whether
/// that is still there or not.
///
/// It holds everything about the place, so that it is good for as long as the resource is: after a
/// restart, and in a copy of the database.
struct Cursor: Equatable {
    /// The row's update time; nil where the resource has none.
    var updated: Value?
    var key: Value

    /// As it stands in an address: letters, digits, `-` and `_`. The name of the resource is in it,
    /// so that it cannot be used with another one.
    func text(of resource: Resource) -> String {
        var parts: [JSONValue] = [.text(resource.name), Self.json(key)]
        if let updated { parts.append(Self.json(updated)) }
        return Base64URL.encode(Array(JSONValue.array(parts).serialized().utf8))
    }

    /// nil where `text` was not made by `text(of:)` for this resource.
    init?(_ text: String, of resource: Resource) {
        guard let bytes = Base64URL.decode(text), let parts = try? JSONValue.parse(bytes).elements,
            parts.count == (resource.updated == nil ? 2 : 3), parts[0].text == resource.name,
            let key = Self.value(parts[1]), key != .null
        else { return nil }
        self.key = key
        guard parts.count == 3 else { return }
        guard let updated = Self.value(parts[2]) else { return nil }
        self.updated = updated
    }

    init(updated: Value?, key: Value) {
        self.updated = updated
        self.key = key
    }

    private static func json(_ value: Value) -> JSONValue {
        switch value {
        case .null: .null
        case .integer(let number): .number(String(number))
        // A point or an exponent tells it from an integer; nothing is lost (SE-0193's shortest
        // form), but for infinities, which only a text can say.
        case .real(let number):
            number.isFinite ? .number("\(number)") : .array([.text("\(number)")])
        case .text(let text): .text(text)
        case .blob(let bytes): .object([.init("blob", .text(Base64URL.encode(bytes)))])
        }
    }

    private static func value(_ json: JSONValue) -> Value? {
        switch json {
        case .null: .null
        case .number(let digits):
            if digits.utf8.allSatisfy({ $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "e") }) {
                Int64(digits).map(Value.integer)
            } else {
                Double(digits).map(Value.real)
            }
        case .text(let text): .text(text)
        case .array(let parts): parts.first?.text.flatMap(Double.init).map(Value.real)
        case .object: json["blob"]?.text.flatMap(Base64URL.decode).map(Value.blob)
        case .boolean: nil
        }
    }
}

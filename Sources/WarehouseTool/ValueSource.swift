import SQLite
import Wire

/// Where the value of a column comes from.
struct ValueSource: Equatable, Sendable {
    enum Origin: Equatable, Sendable {
        /// A place in the row: the fetched document, or the message's body.
        case row(JSONPointer)
        /// A text made of the message, so also there where no row was found.
        case message(Template)
        case constant(Value)
    }

    let origin: Origin
    /// What stands for a place in the row that is not there; nil: that is a failure.
    let fallback: Value?

    /// Whether it can be told without a row.
    var isOfMessage: Bool {
        if case .row = origin { false } else { true }
    }

    func value(_ message: MessageView, row: JSONValue?) throws(RowFailure) -> Value {
        switch origin {
        case .constant(let value): return value
        case .message(let template): return .text(try template.filled(by: message))
        case .row(let pointer):
            if let found = row.flatMap(pointer.find(in:)) { return Value(found) }
            guard let fallback else { throw RowFailure("the row has nothing at \(pointer)") }
            return fallback
        }
    }
}

extension Value {
    /// A JSON value as a column has it: what SQLite has no kind for is kept as JSON text.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .text(let text): self = .text(text)
        case .boolean(let value): self = .integer(value ? 1 : 0)
        case .number(let digits):
            if let number = Int64(digits) {
                self = .integer(number)
            } else {
                self = Double(digits).map(Value.real) ?? .text(digits)
            }
        case .object, .array: self = .text(json.serialized())
        }
    }
}

// MARK: - Reading

extension ValueSource {
    /// `"/Price"`, `"{id}"`, `{"pointer":"/Price","default":0}` or `{"value":1}`; nil and noted
    /// where it is none of these.
    init?(_ declared: Declaration) {
        if let text = declared.value.text {
            guard let origin = Self.origin(text, declared) else { return nil }
            self.init(origin: origin, fallback: nil)
            return
        }
        guard declared.value.members != nil else {
            declared.note(
                "must be a place in the row such as \"/Price\", a text of the message such as "
                    + "\"{id}\", or {\"value\":…}")
            return nil
        }
        declared.allow("pointer", "default", "value")
        if let value = declared["value"] {
            if declared["pointer"] != nil { declared.note("has either a pointer or a value") }
            self.init(origin: .constant(Value(value.value)), fallback: nil)
            return
        }
        guard let place = declared.required("pointer"), let pointer = place.pointerValue() else {
            return nil
        }
        self.init(origin: .row(pointer), fallback: declared["default"].map { Value($0.value) })
    }

    private static func origin(_ text: String, _ declared: Declaration) -> Origin? {
        if text.isEmpty || text.hasPrefix("/") { return declared.pointerValue().map(Origin.row) }
        guard text.contains("{") else {
            declared.note(
                "is neither a place in the row (\"/\(text)\"), nor a text of the message "
                    + "(\"{id}\"); a fixed value is written {\"value\":\"\(text)\"}")
            return nil
        }
        return declared.template().map(Origin.message)
    }
}

extension Declaration {
    /// The pointer written here; nil and noted if it is none.
    func pointerValue() -> JSONPointer? {
        if let text = value.text, let pointer = try? JSONPointer(text) { return pointer }
        note("must be a JSON pointer: empty, or such as /rows/0/name")
        return nil
    }

    /// The template written here; nil and noted if it is none.
    func template(allowsIDs: Bool = false) -> Template? {
        guard let text = text() else { return nil }
        do throws(Template.Malformed) {
            return try Template(text, allowsIDs: allowsIDs)
        } catch {
            note(error.detail)
            return nil
        }
    }
}

/// A whole JSON document in memory, for clients, commands and tests: where convenience counts and
/// speed does not.
package indirect enum JSONValue: Equatable, Sendable {
    /// The members in their order; names may repeat.
    case object([Member])
    case array([JSONValue])
    case text(String)
    /// A number as it was written, so that none is changed by passing through here.
    case number(String)
    case boolean(Bool)
    case null

    package struct Member: Equatable, Sendable {
        package var name: String
        package var value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    // MARK: Parsing

    /// Reads `bytes`, which hold one JSON text.
    package static func parse(_ bytes: RawSpan) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes)
        let value = try JSONValue(&reader)
        try reader.finish()
        return value
    }

    package static func parse(_ text: String) throws(JSONError) -> JSONValue {
        try parse(text.utf8.span.bytes)
    }

    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        try parse(bytes.span.bytes)
    }

    /// Reads the next value. The recursion is as deep as the reader allows nesting.
    private init(_ reader: inout JSONReader) throws(JSONError) {
        switch try reader.peekKind() {
        case .object:
            var members: [Member] = []
            try reader.beginObject()
            while let name = try reader.nextMember() {
                members.append(Member(try reader.text(name), try JSONValue(&reader)))
            }
            self = .object(members)
        case .array:
            var elements: [JSONValue] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try JSONValue(&reader)) }
            self = .array(elements)
        case .text: self = .text(try reader.text(try reader.readText()))
        case .number:
            let range = try reader.skipValue()
            self = .number(reader.raw(range).text(in: 0..<Int(range.length)))
        case .boolean: self = .boolean(try reader.readBool())
        case .null:
            try reader.readNull()
            self = .null
        }
    }

    // MARK: Looking inside

    /// The value of the first member of that name; nil if there is none or this is no object.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The element at `index`; nil if there is none or this is no array.
    package subscript(_ index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    package var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The number, if it is written as an integer and fits.
    package var integer: Int? {
        if case .number(let digits) = self { Int(digits) } else { nil }
    }

    /// The number, rounded to what a Double can hold.
    package var double: Double? {
        if case .number(let digits) = self { Double(digits) } else { nil }
    }

    package var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    package var isNull: Bool { self == .null }

    // MARK: Writing

    /// The JSON text without white space.
    package func serialized() -> String {
        var output = ByteBuffer(capacity: 256)
        append(to: &output)
        return output.bytes.text(in: 0..<output.count)
    }

    /// Appends the JSON text without white space.
    package func append(to output: inout ByteBuffer) {
        switch self {
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(ASCII.comma) }
                output.appendJSON(text: member.name)
                output.append(ASCII.colon)
                member.value.append(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(ASCII.comma) }
                element.append(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .text(let text): output.appendJSON(text: text)
        case .number(let digits): output.append(digits)
        case .boolean(let value): output.append(value ? "true" : "false")
        case .null: output.append("null")
        }
    }
}

// MARK: - Literals

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
    ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral
{
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0, $1) })
    }

    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int) { self = .number(String(value)) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(nilLiteral: ()) { self = .null }
}

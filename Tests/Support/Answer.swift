package import Wire

/// An HTTP answer as a test looks at it.
package struct Answer: Sendable {
    package let status: Int
    /// Names in lower case.
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]

    /// The value of the first field called `name`.
    package subscript(field name: String) -> String? {
        fields.first { $0.name == name.lowercased() }?.value
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON; null if it is none.
    package var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }

    /// A member of the body.
    package subscript(_ name: String) -> JSONValue { json[name] ?? .null }

    /// The stable word of a refusal.
    package var code: String? { json["code"]?.text }
}

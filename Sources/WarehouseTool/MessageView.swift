package import MessageCenterClient
import Wire

/// A message with its body read: what templates and sources take their values from.
package struct MessageView: Sendable {
    let id: String
    let topic: String
    let wid: Int
    let key: String?
    let body: JSONValue

    /// - Throws: where the body is no JSON, which no hub hands out.
    package init(_ message: Message) throws(RowFailure) {
        id = message.id
        topic = message.topic
        wid = message.wid
        key = message.key
        do throws(JSONError) {
            body = try JSONValue.parse(message.body)
        } catch {
            throw RowFailure("the body is no JSON: \(error.text)")
        }
    }

    /// No message: of rows that come from pages.
    static let none = MessageView(id: "", topic: "", wid: 0, key: nil, body: .null)

    private init(id: String, topic: String, wid: Int, key: String?, body: JSONValue) {
        self.id = id
        self.topic = topic
        self.wid = wid
        self.key = key
        self.body = body
    }

    /// What the key names: what stands behind its first colon, or all of it.
    var entityID: String? {
        guard let key else { return nil }
        guard let colon = key.firstIndex(of: ":") else { return key }
        return String(key[key.index(after: colon)...])
    }
}

/// Why a message cannot become a row: the message, the row or the rules do not fit each other.
package struct RowFailure: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

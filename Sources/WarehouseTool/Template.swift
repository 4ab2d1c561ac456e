import Wire

/// A text with gaps that a message fills: `/v1/products/{id}?wid={wid}`.
///
/// `{key}` is the message's key, `{id}` what stands behind the key's first colon, `{wid}`,
/// `{topic}` and `{message}` (its own id) are the message's, `{body/Customer/Id}` is a place in its
/// body.
struct Template: Equatable, Sendable {
    private enum Part: Equatable, Sendable {
        case text(String)
        case gap(Gap)
    }

    private enum Gap: Equatable, Sendable {
        case key, id, wid, topic, message
        /// What several messages are about.
        case ids
        case body(JSONPointer)
    }

    /// Why a text is no template, worded to follow its place.
    struct Malformed: Error {
        let detail: String
    }

    /// As it was written.
    let text: String
    private let parts: [Part]

    /// - Parameter allowsIDs: whether there may be a gap `{ids}`, for several messages at once.
    init(_ text: String, allowsIDs: Bool = false) throws(Malformed) {
        self.text = text
        var parts: [Part] = []
        var rest = text[...]
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}") else {
                throw Malformed(detail: "has a brace without the other one")
            }
            if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
            let name = rest[rest.index(after: brace)..<end]
            parts.append(.gap(allowsIDs && name == "ids" ? .ids : try Self.gap(name)))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    private static func gap(_ name: Substring) throws(Malformed) -> Gap {
        switch name {
        case "key": return .key
        case "id": return .id
        case "wid": return .wid
        case "topic": return .topic
        case "message": return .message
        case "body": return .body(.whole)
        default:
            if name.hasPrefix("body/"), let pointer = try? JSONPointer(String(name.dropFirst(4))) {
                return .body(pointer)
            }
            throw Malformed(
                detail: "has the unknown gap {\(name)}; known are {key}, {id}, {wid}, {topic}, "
                    + "{message}, {body/…}")
        }
    }

    /// `{id}`.
    static let entityID: Template? = try? Template("{id}")

    /// What stands before the first gap.
    var beginning: String {
        if case .text(let text) = parts.first { text } else { "" }
    }

    /// Whether there is a gap at all.
    var hasGaps: Bool { parts.contains { if case .gap = $0 { true } else { false } } }

    /// Whether there is the gap `{ids}`.
    var hasIDs: Bool { parts.contains(.gap(.ids)) }

    /// Whether there is a gap that each message fills in its own way.
    var hasGapsOfOne: Bool {
        parts.contains(.gap(.key)) || parts.contains(.gap(.id)) || parts.contains(.gap(.message))
    }

    /// The text with its gaps filled.
    ///
    /// - Parameters:
    ///   - ids: what fills `{ids}`, as it is.
    ///   - escape: what every other filling goes through, for addresses.
    func filled(
        by message: MessageView, ids: String = "", escape: (String) -> String = { $0 }
    ) throws(RowFailure) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let literal): text += literal
            case .gap(.ids): text += ids
            case .gap(let gap): text += escape(try Self.filling(of: gap, by: message))
            }
        }
        return text
    }

    private static func filling(
        of gap: Gap, by message: MessageView
    ) throws(RowFailure) -> String {
        switch gap {
        case .key: return try keyed(message.key)
        case .id: return try keyed(message.entityID)
        case .wid: return String(message.wid)
        case .topic: return message.topic
        case .message: return message.id
        case .ids: return ""
        case .body(let pointer):
            switch pointer.find(in: message.body) {
            case .text(let text)? where !text.isEmpty: return text
            case .number(let digits)?: return digits
            case .boolean(let value)?: return value ? "true" : "false"
            default: throw RowFailure("the body has no text or number at \(pointer)")
            }
        }
    }

    private static func keyed(_ text: String?) throws(RowFailure) -> String {
        guard let text, !text.isEmpty else { throw RowFailure("the message has no key") }
        return text
    }
}

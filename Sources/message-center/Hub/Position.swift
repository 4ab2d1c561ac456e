import Wire

/// Where in the log something begins, as the hub understands it.
struct Position: Sendable, Equatable, CustomStringConvertible {
    static let latest = Position(json: "\"latest\"")
    static let words = ["earliest", "archive", "latest"]

    /// The value as JSON: a number for an index, a string for everything else.
    let json: String

    /// An index; nil where it is a word, a time or an id.
    var index: Int? { Int(json) }

    /// The value as somebody would type it.
    var description: String { (try? JSONValue.parse(json))?.cell ?? json }
}

extension ValueForm where Value == Position {
    /// Every form that the hub takes. A 27-digit number is an old id, not an index.
    static let position = ValueForm(placeholder: "POSITION") { text throws(Mistake) in
        if let index = Int(text), text.count < 17 {
            guard indexes.contains(index) else { throw Mistake("expects an index from 0 on") }
            return Position(json: String(index))
        }
        // Ids and times have digits; the hub checks them further.
        guard Position.words.contains(text) || text.utf8.contains(where: { 0x30...0x39 ~= $0 }),
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else {
            throw Mistake(
                "expects an index, an id, a time, earliest, archive or latest, not '\(text)'")
        }
        return Position(json: quoted(text))
    }
}

let positionHelp = """
    A POSITION is the index or the id of the last message already done (0: none), a time such
    as 2026-11-20T08:00:00Z (what was created at or after it comes next), an old 27-digit id,
    or one of the words earliest, archive, latest.
    """

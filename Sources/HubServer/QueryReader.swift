import Hub
import Wire

/// Reads the parameters of a query string, each known and at most once.
struct QueryReader {
    private var parameters: [Target.Parameter]
    private var mistakes = Mistakes()
    private var known: [String] = []

    init(_ target: borrowing Target) throws(Problem) {
        guard let parameters = target.parameters() else {
            throw Problem(
                400, "malformed_query", "The query string is not percent-encoded UTF-8: encode it.")
        }
        self.parameters = parameters
        var names: Set<String> = []
        for parameter in parameters where !names.insert(parameter.name).inserted {
            throw .twice(parameter.name)
        }
    }

    mutating func note(_ name: String, _ detail: String) {
        mistakes.note("/" + name, detail)
    }

    mutating func text(_ name: String) -> String? {
        known.append(name)
        guard let place = parameters.firstIndex(where: { $0.name == name }) else { return nil }
        return parameters.remove(at: place).value
    }

    mutating func integer(_ name: String, _ range: ClosedRange<Int64>) -> Int64? {
        guard let text = text(name) else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            note(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A text of so many characters.
    mutating func text(_ name: String, characters: ClosedRange<Int>) -> String? {
        guard let text = text(name) else { return nil }
        guard characters.contains(text.unicodeScalars.count) else {
            let (least, most) = (characters.lowerBound, characters.upperBound)
            note(name, "must be \(least) to \(most) characters")
            return nil
        }
        return text
    }

    /// A time: milliseconds since 1970.
    mutating func time(_ name: String) -> Int64? {
        guard let text = text(name) else { return nil }
        let time = Timestamp.parse(text)
        if time == nil { note(name, Mistakes.timeExpected) }
        return time
    }

    /// One of a few words.
    mutating func word(_ name: String, _ words: [String]) -> String? {
        guard let text = text(name) else { return nil }
        if !words.contains(text) { note(name, "must be \(words.joined(separator: " or "))") }
        return text
    }

    /// Ends the reading: throws what was wrong.
    mutating func finish() throws(Problem) {
        for parameter in parameters {
            mistakes.noteUnknown(parameter.name, known: known.joined(separator: ", "))
        }
        try mistakes.check()
    }
}

/// A JSON document that a person has written, or a part of it, as it is read: what is wrong is
/// noted with its place, and reading goes on, so that all mistakes are told at once.
///
///     let configuration = try Declaration.read(bytes) { whole in
///         whole.allow("hub", "wid")
///         guard let hub = whole.required("hub")?.text() else { return nil }
///         …
///     }
package struct Declaration {
    package let value: JSONValue
    /// Where it stands (RFC 6901); empty for the whole.
    package let pointer: String
    private let notes: Notes

    /// One thing that is wrong, and where.
    package struct Mistake: Equatable, Sendable, CustomStringConvertible {
        package let pointer: String
        package let detail: String

        /// `/rules/0/fetch/url must be a string`.
        package var description: String {
            pointer.isEmpty ? "the file \(detail)" : "\(pointer) \(detail)"
        }
    }

    /// Everything that is wrong, in the order of reading; at least one.
    package struct Mistakes: Error, Equatable, Sendable {
        package let all: [Mistake]
    }

    private final class Notes {
        var mistakes: [Mistake] = []
    }

    /// Reads a document by `body`, which answers nil where it has noted something.
    package static func read<Result>(
        _ bytes: [UInt8], _ body: (Declaration) -> Result?
    ) throws(Mistakes) -> Result {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes)
        } catch {
            throw Mistakes(all: [Mistake(pointer: "", detail: Self.complaint(error, bytes))])
        }
        let notes = Notes()
        let result = body(Declaration(value: value, pointer: "", notes: notes))
        guard notes.mistakes.isEmpty, let result else {
            precondition(!notes.mistakes.isEmpty, "whoever reads nothing says why")
            throw Mistakes(all: notes.mistakes)
        }
        return result
    }

    private static func complaint(_ error: JSONError, _ bytes: [UInt8]) -> String {
        let before = bytes.prefix(error.offset)
        let line = before.count { $0 == ASCII.lineFeed } + 1
        let column = before.reversed().prefix { $0 != ASCII.lineFeed }.count + 1
        return "is no JSON: \(error.text), line \(line), column \(column)"
    }

    /// Notes that this is wrong; `detail` follows the pointer: "must be a string".
    package func note(_ detail: String) {
        notes.mistakes.append(Mistake(pointer: pointer, detail: detail))
    }

    /// Whether nothing was noted so far of this or anything in it.
    package var isGood: Bool {
        notes.mistakes.allSatisfy { $0.pointer != pointer && !$0.pointer.hasPrefix(pointer + "/") }
    }
}

// MARK: - Objects

extension Declaration {
    /// Notes members that are not among `names`, and such as are given twice. What is no object
    /// is noted too, and then has no members.
    package func allow(_ names: String...) {
        guard let members = value.members else { return note("must be an object") }
        var seen: Set<String> = []
        for member in members {
            let place = child(member.name, member.value)
            if !seen.insert(member.name).inserted { place.note("is given twice") }
            if !names.contains(member.name) {
                place.note("is unknown here; known are \(names.joined(separator: ", "))")
            }
        }
    }

    /// The member of that name, if it is given.
    package subscript(_ name: String) -> Declaration? {
        value[name].map { child(name, $0) }
    }

    /// The member of that name; noted if it is missing.
    package func required(_ name: String) -> Declaration? {
        guard value.members != nil else { return nil }
        if let member = self[name] { return member }
        child(name, .null).note("is missing")
        return nil
    }

    /// All members, where any name is good; nil and noted where this is no object, or one is given
    /// twice.
    package func entries() -> [(name: String, value: Declaration)]? {
        guard let members = value.members else {
            note("must be an object")
            return nil
        }
        var seen: Set<String> = []
        for member in members where !seen.insert(member.name).inserted {
            child(member.name, member.value).note("is given twice")
        }
        return members.map { ($0.name, child($0.name, $0.value)) }
    }

    /// A part of this one, to note something about a member that may not be there.
    package func child(_ name: String, _ value: JSONValue = .null) -> Declaration {
        Declaration(value: value, pointer: pointer + JSONPointer.step(name), notes: notes)
    }
}

// MARK: - Values

extension Declaration {
    /// The elements; nil and noted where this is no array, or an empty one.
    package func elements() -> [Declaration]? {
        guard let elements = value.elements, !elements.isEmpty else {
            note("must be an array of at least one element")
            return nil
        }
        return elements.enumerated().map { child(String($0.offset), $0.element) }
    }

    /// The text; nil and noted where this is none, or an empty one.
    package func text() -> String? {
        guard let text = value.text, !text.isEmpty else {
            note("must be a string that is not empty")
            return nil
        }
        return text
    }

    /// The text, one of `choices`.
    package func word(_ choices: String...) -> String? {
        guard let text = value.text, choices.contains(text) else {
            note("must be one of \(choices.joined(separator: ", "))")
            return nil
        }
        return text
    }

    package func integer(_ range: ClosedRange<Int>) -> Int? {
        guard let number = value.integer, range.contains(number) else {
            note("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    package func boolean() -> Bool? {
        guard let value = value.boolean else {
            note("must be true or false")
            return nil
        }
        return value
    }
}

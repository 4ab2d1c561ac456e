import Hub
import Wire

/// Reads an object of known members, in any order, each at most once: what warehouses and operators
/// send.
///
/// Ask for each member that there is, then `finish`: what was of the wrong kind, out of its range
/// or not known is then told at once. Names match without regard to case; null is as left out.
struct MemberReader {
    private(set) var mistakes = Mistakes()
    /// A member of an inner object that is given twice.
    private var twice: Problem?
    private var members: [JSONValue.Member]
    private var known: [String] = []

    /// Takes `bytes` apart; no bytes at all are an empty object.
    init(_ bytes: RawSpan) throws(Problem) {
        let value: JSONValue
        do throws(JSONError) {
            value = bytes.byteCount == 0 ? [:] : try JSONValue.parse(bytes)
        } catch {
            throw Problem(error)
        }
        guard let members = value.members else {
            throw .invalid([.init("", "must be an object")])
        }
        self.members = members
        if let name = Self.nameGivenTwice(members) { throw .twice(name) }
    }

    private static func nameGivenTwice(_ members: [JSONValue.Member]) -> String? {
        var names: Set<String> = []
        return members.first { !names.insert($0.name.lowercased()).inserted }?.name
    }

    /// Takes the member called `name` out.
    private mutating func take(_ name: String) -> JSONValue? {
        known.append(name)
        let lower = name.lowercased()
        guard let place = members.firstIndex(where: { $0.name.lowercased() == lower }) else {
            return nil
        }
        let value = members.remove(at: place).value
        // Not `value.isNull ? nil : value`: there, nil would be JSON's null, which is a value.
        if value.isNull { return .none }
        return value
    }

    mutating func note(_ name: String, _ detail: String) {
        mistakes.note("/" + name, detail)
    }

    mutating func integer(_ name: String, _ range: ClosedRange<Int64>) -> Int64? {
        guard let value = take(name) else { return nil }
        guard let number = value.integer, range.contains(Int64(number)) else {
            note(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return Int64(number)
    }

    mutating func boolean(_ name: String) -> Bool? {
        guard let value = take(name) else { return nil }
        if value.boolean == nil { note(name, "must be true or false") }
        return value.boolean
    }

    /// Any text.
    mutating func text(_ name: String) -> String? { text(name, 0...Limits.requestBytes) }

    /// A text of `range` bytes in UTF-8.
    mutating func text(_ name: String, _ range: ClosedRange<Int>) -> String? {
        guard let value = take(name) else { return nil }
        guard let text = value.text, range.contains(text.utf8.count) else {
            note(name, "must be a string of \(range.lowerBound) to \(range.upperBound) bytes")
            return nil
        }
        return text
    }

    /// A text of so many characters.
    mutating func text(_ name: String, characters: ClosedRange<Int>) -> String? {
        guard let value = take(name) else { return nil }
        guard let text = value.text, characters.contains(text.unicodeScalars.count) else {
            let (least, most) = (characters.lowerBound, characters.upperBound)
            note(name, "must be a string of \(least) to \(most) characters")
            return nil
        }
        return text
    }

    /// One of a few words.
    mutating func word<Word: RawRepresentable<String>>(
        _ name: String, _ words: [Word]
    ) -> Word? {
        guard let value = take(name) else { return nil }
        let word = words.first { $0.rawValue == value.text }
        if word == nil { note(name, "must be \(words.map(\.rawValue).joined(separator: " or "))") }
        return word
    }

    /// A time: milliseconds since 1970.
    mutating func time(_ name: String) -> Int64? {
        guard let value = take(name) else { return nil }
        let time = value.text.flatMap { Timestamp.parse($0) }
        if time == nil { note(name, Mistakes.timeExpected) }
        return time
    }

    /// A UUID of version 7.
    mutating func version7(_ name: String) -> MessageID? {
        guard let value = take(name) else { return nil }
        let bits = value.text.flatMap { UUIDText.parse($0) }
        let id = bits.map { MessageID(high: $0.hi, low: $0.lo) }
        guard let id, id.isVersion7 else {
            note(name, "must be a UUID of version 7 (RFC 9562)")
            return nil
        }
        return id
    }

    /// Where the slice before says that this one begins.
    mutating func pageToken() -> Int64? {
        guard let value = take("pageToken") else { return nil }
        let isToken = value.text?.utf8.allSatisfy { 0x30...0x39 ~= $0 } ?? false
        guard isToken, let text = value.text, (1...16).contains(text.utf8.count) else {
            note("pageToken", "must be the `nextPageToken` of the answer before")
            return nil
        }
        return Int64(text)
    }

    mutating func session() -> SessionName? {
        guard let text = text("session", 1...Limits.sessionBytes) else { return nil }
        let name = SessionName(text)
        if name == nil { note("session", "must be visible ASCII characters without spaces") }
        return name
    }

    /// A position: where to go on from.
    mutating func position(_ name: String, zoneMinutes: Int) -> Position? {
        guard let value = take(name) else { return nil }
        let position =
            if let number = value.integer {
                Position(index: Int64(number))
            } else {
                value.text.flatMap { Position($0, zoneMinutes: zoneMinutes) }
            }
        if position == nil { note(name, Position.expected) }
        return position
    }

    /// An array of texts, or nothing.
    mutating func texts(_ name: String, atMost count: Int) -> [String]? {
        guard let value = take(name) else { return nil }
        guard let elements = value.elements, elements.count <= count,
            elements.allSatisfy({ $0.text != nil })
        else {
            note(name, "must be an array of at most \(count) strings")
            return nil
        }
        return elements.map { $0.text! }
    }

    /// Any value, for the caller to judge.
    mutating func value(_ name: String) -> JSONValue? { take(name) }

    /// Reads the object that is the value of `name` with `body`.
    mutating func object<Result>(
        _ name: String, _ body: (inout MemberReader) -> Result
    ) -> Result? {
        guard let value = take(name) else { return nil }
        guard let members = value.members else {
            note(name, "must be an object")
            return nil
        }
        if let inner = Self.nameGivenTwice(members) { twice = .twice(inner, in: "/" + name) }
        var inner = MemberReader(members: members)
        let result = body(&inner)
        inner.noteUnknown()
        for field in inner.mistakes.fields {
            mistakes.note("/" + name + field.pointer, field.detail)
        }
        return result
    }

    private init(members: [JSONValue.Member], place: Int? = nil) {
        self.members = members
        mistakes.place = place
    }

    /// Reads an array of objects, each with `body`, which has to `finish` it.
    ///
    /// - Parameter name: what they are called in a refusal.
    static func each<Result>(
        of bytes: RawSpan, atMost count: Int, called name: String,
        _ body: (inout MemberReader) throws(Problem) -> Result
    ) throws(Problem) -> [Result] {
        let value: JSONValue
        do throws(JSONError) {
            value = bytes.byteCount == 0 ? .null : try JSONValue.parse(bytes)
        } catch {
            throw Problem(error)
        }
        guard let elements = value.elements, 1...count ~= elements.count else {
            throw .invalid([.init("", "must be an array of 1 to \(count) \(name)")])
        }
        var results: [Result] = []
        var wrong: [Problem.Field] = []
        for (place, element) in elements.enumerated() {
            guard let members = element.members else {
                wrong.append(.init("/\(place)", "must be an object"))
                continue
            }
            if let twice = nameGivenTwice(members) { throw .twice(twice, place: place) }
            var reader = MemberReader(members: members, place: place)
            do throws(Problem) {
                results.append(try body(&reader))
            } catch {
                guard error.status == 422 else { throw error }
                wrong += error.fields
            }
        }
        guard wrong.isEmpty else { throw .invalid(Array(wrong.prefix(Limits.errorsTold))) }
        return results
    }

    private mutating func noteUnknown() {
        for member in members {
            mistakes.noteUnknown(member.name, known: known.joined(separator: ", "))
        }
    }

    /// Ends the reading: throws what was wrong.
    mutating func finish() throws(Problem) {
        if let twice { throw twice }
        noteUnknown()
        try mistakes.check()
    }
}

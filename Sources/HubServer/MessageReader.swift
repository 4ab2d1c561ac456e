import Hub
import Wire

/// Reads messages out of a request's JSON into a batch.
///
/// Nothing is allocated for a message that is right. What is wrong is gathered, so that a publisher
/// learns of all of it at once.
struct MessageReader: ~Copyable {
    /// What is wrong with the request's fields.
    private(set) var mistakes = Mistakes()

    /// Where decoded texts and compacted bodies lie for a moment.
    private var text = ByteBuffer(capacity: 1024)

    // The message in hand.

    /// The line it stands on, from 1; nil: the request is one JSON text.
    private var line: Int?
    private var seen: UInt8 = 0
    private var topic = Arena.Slice.none
    private var key = Arena.Slice.none
    private var body = Arena.Slice.none
    private var wid: UInt32 = 0
    private var id: MessageID?
    private var occurred: Int64?
    /// Names of its unknown members in lower case, as many as are told: to notice one given twice.
    private var unknown: Set<String> = []

    private enum Member: UInt8 {
        case topic = 1
        case wid = 2
        case key = 4
        case body = 8
        case id = 16
        case occurred = 32
        case created = 64

        var name: String { "\(self)" }
    }

    init() {}

    /// Forgets what was wrong with the last request.
    mutating func reset() {
        mistakes = Mistakes()
    }

    /// Reads one message, an object, and adds it to `batch` unless something is wrong with it.
    ///
    /// - Parameters:
    ///   - place: the message's place in the request, for pointers; nil: the only one.
    ///   - line: the line that is all the reader has, from 1; nil: it has the whole request.
    mutating func read(
        _ reader: inout JSONReader, place: Int? = nil, line: Int? = nil, into batch: WriteBatch
    ) throws(Problem) {
        self.line = line
        (seen, topic, key, body) = (0, .none, .none, .none)
        (id, occurred) = (nil, nil)
        if !unknown.isEmpty { unknown.removeAll() }
        mistakes.place = place
        let mistakesBefore = mistakes.count
        let mark = batch.arena.count
        guard try isObject(&reader) else { return }
        while let name = try next(&reader) {
            try readMember(name, &reader, batch)
        }
        noteMissing()
        guard mistakes.count == mistakesBefore else {
            batch.arena.truncate(to: mark)
            return
        }
        batch.messages.append(
            WriteBatch.Message(
                topic: topic, key: key, body: body, wid: wid, id: id, occurred: occurred))
    }

    /// Checks that nothing follows the last message that the reader has.
    func end(_ reader: inout JSONReader) throws(Problem) {
        do throws(JSONError) { try reader.finish() } catch { throw malformed(error) }
    }

    /// The refusal of what is no JSON: by its place in the body, or in the line in hand.
    private func malformed(_ error: JSONError) -> Problem {
        guard let line, let place = mistakes.place else { return Problem(error) }
        return Problem(error, line: line, place: place)
    }

    /// No body at all stands for an empty object, which lacks everything.
    mutating func readNothing() {
        seen = 0
        mistakes.place = nil
        noteMissing()
    }

    private mutating func isObject(_ reader: inout JSONReader) throws(Problem) -> Bool {
        do throws(JSONError) {
            if try reader.peekKind() == .object {
                try reader.beginObject()
                return true
            }
            _ = try reader.skipValue()
        } catch {
            throw malformed(error)
        }
        mistakes.note("", "must be an object")
        return false
    }

    private func next(_ reader: inout JSONReader) throws(Problem) -> JSONText? {
        do throws(JSONError) { return try reader.nextMember() } catch { throw malformed(error) }
    }

    private mutating func noteMissing() {
        if seen & Member.topic.rawValue == 0 { mistakes.note("/topic", "is missing") }
        if seen & Member.wid.rawValue == 0 {
            mistakes.note("/wid", "is missing: 0 for all warehouses, or the one it is for")
        }
        if seen & Member.body.rawValue == 0 { mistakes.note("/body", "is missing") }
    }

    // MARK: Members

    private mutating func readMember(
        _ name: JSONText, _ reader: inout JSONReader, _ batch: WriteBatch
    ) throws(Problem) {
        guard let member = member(name, reader) else {
            return try readUnknown(name, &reader)
        }
        guard seen & member.rawValue == 0 else {
            throw .twice(member.name, place: mistakes.place)
        }
        seen |= member.rawValue
        do throws(JSONError) {
            switch member {
            case .topic: try readTopic(&reader, batch)
            case .wid: try readWid(&reader)
            case .key: try readKey(&reader, batch)
            case .body: try readBody(&reader, batch)
            case .id: try readID(&reader)
            case .occurred, .created: try readTime(&reader, member)
            }
        } catch {
            // Behind a value of the wrong kind reading goes on, to find the other mistakes.
            guard !error.isMalformed else { throw malformed(error) }
            mistakes.note("/" + member.name, "\(error.text)")
        }
    }

    private func member(_ name: JSONText, _ reader: borrowing JSONReader) -> Member? {
        if reader.matches(name, "topic") { return .topic }
        if reader.matches(name, "wid") { return .wid }
        if reader.matches(name, "key") { return .key }
        if reader.matches(name, "body") { return .body }
        if reader.matches(name, "id") { return .id }
        if reader.matches(name, "occurred") { return .occurred }
        if reader.matches(name, "created") { return .created }
        return nil
    }

    private mutating func readUnknown(
        _ name: JSONText, _ reader: inout JSONReader
    ) throws(Problem) {
        var text: String?
        do throws(JSONError) {
            if unknown.count < Limits.errorsTold { text = try reader.text(name) }
            _ = try reader.skipValue()
        } catch {
            throw malformed(error)
        }
        mistakes.noteUnknown(text ?? "", known: "topic, wid, key, body, id, occurred")
        if let text, !unknown.insert(text.lowercased()).inserted {
            throw .twice(text, place: mistakes.place)
        }
    }

    private mutating func readTopic(
        _ reader: inout JSONReader, _ batch: WriteBatch
    ) throws(JSONError) {
        text.removeAll()
        try reader.decode(try reader.readText(), into: &text)
        topic = text.withUnsafeBytes { bytes in
            Topic.isValid(bytes) ? batch.arena.append(bytes) : .none
        }
        if topic.isNone {
            mistakes.note("/topic", Mistakes.topicExpected)
        }
    }

    private mutating func readWid(_ reader: inout JSONReader) throws(JSONError) {
        let number = try reader.readInteger()
        guard (0...Limits.wid).contains(number) else {
            mistakes.note("/wid", "must be 0 (all warehouses) to \(Limits.wid)")
            return
        }
        wid = UInt32(number)
    }

    private mutating func readKey(
        _ reader: inout JSONReader, _ batch: WriteBatch
    ) throws(JSONError) {
        if try reader.peekKind() == .null { return try reader.readNull() }
        text.removeAll()
        try reader.decode(try reader.readText(), into: &text)
        key = text.withUnsafeBytes { bytes in
            let characters = bytes.count { $0 & 0xC0 != 0x80 }
            return (1...Limits.keyCharacters).contains(characters)
                ? batch.arena.append(bytes) : .none
        }
        if key.isNone {
            mistakes.note("/key", "must be 1 to \(Limits.keyCharacters) characters, or be left out")
        }
    }

    private mutating func readBody(
        _ reader: inout JSONReader, _ batch: WriteBatch
    ) throws(JSONError) {
        text.removeAll()
        reader.skipWhitespace()
        let start = reader.position
        try reader.copyValueCompact(into: &text)
        guard reader.position - start <= Limits.bodyBytes else {
            mistakes.noteTooLarge("/body", limit: Limits.bodyBytes)
            return
        }
        body = text.withUnsafeBytes { batch.arena.append($0) }
        if text.capacity > 1 << 20 {
            text.removeAll()
            text.shrink(to: 64 * 1024)
        }
    }

    private mutating func readID(_ reader: inout JSONReader) throws(JSONError) {
        if try reader.peekKind() == .null { return try reader.readNull() }
        text.removeAll()
        try reader.decode(try reader.readText(), into: &text)
        guard let (high, low) = UUIDText.parse(text.bytes) else {
            mistakes.note("/id", "must be a UUID in its text form, 36 characters")
            return
        }
        let given = MessageID(high: high, low: low)
        guard given.isVersion7 else {
            mistakes.note("/id", "must be a UUID of version 7 (RFC 9562)")
            return
        }
        id = given
    }

    private mutating func readTime(
        _ reader: inout JSONReader, _ member: Member
    ) throws(JSONError) {
        if try reader.peekKind() == .null { return try reader.readNull() }
        text.removeAll()
        try reader.decode(try reader.readText(), into: &text)
        guard let time = Timestamp.parse(text.bytes) else {
            mistakes.note(
                "/" + member.name, "must be a time such as 2026-11-20T08:00:00Z (RFC 3339)")
            return
        }
        let both = Member.occurred.rawValue | Member.created.rawValue
        if seen & both == both {
            mistakes.note("/created", "means the same as occurred: give one of them")
        }
        occurred = time
    }
}

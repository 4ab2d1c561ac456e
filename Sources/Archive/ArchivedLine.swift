import Hub
import Wire

/// One message of a frame, as its line says it. Ranges count from the line's first byte.
struct ArchivedLine: Equatable {
    var index: Int64
    var wid: UInt32
    var nth: Int64
    var id: MessageID
    var topic: Range<Int>
    var created: Int64
    var occurred: Int64?
    var replayOf: ReplayOf?
    /// The key as it stands between its quotes; nil: there is none.
    var key: Range<Int>?
    var keyHasEscapes: Bool
    var body: Range<Int>

    /// Reads a whole line, without its line feed; nil if it is not one that the hub wrote.
    ///
    /// The members stand in their fixed order; that the body is JSON is not looked at.
    init?(_ line: RawSpan) {
        var reader = LineReader(line)
        guard let start = reader.start(), reader.take(",\"nth\":"), let nth = reader.number(),
            reader.take(",\"id\":\""), let id = reader.id(),
            reader.take("\",\"topic\":\""), let topic = reader.name(),
            reader.take(",\"created\":\""), let created = reader.time(),
            reader.take("\",\"occurred\":"), let occurred = reader.timeOrNull()
        else { return nil }
        (index, wid) = start
        (self.nth, self.id, self.topic, self.created) = (nth, id, topic, created)
        self.occurred = occurred.time
        if reader.take(",\"replayOf\":{\"id\":\"") {
            guard let id = reader.id(), reader.take("\",\"index\":"), let index = reader.number(),
                reader.take("}")
            else { return nil }
            replayOf = ReplayOf(id: id, index: index)
        }
        guard reader.take(",\"key\":"), let key = reader.keyOrNull(), reader.take(",\"body\":"),
            let body = reader.rest()
        else { return nil }
        self.key = key.range
        keyHasEscapes = key.hasEscapes
        self.body = body
    }

    /// What a line begins with: index and wid, all that is needed to pass over it.
    static func start(_ line: RawSpan) -> (index: Int64, wid: UInt32)? {
        var reader = LineReader(line)
        return reader.start()
    }

    /// Where in a line that begins with `start` the id stands; nil if it does not.
    static func id(_ line: RawSpan) -> MessageID? {
        var reader = LineReader(line)
        guard reader.start() != nil, reader.take(",\"nth\":"), reader.number() != nil,
            reader.take(",\"id\":\"")
        else { return nil }
        return reader.id()
    }
}

/// Reads the parts of a line, one after another.
private struct LineReader: ~Escapable {
    private let line: RawSpan
    private var position = 0

    @_lifetime(copy line)
    init(_ line: RawSpan) {
        self.line = line
    }

    /// The byte at `offset`, which lies inside: bounds are checked in release builds too.
    @inline(__always)
    private func byte(at offset: Int) -> UInt8 {
        line.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Passes over `text` if it comes next.
    @inline(__always)
    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard line.byteCount &- position >= count else { return false }
        for index in 0..<count where byte(at: position &+ index) != text.utf8Start[index] {
            return false
        }
        position &+= count
        return true
    }

    @inline(__always)
    mutating func start() -> (index: Int64, wid: UInt32)? {
        guard take("{\"index\":"), let index = number(), take(",\"wid\":"), let wid = number(),
            let wid = UInt32(exactly: wid), position < line.byteCount
        else { return nil }
        return (index, wid)
    }

    /// A number from 0 to 2^53 - 1, without zeros in front.
    @inline(__always)
    mutating func number() -> Int64? {
        let start = position
        var value: Int64 = 0
        while position < line.byteCount, position &- start < 17 {
            let digit = byte(at: position) &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value &* 10 &+ Int64(digit)
            position &+= 1
        }
        let count = position &- start
        guard (1...16).contains(count), value <= Limits.integer,
            count == 1 || byte(at: start) != UInt8(ascii: "0")
        else { return nil }
        return value
    }

    mutating func id() -> MessageID? {
        guard let text = take(count: 36), let bits = UUIDText.parse(text) else { return nil }
        return MessageID(high: bits.hi, low: bits.lo)
    }

    mutating func time() -> Int64? {
        guard let text = take(count: 24) else { return nil }
        return Timestamp.parse(text)
    }

    /// A time in quotes; the one that is not there is written `null`.
    mutating func timeOrNull() -> (time: Int64?, Void)? {
        if take("null") { return (nil, ()) }
        guard take("\""), let time = time(), take("\"") else { return nil }
        return (time, ())
    }

    /// A name without anything to escape, and the quote behind it.
    mutating func name() -> Range<Int>? {
        guard let text = text(), !text.hasEscapes, !text.range.isEmpty else { return nil }
        return text.range
    }

    mutating func keyOrNull() -> (range: Range<Int>?, hasEscapes: Bool)? {
        if take("null") { return (nil, false) }
        guard take("\""), let text = text() else { return nil }
        return (text.range, text.hasEscapes)
    }

    /// The body, and the brace that ends the line.
    mutating func rest() -> Range<Int>? {
        let end = line.byteCount &- 1
        guard end > position, byte(at: end) == UInt8(ascii: "}") else { return nil }
        return position..<end
    }

    /// What stands before the next quote that is not escaped; passes over that too.
    private mutating func text() -> (range: Range<Int>, hasEscapes: Bool)? {
        let start = position
        var hasEscapes = false
        while position < line.byteCount {
            switch byte(at: position) {
            case UInt8(ascii: "\""):
                position &+= 1
                return (start..<position &- 1, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                position &+= 2
            default: position &+= 1
            }
        }
        return nil
    }

    @_lifetime(copy self)
    private mutating func take(count: Int) -> RawSpan? {
        guard line.byteCount &- position >= count else { return nil }
        position &+= count
        return line.extracting(position &- count..<position)
    }
}

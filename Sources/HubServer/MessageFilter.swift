import Hub
import Platform

/// Which messages are looked for. What is nil lets all through.
struct MessageFilter: Sendable {
    var topic: TopicPattern?
    /// Those of this wid alone; 0: those that are everybody's.
    var wid: UInt32?
    /// The whole key.
    var key: [UInt8]?
    /// Bytes that stand somewhere in the body, as it is stored.
    var text: [UInt8]?
    /// Created at this time or later: milliseconds since 1970.
    var from: Int64?
    /// Created before this time.
    var to: Int64?
    /// The lowest and the highest index.
    var first: Int64?
    var last: Int64?

    /// Whether a message fits, whose topic does.
    func fits(_ row: MessageRow) -> Bool {
        if let wid, row.wid != wid { return false }
        if let from, row.created < from { return false }
        if let to, row.created >= to { return false }
        if let key {
            guard let its = row.key, its.elementsEqual(key) else { return false }
        }
        if let text { return row.body.contains(text) }
        return true
    }

    /// Whether a frame may hold messages that fit, as far as the catalogue tells.
    func mayFit(_ frame: ArchivedFrame) -> Bool {
        if let wid, frame.count(of: wid) == nil { return false }
        if let from, frame.created.upperBound < from { return false }
        if let to, frame.created.lowerBound >= to { return false }
        return true
    }
}

// MARK: - As it is asked for

/// What a filter is read from: a query string, or an object.
protocol FilterSource {
    mutating func text(_ name: String) -> String?
    mutating func text(_ name: String, characters: ClosedRange<Int>) -> String?
    mutating func integer(_ name: String, _ range: ClosedRange<Int64>) -> Int64?
    mutating func time(_ name: String) -> Int64?
    mutating func note(_ name: String, _ detail: String)
}

extension QueryReader: FilterSource {}
extension MemberReader: FilterSource {}

extension MessageFilter {
    /// What is wrong with it, `source` notes.
    init(_ source: inout some FilterSource) {
        topic = source.text("topic").map { TopicPattern($0) }
        if let topic, !topic.isValid {
            source.note("topic", Mistakes.patternExpected)
        }
        wid = source.integer("wid", 0...Limits.wid).map { UInt32($0) }
        key = source.text("key", characters: 1...Limits.keyCharacters).map { Array($0.utf8) }
        text = source.text("text", characters: 1...Limits.searchCharacters).map {
            Array($0.utf8)
        }
        from = source.time("from")
        to = source.time("to")
    }

    /// The same, and a stretch of indexes.
    init(stretchOf source: inout some FilterSource) {
        self.init(&source)
        first = source.integer("first", 0...Limits.integer)
        last = source.integer("last", 0...Limits.integer)
    }
}

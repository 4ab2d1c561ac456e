// Unsafe because the rows it shows lead to its own memory, which they do not copy. That memory is
// never changed once the frame is made, and a row is valid inside the call that was given it.

package import Hub
import Glibc
import Wire

/// A frame's lines in memory, each found at once by its index.
///
/// What it was made of agreed with the catalogue; the lines beyond their index and wid are checked
/// when they are read. One thread at a time uses it.
package final class UnpackedFrame {
    /// Its row of the catalogue.
    package let frame: ArchivedFrame
    let raw: ByteBuffer
    /// Where each line begins; one more for the end.
    let starts: [UInt32]
    let wids: [UInt32]
    /// A key whose escapes were decoded, during a visit.
    private var key = ByteBuffer()

    /// Bytes of memory it takes.
    package var memory: Int { raw.capacity + 8 * starts.count }

    init(_ frame: ArchivedFrame, raw: consuming ByteBuffer) throws(Flaw) {
        self.frame = frame
        (starts, wids) = try Self.lines(of: raw, first: frame.first, count: Int(frame.count))
        self.raw = raw
    }

    /// Finds the lines, and checks that they are those of `count` messages from `first` on.
    private static func lines(
        of raw: borrowing ByteBuffer, first: Int64, count: Int
    ) throws(Flaw) -> (starts: [UInt32], wids: [UInt32]) {
        // A line takes more bytes than this, so that a header cannot claim a wealth of lines.
        guard count <= raw.count / 100 + 1 else { throw Flaw("fewer lines than messages") }
        var starts: [UInt32] = []
        var wids: [UInt32] = []
        starts.reserveCapacity(count + 1)
        wids.reserveCapacity(count)
        try raw.withUnsafeBytes { (bytes) throws(Flaw) in
            var start = 0
            while start < bytes.count {
                let index = first + Int64(wids.count)
                let base = bytes.baseAddress! + start
                guard let end = memchr(base, 0x0A, bytes.count - start) else {
                    throw Flaw("the line of message \(index) does not end")
                }
                let length = UnsafeRawPointer(end) - base
                let line = UnsafeRawBufferPointer(start: base, count: length)
                guard wids.count < count, let found = ArchivedLine.start(line.bytes),
                    found.index == index
                else { throw Flaw("line \(wids.count + 1) is not that of message \(index)") }
                starts.append(UInt32(start))
                wids.append(found.wid)
                start += length + 1
            }
            guard wids.count == count else {
                throw Flaw("\(wids.count) lines where \(count) are due")
            }
            starts.append(UInt32(start))
        }
        return (starts, wids)
    }

    // MARK: Rows

    /// Shows the messages after `index`, rising, until `visit` returns false.
    ///
    /// - Parameters:
    ///   - wid: only those of this wid and of wid 0, which are everybody's; nil: all.
    ///   - topics: the number of a topic's name.
    package func rows(
        after index: Int64, of wid: UInt32? = nil, topics: (RawSpan) -> Int32,
        visit: (MessageRow) -> Bool
    ) throws(ArchiveFailure) {
        var place = place(after: index)
        while place < wids.count {
            if let wid {
                while place < wids.count, wids[place] != wid, wids[place] != 0 { place &+= 1 }
                guard place < wids.count else { return }
            }
            guard try show(place, topics, visit) else { return }
            place &+= 1
        }
    }

    /// Shows the message `index`; false: it is not in this frame.
    package func row(
        at index: Int64, topics: (RawSpan) -> Int32, visit: (MessageRow) -> Void
    ) throws(ArchiveFailure) -> Bool {
        guard frame.first...frame.last ~= index else { return false }
        return try show(Int(index - frame.first), topics) { row in
            visit(row)
            return true
        }
    }

    /// Shows the message that has this id; false: there is none in this frame.
    package func row(
        id: MessageID, topics: (RawSpan) -> Int32, visit: (MessageRow) -> Void
    ) throws(ArchiveFailure) -> Bool {
        guard let index = try index(of: id) else { return false }
        return try row(at: index, topics: topics, visit: visit)
    }

    /// The index of the message that has this id.
    package func index(of id: MessageID) throws(ArchiveFailure) -> Int64? {
        for place in wids.indices {
            guard let found = withLine(place, { ArchivedLine.id($0.bytes) }) else {
                throw damage(place)
            }
            if found == id { return frame.first + Int64(place) }
        }
        return nil
    }

    /// Messages of `wid` alone up to the one at `index`, that included.
    package func count(of wid: UInt32, through index: Int64) -> Int64 {
        var count: Int64 = 0
        for found in wids[..<place(after: index)] where found == wid { count += 1 }
        return count
    }

    /// The last index created before `time`, milliseconds since 1970; the one before the frame's
    /// first if none is.
    package func index(before time: Int64) throws(ArchiveFailure) -> Int64 {
        var (low, high) = (0, wids.count)
        while low < high {
            let middle = (low + high) / 2
            if try line(middle).created < time { low = middle + 1 } else { high = middle }
        }
        return frame.first + Int64(low) - 1
    }

    /// The place of the first line after `index`.
    private func place(after index: Int64) -> Int {
        if index < frame.first { return 0 }
        return index >= frame.last ? wids.count : Int(index - frame.first) + 1
    }

    // MARK: Lines

    private func withLine<Result>(
        _ place: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let range = Int(starts[place])..<Int(starts[place + 1]) - 1
        return raw.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The line at `place`, read in full.
    func line(_ place: Int) throws(ArchiveFailure) -> ArchivedLine {
        guard let line = withLine(place, { ArchivedLine($0.bytes) }) else { throw damage(place) }
        return line
    }

    /// Shows one message; answers what `visit` does.
    private func show(
        _ place: Int, _ topics: (RawSpan) -> Int32, _ visit: (MessageRow) -> Bool
    ) throws(ArchiveFailure) -> Bool {
        let goesOn = withLine(place) { bytes -> Bool? in
            guard let line = ArchivedLine(bytes.bytes) else { return nil }
            guard line.keyHasEscapes, let range = line.key else {
                let key = line.key.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
                return visit(row(line, bytes, key, topics))
            }
            // The quotes around it make it JSON.
            let quoted = range.lowerBound - 1..<range.upperBound + 1
            guard decode(UnsafeRawBufferPointer(rebasing: bytes[quoted])) else { return nil }
            return key.withUnsafeBytes { visit(row(line, bytes, $0, topics)) }
        }
        guard let goesOn else { throw damage(place) }
        return goesOn
    }

    /// Decodes a JSON string into `key`.
    private func decode(_ text: UnsafeRawBufferPointer) -> Bool {
        key.removeAll()
        var reader = JSONReader(text.bytes)
        do {
            try reader.decode(reader.readText(), into: &key)
        } catch {
            return false
        }
        return true
    }

    private func row(
        _ line: ArchivedLine, _ bytes: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer?,
        _ topics: (RawSpan) -> Int32
    ) -> MessageRow {
        MessageRow(
            index: line.index, id: line.id, topic: topics(bytes.bytes.extracting(line.topic)),
            wid: line.wid, nth: line.nth, key: key,
            body: UnsafeRawBufferPointer(rebasing: bytes[line.body]), created: line.created,
            occurred: line.occurred, replayOf: line.replayOf)
    }

    /// Whether key and body of `line`, which stands at `place`, are JSON.
    ///
    /// Each for itself: the body may be as deep as JSON may be here, and the line goes around it.
    func isJSON(_ place: Int, _ line: ArchivedLine) -> Bool {
        withLine(place) { bytes in
            let key = line.key.map { $0.lowerBound - 1..<$0.upperBound + 1 }
            return [key, line.body].allSatisfy { range in
                guard let range else { return true }
                var reader = JSONReader(UnsafeRawBufferPointer(rebasing: bytes[range]).bytes)
                do {
                    try reader.skipValue()
                    try reader.finish()
                } catch {
                    return false
                }
                return true
            }
        }
    }

    /// Whether its lines are these, byte for byte.
    func hasLines(_ lines: borrowing ByteBuffer) -> Bool {
        raw.withUnsafeBytes { mine in
            lines.withUnsafeBytes { other in
                mine.count == other.count
                    && memcmp(mine.baseAddress!, other.baseAddress!, mine.count) == 0
            }
        }
    }

    /// Whether a topic can have the name that `line` says, which stands at `place`.
    func isTopicSound(_ place: Int, _ line: ArchivedLine) -> Bool {
        withLine(place) { Topic.isValid(UnsafeRawBufferPointer(rebasing: $0[line.topic])) }
    }

    /// The failure that the line at `place` is, for this reason.
    func damage(_ place: Int, _ detail: String = "is not what the hub writes") -> ArchiveFailure {
        frame.damaged("the line of message \(frame.first + Int64(place)) \(detail)")
    }
}

package import Hub
import Wire

/// Gathers messages, in the order of their indexes, into the next frame of the archive.
///
/// One thread uses it, for one frame after the other. A message costs no allocation but what the
/// frame's bytes and a wid that is new to the frame take.
package struct FrameBuilder: ~Copyable {
    /// What became of a message.
    package enum Appending: Equatable, Sendable {
        case done
        /// It belongs into the next frame: `finish` this one, and append it again.
        case full
        /// It does not follow the one before, which a sound store never shows; not appended. The
        /// text says how.
        case contradicts(String)
    }

    private let hub: String
    private let compressor = ZstdCompressor()
    private var lines = ByteBuffer()
    private var first: Int64 = 0
    private var createdFirst: Int64 = 0
    private var createdLast: Int64 = 0
    private var day = 0
    private var ids: ClosedRange<MessageID>?
    private var wids: [ArchivedFrame.WidCount] = []
    /// Where a wid stands in `wids`.
    private var places: [UInt32: Int] = [:]

    /// Messages in the frame so far.
    package private(set) var count: Int64 = 0

    /// - Parameter hub: the identity of the hub whose messages these are.
    package init(hub: String) {
        precondition(ArchiveFileName.isHub(hub), "no hub is named \(hub)")
        self.hub = hub
    }

    package var isEmpty: Bool { count == 0 }
    /// The index of the newest message; nil: it is empty.
    package var last: Int64? { isEmpty ? nil : first + count - 1 }
    /// Bytes of its lines.
    package var rawLength: Int { lines.count }

    /// Adds a message, unless it has to begin another frame.
    ///
    /// - Parameters:
    ///   - topic: the name of the row's topic.
    ///   - isPublishers: its publisher gave the id, not the hub.
    package mutating func append(
        _ row: MessageRow, topic: RawSpan, isPublishers: Bool
    ) -> Appending {
        if isEmpty { begin(row) }
        if ArchiveFileName.day(of: row.created) > day { return .full }
        if let mistake = mistake(row) { return .contradicts(mistake) }
        let mark = lines.count
        write(row, topic)
        guard mark == 0 || lines.count <= ArchiveBounds.rawFrame else {
            lines.truncate(to: mark)
            return .full
        }
        count += 1
        createdLast = row.created
        note(row.wid, row.nth)
        if isPublishers { note(row.id) }
        return .done
    }

    private mutating func begin(_ row: MessageRow) {
        first = row.index
        createdFirst = row.created
        createdLast = row.created
        day = ArchiveFileName.day(of: row.created)
        lines.reserve(ArchiveBounds.rawFrame + ArchiveBounds.rawFrame / 4)
    }

    private func mistake(_ row: MessageRow) -> String? {
        guard row.index == first + count else {
            return "message \(row.index) stands where \(first + count) is due"
        }
        guard row.created >= createdLast else {
            return "message \(row.index) was created before the one before it"
        }
        guard let place = places[row.wid] else { return nil }
        let due = wids[place].before + Int64(wids[place].count) + 1
        guard row.nth == due else {
            return "message \(row.index) is number \(row.nth) of wid \(row.wid), \(due) was due"
        }
        return nil
    }

    private mutating func note(_ wid: UInt32, _ nth: Int64) {
        if let place = places[wid] {
            wids[place].count += 1
        } else {
            places[wid] = wids.count
            wids.append(.init(wid: wid, count: 1, before: nth - 1))
        }
    }

    private mutating func note(_ id: MessageID) {
        ids = min(ids?.lowerBound ?? id, id)...max(ids?.upperBound ?? id, id)
    }

    // MARK: A line

    private mutating func write(_ row: MessageRow, _ topic: RawSpan) {
        lines.append("{\"index\":")
        lines.append(decimal: row.index)
        lines.append(",\"wid\":")
        lines.append(decimal: UInt64(row.wid))
        lines.append(",\"nth\":")
        lines.append(decimal: row.nth)
        lines.append(",\"id\":\"")
        lines.append(uuid: (hi: row.id.high, lo: row.id.low))
        lines.append("\",\"topic\":")
        lines.appendJSON(text: topic)
        lines.append(",\"created\":\"")
        lines.append(timestampMilliseconds: row.created)
        lines.append("\",\"occurred\":")
        lines.append(jsonTimestamp: row.occurred)
        if let original = row.replayOf { write(original) }
        lines.append(",\"key\":")
        if let key = row.key { lines.appendJSON(text: key) } else { lines.append("null") }
        lines.append(",\"body\":")
        lines.append(row.body)
        lines.append("}\n")
    }

    private mutating func write(_ original: ReplayOf) {
        lines.append(",\"replayOf\":{\"id\":\"")
        lines.append(uuid: (hi: original.id.high, lo: original.id.low))
        lines.append("\",\"index\":")
        lines.append(decimal: original.index)
        lines.append("}")
    }

    // MARK: The frame

    /// Compresses what was gathered, and begins anew.
    ///
    /// - Parameter previous: the digest of the frame before; `ArchivedFrame.noDigest` if none is.
    package mutating func finish(previous: [UInt8]) -> BuiltFrame {
        precondition(!isEmpty, "a frame holds a message at least")
        let raw = exchange(&lines, with: ByteBuffer())
        var data = ByteBuffer()
        let length = compressor.compress(raw, into: &data)
        let header = FrameHeader(
            hub: hub, first: first, last: first + count - 1, created: createdFirst...createdLast,
            raw: raw.count, length: length, ids: ids, previous: previous)
        var bytes = ByteBuffer(capacity: length + 1024)
        header.append(to: &bytes)
        let headerLength = bytes.count
        bytes.append(contentsOf: data)
        let digest = FrameDigest.make(previous: previous, frame: bytes)
        let built = BuiltFrame(
            header, wids: wids.sorted { $0.wid < $1.wid }, digest: digest, bytes: bytes,
            headerLength: headerLength, raw: raw)
        removeAll()
        return built
    }

    /// Forgets what was gathered.
    package mutating func removeAll() {
        lines.removeAll()
        count = 0
        ids = nil
        wids.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }
}

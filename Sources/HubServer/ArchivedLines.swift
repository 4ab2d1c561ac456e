import Archive
import Hub

/// Reads the part of a line that is in the archive: frames by the catalogue, messages out of their
/// frames. One a thread.
///
/// Frames that hold nothing of the line are passed over unread, so a file that is not there is no
/// matter for those who need nothing of it.
final class ArchivedLines {
    private let reader: any StoreReader
    let archive: ArchiveReader
    private var topics: KnownTopics
    /// Where the last pages ended, by wid: the next one begins there, its counts known.
    private var ends: [UInt32: End] = [:]

    /// Frames unpacked for one page, once it shows something: some hundred milliseconds.
    private static let framesPerPage = 32
    /// Ends kept; beyond, they are found anew.
    private static let endsKept = 4096

    init(reader: any StoreReader, archive: ArchiveReader, topics: KnownTopics) {
        self.reader = reader
        self.archive = archive
        self.topics = topics
    }

    /// How many messages of a line's two lists lie at or below an index.
    struct Counts: Equatable {
        var global: Int64
        var own: Int64

        /// The ordinal of the last of them.
        var ordinal: Int64 { global + own }
    }

    private struct End {
        let index: Int64
        let counts: Counts
    }

    // MARK: Counting

    /// Messages of the line at or below `index`, which is below the border; what was pruned counts
    /// as lying there.
    func ordinal(of line: Line, through index: Int64) throws(ReadFailure) -> Int64 {
        try start(of: line, after: index).counts.ordinal
    }

    /// Looks where the lists are counted next behind `index`: in its own frame, in a later one, or
    /// at the border.
    ///
    /// - Returns: the counts; and the oldest message left, if some of the line's behind `index`
    ///   were pruned.
    private func start(
        of line: Line, after index: Int64
    ) throws(ReadFailure) -> (counts: Counts, gone: Int64?) {
        if let end = ends[line.wid], end.index == index { return (end.counts, nil) }
        var start = LineStart(line, at: index)
        var missing: ReadFailure?
        var frames = FrameCursor(reader, from: index + 1, through: line.border)
        while !start.isKnown, let frame = try frames.next() {
            try start.look(at: frame) { (wid) throws(ReadFailure) in
                do throws(ReadFailure) {
                    return try unpack(frame).count(of: wid, through: index)
                } catch {
                    guard case .gone = error else { throw error }
                    missing = error
                    return nil
                }
            }
        }
        start.end()
        if start.isUnreadable, let missing { throw missing }
        let counts = Counts(global: start.global ?? 0, own: start.own ?? 0)
        return (counts, start.isLost ? start.oldest ?? line.border + 1 : nil)
    }

    // MARK: Reading

    /// The counts at both ends of what a scan has passed.
    struct Passed {
        let before: Counts
        let after: Counts
        /// What it has passed ends here: the last message taken, or the border.
        let end: Int64
    }

    /// Gives each message of the line in (`index`, border] to `take`, until that returns false,
    /// which leaves that message out of what was passed.
    func scan(
        _ line: Line, after index: Int64,
        _ take: (MessageRow, Line.Entry) throws(ReadFailure) -> Taking
    ) throws(ReadFailure) -> Passed {
        let start = try start(of: line, after: index)
        if let oldest = start.gone { throw .gone(oldest: oldest) }
        var (after, end) = (start.counts, index)
        var frames = FrameCursor(reader, from: index + 1, through: line.border)
        var (unpacked, isDone) = (0, false)
        while !isDone, unpacked < Self.framesPerPage || end == index, let frame = try frames.next()
        {
            guard try hasMore(frame, line, behind: end, after) else { continue }
            unpacked += 1
            isDone = try !scan(frame, line.wid, index, &after, &end, take)
        }
        if !isDone, frames.isAtEnd {
            guard after.ordinal == line.trimmedCount else { throw try lacking(line, behind: end) }
            end = line.border
        }
        remember(line.wid, End(index: end, counts: after))
        return Passed(before: start.counts, after: after, end: end)
    }

    /// Whether a frame has messages of the line behind those counted, of which the last is at or
    /// below `end`.
    private func hasMore(
        _ frame: ArchivedFrame, _ line: Line, behind end: Int64, _ counts: Counts
    ) throws(ReadFailure) -> Bool {
        var hasMore = false
        for (wid, count) in [(0, counts.global), (line.wid, counts.own)].prefix(line.lists) {
            guard let its = frame.count(of: wid) else { continue }
            guard its.before <= count else { throw try lacking(line, behind: end) }
            if its.before + Int64(its.count) > count { hasMore = true }
        }
        return hasMore
    }

    /// Why messages of the line behind `end` are not where they were counted: a prune has come
    /// meanwhile, or the archive is damaged.
    private func lacking(_ line: Line, behind end: Int64) throws(ReadFailure) -> ReadFailure {
        let frames = try ReadFailure.store { () throws(StoreFailure) in
            try reader.frames(from: end + 1, limit: 1)
        }
        let oldest = frames.first?.first ?? line.border + 1
        if oldest > end + 1 { return .gone(oldest: oldest) }
        return .store(
            .damaged(
                """
                the archive has less for warehouse \(line.wid) behind message \(end) than the \
                store counts, \(line.trimmedCount) in all
                """))
    }

    /// What becomes of a message that a scan has found.
    enum Taking {
        /// It is passed, and the next one is looked at.
        case goOn
        /// It is passed, and is the last.
        case last
        /// It is not passed: there was no room for it.
        case full
    }

    /// False: `take` wants no more.
    private func scan(
        _ frame: ArchivedFrame, _ wid: UInt32, _ index: Int64, _ counts: inout Counts,
        _ end: inout Int64, _ take: (MessageRow, Line.Entry) throws(ReadFailure) -> Taking
    ) throws(ReadFailure) -> Bool {
        let unpacked = try unpack(frame)
        var (passed, reached) = (counts, end)
        var failure: ReadFailure?
        var goesOn = true
        try ReadFailure.archive { () throws(ArchiveFailure) in
            try unpacked.rows(after: index, of: wid, topics: { topics.number(of: $0) }) { row in
                var next = passed
                if row.wid == 0 { next.global += 1 } else { next.own += 1 }
                let nth = row.wid == 0 ? next.global : next.own
                guard row.nth == nth, row.topic >= 0 else {
                    failure = Self.misplaced(row, due: nth)
                    return false
                }
                let entry = Line.Entry(index: row.index, ordinal: next.ordinal, nth: nth)
                do throws(ReadFailure) {
                    let taking = try take(row, entry)
                    goesOn = taking == .goOn
                    if taking != .full { (passed, reached) = (next, row.index) }
                } catch {
                    failure = error
                }
                return goesOn && failure == nil
            }
        }
        if let failure { throw failure }
        (counts, end) = (passed, reached)
        return goesOn
    }

    private static func misplaced(_ row: MessageRow, due: Int64) -> ReadFailure {
        .store(
            .damaged(
                "archived message \(row.index) is number \(row.nth) of wid \(row.wid), \(due) was "
                    + "due, or its topic is none that the hub knows"))
    }

    private func remember(_ wid: UInt32, _ end: End) {
        if ends.count >= Self.endsKept { ends.removeAll(keepingCapacity: true) }
        ends[wid] = end
    }

    // MARK: One message

    /// Shows the archived message `index`; false: it is not in the archive.
    func row(at index: Int64, _ visit: (MessageRow) -> Void) throws(ReadFailure) -> Bool {
        let frame = try ReadFailure.store { () throws(StoreFailure) in
            try reader.frame(holding: index)
        }
        guard let frame else { return false }
        let unpacked = try unpack(frame)
        return try ReadFailure.archive { () throws(ArchiveFailure) in
            try unpacked.row(at: index, topics: { topics.number(of: $0) }, visit: visit)
        }
    }

    /// When the first archived message of the line behind `index` was created; nil: there is none.
    func firstCreated(of line: Line, after index: Int64) throws(ReadFailure) -> Int64? {
        var created: Int64?
        var frames = FrameCursor(reader, from: index + 1, through: line.border)
        while created == nil, let frame = try frames.next() {
            guard frame.count(of: 0) != nil || frame.count(of: line.wid) != nil else { continue }
            let unpacked = try unpack(frame)
            try ReadFailure.archive { () throws(ArchiveFailure) in
                try unpacked.rows(after: index, of: line.wid, topics: { _ in 0 }) { row in
                    created = row.created
                    return false
                }
            }
        }
        return created
    }

    /// The last archived index created before `time`; the one before the oldest if none is.
    func lastIndex(before time: Int64, through border: Int64) throws(ReadFailure) -> Int64 {
        let frame = try ReadFailure.store { () throws(StoreFailure) in
            try reader.frame(begunBefore: time, through: border)
        }
        guard let frame else { return try lastPruned(through: border) }
        if frame.created.upperBound < time { return frame.last }
        let unpacked = try unpack(frame)
        return try ReadFailure.archive { () throws(ArchiveFailure) in
            try unpacked.index(before: time)
        }
    }

    /// The message before the oldest in the archive.
    private func lastPruned(through border: Int64) throws(ReadFailure) -> Int64 {
        try ReadFailure.store { () throws(StoreFailure) in
            (try reader.frames(from: 1, limit: 1).first?.first ?? border + 1) - 1
        }
    }

    // MARK: Frames

    private func unpack(_ frame: ArchivedFrame) throws(ReadFailure) -> UnpackedFrame {
        do throws(ArchiveFailure) {
            return try archive.unpack(frame)
        } catch {
            guard case .missing = error else { throw .archive(error) }
            throw .gone(oldest: try oldest(after: frame))
        }
    }

    /// The first index behind a missing frame whose file is there.
    private func oldest(after missing: ArchivedFrame) throws(ReadFailure) -> Int64 {
        var frames = FrameCursor(reader, from: missing.last + 1, through: .max)
        var absent = missing.file
        var last = missing.last
        while let frame = try frames.next() {
            if frame.file != absent {
                if archive.hasFile(of: frame) { return frame.first }
                absent = frame.file
            }
            last = frame.last
        }
        return last + 1
    }
}

/// Walks the catalogue upwards, some rows at a time.
private struct FrameCursor {
    /// Rows of the catalogue that are read at a time.
    private static let stride = 16

    private let reader: any StoreReader
    private let border: Int64
    private var frames: ArraySlice<ArchivedFrame> = []
    private var from: Int64
    private var given = 0
    /// There is none any more.
    private(set) var isAtEnd = false

    init(_ reader: any StoreReader, from index: Int64, through border: Int64) {
        self.reader = reader
        self.border = border
        from = index
    }

    /// Whether the frame given last was the first one.
    var isFirst: Bool { given == 1 }

    mutating func next() throws(ReadFailure) -> ArchivedFrame? {
        if frames.isEmpty, !isAtEnd, from <= border {
            let (reader, from) = (reader, from)
            frames = try ReadFailure.store { () throws(StoreFailure) in
                try reader.frames(from: from, limit: Self.stride)[...]
            }
        }
        guard let frame = frames.popFirst(), frame.first <= border else {
            isAtEnd = true
            return nil
        }
        from = frame.last + 1
        given += 1
        return frame
    }
}

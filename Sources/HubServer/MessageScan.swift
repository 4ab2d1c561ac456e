import Archive
import Hub
import Platform

/// Looks for messages in store and archive, in either direction, a slice at a time. One a thread.
///
/// It goes by indexes: where a slice ends is an index, so the next one goes on there, wherever the
/// border between archive and store has moved meanwhile, and no message is met twice or missed.
final class MessageScan {
    private let hub: HubState
    private let reader: any StoreReader
    private let archive: ArchiveReader
    private let archivedIDs: ArchivedIDs
    private var topics: KnownTopics
    /// By topic: whether it fits the pattern in hand.
    private var verdicts: [Bool?] = []

    /// Rows of the store looked at with one statement.
    private static let stride: Int64 = 100
    /// A reading transaction holds up the log's restart, so it ends after so long.
    private static let transactionNanoseconds: UInt64 = 20_000_000
    /// Stretches that could not be read, told in one slice.
    private static let unreadableTold = 100

    init(hub: HubState, reader: any StoreReader, archive: ArchiveReader) {
        self.hub = hub
        self.reader = reader
        self.archive = archive
        archivedIDs = ArchivedIDs(reader: reader, archive: archive)
        topics = KnownTopics(hub.topics)
    }

    enum Order {
        case newest, oldest
    }

    /// What is asked of a slice.
    struct Query {
        var filter: MessageFilter
        var order = Order.newest
        /// Whether the archive is looked at too.
        var archived = true
        /// The first index to look at; nil: from the end where the order begins.
        var start: Int64?
        /// Monotonic nanoseconds at which the slice ends.
        var deadline: UInt64 = 0
    }

    /// What a slice has come to.
    struct Outcome {
        /// The first index not looked at; nil: all were.
        var next: Int64?
        /// Indexes passed by all slices so far, and all that there are to pass.
        var looked: Int64 = 0
        var of: Int64 = 0
        var unreadable: [Unreadable] = []
    }

    /// A stretch of the archive that could not be read, so that nobody knows what fits there.
    struct Unreadable {
        let file: String
        var first: Int64
        var last: Int64
        let detail: String
    }

    /// What becomes of a message that fits.
    enum Taking {
        /// It is taken.
        case goOn
        /// It is taken, and the slice is full with it.
        case last
        /// The slice is full without it.
        case full
    }

    /// Where a message was found.
    enum Place {
        case store
        case archive(file: String)
    }

    typealias Visit = (MessageRow, Place) -> Taking

    /// Shows what fits to `visit`, in order, until the slice ends.
    func look(_ query: Query, _ visit: Visit) throws(StoreFailure) -> Outcome {
        verdicts.removeAll(keepingCapacity: true)
        guard let range = try range(of: query) else { return Outcome() }
        var outcome = Outcome(of: Int64(range.count))
        var walk = Walk(query: query, range: range)
        while !walk.isAtEnd {
            // The border that counts is the one that the entries were taken with.
            let entries = query.filter.wid.map { hub.lines.stored(of: $0) }
            let border = (entries ?? nil)?.border ?? hub.lines.border
            if walk.cursor > border {
                try lookInStore(&walk, above: border, entries, visit)
            } else {
                try lookInArchive(&walk, through: border, &outcome.unreadable, visit)
            }
            if walk.isFull || walk.isOver { break }
        }
        outcome.next = walk.isAtEnd ? nil : walk.cursor
        outcome.looked = walk.isAtEnd ? outcome.of : walk.passed
        return outcome
    }

    /// A slice on its way.
    private struct Walk {
        let query: Query
        let range: ClosedRange<Int64>
        /// The next index to look at.
        var cursor: Int64
        var isFull = false

        init(query: Query, range: ClosedRange<Int64>) {
            self.query = query
            self.range = range
            cursor =
                query.order == .newest
                ? min(query.start ?? .max, range.upperBound)
                : max(query.start ?? 0, range.lowerBound)
        }

        var isAtEnd: Bool { !range.contains(cursor) }
        /// Its time is over.
        var isOver: Bool { MonotonicClock.now() >= query.deadline }

        var passed: Int64 {
            query.order == .newest ? range.upperBound - cursor : cursor - range.lowerBound
        }

        /// All of `stretch`, which the cursor is in, was looked at.
        mutating func pass(_ stretch: ClosedRange<Int64>) {
            cursor = query.order == .newest ? stretch.lowerBound - 1 : stretch.upperBound + 1
        }

        mutating func pass(_ index: Int64) { pass(index...index) }

        /// The part of `stretch` from the cursor on.
        func rest(of stretch: ClosedRange<Int64>) -> ClosedRange<Int64> {
            let range = range.clamped(to: stretch)
            return query.order == .newest
                ? range.lowerBound...cursor : cursor...range.upperBound
        }

        /// Indexes in the order of the walk.
        func ordered(_ indexes: [Int64]) -> [Int64] {
            query.order == .newest ? indexes.reversed() : indexes
        }
    }

    // MARK: The range

    /// The indexes that can fit; nil: none can.
    private func range(of query: Query) throws(StoreFailure) -> ClosedRange<Int64>? {
        let lines = hub.lines
        let filter = query.filter
        var low = max(filter.first ?? 1, lines.pruned + 1)
        var high = min(filter.last ?? .max, lines.head)
        if !query.archived { low = max(low, lines.border + 1) }
        if let from = filter.from { low = max(low, try firstIndex(at: from)) }
        if let to = filter.to { high = min(high, try lastIndex(before: to)) }
        return low <= high ? low...high : nil
    }

    /// An index below which nothing was created at `time` or later; in the archive to the frame.
    private func firstIndex(at time: Int64) throws(StoreFailure) -> Int64 {
        let last = try lastIndex(before: time)
        guard last <= hub.lines.border, let frame = try reader.frame(holding: last) else {
            return last + 1
        }
        return frame.first
    }

    /// An index above which nothing was created before `time`; in the archive to the frame.
    private func lastIndex(before time: Int64) throws(StoreFailure) -> Int64 {
        let border = hub.lines.border
        let last = try reader.lastIndex(before: time, above: border, head: hub.lines.head)
        guard last == border else { return last }
        return try reader.frame(begunBefore: time, through: border)?.last ?? hub.lines.pruned
    }

    // MARK: The store

    /// Looks at the store until there is a reason to look up: the transaction is old, the slice is
    /// over, or the stretch above `border` is done.
    private func lookInStore(
        _ walk: inout Walk, above border: Int64, _ entries: StoredEntries??, _ visit: Visit
    ) throws(StoreFailure) {
        let stretch = max(walk.range.lowerBound, border + 1)...walk.range.upperBound
        try reader.begin()
        defer { reader.end() }
        let end = min(walk.query.deadline, MonotonicClock.now() + Self.transactionNanoseconds)
        repeat {
            let rest = walk.rest(of: stretch)
            let block = block(of: rest, walk.query.order, entries)
            for index in walk.ordered(try fitting(block.indexes, walk.query.filter)) {
                var taking = Taking.goOn
                try reader.rows(at: [index]) { row in
                    taking = visit(row, .store)
                    return false
                }
                if taking != .full { walk.pass(index) }
                walk.isFull = taking != .goOn
                if walk.isFull { return }
            }
            walk.pass(block.stretch)
        } while stretch.contains(walk.cursor) && MonotonicClock.now() < end
    }

    /// The next indexes to look at, and the stretch that is done with them.
    private func block(
        of rest: ClosedRange<Int64>, _ order: Order, _ entries: StoredEntries??
    ) -> (indexes: [Int64], stretch: ClosedRange<Int64>) {
        let count = Int(Self.stride)
        guard let entries else {
            let part =
                order == .newest
                ? max(rest.lowerBound, rest.upperBound - Self.stride + 1)...rest.upperBound
                : rest.lowerBound...min(rest.upperBound, rest.lowerBound + Self.stride - 1)
            return (Array(part), part)
        }
        if order == .newest {
            let indexes = entries?.last(count, in: rest) ?? []
            return (
                indexes, (indexes.count < count ? rest.lowerBound : indexes[0])...rest.upperBound
            )
        }
        let indexes = entries?.first(count, in: rest) ?? []
        return (
            indexes,
            rest.lowerBound...(indexes.count < count ? rest.upperBound : indexes[count - 1])
        )
    }

    /// Those of `indexes` whose messages fit.
    private func fitting(
        _ indexes: [Int64], _ filter: MessageFilter
    ) throws(StoreFailure) -> [Int64] {
        var found: [Int64] = []
        var stranger: Int64?
        func look(_ row: MessageRow) -> Bool {
            guard let isWanted = isWanted(row.topic, filter) else {
                stranger = row.index
                return false
            }
            if isWanted, filter.fits(row) { found.append(row.index) }
            return true
        }
        if filter.topic == nil {
            try reader.rows(at: indexes[...], look)
        } else {
            try reader.rows(
                at: indexes[...], bodiesOf: { isWanted($0, filter) ?? false }, look)
        }
        if let stranger { throw .damaged("message \(stranger) has no topic") }
        return found
    }

    /// Whether the topic fits; nil: there is no such topic.
    private func isWanted(_ topic: Int32, _ filter: MessageFilter) -> Bool? {
        guard topics.knows(topic) else { return nil }
        guard let pattern = filter.topic else { return true }
        while verdicts.count <= Int(topic) { verdicts.append(nil) }
        if let verdict = verdicts[Int(topic)] { return verdict }
        let verdict = pattern.matches(topics.topic(topic).name)
        verdicts[Int(topic)] = verdict
        return verdict
    }

    // MARK: The archive

    /// Looks at frames until the slice is over or the stretch up to `border` is done. What cannot
    /// be read is noted, and passed.
    private func lookInArchive(
        _ walk: inout Walk, through border: Int64, _ unreadable: inout [Unreadable],
        _ visit: Visit
    ) throws(StoreFailure) {
        let stretch = walk.range.lowerBound...min(walk.range.upperBound, border)
        repeat {
            guard let frame = try reader.frame(holding: walk.cursor) else {
                // Pruned a moment ago: below there is nothing, above the rest.
                let pruned = max(walk.cursor, min(hub.lines.pruned, stretch.upperBound))
                walk.pass(
                    walk.query.order == .newest
                        ? stretch.lowerBound...walk.cursor : walk.cursor...pruned)
                continue
            }
            let part = walk.rest(of: (frame.first...frame.last).clamped(to: stretch))
            guard walk.query.filter.mayFit(frame) else {
                walk.pass(part)
                continue
            }
            do throws(ArchiveFailure) {
                try look(in: frame, part, &walk, visit)
            } catch {
                walk.pass(part)
                // Files of pruned frames are removed.
                guard frame.last > hub.lines.pruned else { continue }
                note(error, frame, &unreadable)
                if unreadable.count >= Self.unreadableTold { walk.isFull = true }
            }
        } while stretch.contains(walk.cursor) && !walk.isFull && !walk.isOver
    }

    private func look(
        in frame: ArchivedFrame, _ part: ClosedRange<Int64>, _ walk: inout Walk, _ visit: Visit
    ) throws(ArchiveFailure) {
        let filter = walk.query.filter
        let unpacked = try archive.unpack(frame)
        let candidates = unpacked.candidates(in: part, wid: filter.wid, text: filter.text)
        for index in walk.ordered(candidates) {
            var taking: Taking?
            _ = try unpacked.row(at: index, topics: { topics.number(of: $0) }) { row in
                guard isWanted(row.topic, filter) ?? false, filter.fits(row) else { return }
                taking = visit(row, .archive(file: frame.file))
            }
            guard let taking else { continue }
            if taking != .full { walk.pass(index) }
            walk.isFull = taking != .goOn
            if walk.isFull { return }
        }
        walk.pass(part)
    }

    /// Frames of one missing file that follow one another are told as one stretch.
    private func note(
        _ failure: ArchiveFailure, _ frame: ArchivedFrame, _ unreadable: inout [Unreadable]
    ) {
        if case .missing = failure, let last = unreadable.indices.last,
            unreadable[last].detail == failure.description
        {
            unreadable[last].first = min(unreadable[last].first, frame.first)
            unreadable[last].last = max(unreadable[last].last, frame.last)
            return
        }
        unreadable.append(
            Unreadable(
                file: frame.file, first: frame.first, last: frame.last,
                detail: failure.description))
    }

    // MARK: One message

    /// Where message `index` is, or was a moment ago: shows it. Nil: it was pruned.
    func show(_ index: Int64, _ visit: (MessageRow) -> Void) throws(ReadFailure) -> Place? {
        guard index <= hub.lines.border else {
            try ReadFailure.store { () throws(StoreFailure) in
                try reader.rows(at: [index]) { row in
                    visit(row)
                    return false
                }
            }
            return .store
        }
        let frame = try ReadFailure.store { () throws(StoreFailure) in
            try reader.frame(holding: index)
        }
        guard let frame else { return nil }
        let isThere = try ReadFailure.archive { () throws(ArchiveFailure) in
            try archive.unpack(frame).row(
                at: index, topics: { topics.number(of: $0) }, visit: visit)
        }
        return isThere ? .archive(file: frame.file) : nil
    }

    /// The index of the message of this id, whoever gave it.
    ///
    /// - Parameter deadline: as `ArchivedIDs` has it.
    func index(of id: MessageID, deadline: UInt64) throws(ReadFailure) -> Int64? {
        let head = hub.lines.head
        if let own = hub.ids.index(in: id), own >= 1, own <= head {
            var isIt = false
            _ = try show(own) { isIt = $0.id == id }
            if isIt { return own }
        }
        let index = try ReadFailure.store { () throws(StoreFailure) in try reader.index(of: id) }
        if let index { return index <= head ? index : nil }
        return try archivedIDs.index(of: id, deadline: deadline)
    }
}

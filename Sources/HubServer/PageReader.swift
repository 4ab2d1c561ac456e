import Hub
import Wire

/// Reads pages of lines as JSON, with its thread's read connection: out of the store, and where it
/// has been given the archive, out of that too.
final class PageReader {
    let reader: any StoreReader
    /// Nil on the loops: unpacking a frame would hold up everybody else there.
    let archived: ArchivedLines?
    private var topics: KnownTopics
    private var entries: [Line.Entry] = []
    private var indexes: [Int64] = []
    /// By topic: 0 = not yet asked, 1 = fits the filter, 2 = does not.
    private var verdicts: [UInt8] = []
    private var scratch = ByteBuffer()

    init(reader: any StoreReader, topics: KnownTopics, archived: ArchivedLines? = nil) {
        self.reader = reader
        self.topics = topics
        self.archived = archived
    }

    /// What a page stands for: the stretch (from, next] of a line.
    struct Page {
        let from: Int64
        var next: Int64
        /// The line goes on beyond `next`.
        var more = false
        /// Messages of the line at or below `from`, and at or below `next`.
        var ordinalBefore: Int64 = 0
        var ordinalAfter: Int64 = 0
        var shown = 0
        var filtered = 0
        var coalesced = 0
        /// When the first message of the stretch was created; nil if it has none, or a filter left
        /// that one out.
        var firstCreated: Int64?
        /// Bytes of the messages that were written, those swallowed included.
        var bytes = 0
        /// A message behind `next` would have been too many.
        var isFull = false

        /// Messages that the page stands for.
        var looks: Int { shown + filtered + coalesced }

        /// Nothing is shown, and there is nothing to go on to.
        var isEmpty: Bool { shown == 0 && !more }
    }

    /// What is asked of a page.
    struct Query {
        var limit: Int
        var maxBytes: Int
        var topics: [TopicPattern] = []
        var coalesce = Coalescer.Mode.off
        /// Messages of the line that the page stands for at most.
        var looks = Limits.filterLooks

        init(limit: Int, maxBytes: Int) {
            self.limit = limit
            self.maxBytes = maxBytes
        }

        init(_ pull: PullRequest) {
            self.init(limit: pull.limit, maxBytes: pull.maxBytes)
            topics = pull.topics
            coalesce = pull.coalesce
            if coalesce != .off { looks = Limits.pullMessages }
        }
    }

    /// Rows that one statement fetches.
    private static let stride = 100

    /// Appends the messages of a page behind `from` as a JSON array to `output`. A page that begins
    /// in the archive ends at the border at the latest.
    func read(
        _ query: Query, from: Int64, line: Line, into output: inout ByteBuffer
    ) throws(ReadFailure) -> Page {
        var page = Page(from: from, next: from)
        output.append("[")
        try goOn(&page, query, line, into: &output)
        output.append("]")
        return page
    }

    /// Takes a page further that is not at its end, and appends its messages to `output`, where
    /// those before stand. One that coalesces is read as a whole.
    func goOn(
        _ page: inout Page, _ query: Query, _ line: Line, into output: inout ByteBuffer
    ) throws(ReadFailure) {
        let isArchived = line.isArchived(after: page.next)
        let isFirst = page.looks == 0
        if isArchived {
            verdicts.removeAll(keepingCapacity: true)
            try readMessages(query, &page, line, &output)
        } else if line.first(after: page.next) != nil {
            try ReadFailure.store { () throws(StoreFailure) in try reader.begin() }
            defer { reader.end() }
            verdicts.removeAll(keepingCapacity: true)
            try readMessages(query, &page, line, &output)
        }
        page.more = line.isArchived(after: page.next) || line.first(after: page.next) != nil
        if !page.more { page.next = max(page.next, line.head) }
        guard !isArchived else { return }
        if isFirst { page.ordinalBefore = line.ordinal(through: page.from) }
        page.ordinalAfter = line.ordinal(through: page.next)
    }

    /// Whether there is more of the line that belongs to the page, by what it has until now.
    static func goesOn(_ page: Page, _ query: Query, _ line: Line) -> Bool {
        page.more && !page.isFull && page.shown < query.limit && page.looks < Limits.filterLooks
            && query.coalesce == .off && !line.isArchived(after: page.next)
    }

    private func readMessages(
        _ query: Query, _ page: inout Page, _ line: Line, _ output: inout ByteBuffer
    ) throws(ReadFailure) {
        if query.coalesce == .off {
            try readPlain(query, &page, line, &output)
        } else {
            try readCoalesced(query, &page, line, &output)
        }
    }

    /// When message `index` was created.
    func created(of index: Int64) throws(StoreFailure) -> Int64 {
        var created: Int64 = 0
        try reader.rows(at: [index]) { row in
            created = row.created
            return false
        }
        return created
    }

    // MARK: Every message for itself

    private func readPlain(
        _ query: Query, _ page: inout Page, _ line: Line, _ output: inout ByteBuffer
    ) throws(ReadFailure) {
        let start = output.count
        let (bytes, before) = (page.bytes, page.shown)
        var shown = before
        try scan(query, &page, line) { row, entry, isShown in
            guard isShown else { return true }
            let mark = output.count
            if shown > 0 { output.append(",") }
            append(row, index: entry.index, ordinal: entry.ordinal, to: &output)
            output.append("}")
            guard shown == 0 || bytes + output.count - start <= query.maxBytes else {
                output.truncate(to: mark)
                return false
            }
            shown += 1
            return true
        }
        page.shown = shown
        page.bytes = bytes + output.count - start
    }

    /// What gets each message of a scan, and whether the filter lets it through; false: the page
    /// was full before it.
    private typealias Take = (MessageRow, Line.Entry, _ isShown: Bool) -> Bool

    /// Walks the line from the page's start as far as the query's bounds let it.
    private func scan(
        _ query: Query, _ page: inout Page, _ line: Line, _ take: Take
    ) throws(ReadFailure) {
        if line.isArchived(after: page.from) {
            try scanArchive(query, &page, line, take)
        } else {
            try scanStore(query, &page, line, take)
        }
    }

    private func scanArchive(
        _ query: Query, _ page: inout Page, _ line: Line, _ take: Take
    ) throws(ReadFailure) {
        guard let archived else { preconditionFailure("this thread reads no archive") }
        var (kept, looked) = (0, 0)
        let passed = try archived.scan(line, after: page.from) {
            (row, entry) throws(ReadFailure) in
            guard topics.knows(row.topic) else { throw .store(Self.misplaced(row, entry)) }
            let isShown = fits(row.topic, query.topics)
            if looked == 0, isShown { page.firstCreated = row.created }
            guard take(row, entry, isShown) else { return .full }
            if isShown { kept += 1 } else { page.filtered += 1 }
            looked += 1
            return kept < query.limit && looked < query.looks ? .goOn : .last
        }
        page.next = passed.end
        page.ordinalBefore = passed.before.ordinal
        page.ordinalAfter = passed.after.ordinal
    }

    /// In strides: each is one statement.
    private func scanStore(
        _ query: Query, _ page: inout Page, _ line: Line, _ take: Take
    ) throws(ReadFailure) {
        var cursor = line.cursor(after: page.next)
        let isFirst = page.looks == 0
        var (kept, looked) = (page.shown, 0)
        while !page.isFull, kept < query.limit, looked < query.looks {
            let rest = min(query.limit - kept, query.looks - looked)
            fill(&cursor, atMost: min(Self.stride, rest))
            guard !entries.isEmpty else { return }
            var place = 0
            var mismatch: StoreFailure?
            func look(_ row: MessageRow) -> Bool {
                let entry = entries[place]
                place += 1
                guard row.nth == entry.nth, topics.knows(row.topic) else {
                    mismatch = Self.misplaced(row, entry)
                    return false
                }
                let isShown = fits(row.topic, query.topics)
                if isFirst, looked == 0, isShown { page.firstCreated = row.created }
                guard take(row, entry, isShown) else {
                    page.isFull = true
                    return false
                }
                if isShown { kept += 1 } else { page.filtered += 1 }
                looked += 1
                page.next = row.index
                return true
            }
            try ReadFailure.store { () throws(StoreFailure) in
                if query.topics.isEmpty {
                    try reader.rows(at: indexes[...], look)
                } else {
                    try reader.rows(
                        at: indexes[...],
                        bodiesOf: { topics.knows($0) && fits($0, query.topics) }, look)
                }
            }
            if let mismatch { throw .store(mismatch) }
        }
    }

    private func fill(_ cursor: inout Line.Cursor, atMost count: Int) {
        entries.removeAll(keepingCapacity: true)
        indexes.removeAll(keepingCapacity: true)
        while entries.count < count, let entry = cursor.next() {
            entries.append(entry)
            indexes.append(entry.index)
        }
    }

    private static func misplaced(_ row: MessageRow, _ entry: Line.Entry) -> StoreFailure {
        .damaged(
            "message \(row.index) is number \(row.nth) of wid \(row.wid), \(entry.nth) was due, "
                + "its topic is number \(row.topic)")
    }

    private func fits(_ topic: Int32, _ patterns: [TopicPattern]) -> Bool {
        guard !patterns.isEmpty else { return true }
        while verdicts.count <= Int(topic) { verdicts.append(0) }
        if verdicts[Int(topic)] == 0 {
            let name = topics.topic(topic).name
            verdicts[Int(topic)] = patterns.contains { $0.matches(name) } ? 1 : 2
        }
        return verdicts[Int(topic)] == 1
    }

    // MARK: Runs melted together

    /// A message of the page, or a run of them.
    private struct Shown {
        let first: Line.Entry
        var last: Int64
        var coalesced = 0
        var hasCreated: Bool
        var size: Int
    }

    /// Looks at the stretch twice: first to find the runs and where the page is full, then to write
    /// each run's last message at the place of its first.
    private func readCoalesced(
        _ query: Query, _ page: inout Page, _ line: Line, _ output: inout ByteBuffer
    ) throws(ReadFailure) {
        var shown: [Shown] = []
        var (size, looked) = (0, 0)
        var coalescer = Coalescer(query.coalesce)
        try scan(query, &page, line) { row, entry, isShown in
            let topic = topics.topic(row.topic)
            let look = Coalescer.Look(
                wid: row.wid, entity: topic.entity, event: topic.event,
                key: row.key.map { String(decoding: $0, as: UTF8.self) })
            let joined = coalescer.take(look, slot: isShown ? shown.count : nil)
            guard isShown else { return true }
            var run =
                joined.map { shown[$0] }
                ?? Shown(
                    first: entry, last: row.index, hasCreated: topic.event == .created, size: 0)
            let before = run.size
            if joined != nil { run.coalesced += 1 }
            run.last = row.index
            scratch.removeAll()
            append(row, run, to: &scratch)
            run.size = scratch.count
            looked += run.size
            guard
                shown.isEmpty
                    || size - before + run.size <= query.maxBytes && looked <= Limits.coalesceLooks
            else { return false }
            size += run.size - before
            if let joined { shown[joined] = run } else { shown.append(run) }
            return true
        }
        for (place, run) in shown.enumerated() {
            if place > 0 { output.append(",") }
            try show(run.last, line) { append($0, run, to: &output) }
        }
        page.shown = shown.count
        page.bytes = looked + size
        page.coalesced = shown.reduce(0) { $0 + $1.coalesced }
        if scratch.capacity > 1 << 20 {
            scratch.removeAll()
            scratch.shrink(to: 0)
        }
    }

    // MARK: One message

    /// Shows one message, from where the page was read.
    private func show(
        _ index: Int64, _ line: Line, _ visit: (MessageRow) -> Void
    ) throws(ReadFailure) {
        if index <= line.border, let archived {
            _ = try archived.row(at: index, visit)
        } else {
            try ReadFailure.store { () throws(StoreFailure) in
                try reader.rows(at: [index]) { row in
                    visit(row)
                    return false
                }
            }
        }
    }

    /// The row's topic, which `canTell` has found.
    func name(of row: MessageRow) -> String { topics.topic(row.topic).name }

    /// Whether the row can be told: its topic is one that there is.
    func canTell(_ row: MessageRow) -> Bool { topics.knows(row.topic) }

    /// Appends a message but for its closing brace.
    private func append(
        _ row: MessageRow, index: Int64, ordinal: Int64, to output: inout ByteBuffer
    ) {
        output.append("{\"id\":\"")
        output.append(uuid: (hi: row.id.high, lo: row.id.low))
        output.append("\",\"index\":")
        output.append(decimal: index)
        output.append(",\"ordinal\":")
        output.append(decimal: ordinal)
        appendContent(row, to: &output)
    }

    private func append(_ row: MessageRow, _ run: Shown, to output: inout ByteBuffer) {
        append(row, index: run.first.index, ordinal: run.first.ordinal, to: &output)
        output.append(",\"lastIndex\":")
        output.append(decimal: run.last)
        output.append(",\"coalesced\":")
        output.append(decimal: run.coalesced)
        output.append(run.hasCreated ? ",\"createdInRun\":true}" : ",\"createdInRun\":false}")
    }

    /// Appends what a message says, as it follows its id and place.
    func appendContent(_ row: MessageRow, to output: inout ByteBuffer) {
        output.append(",\"topic\":\"")
        output.append(topics.topic(row.topic).name)
        output.append("\",\"wid\":")
        output.append(decimal: UInt64(row.wid))
        output.append(",\"key\":")
        if let key = row.key { output.appendJSON(text: key) } else { output.append("null") }
        output.append(",\"body\":")
        output.append(row.body)
        output.append(",\"created\":\"")
        output.append(timestampMilliseconds: row.created)
        output.append("\",\"occurred\":")
        output.append(jsonTimestamp: row.occurred)
        guard let original = row.replayOf else { return }
        output.append(",\"replayOf\":{\"id\":\"")
        output.append(uuid: (hi: original.id.high, lo: original.id.low))
        output.append("\",\"index\":")
        output.append(decimal: original.index)
        output.append("}")
    }
}

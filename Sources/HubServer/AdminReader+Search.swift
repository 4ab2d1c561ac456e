import Hub
import Platform
import Wire

/// Searches and replays: slices of long work.
extension AdminReader {
    /// A slice's time: short, because others wait meanwhile for the admin reader.
    static let sliceNanoseconds: UInt64 = 250_000_000
    /// Bytes of the messages of a page.
    private static let pageBytes = Limits.pullBytesDefault

    // MARK: Search

    /// `GET /v1/messages`
    func writeSearch(_ search: Search) throws(Problem) {
        var query = search.query
        query.deadline = MonotonicClock.now() + Self.sliceNanoseconds
        output.append("{\"messages\":[")
        let start = output.count
        var count = 0
        let outcome = try look(query) { row, place in
            let mark = output.count
            if count > 0 { output.append(",") }
            guard appendMessage(row) else {
                output.truncate(to: mark)
                return .goOn
            }
            append(place)
            output.append("}")
            guard count == 0 || output.count - start <= Self.pageBytes else {
                output.truncate(to: mark)
                return .full
            }
            count += 1
            return count == search.limit ? .last : .goOn
        }
        output.append("]")
        append(outcome)
        output.append("}")
    }

    private func look(
        _ query: MessageScan.Query, _ visit: MessageScan.Visit
    ) throws(Problem) -> MessageScan.Outcome {
        do throws(StoreFailure) {
            return try scan.look(query, visit)
        } catch {
            throw unreadable(error)
        }
    }

    /// Appends a message but for where it is, and its closing brace. False: it has no topic;
    /// nothing was appended.
    func appendMessage(_ row: MessageRow) -> Bool {
        guard pages.canTell(row) else { return false }
        output.append("{\"id\":\"")
        output.append(uuid: (hi: row.id.high, lo: row.id.low))
        output.append("\",\"index\":")
        output.append(decimal: row.index)
        pages.appendContent(row, to: &output)
        return true
    }

    func append(_ place: MessageScan.Place) {
        output.append(",\"where\":\"")
        switch place {
        case .store: output.append("store")
        case .archive(let file): output.append(file)
        }
        output.append("\"")
    }

    /// What every slice ends with: what could not be read, how far it is, and where it goes on.
    private func append(_ outcome: MessageScan.Outcome) {
        let unreadable = outcome.unreadable.map { stretch -> JSONValue in
            [
                "file": .text(stretch.file), "first": .number(String(stretch.first)),
                "last": .number(String(stretch.last)), "detail": .text(stretch.detail),
            ]
        }
        output.append(",\"unreadable\":")
        JSONValue.array(unreadable).append(to: &output)
        append(looked: outcome.looked, of: outcome.of, next: outcome.next)
    }

    /// - Parameter next: what the next slice begins with; nil: this was the last.
    func append(looked: Int64, of all: Int64, next: Int64?) {
        output.append(",\"progress\":{\"looked\":")
        output.append(decimal: looked)
        output.append(",\"of\":")
        output.append(decimal: all)
        output.append("},\"nextPageToken\":")
        if let next {
            output.append("\"")
            output.append(decimal: next)
            output.append("\"")
        } else {
            output.append("null")
        }
    }

    // MARK: Replay

    /// `POST /v1/archive/replay`: looks for the messages, and makes their copies.
    ///
    /// - Returns: the copies, to be stored by one transaction; nil: there are none to store, and
    ///   the answer is whole. With copies its last member, which tells of them, is still due.
    func writeReplay(_ replay: Replay, loop: Int) throws(Problem) -> WriteBatch? {
        let query = MessageScan.Query(
            filter: replay.filter, order: .oldest, start: replay.start,
            deadline: MonotonicClock.now() + Self.sliceNanoseconds)
        var found = Found(replay, loop: loop)
        let outcome = try look(query) { row, _ in found.take(row, pages) }
        output.append("{\"count\":")
        output.append(decimal: found.count)
        output.append(",\"firstIndex\":")
        append(index: found.first)
        output.append(",\"lastIndex\":")
        append(index: found.last)
        output.append(",\"skipped\":")
        output.append(decimal: found.skipped)
        append(outcome)
        guard let batch = found.batch, !batch.messages.isEmpty else {
            output.append(found.batch == nil ? ",\"copies\":null}" : Self.noCopies)
            return nil
        }
        return batch
    }

    private static let noCopies: StaticString =
        ",\"copies\":{\"firstIndex\":null,\"lastIndex\":null,\"duplicates\":0}}"

    private func append(index: Int64?) {
        if let index { output.append(decimal: index) } else { output.append("null") }
    }
}

/// The messages of a replay that a slice has found.
private struct Found {
    /// Copies stored by one transaction: less than a tenth of a second of the writer's time.
    private static let copies = 1000
    private static let bytes = 4 * 1024 * 1024

    let replay: Replay
    /// Their copies; nil: none are made.
    let batch: WriteBatch?
    private(set) var count = 0
    private(set) var skipped = 0
    private(set) var first: Int64?
    private(set) var last: Int64?

    init(_ replay: Replay, loop: Int) {
        self.replay = replay
        batch = replay.isDry ? nil : WriteBatch(loop: loop)
    }

    /// Takes a message that the filter lets through.
    mutating func take(_ row: MessageRow, _ pages: PageReader) -> MessageScan.Taking {
        guard row.wid == 0 || row.wid == replay.wid else {
            skipped += 1
            return .goOn
        }
        if let id = replay.id {
            // Behind the messages come the copies that were made of them.
            guard !id.made(row) else { return .goOn }
            guard replay.isDry || copy(row, id, pages) else { return .full }
        }
        count += 1
        first = first ?? row.index
        last = row.index
        return !replay.isDry && count == Self.copies ? .last : .goOn
    }

    /// False: there is no room for it.
    private func copy(_ row: MessageRow, _ id: ReplayID, _ pages: PageReader) -> Bool {
        guard let batch, pages.canTell(row) else { return true }
        guard batch.messages.isEmpty || batch.arena.count + row.body.count <= Self.bytes else {
            return false
        }
        var topic = pages.name(of: row)
        let slice = topic.withUTF8 { batch.arena.append(UnsafeRawBufferPointer($0)) }
        let key = row.key.map { batch.arena.append($0) }
        let body = batch.arena.append(row.body)
        var message = WriteBatch.Message(
            topic: slice, key: key ?? .none, body: body, wid: replay.wid,
            id: id.copy(of: row.index), occurred: row.occurred)
        message.replayOf = ReplayOf(id: row.id, index: row.index)
        batch.messages.append(message)
        return true
    }
}

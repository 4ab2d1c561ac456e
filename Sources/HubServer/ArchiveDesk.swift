import Archive
import Hub
import Platform
import Wire

/// The thread that reads the archive for the loops: pages of pulls whose position is there, ids
/// that may stand for archived messages, positions and distances below the border.
///
/// Unpacking a frame takes milliseconds, in which a loop would serve nobody else.
final class ArchiveDesk {
    private let hub: HubState
    private let reader: any StoreReader
    private let archived: ArchivedLines
    private let pages: PageReader
    private let epoch: ReaderEpochs.Reader
    private var asks: [DeskMail] = []
    private var output = ByteBuffer()

    /// After so long without a question the unpacked frames are let go of.
    private static let idleMilliseconds: Int32 = 5000

    init(hub: HubState, reader: any StoreReader) {
        self.hub = hub
        self.reader = reader
        let topics = KnownTopics(hub.topics)
        archived = ArchivedLines(
            reader: reader, archive: ArchiveReader(folder: hub.configuration.archive),
            topics: topics)
        pages = PageReader(reader: reader, topics: topics, archived: archived)
        epoch = hub.epochs.readers[hub.configuration.loops + 1]
    }

    /// Runs until the mailbox is closed.
    func run() {
        while true {
            let isLast = hub.desk.isClosed
            if !isLast { hub.desk.wait(milliseconds: Self.idleMilliseconds) }
            hub.desk.drain(into: &asks)
            for ask in asks { epoch.reading { answer(ask) } }
            if isLast { return }
            if asks.isEmpty { letGo() }
        }
    }

    private func letGo() {
        archived.archive.removeAll()
        output.shrink(to: 0)
    }

    private func answer(_ ask: DeskMail) {
        switch ask {
        case .page(let ask):
            let result = translating { () throws(ReadFailure) in try read(ask) }
            tell(ask.loop, .page(ask, result))
        case .position(let loop, let call, let position):
            let result = translating { () throws(ReadFailure) in try find(position) }
            tell(
                loop,
                .number(call, result.flatMap { $0.map { .success($0) } ?? .failure(.unknownID) }))
        case .distance(let loop, let call, let wid, let from, let to):
            let result = translating { () throws(ReadFailure) in
                let line = hub.lines.line(of: wid)
                return try ordinal(line, to) - ordinal(line, from)
            }
            tell(loop, .number(call, result))
        case .ids(let batch):
            look(up: batch)
        }
    }

    private func tell(_ loop: Int, _ answer: DeskAnswer) {
        _ = hub.loops[loop].post(.desk(answer))
    }

    private func translating<Value>(
        _ body: () throws(ReadFailure) -> Value
    ) -> Result<Value, Problem> {
        do throws(ReadFailure) {
            return .success(try body())
        } catch {
            if let report = error.report { hub.log.error(report) }
            return .failure(Problem(error, head: hub.lines.head))
        }
    }

    // MARK: Pages

    private func read(_ ask: DeskMail.PageAsk) throws(ReadFailure) -> DeskPage {
        let line = hub.lines.line(of: ask.request.wid)
        output.removeAll()
        let page = try pages.read(
            PageReader.Query(ask.request), from: ask.from, line: line, into: &output)
        var marks: [LineMark] = []
        for index in Set([ask.from, ask.committed, page.next]) where line.isArchived(after: index) {
            // What cannot be told beside the page is no reason to hold the page back.
            if let mark = try? mark(line, index, page) { marks.append(mark) }
        }
        let bytes = output.withUnsafeBytes { Array($0) }
        output.removeAll()
        output.shrink(to: 1 << 20)
        return DeskPage(page: page, messages: bytes, marks: marks)
    }

    private func mark(
        _ line: Line, _ index: Int64, _ page: PageReader.Page
    ) throws(ReadFailure) -> LineMark {
        if index == page.from, let first = page.firstCreated {
            return LineMark(index: index, ordinal: page.ordinalBefore, nextCreated: first)
        }
        return LineMark(
            index: index, ordinal: try ordinal(line, index),
            nextCreated: try archived.firstCreated(of: line, after: index))
    }

    private func ordinal(_ line: Line, _ index: Int64) throws(ReadFailure) -> Int64 {
        line.isArchived(after: index)
            ? try archived.ordinal(of: line, through: index) : line.ordinal(through: index)
    }

    // MARK: Positions

    private func find(_ position: Position) throws(ReadFailure) -> Int64? {
        switch position {
        case .time(let time):
            return try archived.lastIndex(before: time, through: hub.lines.border)
        case .id(let id):
            return try index(of: id)
        case .index(let index): return index
        case .earliest: return hub.lines.border
        case .archive: return hub.lines.pruned
        case .latest: return hub.lines.head
        }
    }

    /// The index of the archived message of this id, whoever gave it.
    private func index(of id: MessageID) throws(ReadFailure) -> Int64? {
        if let own = hub.ids.index(in: id), own <= hub.lines.border {
            var isIt = false
            if try archived.row(at: own, { isIt = $0.id == id }), isIt { return own }
        }
        let frames = try ReadFailure.store { () throws(StoreFailure) in
            try reader.frames(mayHold: id)
        }
        return try archived.index(of: id, in: frames)
    }

    // MARK: Ids

    /// Fills in what the archive knows of the ids of a batch's only request, and hands it on to the
    /// writer; if that cannot be found out, nothing is stored.
    private func look(up batch: WriteBatch) {
        let border = hub.lines.border
        batch.publishes[0].lookedThrough = border
        do throws(ReadFailure) {
            for place in batch.messages.indices {
                guard let id = batch.messages[place].id else { continue }
                batch.messages[place].archived = try twin(of: batch, place, id)
            }
        } catch {
            hub.log.error("an old id cannot be looked up: \(error.report ?? "\(error)")")
            batch.fail(.other("the archive cannot be read"))
            _ = hub.loops[batch.loop].post(.written(batch))
            return
        }
        if !hub.writer.post(.batch(batch)) {
            batch.fail(.other("the hub is stopping"))
            _ = hub.loops[batch.loop].post(.written(batch))
        }
    }

    private func twin(
        of batch: WriteBatch, _ place: Int, _ id: MessageID
    ) throws(ReadFailure) -> WriteBatch.ArchivedTwin? {
        guard let index = try index(of: id) else { return nil }
        let message = batch.messages[place]
        var twin = WriteBatch.ArchivedTwin.different
        _ = try archived.row(at: index) { row in
            guard pages.canTell(row), row.wid == message.wid, row.occurred == message.occurred,
                row.body.elementsEqual(batch.arena.bytes(message.body)),
                pages.name(of: row).utf8.elementsEqual(batch.arena.bytes(message.topic)),
                message.key.isNone
                    ? row.key == nil
                    : row.key?.elementsEqual(batch.arena.bytes(message.key)) ?? false
            else { return }
            twin = .same(index: index, created: row.created)
        }
        return twin
    }
}

import Archive
import Hub
import Platform
import Wire

/// The thread that reads the archive for the loops: pages of pulls whose position is there, ids
/// that may stand for archived messages, positions and distances below the border.
///
/// Unpacking a frame takes milliseconds, in which a loop would serve nobody else. An id may have to
/// be looked for in many frames: then in slices, between which others get their answers.
final class ArchiveDesk {
    private let hub: HubState
    private let reader: any StoreReader
    private let archived: ArchivedLines
    private let pages: PageReader
    private let ids: ArchivedIDs
    private let epoch: ReaderEpochs.Reader
    private var asks: [DeskMail] = []
    /// What the mailbox held, and what has used up a slice and goes on after that.
    private var tasks: [Task] = []
    private var output = ByteBuffer()
    /// Nanoseconds that a question may take in all.
    private let patience: UInt64

    /// After so long without a question the unpacked frames are let go of.
    private static let idleMilliseconds: Int32 = 5000
    /// What one question may take before the next one's turn comes.
    private static let slice: UInt64 = 100_000_000

    /// A question under way.
    private struct Task {
        let ask: DeskMail
        /// Monotonic nanoseconds at which it is given up.
        let deadline: UInt64
        /// Messages of its batch that are done.
        var done = 0
    }

    init(hub: HubState, reader: any StoreReader) {
        self.hub = hub
        self.reader = reader
        let topics = KnownTopics(hub.topics)
        patience = UInt64(hub.configuration.lookupMilliseconds) * 1_000_000
        archived = ArchivedLines(
            reader: reader, archive: ArchiveReader(folder: hub.configuration.archive),
            topics: topics)
        pages = PageReader(reader: reader, topics: topics, archived: archived)
        ids = ArchivedIDs(reader: reader, archive: archived.archive)
        epoch = hub.epochs.readers[hub.configuration.loops + 1]
    }

    /// Runs until the mailbox is closed.
    func run() {
        while true {
            let isLast = hub.desk.isClosed
            if !isLast, tasks.isEmpty { hub.desk.wait(milliseconds: Self.idleMilliseconds) }
            hub.desk.drain(into: &asks)
            let deadline = MonotonicClock.now() + patience
            let waiting = asks.map { Task(ask: $0, deadline: deadline) } + tasks
            tasks.removeAll()
            for task in waiting { epoch.reading { answer(task, isLast: isLast) } }
            if isLast { return }
            if waiting.isEmpty { letGo() }
        }
    }

    private func letGo() {
        archived.archive.removeAll()
        output.shrink(to: 0)
    }

    /// Answers, or has the question go on after the others.
    private func answer(_ task: Task, isLast: Bool) {
        var task = task
        let now = MonotonicClock.now()
        let mayGoOn = !isLast && now < task.deadline
        let slice = min(now + Self.slice, task.deadline)
        switch task.ask {
        case .page(let ask):
            let result = translating { () throws(ReadFailure) in try read(ask) }
            tell(ask.loop, .page(ask, result))
        case .position(let loop, let call, let position, let principal):
            do throws(ReadFailure) {
                let index = try find(position, for: principal, deadline: slice)
                tell(loop, .number(call, index.map { .success($0) } ?? .failure(.unknownID)))
            } catch {
                if error == .unfinished, mayGoOn { return tasks.append(task) }
                tell(loop, .number(call, .failure(problem(error))))
            }
        case .distance(let loop, let call, let wid, let from, let to):
            let result = translating { () throws(ReadFailure) in
                let line = hub.lines.line(of: wid)
                return try ordinal(line, to) - ordinal(line, from)
            }
            tell(loop, .number(call, result))
        case .ids(let batch):
            do throws(ReadFailure) {
                try look(up: batch, &task.done, deadline: slice)
                handOn(batch)
            } catch {
                if error == .unfinished, mayGoOn { return tasks.append(task) }
                giveBack(batch, error)
            }
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
            return .failure(problem(error))
        }
    }

    private func problem(_ failure: ReadFailure) -> Problem {
        if let report = failure.report { hub.log.error(report) }
        return Problem(failure, head: hub.lines.head)
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

    private func find(
        _ position: Position, for principal: Principal, deadline: UInt64
    ) throws(ReadFailure) -> Int64? {
        switch position {
        case .time(let time):
            return try archived.lastIndex(before: time, through: hub.lines.border)
        case .id(let id):
            guard let index = try index(of: id, deadline: deadline) else { return nil }
            var isSeen = false
            let isThere = try archived.row(at: index) { isSeen = principal.maySee($0.wid) }
            return isThere && isSeen ? index : nil
        case .index(let index): return index
        case .earliest: return hub.lines.border
        case .archive: return hub.lines.pruned
        case .latest: return hub.lines.head
        }
    }

    /// The index of the archived message of this id, whoever gave it.
    private func index(of id: MessageID, deadline: UInt64) throws(ReadFailure) -> Int64? {
        if let own = hub.ids.index(in: id), own <= hub.lines.border {
            var isIt = false
            if try archived.row(at: own, { isIt = $0.id == id }), isIt { return own }
        }
        return try ids.index(of: id, deadline: deadline)
    }

    // MARK: Ids

    /// Fills in what the archive knows of the ids of a batch's only request.
    ///
    /// - Parameter done: messages of it that are seen to.
    private func look(
        up batch: WriteBatch, _ done: inout Int, deadline: UInt64
    ) throws(ReadFailure) {
        // What moves while it goes on is not known to be looked through.
        if done == 0 { batch.publishes[0].lookedThrough = hub.lines.border }
        let looks = ids.looks
        while done < batch.messages.count {
            if let id = batch.messages[done].id {
                batch.messages[done].archived = try twin(of: batch, done, id, deadline)
            }
            done += 1
            if done < batch.messages.count, isOver(deadline, since: looks) { throw .unfinished }
        }
    }

    /// Whether a slice is over. What is known costs little and is passed, for a second at most: so
    /// the next try, which begins anew, gets further than this one.
    private func isOver(_ deadline: UInt64, since looks: Int) -> Bool {
        let now = MonotonicClock.now()
        return now >= deadline && (ids.looks > looks || now >= deadline + 1_000_000_000)
    }

    /// Sends a batch whose ids are looked up on to the writer.
    private func handOn(_ batch: WriteBatch) {
        if hub.writer.post(.batch(batch)) { return }
        batch.fail(.other("the hub is stopping"))
        _ = hub.loops[batch.loop].post(.written(batch))
    }

    /// What a batch's ids stand for cannot be told: nothing of it is stored.
    private func giveBack(_ batch: WriteBatch, _ failure: ReadFailure) {
        if failure == .unfinished {
            batch.publishes[0].outcome = .unfinished
        } else {
            hub.log.error("an old id cannot be looked up: \(failure.report ?? "\(failure)")")
            batch.fail(.other("the archive cannot be read"))
        }
        _ = hub.loops[batch.loop].post(.written(batch))
    }

    private func twin(
        of batch: WriteBatch, _ place: Int, _ id: MessageID, _ deadline: UInt64
    ) throws(ReadFailure) -> WriteBatch.ArchivedTwin? {
        guard let index = try index(of: id, deadline: deadline) else { return nil }
        let message = batch.messages[place]
        var twin = WriteBatch.ArchivedTwin.different
        let isThere = try archived.row(at: index) { row in
            guard pages.canTell(row), row.wid == message.wid, row.occurred == message.occurred,
                row.body.elementsEqual(batch.arena.bytes(message.body)),
                pages.name(of: row).utf8.elementsEqual(batch.arena.bytes(message.topic)),
                message.key.isNone
                    ? row.key == nil
                    : row.key?.elementsEqual(batch.arena.bytes(message.key)) ?? false
            else { return }
            twin = .same(index: index, created: row.created)
        }
        // It was pruned this moment.
        return isThere ? twin : nil
    }
}

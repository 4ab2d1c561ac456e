import Archive
import Hub
import HubSQLite
import Platform

/// The thread that moves messages to the archive once they are older than the retention, or more
/// than its bytes; and that has old files of the archive pruned.
///
/// It reads the store in slices, builds a frame, and has it written, synced, read back and
/// compared. Only then does it ask the writer, which hands the messages over in one transaction.
/// Whatever fails before, the messages stay where they are, and the next try begins by putting the
/// files back to what the catalogue knows. It comes after everybody else for processors and disk.
final class Archiver {
    private let hub: HubState
    private let retention: Retention
    private let reader: SQLiteReader
    private let files: ArchiveWriter
    private var topics: KnownTopics
    private var builder: FrameBuilder
    /// When the first message of the frame that is being built was created.
    private var frameBegins: Int64 = 0
    /// The digest of the catalogue's newest frame.
    private var digest: [UInt8]
    /// Whether the files are as the catalogue says.
    private var isInOrder = false
    /// A hand-over has failed, and a crash might bring it to light all the same, as long as nothing
    /// else was committed: its frame stays.
    private var isUnsure = false
    private var hasCounted = false
    /// The archive was pruned of the days before this time.
    private var prunedBefore: Int64 = .min
    /// Messages of such days have moved since: after a long time away, all that is due moves first.
    private var hasMovedOlder = false
    private var mail: [ArchiverMail] = []
    /// Prunes that operators asked for.
    private var orders: [PruneOrder] = []
    private var indexes: [Int64] = []
    private var retry = RetryPause()
    private var hunger = Hunger()
    /// Nanoseconds of this turn in which it waited for the writer.
    private var waited: UInt64 = 0

    /// For each millisecond of work it lets the others have so many: publishes are to notice a move
    /// as little as may be, and fifty thousand messages a second are enough.
    private static let leave: UInt64 = 5

    /// Rows read at one go: far less than the 50 ms that a reader may take.
    private static let slice: Int64 = 100

    init(hub: HubState, reader: SQLiteReader, digest: [UInt8]) {
        self.hub = hub
        self.reader = reader
        self.digest = digest
        retention = hub.configuration.retention
        topics = KnownTopics(hub.topics)
        builder = FrameBuilder(hub: hub.hub)
        files = ArchiveWriter(
            folder: hub.configuration.archive, hub: hub.hub, fault: hub.configuration.archiveFault)
    }

    /// Runs until the mailbox is closed.
    ///
    /// It works on a thread that runs when nobody else wants the processor, and so holds up no
    /// publish; where that gets it nowhere, for a while on one that is merely nice. A thread cannot
    /// turn from one into the other without privileges, so that the idle one is another thread.
    func run() {
        OSThread.comeLast()
        while !hub.archiver.isClosed {
            if hub.configuration.archivesWhenIdle, hunger.isStilled(MonotonicClock.now()) {
                workWhenIdle()
            } else {
                work()
            }
        }
    }

    private func workWhenIdle() {
        let handOver = HandOver(self)
        let thread = try? OSThread.start(name: "archiver idle") {
            OSThread.runWhenIdle()
            handOver.take().work()
        }
        // No thread is to be had: it works all the same.
        guard let thread else { return work() }
        thread.join()
    }

    /// Works until hunger begins or ends, or the mailbox is closed.
    private func work() {
        let isIdle = hunger.isStilled(MonotonicClock.now())
        while !hub.archiver.isClosed, hunger.isStilled(MonotonicClock.now()) == isIdle {
            let begun = (MonotonicClock.now(), ThreadClock.now())
            waited = 0
            let pause = turn()
            let now = MonotonicClock.now()
            hunger.note(
                elapsed: now - begun.0 - waited, processor: ThreadClock.now() - begun.1, now)
            if pause > 0 { hub.archiver.wait(milliseconds: pause) }
        }
    }

    /// Does a frame's worth of work; returns the milliseconds until there may be more.
    private func turn() -> Int32 {
        readMail()
        while !orders.isEmpty { carryOut(orders.removeFirst()) }
        let begun = ThreadClock.now()
        do throws(MoveFailure) {
            try prune()
            if !isInOrder { try putInOrder() }
            try expectFolder()
            if !hasCounted { try count() }
            let moved = try move()
            retry.succeeded()
            guard moved else { return pauseWhenDone() }
            return Int32(clamping: (ThreadClock.now() - begun) * Self.leave / 1_000_000)
        } catch {
            return failed(error)
        }
    }

    /// Nothing more is due; unless what has just moved is too old for the archive as well.
    private func pauseWhenDone() -> Int32 {
        guard hasMovedOlder else { return retention.pause }
        hasMovedOlder = false
        prunedBefore = .min
        return 0
    }

    private func failed(_ failure: MoveFailure) -> Int32 {
        builder.removeAll()
        isInOrder = false
        guard let text = failure.text else { return 0 }
        hub.metrics.archive.noteFailure()
        if case .archive(.missing) = failure { hub.metrics.archive.isMissing = true }
        let pause = retry.failed()
        hub.log.error(
            """
            nothing moves to the archive, and nothing is lost: \(text); the next try is in \
            \(pause / 1000) s
            """)
        return pause
    }

    // MARK: Moving

    /// Moves one frame if enough is due. False: nothing is to be done now.
    private func move() throws(MoveFailure) -> Bool {
        let wall = hub.clock.nowMilliseconds()
        let due = try due(wall)
        let isFull = try gather(through: max(due.byAge, due.bySize))
        guard let last = builder.last else { return false }
        guard isFull || last <= due.bySize || retention.isLate(frameBegins, wall: wall) else {
            return false
        }
        try move(builder.finish(previous: digest))
        return true
    }

    /// What is due: the newest message on account of its age, and on account of the store's size.
    private func due(_ wall: Int64) throws(MoveFailure) -> (byAge: Int64, bySize: Int64) {
        let border = hub.lines.border
        let head = hub.lines.head
        guard head > border else { return (border, border) }
        return try MoveFailure.store { () throws(StoreFailure) in
            let byAge = try reader.lastIndex(
                before: retention.cutoff(wall: wall), above: border, head: head)
            guard let size = try hub.size(of: reader), let kept = retention.kept(of: size) else {
                return (byAge, border)
            }
            return (byAge, min(head, max(border, head - kept)))
        }
    }

    /// Puts messages up to `last` into the frame; true: it is full.
    private func gather(through last: Int64) throws(MoveFailure) -> Bool {
        var next = (builder.last ?? hub.lines.border) + 1
        while next <= last {
            if hub.archiver.isClosed { throw .stopping }
            let end = min(last, next + Self.slice - 1)
            indexes.removeAll(keepingCapacity: true)
            indexes.append(contentsOf: next...end)
            if try gatherSlice() { return true }
            next = end + 1
        }
        return false
    }

    private func gatherSlice() throws(MoveFailure) -> Bool {
        var appending = FrameBuilder.Appending.done
        try MoveFailure.store { () throws(StoreFailure) in
            try reader.begin()
            defer { reader.end() }
            try reader.rows(at: indexes[...]) { row in
                appending = append(row)
                return appending == .done
            }
        }
        switch appending {
        case .done: return false
        case .full: return true
        case .contradicts(let text): throw .store(.damaged(text))
        }
    }

    private func append(_ row: MessageRow) -> FrameBuilder.Appending {
        guard topics.knows(row.topic) else {
            return .contradicts("message \(row.index) has topic \(row.topic), which is missing")
        }
        if builder.isEmpty { frameBegins = row.created }
        return builder.append(
            row, topic: topics.topic(row.topic).name.utf8.span.bytes,
            isPublishers: hub.ids.index(in: row.id) != row.index)
    }

    /// Makes the frame safe, and hands its messages over.
    private func move(_ built: BuiltFrame) throws(MoveFailure) {
        let frame = try MoveFailure.archive { () throws(ArchiveFailure) in
            let frame = try files.append(built)
            try files.settle()
            return frame
        }
        KillPoint.pass("move.settled")
        isUnsure = true
        try ask(.archive(frame))
        isUnsure = false
        digest = frame.digest
        if frame.created.upperBound < prunedBefore { hasMovedOlder = true }
        hub.metrics.archive.noteMove(frame)
    }

    /// Has the writer do something, and waits until it has.
    private func ask(_ order: WriterMail) throws(MoveFailure) {
        guard hub.writer.post(order) else { throw .stopping }
        let begun = MonotonicClock.now()
        defer { waited += MonotonicClock.now() - begun }
        while true {
            hub.archiver.wait(milliseconds: -1)
            // The writer may still do it, or not: the next start finds out from the catalogue.
            if hub.archiver.isClosed { throw .stopping }
            guard let failure = readMail() else { continue }
            if let failure { throw .store(failure) }
            return
        }
    }

    /// Takes what came: orders for later; answers what the writer says of its last task.
    @discardableResult
    private func readMail() -> StoreFailure?? {
        var said: StoreFailure??
        hub.archiver.drain(into: &mail)
        for item in mail {
            switch item {
            case .done(let failure): said = .some(failure)
            case .prune(let order): orders.append(order)
            }
        }
        return said
    }

    // MARK: The files

    /// Puts the files back to what the catalogue knows: at the start, and after a failure.
    private func putInOrder() throws(MoveFailure) {
        if isUnsure { try ask(.probe) }
        isUnsure = false
        let (border, pruned) = (hub.lines.border, hub.lines.pruned)
        let last = try MoveFailure.store { () throws(StoreFailure) in
            try border == 0 ? nil : reader.frame(holding: border)
        }
        // Files that no frame stands for are removed, so it must be sure that none does.
        guard last != nil || border == pruned else {
            throw .store(.damaged("no frame of the archive holds message \(border)"))
        }
        if let last { digest = last.digest }
        if pruned > 0 { try removePruned() }
        let cut = try MoveFailure.archive { () throws(ArchiveFailure) in try files.cut(to: last) }
        tell(cut)
        isInOrder = true
    }

    private func tell(_ cut: ArchiveWriter.Cut) {
        if cut.bytes > 0 || !cut.removed.isEmpty {
            hub.log.info(
                """
                what was left of an unfinished move is gone from the archive: \(cut.bytes) bytes, \
                \(cut.removed.count) files
                """)
        }
        switch cut.lacking {
        // `expectFolder` tells of it.
        case nil, .missing: break
        case let lacking?: hub.log.error("the archive lacks what it had: \(lacking)")
        }
    }

    /// Looks whether the folder is the one that the archive is in.
    private func expectFolder() throws(MoveFailure) {
        try MoveFailure.archive { () throws(ArchiveFailure) in try files.expectNewest() }
        hub.metrics.archive.isMissing = false
    }

    /// Adds up what is in the archive, in slices, for the metrics.
    private func count() throws(MoveFailure) {
        let border = hub.lines.border
        var last = hub.lines.pruned
        hub.metrics.archive.reset()
        while last < border, !hub.archiver.isClosed {
            let total = try MoveFailure.store { () throws(StoreFailure) in
                try reader.total(after: last)
            }
            guard total.frames > 0 else { break }
            hub.metrics.archive.note(total)
            last = total.last
        }
        hasCounted = true
    }

    // MARK: Pruning

    /// Has the days go that are older than the archive's own retention.
    private func prune() throws(MoveFailure) {
        guard let age = hub.configuration.archiveRetention else { return }
        let cutoff = Retention.dayBegin(hub.clock.nowMilliseconds() - age)
        guard cutoff > prunedBefore else { return }
        if let last = try lastFrame(before: cutoff) { try prune(through: last) }
        prunedBefore = cutoff
    }

    /// The newest frame all of whose messages were created before `time`, the beginning of a day:
    /// so it is its file's last, for no frame spans two days.
    private func lastFrame(before time: Int64) throws(MoveFailure) -> ArchivedFrame? {
        try MoveFailure.store { () throws(StoreFailure) in
            let frame = try reader.frame(begunBefore: time, through: hub.lines.border)
            guard let frame, frame.created.upperBound >= time else { return frame }
            return try reader.frame(holding: frame.first - 1)
        }
    }

    /// Prunes as an operator has asked, and has the answer sent.
    private func carryOut(_ order: PruneOrder) {
        var answer = order.answer
        do throws(MoveFailure) {
            if order.frame.last > hub.lines.pruned {
                try prune(through: order.frame, deed: order.deed)
            }
        } catch {
            switch error {
            case .store(let failure):
                answer = LookAnswer(call: answer.call, .failure(.init(failure)))
            case .stopping: answer = LookAnswer(call: answer.call, .failure(.stopping))
            case .archive(let failure):
                // The catalogue has let go of them: the files go with the next try.
                hub.log.error("pruned files of the archive cannot be removed: \(failure)")
                isInOrder = false
            }
        }
        _ = hub.loops[order.loop].post(.answer(answer))
    }

    private func prune(through last: ArchivedFrame, deed: Deed? = nil) throws(MoveFailure) {
        try ask(.prune(through: last.last, time: last.created.upperBound, deed: deed))
        KillPoint.pass("prune.committed")
        hub.log.info("the archive is pruned of the messages up to \(last.last)")
        try removePruned()
        hasCounted = false
    }

    /// Removes the files that hold nothing but pruned messages. A crash may have kept an earlier
    /// prune from it.
    private func removePruned() throws(MoveFailure) {
        let oldest = try MoveFailure.store { () throws(StoreFailure) in
            try reader.frames(from: hub.lines.pruned + 1, limit: 1).first
        }
        // Where none is left, the newest file goes too, which is open.
        if oldest == nil { isInOrder = false }
        try MoveFailure.archive { () throws(ArchiveFailure) in
            try files.remove(before: oldest)
        }
    }
}

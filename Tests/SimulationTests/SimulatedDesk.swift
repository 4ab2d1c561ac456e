import Hub
import TestSupport

/// What the archive's desk reads for the loops; the writer goes on meanwhile.
extension SimulatedHub {
    enum DeskMail {
        case page(PageToRead, loop: Int)
        case ids(WriteBatch)
    }

    func deskStep() {
        guard !deskMail.isEmpty else { return }
        switch deskMail.removeFirst() {
        case .page(let next, let loop):
            guard let pull = loops[loop].pulls[next.call] else {
                loops[loop].pagesAtDesk -= 1
                return
            }
            let answer = epochs.readers[2].reading { read(pull.call.request, from: next.from) }
            loops[loop].mail.append(.page(next, answer))
        case .ids(let batch):
            look(up: batch)
            writerMail.append(batch)
        }
    }

    // MARK: Pages

    private func read(_ request: PullRequest, from: Int64) -> DeskPage {
        let line = lines.line(of: request.wid)
        let row = installed[request.wid] ?? Model.Row()
        var start = LineStart(line, at: from)
        for frame in frames(behind: from, line) where !start.isKnown {
            start.look(at: frame) { wid in
                world.shelf.messages(of: frame).map { messages in
                    Int64(messages.count { $0.wid == wid && $0.index <= from })
                }
            }
        }
        start.end()
        for _ in 0..<world.random.number(0...4) { writerStep() }
        let counted = start.global! + start.own!
        if start.isUnreadable { return missing(from) }
        if world.defect == .refusesWhoNeedsNothing, counted > 0, from < lines.pruned {
            return .gone(oldest: lines.pruned + 1)
        }
        if start.isLost, world.defect != .skipsWhatIsPruned {
            return .gone(oldest: start.oldest ?? line.border + 1)
        }
        var page = Page(from: from, next: from, voids: row.voids, seeks: row.seeks)
        page.ordinalBefore = counted
        return scan(request, line, start, &page) ?? .read(page)
    }

    /// Nil: the page is read.
    private func scan(
        _ request: PullRequest, _ line: Line, _ start: LineStart, _ page: inout Page
    ) -> DeskPage? {
        var counts: [UInt32: Int64] = [0: start.global!]
        if request.wid != 0 { counts[request.wid] = start.own! }
        page.ordinalNext = page.ordinalBefore
        for frame in frames(behind: page.from, line) {
            let its = frame.wids.filter { counts[$0.wid] != nil }
            if its.contains(where: { $0.before > counts[$0.wid]! }) { return missing(page.next) }
            guard its.contains(where: { $0.before + Int64($0.count) > counts[$0.wid]! }) else {
                continue
            }
            guard let messages = world.shelf.messages(of: frame) else { return missing(page.next) }
            for message in messages where message.index > page.from {
                guard counts[message.wid] != nil else { continue }
                counts[message.wid]! += 1
                take(message, request, &page)
                if page.shown.count == request.limit {
                    page.more = true
                    return nil
                }
            }
        }
        guard page.ordinalNext == line.trimmedCount else { return missing(page.next) }
        page.next = line.border
        page.more = line.first(after: page.next) != nil
        if !page.more { page.next = max(page.next, line.head) }
        return nil
    }

    private func take(_ message: MessageCopy, _ request: PullRequest, _ page: inout Page) {
        let isShown =
            request.topics.isEmpty
            || request.topics.contains { $0.matches(topics[Int(message.topic)]) }
        if isShown { page.shown.append(message.index) }
        page.next = message.index
        page.ordinalNext += 1
    }

    private func frames(behind index: Int64, _ line: Line) -> [ArchivedFrame] {
        let frames = (try? reader.frames(from: index + 1, limit: .max)) ?? []
        return frames.filter { $0.first <= line.border }
    }

    /// What was counted behind `index` is not there: a prune has come meanwhile, or it is lost.
    private func missing(_ index: Int64) -> DeskPage {
        if lines.pruned > index { return .gone(oldest: lines.pruned + 1) }
        trace.violate("archived messages behind \(index) are not there")
        return .violation
    }

    // MARK: Ids

    private func look(up batch: WriteBatch) {
        batch.publishes[0].lookedThrough = lines.border
        guard world.defect != .looksOnlyInStore else { return }
        for place in batch.messages.indices {
            guard let id = batch.messages[place].id else { continue }
            batch.messages[place].archived = twin(of: batch, place, id)
        }
    }

    private func twin(
        of batch: WriteBatch, _ place: Int, _ id: MessageID
    ) -> WriteBatch.ArchivedTwin? {
        let frames = (try? reader.frames(mayHold: id, above: 0, limit: .max)) ?? []
        let found = frames.lazy.compactMap { frame in
            self.world.shelf.messages(of: frame)?.first { $0.id == id }
        }.first
        guard let found else { return nil }
        trace.count("old id found in the archive")
        let message = batch.messages[place]
        let isSame =
            found.wid == message.wid
            && batch.arena.bytes(message.body).elementsEqual(found.body.utf8)
            && batch.arena.bytes(message.topic).elementsEqual(topics[Int(found.topic)].utf8)
        return isSame ? .same(index: found.index, created: found.created) : .different
    }

    // MARK: Where messages are

    /// Every message that was not pruned is in exactly one place, as it was published.
    func checkPlaces() {
        let (border, pruned) = (lines.border, lines.pruned)
        var found: [MessageCopy] = []
        for frame in (try? reader.frames(from: pruned + 1, limit: .max)) ?? [] {
            guard let messages = world.shelf.messages(of: frame) else {
                return trace.violate("frame \(frame.first)-\(frame.last) is not in its file")
            }
            found += messages
        }
        do throws(StoreFailure) {
            guard border < lines.head else { return check(found) }
            try reader.rows(at: Array(border + 1...lines.head)[...]) { row in
                found.append(MessageCopy(row))
                return true
            }
        } catch {
            return trace.violate("the store lacks what is above the border \(border): \(error)")
        }
        check(found)
    }

    private func check(_ found: [MessageCopy]) {
        let due = world.model.log.prefix(Int(lines.head)).dropFirst(Int(lines.pruned))
        trace.check(
            found == Array(due),
            "archive and store hold \(found.map(\.index)), due is \(due.map(\.index))")
    }
}

import Hub
import Platform
import Wire

/// Pulling: what `PullCall` says, done with sockets, the store and the writer.
extension EventLoop {
    /// `POST /v1/warehouses/{wid}/pull`
    func pull(_ connection: Connection, _ wid: UInt32, _ bytes: RawSpan) throws(Problem) {
        var asked = try AskedPull(
            wid: wid, body: bytes, zoneMinutes: hub.configuration.legacyZoneMinutes, wall: wall)
        if let hub = asked.hub, hub != self.hub.hub {
            throw .otherHub(self.hub.hub, forkedAt: self.hub.forkedAt(from: hub))
        }
        if hub.warehouses[wid]?.hasStarted != true {
            if isStopping { throw .stopping }
            let position = asked.start ?? .earliest
            guard let start = try resolve(position, connection) else {
                connection.call = .start(asked)
                return try ask(connection, question(position, connection))
            }
            asked.request.start = start
        }
        begin(connection, asked)
    }

    /// Begins a pull whose start is known.
    func begin(_ connection: Connection, _ asked: AskedPull) {
        let wid = asked.request.wid
        let head = hub.lines.head
        counters.add(.pulls)
        var call = PullCall(asked.request, now: now)
        let step = hub.warehouses.with(wid, noting: true) { warehouse in
            let step = call.begin(&warehouse, head: head, now: now)
            note(asked.request, step, &warehouse)
            return step
        }
        take(step, connection, call, mayWait: !isStopping)
    }

    /// Notes who pulled, and when; one that was refused says nothing of the warehouse.
    private func note(
        _ request: PullRequest, _ step: PullCall.Step, _ warehouse: inout Warehouse?
    ) {
        if case .refuse = step { return }
        guard warehouse != nil else { return }
        warehouse!.lastPull = wall
        if let client = request.client { warehouse!.client = client }
    }

    /// Takes the pull one step on.
    func take(
        _ step: PullCall.Step, _ connection: Connection, _ call: PullCall, mayWait: Bool
    ) {
        connection.call = .pull(call)
        switch step {
        case .settle:
            change(connection, call.request.wid, call.change)
        case .read(let from, let ends):
            if let ends { end(waiting: ends) }
            connection.phase = .called
            pagesToRead.append(
                PageToRead(
                    call: connection.token, from: from, mayWait: mayWait,
                    deadline: now + deadlines.page))
        case .wait:
            wait(connection, call)
        case .answer:
            endCall(connection)
            answerBody(connection)
        case .advance(let advance):
            connection.held.removeAll()
            connection.held.append(contentsOf: body)
            countAnswer(connection)
            change(connection, call.request.wid, advance)
        case .refuse(let refusal):
            endCall(connection)
            refuse(connection, Problem(refusal, wid: call.request.wid, wall: wall))
        }
    }

    // MARK: Pages

    /// A pull whose page is to be read.
    struct PageToRead {
        let call: Token
        let from: Int64
        let mayWait: Bool
        /// When it is refused if there is no room for its page.
        let deadline: UInt64
        /// What other ticks have read of it; its messages are held by the connection.
        var begun: PageReader.Page?
    }

    /// What pages may still take of a tick.
    private struct TickRoom {
        var rows = Limits.rowsPerTick
        var bytes = Limits.pageBytesPerTick

        var isUsedUp: Bool { rows <= 0 || bytes <= 0 }
    }

    /// Reads the pages that pulls have come to, in their order, as many as a tick may; what the
    /// tick published is under way by then, so that no publish waits behind them.
    func readPages() {
        var room = TickRoom()
        takeUpHeldBack()
        while !room.isUsedUp, let next = nextPage() {
            guard let connection = connections[next.call], case .pull(var call) = connection.call
            else { continue }
            room.rows -= Limits.rowsPerPage
            // One line for all of it: the border may move at any time.
            let line = hub.lines.line(of: call.request.wid)
            if isDesks(call.request, from: next.from, line) {
                // What was read of it has moved meanwhile.
                if next.begun != nil { dropHeld(connection) }
                askForPage(connection, call, from: next.from, mayWait: next.mayWait)
                goOnIfAnswered(connection)
                continue
            }
            let step = readPage(connection, &call, next, line, &room)
            if let step { take(step, connection, call, mayWait: next.mayWait) }
            goOnIfAnswered(connection)
        }
    }

    /// The pull whose page comes next. Those for which there is no room, since answers lie there
    /// that nobody takes, are held back; who waited too long for that to change is refused.
    private func nextPage() -> PageToRead? {
        while let page = pagesToRead.popFirst() {
            guard let connection = connections[page.call], case .pull = connection.call else {
                continue
            }
            if refuseIfObjected(connection) { continue }
            if hasRoom(for: connection) { return page }
            guard now >= page.deadline else {
                pagesHeldBack.append(page)
                continue
            }
            refusePull(connection, .overloaded)
        }
        return nil
    }

    /// Puts those that were held back in line again, now and then: others may have taken theirs.
    private func takeUpHeldBack() {
        guard !pagesHeldBack.isEmpty, now >= looksAtHeldBack else { return }
        looksAtHeldBack = now + Self.holdNanoseconds
        for page in pagesHeldBack { pagesToRead.append(page) }
        pagesHeldBack.removeAll(keepingCapacity: true)
    }

    private static let holdNanoseconds: UInt64 = 20_000_000

    /// Takes up what the client has sent meanwhile, if its request in hand is answered.
    func goOnIfAnswered(_ connection: Connection) {
        if connection.phase != .waiting, connection.phase != .called { goOn(connection) }
    }

    /// Reads the page into `body`. Nil: it could not be read, and the client knows; or it is in
    /// line again, since a filter that lets little through looks at many rows, and others have
    /// their turn in between.
    private func readPage(
        _ connection: Connection, _ call: inout PullCall, _ next: PageToRead, _ line: Line,
        _ room: inout TickRoom
    ) -> PullCall.Step? {
        let request = call.request
        var query = PageReader.Query(request)
        var page = next.begun ?? PageReader.Page(from: next.from, next: next.from)
        if !query.topics.isEmpty, query.coalesce == .off {
            query.looks = min(Limits.rowsPerTick, query.looks - page.looks)
        }
        let before = (looks: page.looks, bytes: page.bytes)
        if next.begun == nil {
            beginPage(request.wid)
            body.append("[")
        } else {
            takeUp(connection)
        }
        do throws(ReadFailure) {
            try pages.goOn(&page, query, line, into: &body)
        } catch {
            return give(up: connection, call, error)
        }
        room.rows -= page.looks - before.looks
        room.bytes -= page.bytes - before.bytes
        if PageReader.goesOn(page, query, line) {
            putBack(connection, next, page)
            return nil
        }
        body.append("]")
        return handOut(connection, &call, page, line, [], mayWait: next.mayWait)
    }

    /// Has in `body` what there is of a page's answer.
    private func takeUp(_ connection: Connection) {
        swap(&body, &spareBody)
        swap(&body, &connection.held)
        spareBody.removeAll()
        if spareBody.capacity > 4 << 20 { spareBody.shrink(to: 64 * 1024) }
        dropHeld(connection)
    }

    /// Forgets what the connection holds of a page, and its memory.
    private func dropHeld(_ connection: Connection) {
        connection.held.removeAll()
        connection.held.shrink(to: 0)
        countAnswer(connection)
    }

    /// Puts a page in line again of which `body` has the beginning.
    private func putBack(
        _ connection: Connection, _ next: PageToRead, _ page: PageReader.Page
    ) {
        swap(&body, &connection.held)
        swap(&body, &spareBody)
        countAnswer(connection)
        pagesToRead.append(
            PageToRead(
                call: next.call, from: next.from, mayWait: next.mayWait, deadline: next.deadline,
                begun: page))
    }

    /// Begins a page's answer in `body`; its messages follow.
    func beginPage(_ wid: UInt32) {
        body.removeAll()
        body.append("{\"wid\":")
        body.append(decimal: UInt64(wid))
        body.append(",\"messages\":")
    }

    /// The page could not be read.
    private func give(
        up connection: Connection, _ call: PullCall, _ failure: ReadFailure
    ) -> PullCall.Step? {
        connection.call = .pull(call)
        endCall(connection)
        note(failure, connection)
        refuse(connection, Problem(failure, head: hub.lines.head))
        return nil
    }

    /// Hands a page out whose messages are in `body`, and completes its answer. Nil: that could not
    /// be done, and the client knows.
    ///
    /// - Parameter marks: what the archive's desk tells of the line, where it has read the page.
    func handOut(
        _ connection: Connection, _ call: inout PullCall, _ page: PageReader.Page, _ line: Line,
        _ marks: [LineMark], mayWait: Bool
    ) -> PullCall.Step? {
        let request = call.request
        do throws(ReadFailure) {
            var row = Warehouse(wid: request.wid)
            let step = hub.warehouses.with(request.wid, noting: true) { warehouse in
                let step = call.pageRead(
                    &warehouse!, next: page.next, isEmpty: page.isEmpty,
                    mayWait: mayWait && !isStopping && !connection.hasEnded, now: now)
                if step == .answer {
                    warehouse!.pageEnd = .init(index: page.next, ordinal: page.ordinalAfter)
                }
                row = warehouse!
                return step
            }
            switch step {
            case .answer: try appendRest(request, page, line, row, marks)
            case .advance:
                row.committed = page.next
                row.delivered = page.next
                try appendRest(request, page, line, row, marks)
            default: break
            }
            counters.add(.handedOut, step == .wait ? 0 : page.shown)
            return step
        } catch {
            return give(up: connection, call, error)
        }
    }

    func note(_ failure: ReadFailure, _ connection: Connection) {
        guard let report = failure.report else { return }
        hub.log.error(report, request: connection.requestID.text)
    }

    /// Everything of a page's answer behind its messages.
    private func appendRest(
        _ request: PullRequest, _ page: PageReader.Page, _ line: Line, _ row: Warehouse,
        _ marks: [LineMark]
    ) throws(ReadFailure) {
        let mark = marks.first { $0.index == row.committed }
        body.append(",\"next\":")
        body.append(decimal: page.next)
        body.append(page.more ? ",\"more\":true" : ",\"more\":false")
        body.append(",\"count\":{\"from\":")
        body.append(decimal: page.ordinalBefore + 1)
        body.append(",\"to\":")
        body.append(decimal: page.ordinalAfter)
        body.append(",\"filtered\":")
        body.append(decimal: page.filtered)
        body.append(",\"coalesced\":")
        body.append(decimal: page.coalesced)
        body.append("},\"committed\":")
        body.append(decimal: row.committed)
        body.append(",\"delivered\":")
        body.append(decimal: row.delivered)
        body.append(",\"seeks\":")
        body.append(decimal: row.seeks)
        body.append(",\"lag\":{\"messages\":")
        body.append(
            decimal: line.count - (mark?.ordinal ?? line.ordinal(through: row.committed)))
        body.append(",\"seconds\":")
        body.append(decimal: try lagSeconds(page, line, row, mark))
        body.append("},\"hub\":")
        body.append(hubJSON)
        body.append(",\"session\":")
        if let session = request.session {
            body.appendJSON(text: session.text)
        } else {
            body.append("null")
        }
        body.append(",\"commands\":[")
        if let letters = row.letters { appendCommands(letters.inSight) }
        body.append("]}")
    }

    private var hubJSON: String { "\"\(hub.hub)\"" }

    /// The age of the oldest message not committed.
    private func lagSeconds(
        _ page: PageReader.Page, _ line: Line, _ row: Warehouse, _ mark: LineMark?
    ) throws(ReadFailure) -> Int64 {
        if let created = mark?.nextCreated { return max(0, wall - created) / 1000 }
        guard let oldest = line.first(after: row.committed) else { return 0 }
        let created =
            if page.from == row.committed, let first = page.firstCreated {
                first
            } else {
                try ReadFailure.store { () throws(StoreFailure) in try pages.created(of: oldest) }
            }
        return max(0, wall - created) / 1000
    }

    // MARK: Waiting

    private func wait(_ connection: Connection, _ call: PullCall) {
        let request = call.request
        connection.phase = .waiting
        // Who may not any more, since another thread had the pull, is told with the next tick.
        let ends = objection(connection) == nil ? min(call.deadline, tokenEnds(connection)) : now
        setDeadline(connection, at: ends)
        waiters.add(connection.token.rawValue, wid: request.wid)
        counters.add(.waitsBegun)
        // The first to wait looks once more now that the writer knows of it.
        if hub.signs[number].raise() { waiters.wake(request.wid) }
        guard request.session != nil else { return }
        let waiting = Warehouse.WaitingPull(loop: number, call: connection.token.rawValue)
        let isSuperseded = hub.warehouses.with(request.wid) { warehouse in
            // A newer one may have come since the page was read.
            guard !call.isSuperseded(in: warehouse!) else { return true }
            warehouse!.waiting = waiting
            return false
        }
        if isSuperseded { superseded.append(connection.token) }
    }

    /// A newer pull of the same session has come: the older one is answered empty.
    private func end(waiting: Warehouse.WaitingPull) {
        if waiting.loop == number {
            supersede(waiting)
        } else {
            _ = hub.loops[waiting.loop].post(.supersede(waiting))
        }
    }

    func supersede(_ waiting: Warehouse.WaitingPull) {
        guard let connection = connections[Token(rawValue: waiting.call)],
            connection.phase == .waiting
        else { return }
        // Answered at the end of the tick: another connection may be in hand now.
        superseded.append(connection.token)
    }

    /// Answers the pulls that newer ones have ended.
    func answerSuperseded() {
        while let token = superseded.popLast() {
            guard let connection = connections[token], connection.phase == .waiting,
                case .pull(var call) = connection.call
            else { continue }
            call.supersede()
            connection.call = .pull(call)
            resume(connection, mayWait: false)
        }
    }

    /// Looks again at a waiting pull: something was committed, changed, or its time is over.
    func resume(_ connection: Connection, mayWait: Bool) {
        guard case .pull(var call) = connection.call else { return }
        leaveWaiters(connection, call)
        let step = hub.warehouses.with(call.request.wid) { warehouse in
            call.woken(warehouse!, now: now)
        }
        take(step, connection, call, mayWait: mayWait)
        goOnIfAnswered(connection)
    }

    private func leaveWaiters(_ connection: Connection, _ call: PullCall) {
        waiters.remove(connection.token.rawValue, wid: call.request.wid)
        counters.add(.waitsEnded)
        connection.phase = .called
        connection.deadline = .max
    }

    /// The connection's call is over, answered or lost: its lease runs from now.
    func endCall(_ connection: Connection) {
        guard case .pull(var call) = connection.call else { return }
        if connection.phase == .waiting { leaveWaiters(connection, call) }
        connection.call = .none
        dropHeld(connection)
        hub.warehouses.with(call.request.wid) { warehouse in
            guard warehouse != nil else { return }
            call.end(&warehouse!, now: now)
            let mine = Warehouse.WaitingPull(loop: number, call: connection.token.rawValue)
            if warehouse!.waiting == mine { warehouse!.waiting = nil }
        }
    }

    // MARK: Changes

    /// Hands a change of a warehouse to the writer, in the tick's batch.
    func change(_ connection: Connection, _ wid: UInt32, _ change: Warehouse.Change) {
        batch.changes.append(
            WriteBatch.Change(call: connection.token.rawValue, wid: wid, change: change))
        connection.phase = .called
    }

    /// The writer has answered a change.
    func changed(_ connection: Connection, _ change: WriteBatch.Change) {
        if case .refused = change.outcome {
            hub.warehouses.with(change.wid) { $0?.noteRefused(change.change, now: now) }
        }
        switch connection.call {
        case .pull(let call): settled(connection, call, change)
        case .operate(let operation, let from):
            operated(connection, operation, from, change)
        default: return
        }
        goOnIfAnswered(connection)
    }

    private func settled(
        _ connection: Connection, _ call: PullCall, _ change: WriteBatch.Change
    ) {
        var call = call
        let wid = call.request.wid
        switch change.outcome {
        case .done(let warehouse):
            if case .advance = change.change {
                body.removeAll()
                body.append(contentsOf: connection.held)
                return take(call.advanced(), connection, call, mayWait: false)
            }
            let head = hub.lines.head
            let step = hub.warehouses.with(wid, noting: true) { row in
                precondition(row != nil, "warehouse \(warehouse.wid) was installed with the commit")
                let step = call.settled(&row!, head: head, now: now)
                note(call.request, step, &row)
                return step
            }
            take(step, connection, call, mayWait: !isStopping)
        case .refused(.moved):
            let step = hub.warehouses.with(wid) { call.woken($0!, now: now) }
            take(step, connection, call, mayWait: !isStopping)
        case .refused(let refusal):
            endCall(connection)
            refuse(connection, Problem(refusal, wid: wid, wall: wall))
        case .failed(let failure):
            endCall(connection)
            refuse(connection, Problem(failure))
        case .pending:
            preconditionFailure("the writer answers every change")
        }
    }
}

import Hub
import Platform
import Wire

/// What the archive's desk does for a loop: asked here, and taken up again here.
extension EventLoop {
    /// Hands a question to the desk; the connection waits for its answer.
    func ask(_ connection: Connection, _ question: DeskMail) throws(Problem) {
        guard hub.desk.post(question) else { throw .overloaded }
        connection.phase = .called
    }

    /// The index behind which a position lies; nil: the desk has to be asked.
    func resolve(_ position: Position, _ connection: Connection) throws(Problem) -> Int64? {
        try position.resolve(
            in: hub.lines, ids: hub.ids, reader: pages.reader, for: connection.principal)
    }

    func question(_ position: Position, _ connection: Connection) -> DeskMail {
        .position(
            loop: number, call: connection.token, position, for: connection.principal)
    }

    /// The desk has answered.
    func answered(_ answer: DeskAnswer) {
        switch answer {
        case .page(let ask, let result):
            pagesAtDesk -= 1
            guard let connection = connections[ask.call], connection.phase == .called,
                case .pull(let call) = connection.call
            else { return }
            pageAnswered(connection, call, ask, result)
            goOnIfAnswered(connection)
        case .number(let call, let result):
            guard let connection = connections[call], connection.phase == .called else { return }
            numberAnswered(connection, result)
            goOnIfAnswered(connection)
        }
    }

    private func numberAnswered(_ connection: Connection, _ result: Result<Int64, Problem>) {
        do throws(Problem) {
            switch connection.call {
            case .start(var asked):
                asked.request.start = try result.get()
                begin(connection, asked)
            case .seek(let wid, let isDry):
                try seek(connection, wid, to: try result.get(), isDry: isDry)
            case .counted(let from, let to):
                // The seek is done: where messages of it are gone, it only cannot be told how many.
                writeSeek(from: from, to: to, messages: try? result.get())
                answerBody(connection)
            case .none, .publish, .publishBatch, .pull, .operate, .look, .replay, .letter,
                .letters, .stream:
                preconditionFailure("nobody asked for a number")
            }
        } catch {
            refuse(connection, error)
        }
    }

    // MARK: Pages

    /// Whether the page behind `from`, or what is to be told beside it, is the desk's to read.
    func isDesks(_ request: PullRequest, from: Int64, _ line: Line) -> Bool {
        // There is no archive: nothing more to look at.
        guard line.border > 0 else { return false }
        if line.isArchived(after: from) { return true }
        guard request.after != nil, let committed = hub.warehouses[request.wid]?.committed
        else { return false }
        return line.isArchived(after: committed)
    }

    func askForPage(_ connection: Connection, _ call: PullCall, from: Int64, mayWait: Bool) {
        let ask = DeskMail.PageAsk(
            loop: number, call: connection.token, request: call.request, from: from,
            committed: hub.warehouses[call.request.wid]?.committed ?? from, mayWait: mayWait)
        do throws(Problem) {
            try self.ask(connection, .page(ask))
            pagesAtDesk += 1
        } catch {
            endCall(connection)
            refuse(connection, error)
        }
    }

    private func pageAnswered(
        _ connection: Connection, _ call: PullCall, _ ask: DeskMail.PageAsk,
        _ result: Result<DeskPage, Problem>
    ) {
        var call = call
        do throws(Problem) {
            let answer = try result.get()
            let line = hub.lines.line(of: ask.request.wid)
            var page = answer.page
            // What came since the page was read has woken nobody: nobody waited.
            page.more = page.more || line.first(after: page.next) != nil
            beginPage(ask.request.wid)
            answer.messages.withUnsafeBytes { body.append($0) }
            let step = handOut(
                connection, &call, page, line, answer.marks, mayWait: ask.mayWait)
            if let step { take(step, connection, call, mayWait: ask.mayWait) }
        } catch {
            endCall(connection)
            refuse(connection, error)
        }
    }

    // MARK: Old ids

    /// A batch of its own of one request, on its way to the desk and from there to the writer: an
    /// id in it may stand for an archived message.
    func askForIDs(
        _ connection: Connection, _ request: WriteBatch.Publish, of batch: WriteBatch
    ) {
        guard lookupsUnderWay < Limits.lookupsUnderWay else {
            return refuse(connection, .overloaded)
        }
        let copy = batch.copy(of: request)
        let bytes = copy.arena.count
        guard hub.desk.post(.ids(copy)) else { return refuse(connection, .overloaded) }
        lookupsUnderWay += 1
        bytesUnderWay += bytes
    }
}

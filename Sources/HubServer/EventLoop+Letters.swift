import Hub
import Platform
import Wire

/// Dead letters: what clients report of them, and what operators order.
extension EventLoop {
    // MARK: Reports

    /// `POST /v1/warehouses/{wid}/dead-letters`
    func report(_ connection: Connection, _ wid: UInt32, _ bytes: RawSpan) throws(Problem) {
        if isStopping { throw .stopping }
        var members = try MemberReader(bytes)
        let report = try Self.report(&members)
        // What comes to its end takes no room, and a full disk must not keep it open.
        if report.state.isOpen { try checkRoom() }
        post(connection, .report(wid: wid, report), call: .letter)
    }

    /// `POST /v1/warehouses/{wid}/dead-letters/batch`
    func reportAll(_ connection: Connection, _ wid: UInt32, _ bytes: RawSpan) throws(Problem) {
        if isStopping { throw .stopping }
        let reports = try MemberReader.each(
            of: bytes, atMost: Limits.reports, called: "dead letters", Self.report)
        if reports.contains(where: \.state.isOpen) { try checkRoom() }
        // Of its own, so that single calls do not wait for all of it.
        let batch = takeBatch()
        batch.letters.append(
            LetterCall(call: connection.token.rawValue, work: .reports(wid: wid, reports)))
        connection.phase = .called
        connection.call = .letter
        post(batch)
    }

    private static func report(_ members: inout MemberReader) throws(Problem) -> LetterReport {
        let id = members.version7("id")
        let index = members.integer("index", 1...Limits.integer)
        let topic = members.text("topic", 0...Limits.requestBytes)
        if let topic, !Topic.isValid(topic) { members.note("topic", Mistakes.topicExpected) }
        let state = members.word("state", DeadLetter.State.allCases)
        let key = members.text("key", characters: 1...Limits.keyCharacters)
        let body = members.value("body")
        let error = members.text("error", 0...Limits.letterErrorBytes)
        let tries = members.integer("tries", 0...Limits.letterTries)
        let firstAt = members.time("firstAt")
        let lastAt = members.time("lastAt")
        if members.mistakes.count == 0 {
            if id == nil { members.note("id", "is missing") }
            if index == nil { members.note("index", "is missing") }
            if topic == nil { members.note("topic", "is missing") }
            if state == nil { members.note("state", "is missing") }
        }
        try members.finish()
        return LetterReport(
            id: id!, index: index!, topic: topic!, state: state!, key: key,
            body: body.map { Array($0.serialized().utf8) }, error: error ?? "", tries: tries ?? 0,
            firstAt: firstAt ?? 0, lastAt: lastAt ?? 0)
    }

    // MARK: Orders

    /// `POST /v1/dead-letters/{n}/retry`, `/drop`
    func order(
        _ connection: Connection, _ action: DeadLetter.Action, _ number: Int64, _ bytes: RawSpan
    ) throws(Problem) {
        if isStopping { throw .stopping }
        var members = try MemberReader(bytes)
        try members.finish()
        post(connection, .order(action, [number]), call: .letter)
        note(action, connection, ["n": .number(String(number))])
    }

    /// `POST /v1/dead-letters/retry`, `/drop`: the admin reader finds the letters first.
    func orderAll(
        _ connection: Connection, _ action: DeadLetter.Action, _ bytes: RawSpan
    ) throws(Problem) {
        if isStopping { throw .stopping }
        var members = try MemberReader(bytes)
        let filter = members.object("filter") { Self.filter(&$0) }
        let isDry = members.boolean("dryRun") ?? false
        let after = members.pageToken()
        if filter == nil, members.mistakes.count == 0 {
            members.note("filter", "is missing: {} is all that are dead")
        }
        try members.finish()
        let order = LetterOrder(
            action: action, filter: filter!, isDry: isDry, after: after ?? 0)
        try post(connection, .letters(.order(order)))
    }

    private static func filter(_ members: inout MemberReader) -> LetterFilter {
        let wid = members.integer("wid", 1...Limits.wid).map { UInt32($0) }
        let topic = members.text("topic", 0...Limits.requestBytes).map { TopicPattern($0) }
        if let topic, !topic.isValid { members.note("topic", Mistakes.patternExpected) }
        let key = members.text("key", characters: 1...Limits.keyCharacters)
        let error = members.text("error", characters: 1...Limits.searchCharacters)
        let state = members.word("state", DeadLetter.State.allCases.filter(\.isOpen))
        return LetterFilter(
            wid: wid, topic: topic, key: key, error: error, states: [state ?? .dead])
    }

    /// The admin reader has found what is to be ordered.
    func order(_ found: FoundLetters, _ connection: Connection) {
        post(
            connection, .order(found.action, found.letters.map(\.number)), call: .letters(found))
        note(
            found.action, connection,
            [
                "count": .number(String(found.letters.count)),
                "letters": .array(found.letters.map { .number(String($0.number)) }),
            ])
    }

    /// Notes the order that was just put into the batch as an operator's deed.
    private func note(
        _ action: DeadLetter.Action, _ connection: Connection, _ detail: JSONValue
    ) {
        let deed = Deed(
            action == .retry ? .letterRetry : .letterDrop, by: actor(connection),
            detail: detail.serialized())
        batch.deeds.append(.init(deed, .letters(batch.letters.count - 1)))
    }

    // MARK: Looking

    /// `GET /v1/dead-letters`
    func letters(_ connection: Connection, _ query: inout QueryReader) throws(Problem) -> Look {
        let wid = query.integer("wid", 1...Limits.wid).map { UInt32($0) }
        let topic = query.text("topic").map { TopicPattern($0) }
        if let topic, !topic.isValid { query.note("topic", Mistakes.patternExpected) }
        let key = query.text("key", characters: 1...Limits.keyCharacters)
        let error = query.text("error", characters: 1...Limits.searchCharacters)
        let all = DeadLetter.State.allCases
        let state = query.word("state", ["open", "settled", "all"] + all.map(\.rawValue))
        let limit = query.integer("limit", 1...Int64(Limits.pullMessages))
        let after = query.integer("pageToken", 0...Limits.integer)
        try query.finish()
        guard connection.principal.mayReadLetters(of: wid) else {
            throw Problem(
                403, "forbidden", "This token reads the dead letters of its own wids: give `wid`.")
        }
        let states =
            switch state {
            case "all": all
            case "settled": all.filter { !$0.isOpen }
            case nil, "open": all.filter(\.isOpen)
            default: all.filter { $0.rawValue == state }
            }
        return .letters(
            .list(
                LetterFilter(wid: wid, topic: topic, key: key, error: error, states: states),
                after: after ?? 0,
                limit: Int(limit ?? Int64(Limits.pullDefault))))
    }

    // MARK: The writer

    private func post(_ connection: Connection, _ work: LetterCall.Work, call: Connection.Call) {
        batch.letters.append(LetterCall(call: connection.token.rawValue, work: work))
        connection.phase = .called
        connection.call = call
    }

    /// The writer has answered.
    func lettered(_ connection: Connection, _ call: LetterCall) {
        switch call.outcome {
        case .reported(let letter, let isNew):
            counters.add(.letterReports)
            answer(connection, letter, isNew ? 201 : 200)
        case .reportedAll(let results):
            reported(connection, call.work, results)
        case .ordered(let results):
            ordered(connection, results)
        case .refused(let refusal):
            let wid: UInt32 =
                switch call.work {
                case .report(let wid, _), .reports(let wid, _): wid
                case .order: 0
                }
            refuse(connection, Problem(refusal, wid: wid, wall: wall))
        case .failed(let failure):
            refuse(connection, Problem(failure))
        case .pending:
            preconditionFailure("the writer answers every call")
        }
    }

    private func reported(
        _ connection: Connection, _ work: LetterCall.Work, _ results: [Result<DeadLetter, Refusal>]
    ) {
        guard case .reports(let wid, let reports) = work else { return }
        let sights = zip(reports, results).map { report, result -> JSONValue in
            switch result {
            case .success(let letter): LetterSight(letter: letter).noted
            case .failure(let refusal):
                .refused(report.id, Problem(refusal, wid: wid, wall: wall).code)
            }
        }
        counters.add(.letterReports, results.count { (try? $0.get()) != nil })
        body.removeAll()
        (["results": .array(sights)] as JSONValue).append(to: &body)
        answerBody(connection)
    }

    private func ordered(_ connection: Connection, _ results: [Result<DeadLetter, Refusal>]) {
        if case .letters(let found) = connection.call {
            body.removeAll()
            found.append(results, to: &body)
            return answerBody(connection)
        }
        switch results[0] {
        case .success(let letter): answer(connection, letter, 200)
        case .failure(let refusal): refuse(connection, Problem(refusal, wid: 0, wall: wall))
        }
    }

    private func answer(_ connection: Connection, _ letter: DeadLetter, _ status: UInt16) {
        body.removeAll()
        LetterSight(letter: letter).short.append(to: &body)
        beginHead(connection, status, type: "application/json")
        if status == 201 {
            output.append("Location: /v1/dead-letters/")
            output.append(decimal: letter.number)
            output.append("\r\n")
        }
        endAnswer(connection)
    }

    // MARK: Commands

    /// Appends the orders of a warehouse to the answer to its pull: the oldest of them.
    func appendCommands(_ orders: ArraySlice<LetterTray.Order>) {
        for (place, order) in orders.enumerated() {
            body.append(place == 0 ? "{\"n\":" : ",{\"n\":")
            body.append(decimal: order.number)
            body.append(order.action == .retry ? ",\"action\":\"retry" : ",\"action\":\"drop")
            body.append("\",\"message\":\"")
            body.append(uuid: (hi: order.id.high, lo: order.id.low))
            body.append("\"}")
        }
    }
}

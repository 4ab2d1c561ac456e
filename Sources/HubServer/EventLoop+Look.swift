import Hub
import Platform
import Wire

/// What is looked at off the loops, so that nobody's publish waits behind a long list.
extension EventLoop {
    func look(_ connection: Connection, _ target: borrowing Target) throws(Problem) {
        try post(connection, try parse(connection, target))
    }

    /// Hands a question to the admin reader; the connection waits for its answer.
    func post(_ connection: Connection, _ look: Look) throws(Problem) {
        // What is wrong must be seen, of all times, when there is too much.
        if connection.route != .metrics, !hasRoom(for: connection) { throw .overloaded }
        let request = LookRequest(loop: number, call: connection.token, look: look)
        guard hub.looks.post(request) else { throw .overloaded }
        connection.phase = .called
        connection.call = .look
    }

    private func parse(
        _ connection: Connection, _ target: borrowing Target
    ) throws(Problem) -> Look {
        var query = try QueryReader(target)
        switch connection.route {
        case .warehouses:
            let limit = query.integer("limit", 1...10_000) ?? 1000
            let after = query.integer("pageToken", 0...Limits.wid)
            let trend = query.word("trend", ["true", "false"])
            try query.finish()
            return .warehouses(
                after: after.map { UInt32($0) }, limit: Int(limit), withTrend: trend == "true")
        case .warehouse(let wid):
            try query.finish()
            return .warehouse(wid)
        case .history(let wid):
            let range = TimeRange(&query, wall: wall)
            try query.finish()
            return .history(wid, range)
        case .message:
            let wid = query.integer("wid", 1...Limits.wid)
            let limit = query.integer("limit", 1...1000) ?? 100
            let after = query.integer("pageToken", 0...Limits.wid)
            try query.finish()
            return .message(
                try messageName(target), connection.principal, wid: wid.map { UInt32($0) },
                after: after.map { UInt32($0) }, limit: Int(limit))
        case .line(let wid):
            return try line(wid, &query)
        case .search:
            return try search(connection, &query)
        case .archive:
            let limit = query.integer("limit", 1...1000) ?? 100
            let after = query.integer("pageToken", 0...Limits.integer)
            try query.finish()
            return .archive(.list(after: after ?? 0, limit: Int(limit)))
        case .topics:
            try query.finish()
            return .topics
        case .audit:
            return try audit(&query)
        case .stats:
            let range = TimeRange(&query, wall: wall)
            try query.finish()
            return .stats(range)
        case .letters:
            return try letters(connection, &query)
        case .letter(let number):
            try query.finish()
            return .letters(.one(number, connection.principal))
        default:
            try query.finish()
            return .metrics
        }
    }

    /// `GET /v1/audit`
    private func audit(_ query: inout QueryReader) throws(Problem) -> Look {
        var filter = AuditFilter()
        filter.wid = query.integer("wid", 1...Limits.wid).map { UInt32($0) }
        filter.action = query.word("action", Deed.Action.allCases.map(\.rawValue))
            .flatMap { Deed.Action(rawValue: $0) }
        filter.name = query.text("name")
        filter.from = query.time("from")
        filter.to = query.time("to")
        let limit = query.integer("limit", 1...Int64(Limits.pullMessages))
        let before = query.integer("pageToken", 1...Limits.integer)
        try query.finish()
        return .audit(
            filter, before: before ?? Limits.integer,
            limit: Int(limit ?? Int64(Limits.pullDefault)))
    }

    /// `GET /v1/warehouses/{wid}/messages`: the line, read without moving or leasing anything.
    private func line(_ wid: UInt32, _ query: inout QueryReader) throws(Problem) -> Look {
        let after = query.integer("after", 0...Limits.integer)
        let limit = query.integer("limit", 1...Int64(Limits.pullMessages))
        let topic = query.text("topic")
        if let topic, !TopicPattern(topic).isValid {
            query.note("topic", Mistakes.patternExpected)
        }
        try query.finish()
        var asked = PageReader.Query(
            limit: Int(limit ?? Int64(Limits.pullDefault)), maxBytes: Limits.pullBytesDefault)
        if let topic { asked.topics = [TopicPattern(topic)] }
        return .line(wid, after: after, asked)
    }

    private func messageName(_ target: borrowing Target) throws(Problem) -> MessageName {
        var segments = target.segments
        _ = target.next(&segments)
        _ = target.next(&segments)
        guard let name = target.next(&segments) else { throw .notFound }
        if let index = target.number(name) { return .index(Int64(index)) }
        guard let (high, low) = UUIDText.parse(target.raw(name)) else { throw .notFound }
        return .id(MessageID(high: high, low: low))
    }

    /// The admin reader has answered.
    func looked(_ answer: LookAnswer) {
        guard let connection = connections[answer.call], connection.phase == .called,
            case .look = connection.call
        else { return }
        switch answer.result {
        case .success(let body):
            if let copies = body.copies { return store(copies, connection, body.bytes) }
            if let found = body.letters { return order(found, connection) }
            self.answer(connection, 200, body.bytes, type: body.contentType)
        case .failure(let problem):
            refuse(connection, problem)
        }
        goOn(connection)
    }
}

import Hub
import Platform
import Wire

/// Publishing: check, put into the tick's batch, answer when the writer has it on disk.
extension EventLoop {
    /// `POST /v1/messages`
    func publish(_ connection: Connection, _ bytes: RawSpan) throws(Problem) {
        try checkRoom()
        let first = batch.messages.count
        let mark = batch.arena.count
        do throws(Problem) {
            messages.reset()
            try readOne(bytes)
            try messages.mistakes.check()
            try checkTopics(connection, batch, first..<batch.messages.count)
        } catch {
            batch.messages.removeSubrange(first...)
            batch.arena.truncate(to: mark)
            throw error
        }
        batch.publishes.append(
            WriteBatch.Publish(
                call: connection.token.rawValue, messages: first..<batch.messages.count))
        connection.phase = .called
        connection.call = .publish
    }

    private func readOne(_ bytes: RawSpan) throws(Problem) {
        guard bytes.byteCount > 0 else { return messages.readNothing() }
        var reader = JSONReader(bytes)
        try messages.read(&reader, into: batch)
        try messages.end(&reader)
    }

    /// `POST /v1/messages/batch`
    func publishBatch(_ connection: Connection, _ bytes: RawSpan) throws(Problem) {
        try checkRoom()
        // One of its own: a large request has a transaction for itself, and leaves the tick's
        // batch to the singles.
        let batch = takeBatch()
        do throws(Problem) {
            messages.reset()
            if connection.head.contentType == .ndjson {
                try readLines(bytes, into: batch)
            } else {
                try readArray(bytes, into: batch)
            }
            try messages.mistakes.check()
            guard !batch.messages.isEmpty else {
                throw .invalid([.init("", "must hold at least one message")])
            }
            try checkTopics(connection, batch, batch.messages.indices)
        } catch {
            giveBack(batch)
            throw error
        }
        batch.publishes.append(
            WriteBatch.Publish(
                call: connection.token.rawValue, messages: batch.messages.indices))
        connection.phase = .called
        connection.call = .publishBatch
        post(batch)
    }

    private func readArray(_ bytes: RawSpan, into batch: WriteBatch) throws(Problem) {
        guard bytes.byteCount > 0 else { throw .invalid([.init("", "must be an array")]) }
        var reader = JSONReader(bytes)
        var place = 0
        do throws(JSONError) { try reader.beginArray() } catch {
            throw error.isMalformed
                ? Problem(error) : .invalid([.init("", "must be an array of messages")])
        }
        while try hasElement(&reader) {
            try checkCount(place)
            try messages.read(&reader, place: place, into: batch)
            place += 1
        }
        try messages.end(&reader)
    }

    private func hasElement(_ reader: inout JSONReader) throws(Problem) -> Bool {
        do throws(JSONError) { return try reader.nextElement() } catch { throw Problem(error) }
    }

    private func readLines(_ bytes: RawSpan, into batch: WriteBatch) throws(Problem) {
        var (place, number) = (0, 0)
        var start = 0
        while start < bytes.byteCount {
            let end = bytes.lineEnd(from: start)
            let line = bytes.extracting(start..<end)
            start = end + 1
            number += 1
            if line.isBlank { continue }
            try checkCount(place)
            var reader = JSONReader(line)
            try messages.read(&reader, place: place, line: number, into: batch)
            try messages.end(&reader)
            place += 1
        }
    }

    private func checkCount(_ place: Int) throws(Problem) {
        guard place < Limits.batchMessages else {
            throw Problem(
                413, "too_many_messages",
                "A batch has at most \(Limits.batchMessages) messages: send several.")
        }
    }

    private func checkTopics(
        _ connection: Connection, _ batch: WriteBatch, _ places: Range<Int>
    ) throws(Problem) {
        guard case .publisher(let patterns) = connection.principal else { return }
        for place in places {
            let name = String(
                decoding: batch.arena.bytes(batch.messages[place].topic), as: UTF8.self)
            guard patterns.contains(where: { $0.matches(name) }) else {
                throw Problem(403, "topic_forbidden", "This token may not publish \(name).")
            }
        }
    }

    // MARK: Batches

    func checkRoom() throws(Problem) {
        if isStopping { throw .stopping }
        if hub.condition.isShortOfRoom { throw .diskNearlyFull }
        guard bytesUnderWay + batch.bytes < Limits.bytesUnderWay else { throw .overloaded }
    }

    func takeBatch() -> WriteBatch {
        spareBatches.popLast() ?? WriteBatch(loop: number)
    }

    private func giveBack(_ batch: WriteBatch) {
        batch.reset()
        if spareBatches.count < 4 { spareBatches.append(batch) }
    }

    /// Hands the tick's batch to the writer.
    func postBatch() {
        guard !batch.isEmpty, batchesUnderWay < Limits.batchesUnderWay else { return }
        post(batch)
        batch = takeBatch()
    }

    func post(_ batch: WriteBatch) {
        batchesUnderWay += 1
        bytesUnderWay += batch.bytes
        guard hub.writer.post(.batch(batch)) else {
            // The writer has ended: only while the hub stops.
            batch.fail(.other("the hub is stopping"))
            return written(batch)
        }
    }

    /// The writer has answered a batch: now every request in it is.
    func written(_ batch: WriteBatch) {
        if batch.isLookup { lookupsUnderWay -= 1 } else { batchesUnderWay -= 1 }
        bytesUnderWay -= batch.bytes
        seeToDeeds(of: batch)
        for request in batch.publishes {
            guard let connection = connections[Token(rawValue: request.call)],
                connection.phase == .called
            else { continue }
            published(connection, request, batch)
            goOn(connection)
        }
        for change in batch.changes {
            guard let connection = connections[Token(rawValue: change.call)],
                connection.phase == .called
            else { continue }
            changed(connection, change)
        }
        for letter in batch.letters {
            guard let connection = connections[Token(rawValue: letter.call)],
                connection.phase == .called
            else { continue }
            lettered(connection, letter)
            goOn(connection)
        }
        giveBack(batch)
    }

    private func published(
        _ connection: Connection, _ request: WriteBatch.Publish, _ batch: WriteBatch
    ) {
        let isBatch = if case .publishBatch = connection.call { true } else { false }
        switch request.outcome {
        case .stored(let fresh):
            counters.add(.published, fresh)
            counters.add(.duplicates, request.messages.count - fresh)
            if case .replay(let begun) = connection.call {
                let copies = batch.messages[request.messages]
                answerReplay(connection, begun, copies, fresh: fresh)
            } else if isBatch {
                answerBatch(connection, batch, request.messages, fresh: fresh)
            } else {
                answerSingle(connection, batch.messages[request.messages.lowerBound])
            }
        case .conflict(let places):
            refuse(connection, conflict(places, isBatch: isBatch))
        case .topicLimit:
            refuse(
                connection,
                Problem(507, "topic_limit", "\(Limits.topics) topics are known, no more may be."))
        case .lineLimit:
            refuse(
                connection,
                Problem(
                    507, "line_limit",
                    "\(Limits.lines) wids have messages of their own, no more may."))
        case .failed(let failure):
            refuse(connection, Problem(failure))
        case .lookAgain:
            askForIDs(connection, request, of: batch)
        case .unfinished:
            refuse(connection, .overloaded)
        case .expired(let places):
            refuse(connection, expired(places, isBatch: isBatch))
        case .pending:
            preconditionFailure("the writer answers every request")
        }
    }

    private func expired(_ places: [Int], isBatch: Bool) -> Problem {
        var problem = Problem(
            409, "id_expired",
            "An id is older than what the archive still keeps, so it cannot be known whether its "
                + "message was stored before: send it with a new id if it was not. Nothing was "
                + "stored.")
        problem.fields = places.prefix(Limits.errorsTold).map {
            .init(isBatch ? "/\($0)/id" : "/id", "is too old")
        }
        return problem
    }

    private func conflict(_ places: [Int], isBatch: Bool) -> Problem {
        var problem = Problem(
            409, "id_conflict",
            "A message of this id is stored with other content, or the id is one the hub itself "
                + "gives: send the same content again, or a new id. Nothing was stored.")
        problem.fields = places.prefix(Limits.errorsTold).map {
            .init(isBatch ? "/\($0)/id" : "/id", "stands for another message")
        }
        return problem
    }

    private func answerSingle(_ connection: Connection, _ message: WriteBatch.Message) {
        let id = (hi: message.storedID.high, lo: message.storedID.low)
        body.removeAll()
        body.append("{\"id\":\"")
        body.append(uuid: id)
        body.append("\",\"index\":")
        body.append(decimal: message.index)
        body.append(",\"created\":\"")
        body.append(timestampMilliseconds: message.created)
        body.append(message.isDuplicate ? "\",\"duplicate\":true}" : "\"}")
        beginHead(
            connection, message.isDuplicate ? 200 : 201, type: "application/json")
        output.append("Location: /v1/messages/")
        output.append(uuid: id)
        output.append("\r\n")
        endAnswer(connection)
    }

    private func answerBatch(
        _ connection: Connection, _ batch: WriteBatch, _ places: Range<Int>, fresh: Int
    ) {
        let messages = batch.messages[places]
        body.removeAll()
        body.append("{\"count\":")
        body.append(decimal: messages.count)
        body.append(",\"firstIndex\":")
        append(index: messages.first { !$0.isDuplicate }?.index)
        body.append(",\"lastIndex\":")
        append(index: messages.last { !$0.isDuplicate }?.index)
        body.append(",\"duplicates\":")
        body.append(decimal: messages.count - fresh)
        body.append(",\"ids\":[")
        for (place, message) in messages.enumerated() {
            body.append(place == 0 ? "\"" : ",\"")
            body.append(uuid: (hi: message.storedID.high, lo: message.storedID.low))
            body.append("\"")
        }
        body.append("]")
        if fresh < messages.count {
            body.append(",\"indexes\":[")
            for (place, message) in messages.enumerated() {
                if place > 0 { body.append(",") }
                body.append(decimal: message.index)
            }
            body.append("]")
        }
        body.append("}")
        answerBody(connection, fresh == 0 ? 200 : 201)
    }

    private func append(index: Int64?) {
        if let index { body.append(decimal: index) } else { body.append("null") }
    }
}

extension RawSpan {
    /// Where the line that begins at `start` ends: at the next line feed, or at the end.
    fileprivate func lineEnd(from start: Int) -> Int {
        withUnsafeBytes { bytes in
            bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        }
    }

    fileprivate var isBlank: Bool {
        withUnsafeBytes { bytes in
            bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        }
    }
}

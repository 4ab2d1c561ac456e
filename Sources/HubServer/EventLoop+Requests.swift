import Hub
import Platform
import TLS
import Wire

/// From bytes to requests, and from answers to bytes.
extension EventLoop {
    // MARK: Receiving

    /// Reads what came, once a tick, and works on it.
    func receive(_ connection: Connection) {
        if hasEnough(connection) {
            watch(connection, connection.interest.subtracting(.read))
            return
        }
        if tls != nil, connection.tls?.isEstablished != true {
            // A handshake takes a hundred times as long as a request: those who are here go first.
            guard handshakes < Limits.handshakesPerTick else { return }
            handshakes += 1
        }
        let borrows = connection.input.isEmpty
        if borrows { swap(&connection.input, &scratch) }
        let transfer = tls == nil ? receiveBytes(connection) : receiveRecords(connection)
        if case .bytes = transfer {
            connection.received = now
            work(connection)
        }
        if borrows {
            giveBack(connection)
        } else if connection.input.isEmpty {
            connection.input.shrink(to: 0)
        }
        if transfer == .closed || connection.hasSaidEnd { receivedEnd(connection) }
        countRequest(connection)
        refuseIfTooMuch(connection)
    }

    private func receiveBytes(_ connection: Connection) -> Transfer {
        var room = 16 * 1024
        if case .body(let whole) = connection.phase {
            room = max(room, whole - connection.input.count)
            // A buffer grows to the whole once a good part is there: doubling would go beyond.
            if connection.input.capacity * 4 < whole { room = min(room, Limits.bytesPerTick) }
        }
        return receive(connection, into: &connection.input, room: room, most: Limits.bytesPerTick)
    }

    /// Reads at most `most` bytes into `buffer`, in which `room` of them are free then.
    func receive(
        _ connection: Connection, into buffer: inout ByteBuffer, room: Int, most: Int
    ) -> Transfer {
        var transfer = Transfer.closed
        buffer.withFreeSpace(minimum: room) { space in
            do throws(Errno) {
                transfer = try connection.socket.receive(
                    into: UnsafeMutableRawBufferPointer(rebasing: space.prefix(most)))
            } catch {
                hub.log.debug("a connection failed: \(error)")
            }
            if case .bytes(let count) = transfer { return count }
            return 0
        }
        return transfer
    }

    /// What is left over moves to memory of the connection's own.
    private func giveBack(_ connection: Connection) {
        var own = ByteBuffer()
        if !connection.input.isEmpty {
            own.reserve(connection.input.count)
            own.append(contentsOf: connection.input)
            connection.input.removeAll()
        }
        swap(&connection.input, &scratch)
        swap(&connection.input, &own)
        // `own` is now what was in `scratch` before the receive: the empty placeholder.
    }

    /// The client sends no more. What it asked for is still answered, but nobody waits for a
    /// client that may have gone: a waiting pull is answered now.
    private func receivedEnd(_ connection: Connection) {
        connection.hasEnded = true
        watch(connection, connection.interest.subtracting(.read))
        switch connection.phase {
        case .whole, .called: break
        case .waiting: resume(connection, mayWait: false)
        case .streaming: close(connection)
        case .head, .body, .chunks, .draining:
            guard connection.unsent.isEmpty, !connection.isHeldUp else { return }
            close(connection)
        }
    }

    // MARK: Working

    /// Takes up as many requests as are there and can be answered, then sends the answers.
    func work(_ connection: Connection) {
        connection.isHeldUp = false
        connection.turn = 0
        var input = ByteBuffer()
        swap(&input, &connection.input)
        while step(connection, &input) {}
        swap(&input, &connection.input)
        finish(connection)
    }

    /// One step on the way of a request. False: more bytes, or another thread's answer, must come
    /// first.
    private func step(_ connection: Connection, _ input: inout ByteBuffer) -> Bool {
        switch connection.phase {
        case .head:
            guard !input.isEmpty, !connection.closes else { return false }
            let room = answerBytes.isFull(for: payer(connection)) ? 1 : Limits.outputBytes
            guard output.count + connection.unsent.count < room,
                connection.turn < Limits.requestsPerTurn
            else {
                connection.isHeldUp = true
                return false
            }
            connection.turn += 1
            return readHead(connection, &input)
        case .body(let whole):
            guard input.count >= whole else {
                awaitBody(connection)
                return false
            }
            connection.phase = .whole(body: whole - connection.head.length, request: whole)
            connection.deadline = .max
            return true
        case .chunks:
            return readChunks(connection, &input)
        case .whole(let body, let request):
            guard isTurn(connection, request) else {
                connection.isHeldUp = true
                return false
            }
            perform(connection, &input, bodyLength: body, used: request)
            return true
        case .draining:
            input.removeAll()
            return false
        case .called, .waiting, .streaming:
            return false
        }
    }

    /// Whether a request of so many bytes comes in this tick: batches beyond what a tick reads come
    /// with the next ones, so that all else does not wait for all of them.
    private func isTurn(_ connection: Connection, _ bytes: Int) -> Bool {
        guard connection.route == .publishBatch else { return true }
        guard batchRoom > 0 else { return false }
        batchRoom -= bytes
        return true
    }

    private func readHead(_ connection: Connection, _ input: inout ByteBuffer) -> Bool {
        let isFirst = !connection.parser.hasBegun
        switch connection.parser.parse(input.bytes) {
        case .incomplete:
            if isFirst { setDeadline(connection, after: deadlines.head) }
            return false
        case .failure(let failure):
            beginUnread(connection)
            do throws(Problem) {
                try countOfAddress(connection)
                refuse(connection, Problem(failure))
            } catch {
                refuse(connection, error.closing)
            }
            return false
        case .head(let head):
            connection.head = head
            connection.parser.reset()
            connection.bodyDeadline = now + deadlines.bodyTotal
            do throws(Problem) {
                try admit(connection, input.bytes)
            } catch {
                refuseUnread(connection, &input, error)
            }
            return true
        }
    }

    /// The answer will be to a head that could not be read: nothing of the request before counts.
    func beginUnread(_ connection: Connection) {
        connection.requestID = nextRequestID()
        connection.head = RequestHead()
        (connection.address, connection.caller) = (connection.peer, connection.entered)
        connection.quota = nil
    }

    /// Refuses a request whose body was not read: if all of it is there it is passed over, else
    /// nobody knows whether it will come, and the connection ends.
    private func refuseUnread(
        _ connection: Connection, _ input: inout ByteBuffer, _ problem: Problem
    ) {
        let head = connection.head
        let rest = input.count - head.length
        if !head.isChunked, rest >= head.contentLength ?? 0, !problem.closes {
            input.consume(head.length + (head.contentLength ?? 0))
            refuse(connection, problem)
        } else {
            refuse(connection, problem.closing)
        }
    }

    /// Decides, from the head alone, whether the request may come in, and how its body is framed.
    private func admit(_ connection: Connection, _ bytes: RawSpan) throws(Problem) {
        let head = connection.head
        connection.closes = !head.keepAlive || isStopping
        connection.requestID = requestID(head, bytes)
        findCaller(connection, bytes)
        try countOfAddress(connection)
        connection.route = try Route.find(
            head.method, Target(bytes.extracting(head.target.range)))
        // Reading is safe, and browsers keep the answer from a page of another site.
        if head.method != .get, head.method != .head, head.isCrossSite(bytes) { throw .crossOrigin }
        connection.principal = try principal(connection, bytes)
        try checkBody(connection, received: bytes.byteCount - head.length)
        if head.isChunked {
            connection.decoder = ChunkedDecoder(limits: Self.limits(connection.route))
            connection.phase = .chunks
        } else {
            connection.phase = .body(head.length + (head.contentLength ?? 0))
        }
        // Who has begun to send the body does not wait for this (RFC 9110, section 10.1.1).
        let awaitsBody = head.isChunked || head.contentLength ?? 0 > 0
        if head.expectsContinue, awaitsBody, bytes.byteCount == head.length {
            output.append(Self.continueLine)
        }
    }

    private static func limits(_ route: Route) -> ChunkedDecoder.Limits {
        var limits = ChunkedDecoder.Limits(maxBodyBytes: route.bodyLimit)
        limits.maxExtensionBytes = Limits.chunkExtensionBytes
        limits.maxTrailerBytes = Limits.trailerBytes
        return limits
    }

    private static let continueLine: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    /// - Parameter received: bytes that came behind the head.
    private func checkBody(_ connection: Connection, received: Int) throws(Problem) {
        let head = connection.head
        if head.hasUnknownExpectation {
            throw Problem(
                417, "expectation_failed", "The only expectation this hub knows is 100-continue.")
        }
        if head.hasContentEncoding {
            throw Problem(
                415, "content_encoding", "Request bodies are not compressed: send it as it is.")
        }
        if head.method == .post || head.method == .put, head.contentLength == nil,
            !head.isChunked, head.minorVersion == 0
        {
            throw Problem(
                411, "length_required", "An HTTP/1.0 request with a body tells its length.")
        }
        if let length = head.contentLength, length > connection.route.bodyLimit {
            throw .tooLarge(connection.route)
        }
        if let length = head.contentLength, length > Limits.smallRequestBytes, length > received,
            !hasRoom(for: connection, bytes: length)
        {
            throw .overloaded.closing
        }
    }

    /// Who asks, and whether it may.
    private func principal(
        _ connection: Connection, _ bytes: RawSpan
    ) throws(Problem) -> Principal {
        connection.holder = nil
        connection.authorityVersion = authorityVersion
        let access = connection.route.access
        if access == .all { return .anyone }
        if authority.isOpen {
            try checkIsLocal(bytes, connection.head)
            return .anyone
        }
        guard let holder = try holder(connection, bytes) else { throw .unauthorized }
        try countOfToken(connection, holder)
        guard holds(holder) else { throw .tokenExpired(holder.expires) }
        holder.use.note(wall)
        connection.holder = holder
        guard holder.principal.may(access) else {
            throw Problem(403, "forbidden", holder.principal.refusal(of: access))
        }
        return holder.principal
    }

    /// Whose token or cookie the request bears.
    private func holder(
        _ connection: Connection, _ bytes: RawSpan
    ) throws(Problem) -> Authority.Holder? {
        let head = connection.head
        connection.session = nil
        if let token = bytes.extracting(head.authorization.range).bearerToken {
            try checkTries(connection)
            guard token.byteCount <= Limits.tokenBytes,
                let holder = authority.holder(Digest(of: token))
            else {
                try countWrongToken(connection)
                return nil
            }
            return holder
        }
        // Who has signed in is meant to be that, whatever certificate the browser shows.
        guard head.cookie.isPresent, let signedIn = signedIn(connection, bytes) else {
            return try certified(connection)
        }
        // Browsers send the cookie by themselves, so the page has to be known too: they say it
        // with everything that changes something (https://fetch.spec.whatwg.org/#origin-header).
        if head.method != .get, head.method != .head, !head.origin.isPresent { throw .crossOrigin }
        connection.session = signedIn.digest
        return signedIn.holder
    }

    func awaitBody(_ connection: Connection) {
        setDeadline(connection, at: min(now + deadlines.body, connection.bodyDeadline))
    }

    private func readChunks(_ connection: Connection, _ input: inout ByteBuffer) -> Bool {
        let offset = connection.head.length
        switch input.decodeChunks(from: offset, with: &connection.decoder!) {
        case .needsMore:
            awaitBody(connection)
            return false
        case .failure(let failure):
            let problem =
                failure.status == 413 ? .tooLarge(connection.route).closing : Problem(failure)
            refuse(connection, problem)
            return false
        case .complete(let length, let consumed):
            connection.decoder = nil
            connection.phase = .whole(body: length, request: offset + consumed)
            connection.deadline = .max
            return true
        }
    }

    /// Does what the request asks for; it is whole.
    private func perform(
        _ connection: Connection, _ input: inout ByteBuffer, bodyLength: Int, used: Int
    ) {
        connection.phase = .head
        connection.deadline = .max
        let head = connection.head
        do throws(Problem) {
            // Between head and body there may have been minutes.
            if let problem = objection(connection) { throw problem }
            let bytes = input.bytes
            try perform(
                connection, head: bytes, target: bytes.extracting(head.target.range),
                body: bytes.extracting(head.length..<head.length + bodyLength))
        } catch {
            refuse(connection, error)
        }
        input.consume(used)
    }

    private func perform(
        _ connection: Connection, head: RawSpan, target: RawSpan, body: RawSpan
    ) throws(Problem) {
        switch connection.route {
        case .publish: try publish(connection, body)
        case .publishBatch: try publishBatch(connection, body)
        case .pull(let wid): try pull(connection, wid, body)
        case .operate(let operation, let wid): try operate(connection, operation, wid, body)
        case .archive(.verify): try askArchive(connection, .verify, body)
        case .archive(.replay): try askArchive(connection, .replay, body)
        case .archive(.prune): try askArchive(connection, .prune, body)
        case .report(let wid): try report(connection, wid, body)
        case .reports(let wid): try reportAll(connection, wid, body)
        case .order(let action, let number): try order(connection, action, number, body)
        case .orderAll(let action): try orderAll(connection, action, body)
        case .warehouses, .warehouse, .history, .line, .message, .search, .archive, .topics, .stats,
            .metrics, .letters, .letter, .audit:
            try look(connection, Target(target))
        case .session(let asked): try session(connection, asked, head: head, body: body)
        case .events: try follow(connection, Target(target))
        case .health: answer(connection, 200, text: "ok\n")
        case .ready: ready(connection)
        case .openAPI: answer(connection, Documents.all[Documents.openAPI], head)
        case .document(let place): answer(connection, Documents.all[place], head)
        }
    }

    private func ready(_ connection: Connection) {
        guard let reason = hub.condition.reasonNotReady else {
            return answer(connection, 200, text: "ready\n")
        }
        var problem = Problem(503, "not_ready", "Not ready: \(reason).").retryable(after: 1)
        problem.members = [.init("reason", .text(reason))]
        refuse(connection, problem)
    }
}

extension RawSpan {
    /// The bytes in `range` as text; they are known to be ASCII.
    func text(_ range: ByteRange) -> String {
        extracting(range.range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

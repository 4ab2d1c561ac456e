import Hub
import Platform
import Wire

/// `GET /v1/events`: answers that go on (WHATWG HTML, section 9.2, server-sent events).
///
/// The pulse makes the events, once for all; a loop only hands the bytes to its connections.
extension EventLoop {
    /// An answer that goes on.
    struct Stream {
        /// Monotonic nanoseconds at which it ends: who follows shows its token again then.
        let ends: UInt64
        /// The session that it ends with.
        let session: Digest?
        /// Bytes that may wait for the client; 0: it was not told anything yet.
        var room = 0
    }

    func follow(_ connection: Connection, _ target: borrowing Target) throws(Problem) {
        var query = try QueryReader(target)
        try query.finish()
        guard connection.head.method != .head else { return beginEvents(connection) }
        if isStopping { throw .stopping }
        if !hasRoom(for: connection) { throw .overloaded }
        guard hub.followers.enter(number) else { throw .tooManySubscribers }
        guard hub.pulse.post(Follower(loop: number, call: connection.token)) else {
            hub.followers.leave(number)
            throw .overloaded
        }
        let ends = min(now + deadlines.stream, tokenEnds(connection))
        connection.phase = .streaming
        connection.call = .stream(Stream(ends: ends, session: connection.session))
        setDeadline(connection, at: ends)
        beginEvents(connection)
    }

    /// Writes the head. HTTP/1.0 knows no chunks: there the end of the connection is the end.
    private func beginEvents(_ connection: Connection) {
        let isChunked = connection.head.minorVersion > 0
        if !isChunked { connection.closes = true }
        beginHead(connection, 200, type: "text/event-stream")
        // A proxy that gathers answers would hold the events back.
        output.append("X-Accel-Buffering: no\r\n")
        if isChunked { output.append("Transfer-Encoding: chunked\r\n") }
        output.endHead()
        if connection.phase == .head { setDeadline(connection, after: deadlines.idle) }
    }

    /// The pulse has news.
    func tell(_ news: News) {
        var followers: [Token] = []
        for token in streams {
            guard let connection = connections[token], case .stream(let stream) = connection.call
            else { continue }
            if let session = stream.session, hub.sessions.session(session, now: now) == nil {
                endStream(connection)
                continue
            }
            deliver(news.changes, to: connection, room: stream.room)
            if connections[token] != nil { followers.append(token) }
        }
        for newcomer in news.newcomers where newcomer.loop == number {
            guard let connection = connections[newcomer.call],
                case .stream(var stream) = connection.call
            else { continue }
            guard !answerBytes.isFull(with: news.whole.count) else {
                cutOff(connection)
                continue
            }
            stream.room = news.whole.count + hub.configuration.followerBytes
            connection.call = .stream(stream)
            deliver(news.whole, to: connection, room: stream.room)
            if connections[newcomer.call] != nil { followers.append(newcomer.call) }
        }
        streams = followers
    }

    /// Sends events, or lines them up behind those that the client has not taken yet; one that
    /// falls too far behind is cut off, and has to begin anew.
    private func deliver(_ events: [UInt8], to connection: Connection, room: Int) {
        let isChunked = connection.head.minorVersion > 0
        if connection.unsent.isEmpty {
            output.append(events: events, isChunked: isChunked)
            finish(connection)
        } else if connection.unsent.count + events.count > room || answerBytes.isFull() {
            cutOff(connection)
        } else {
            output.append(events: events, isChunked: isChunked)
            lineUp(connection)
        }
    }

    /// Ends the answer in order; a client that has not taken all of it is not waited for.
    func endStream(_ connection: Connection) {
        guard connection.unsent.isEmpty else { return cutOff(connection) }
        leaveStream(connection)
        connection.phase = .head
        setDeadline(connection, after: deadlines.idle)
        if connection.head.minorVersion > 0 { output.append("0\r\n\r\n") }
        goOn(connection)
    }

    /// Ends all of them: what their tokens may has changed, or the hub stops.
    func endStreams() {
        for (_, connection) in connections where connection.phase == .streaming {
            endStream(connection)
        }
        streams.removeAll()
    }

    /// The connection follows no more.
    func leaveStream(_ connection: Connection) {
        guard case .stream = connection.call else { return }
        connection.call = .none
        hub.followers.leave(number)
    }
}

extension ByteBuffer {
    /// Appends events, as one chunk if the answer comes in chunks (RFC 9112, section 7.1).
    fileprivate mutating func append(events: [UInt8], isChunked: Bool) {
        if isChunked {
            append(String(events.count, radix: 16))
            append("\r\n")
        }
        append(events.span.bytes)
        if isChunked { append("\r\n") }
    }
}

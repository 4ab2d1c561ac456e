import Hub
import Platform
import Wire

/// Answers on their way out: sent, kept for a client that is slow, and the end of a connection.
extension EventLoop {
    /// Takes up a connection again whose answer is in `output`: sends it, and goes on to what the
    /// client has sent meanwhile.
    func goOn(_ connection: Connection) {
        if connection.input.isEmpty {
            connection.input.shrink(to: 0)
            finish(connection)
        } else {
            work(connection)
        }
        countRequest(connection)
    }

    /// Sends what there is to send: one call a connection and tick.
    func finish(_ connection: Connection) {
        defer {
            output.removeAll()
            records.removeAll()
            if output.capacity > 4 << 20 { output.shrink(to: 64 * 1024) }
            countAnswer(connection)
        }
        guard connections[connection.token] != nil else { return }
        seal(connection)
        let hadUnsent = !connection.unsent.isEmpty
        let hadMore = hadUnsent || !output.isEmpty
        if hadUnsent { connection.unsent.append(contentsOf: output) }
        switch hadUnsent ? send(&connection.unsent, connection) : send(&output, connection) {
        case .closed: close(connection)
        case .wouldBlock:
            if !hadUnsent {
                connection.unsent.append(contentsOf: output)
                // What goes on has no end: who follows is cut off when too much waits for it.
                connection.writeDeadline =
                    connection.phase == .streaming ? .max : now + deadlines.writeTotal
            }
            setDeadline(connection, at: min(now + deadlines.write, connection.writeDeadline))
            connection.taken = now
            // A client that does not read its answers is not read from either.
            watch(connection, .write)
        case .bytes:
            if hadUnsent { setDeadlineOfPhase(connection) }
            if hadMore || connection.interest != .read || connection.isHeldUp {
                sentAll(connection)
            }
        }
    }

    /// Lines `output` up behind what the client has not taken yet.
    func lineUp(_ connection: Connection) {
        seal(connection)
        connection.unsent.append(contentsOf: output)
        output.removeAll()
        countAnswer(connection)
    }

    /// Sends `bytes` until they are gone or the kernel takes no more.
    private func send(_ bytes: inout ByteBuffer, _ connection: Connection) -> Transfer {
        while !bytes.isEmpty {
            let transfer = bytes.withUnsafeBytes { bytes in
                do throws(Errno) {
                    return try connection.socket.send(bytes)
                } catch {
                    hub.log.debug("a connection failed: \(error)")
                    return .closed
                }
            }
            guard case .bytes(let count) = transfer else { return transfer }
            bytes.consume(count)
        }
        return .bytes(0)
    }

    /// The client has taken its answers at last: now the clock of what it is at runs again.
    private func setDeadlineOfPhase(_ connection: Connection) {
        switch connection.phase {
        case .head:
            setDeadline(
                connection, after: connection.input.isEmpty ? deadlines.idle : deadlines.head)
        case .body, .chunks: awaitBody(connection)
        case .waiting:
            guard case .pull(let call) = connection.call else { return }
            setDeadline(connection, at: min(call.deadline, tokenEnds(connection)))
        case .streaming:
            guard case .stream(let stream) = connection.call else { return }
            setDeadline(connection, at: stream.ends)
        case .whole, .called: connection.deadline = .max
        case .draining: break
        }
    }

    private func sentAll(_ connection: Connection) {
        connection.unsent.shrink(to: 0)
        switch connection.phase {
        case .head where connection.isHeldUp, .whole where connection.isHeldUp:
            // Its next request comes with the next tick, after the others' turn: or when its client
            // takes what the kernel has for it.
            if connection.phase != .head { setDeadline(connection, after: deadlines.writeTotal) }
            watch(connection, .write)
        case .head where connection.closes, .draining: linger(connection)
        case .head where connection.hasEnded, .body where connection.hasEnded,
            .chunks where connection.hasEnded:
            close(connection)
        default: watch(connection, connection.hasEnded ? [] : .read)
        }
    }

    /// The last answer is sent. Closing now would reset the connection if the client still sends,
    /// and with it what the client has not read yet (RFC 9112, section 9.6).
    private func linger(_ connection: Connection) {
        guard !connection.hasEnded else { return close(connection) }
        connection.phase = .draining
        connection.input.removeAll()
        sayEnd(connection)
        connection.socket.shutdownWrite()
        setDeadline(connection, after: isStopping ? deadlines.farewell : deadlines.linger)
        watch(connection, .read)
    }
}

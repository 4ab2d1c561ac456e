import Hub
import Platform
import TLS
import Wire

/// TLS on the loops: records are opened as they come, and answers sealed before they are sent, on
/// the same thread and with the same calls as in the clear.
extension EventLoop {
    // MARK: Receiving

    /// Reads records, and opens those that are whole into what the connection has received.
    ///
    /// The rest of one more is kept in memory of its own size, and counted: so a client that sends
    /// records in pieces costs no more than what it sends.
    func receiveRecords(_ connection: Connection) -> Transfer {
        sealed.append(contentsOf: connection.sealed)
        // A record can be much work for few bytes: only bodies come in great pieces.
        var most = Limits.recordBytesPerTick
        if case .body = connection.phase { most = Limits.bytesPerTick }
        var transfer = receive(connection, into: &sealed, room: most, most: most)
        if case .bytes = transfer {
            makeRoom(connection)
            if !open(connection) { transfer = .wouldBlock }
            keepRest(connection)
        }
        sealed.removeAll()
        return transfer
    }

    /// A buffer grows to the whole body once a good part is there: doubling would go beyond.
    private func makeRoom(_ connection: Connection) {
        guard case .body(let whole) = connection.phase,
            connection.input.capacity * 4 >= whole
        else { return }
        connection.input.reserve(max(0, whole - connection.input.count))
    }

    private func keepRest(_ connection: Connection) {
        guard !sealed.isEmpty || !connection.sealed.isEmpty else { return }
        var rest = ByteBuffer(capacity: sealed.count)
        rest.append(contentsOf: sealed)
        swap(&connection.sealed, &rest)
    }

    /// False: the connection is closed.
    private func open(_ connection: Connection) -> Bool {
        if case .draining = connection.phase {
            sealed.removeAll()
            return true
        }
        guard let session = connection.tls ?? begin(connection) else { return false }
        let wasEstablished = session.isEstablished
        let outcome = session.open(&sealed, into: &connection.input, answering: &records)
        // Also where what follows the handshake ends it: nothing else counts it as over.
        if !wasEstablished, session.isEstablished { establish(connection, session) }
        switch outcome {
        case .opened: break
        case .ended: connection.hasSaidEnd = true
        case .failed(let failure):
            tell(connection, failure, isUntrusted: session.isUntrusted)
            sendLast(connection)
            close(connection)
            return false
        }
        return true
    }

    /// Whoever renews certificates looks here for why one does not count, once a second at most;
    /// all else that fails is the noise of a network.
    private func tell(_ connection: Connection, _ failure: TLSFailure, isUntrusted: Bool) {
        let text = "TLS with \(connection.socket.peer) failed: \(failure)"
        guard isUntrusted, now - untrustedTold >= 1_000_000_000 else { return hub.log.debug(text) }
        untrustedTold = now
        hub.log.warning(text)
    }

    /// Begins TLS with the first bytes of a connection, not before: who connects and says nothing
    /// costs nothing. Nil: they are something else, and the connection is closed.
    private func begin(_ connection: Connection) -> TLSSession? {
        guard let context = tls else { return nil }
        guard TLSSession.isHandshake(sealed.bytes) else {
            counters.add(.handshakesFailed)
            records.append(Self.notTLS)
            sendLast(connection)
            close(connection)
            return nil
        }
        guard mayShakeHands(connection) else {
            counters.add(.connectionsLimited)
            close(connection)
            return nil
        }
        guard hasRoomForHandshake() else {
            counters.add(.connectionsRefused)
            close(connection)
            return nil
        }
        let session = TLSSession(serving: context)
        connection.tls = session
        shakingHands += 1
        connection.tlsVersion = tlsVersion
        return session
    }

    /// A handshake costs as much as so many requests, and counts as much of its address's limit;
    /// but for a trusted proxy, which speaks for many.
    private func mayShakeHands(_ connection: Connection) -> Bool {
        guard let rate = limits.address, !connection.entered.isExempt, !connection.isProxy else {
            return true
        }
        let verdict = connection.entered.requests.take(
            rate, now: now, weight: Limits.requestsOfHandshake)
        guard case .refused = verdict else { return true }
        tellOnceAMinute(connection.entered) {
            """
            TLS handshakes of \($0) are turned away: each counts for \
            \(Limits.requestsOfHandshake) requests, and it sends more than \
            \(rate.count / rate.seconds) a second
            """
        }
        return false
    }

    private func establish(_ connection: Connection, _ session: TLSSession) {
        counters.add(.handshakes)
        shakingHands -= 1
        setDeadline(connection, after: deadlines.idle)
        guard let peer = session.peer, let wid = peer.commonName.flatMap(UInt32.init(certified:))
        else { return }
        connection.certified = Authority.Holder(
            name: "warehouse-\(wid)", principal: .warehouse([wid]), digest: nil,
            expires: peer.ends * 1000, use: hub.certified.use(wid))
    }

    /// For people who wrote `http://` (RFC 9110, section 15.5.1).
    private static let notTLS: StaticString = """
        HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n\
        Content-Length: 199\r\nConnection: close\r\n\r\n\
        {"type":"urn:problem:message-center:tls_required","title":"Bad Request","status":400,\
        "detail":"This hub speaks TLS: ask for https:// where you said http://.",\
        "code":"tls_required","retryable":false}

        """

    // MARK: Sending

    /// Makes records of the answers in `output`, behind those that TLS itself has made.
    func seal(_ connection: Connection) {
        guard let session = connection.tls else {
            // Nothing is said in the clear to who has not begun to speak TLS.
            if tls != nil { output.removeAll() }
            return
        }
        session.seal(&output, into: &records)
        swap(&output, &records)
        if records.capacity > 4 << 20 { records.shrink(to: 64 * 1024) }
    }

    /// Tells the client that nothing follows (RFC 8446, section 6.1), if all else is sent.
    func sayEnd(_ connection: Connection) {
        guard let session = connection.tls, connection.unsent.isEmpty else { return }
        session.end(into: &farewell)
        send(&farewell, to: connection)
    }

    private func sendLast(_ connection: Connection) {
        if connection.unsent.isEmpty { send(&records, to: connection) }
        records.removeAll()
    }

    /// What cannot be sent at once, is not: nobody waits for the end of an end.
    private func send(_ bytes: inout ByteBuffer, to connection: Connection) {
        guard !bytes.isEmpty else { return }
        _ = bytes.withUnsafeBytes { bytes in try? connection.socket.send(bytes) }
        bytes.removeAll()
    }

    // MARK: Certificates

    /// Takes the files that were read anew: for connections that come. Those that are here go on,
    /// but who is known by a certificate has to be known by the new ones too.
    func refreshTLS() {
        guard let shared = hub.tls, shared.version != tlsVersion else { return }
        tlsVersion = shared.version
        tls = shared.value
        lookAtThoseWhoWait()
    }

    /// For whom the client's certificate speaks; nil if it has none that names a warehouse.
    func certified(_ connection: Connection) throws(Problem) -> Authority.Holder? {
        guard let holder = connection.certified, let session = connection.tls, let context = tls
        else { return nil }
        let isTrusted =
            connection.tlsVersion == tlsVersion || session.wouldBeTrusted(by: context)
        connection.tlsVersion = tlsVersion
        guard isTrusted, holds(holder) else {
            connection.certified = nil
            throw .certificateEnded
        }
        return holder
    }
}

extension UInt32 {
    /// The warehouse that a certificate's common name, `warehouse-<wid>`, stands for.
    init?(certified name: String) {
        let prefix = "warehouse-"
        guard name.hasPrefix(prefix) else { return nil }
        let digits = name.utf8.dropFirst(prefix.utf8.count)
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.first != 0x30,
            let wid = UInt32(String(digits) ?? ""), wid >= 1, wid <= Limits.wid
        else { return nil }
        self = wid
    }
}

import Hub
import Platform
import Wire

/// What connections hold in memory: counted where it changes, and kept within the loop's share.
extension EventLoop {
    /// On whose account the connection holds what it holds; nil: on nobody's.
    func payer(_ connection: Connection) -> Payer? {
        if let holder = connection.holder { return .token(ObjectIdentifier(holder.use)) }
        if case .pull(let wid) = connection.route { return .warehouse(wid) }
        return nil
    }

    /// Counts what the connection holds of requests, and of its handshake. Most hold nothing,
    /// before and after.
    func countRequest(_ connection: Connection) {
        let held = connection.input.capacity + connection.sealed.capacity
        var bytes = max(0, held - Limits.smallRequestBytes)
        // OpenSSL does not tell what it holds.
        if connection.isShakingHands { bytes += Limits.handshakeBytes }
        guard bytes != connection.ofRequests.bytes, isOpen(connection) else { return }
        requestBytes.set(&connection.ofRequests, to: bytes, for: payer(connection))
    }

    /// Counts what the connection holds of answers.
    func countAnswer(_ connection: Connection) {
        let bytes = connection.unsent.capacity + connection.held.capacity
        guard bytes != connection.ofAnswers.bytes, isOpen(connection) else { return }
        answerBytes.set(&connection.ofAnswers, to: bytes, for: payer(connection))
    }

    /// The connection is closed, and holds nothing any more.
    func uncount(_ connection: Connection) {
        requestBytes.set(&connection.ofRequests, to: 0, for: nil)
        answerBytes.set(&connection.ofAnswers, to: 0, for: nil)
    }

    private func isOpen(_ connection: Connection) -> Bool { connections[connection.token] != nil }

    /// Whether a request of so many bytes more may be taken into memory, if need be after those
    /// that have stopped coming made room.
    func hasRoom(for connection: Connection, bytes: Int) -> Bool {
        let payer = payer(connection)
        if requestBytes.isFull(with: bytes, for: payer) { cutOffStalled(for: payer, until: bytes) }
        return !requestBytes.isFull(with: bytes, for: payer)
    }

    /// Refuses a request that is growing while the loop's share is used up, or what its sender gets
    /// of it; small ones go on.
    func refuseIfTooMuch(_ connection: Connection) {
        guard connection.input.count > Limits.smallRequestBytes, isOpen(connection),
            !hasRoom(for: connection, bytes: 0)
        else { return }
        switch connection.phase {
        case .body, .chunks:
            refuse(connection, Problem.overloaded.closing)
            connection.input.removeAll()
            connection.input.shrink(to: 0)
            finish(connection)
            countRequest(connection)
        case .head, .whole, .called, .waiting, .streaming, .draining: break
        }
    }

    /// Whether what a connection sends ahead of its turn has to stay in the kernel, and so with the
    /// sender, until the request in hand is answered.
    func hasEnough(_ connection: Connection) -> Bool {
        switch connection.phase {
        case .whole, .called, .waiting, .streaming: break
        case .head, .body, .chunks, .draining: return false
        }
        return connection.input.count >= Limits.bytesPerTick
            || connection.input.count > Limits.smallRequestBytes
                && requestBytes.isFull(for: payer(connection))
    }

    // MARK: Making room

    /// Whether an answer for this connection may be made, if need be after those that take nothing
    /// of theirs made room.
    func hasRoom(for connection: Connection) -> Bool {
        let payer = payer(connection)
        if answerBytes.isFull(for: payer) { cutOffLazy(for: payer) }
        return !answerBytes.isFull(for: payer)
    }

    /// Cuts off who has taken nothing of its answers for a while, the largest first, until there is
    /// room for `payer`: if it has its half, of its own connections, else of all.
    private func cutOffLazy(for payer: Payer?) {
        guard now >= looksForLazyAgain else { return }
        looksForLazyAgain = now + Self.lookNanoseconds
        let payer = answerBytes.isFull() ? nil : payer
        cutOff(
            {
                !$0.unsent.isEmpty && now - $0.taken >= deadlines.page / 2
                    && (payer == nil || $0.ofAnswers.payer == payer)
            }, largest: \.ofAnswers.bytes, while: { answerBytes.isFull(for: payer) })
    }

    /// Cuts off whose body has stopped coming, the largest first, until there is room for so many
    /// bytes of `payer`: if it has its half, of its own connections, else of all.
    private func cutOffStalled(for payer: Payer?, until bytes: Int) {
        guard now >= looksForStalledAgain else { return }
        looksForStalledAgain = now + Self.lookNanoseconds
        let payer = requestBytes.isFull(with: bytes) ? nil : payer
        cutOff(
            {
                $0.ofRequests.bytes > 0 && $0.isSending
                    && now - $0.received >= deadlines.page / 2
                    && (payer == nil || $0.ofRequests.payer == payer)
            }, largest: \.ofRequests.bytes,
            while: { requestBytes.isFull(with: bytes, for: payer) })
    }

    /// Whether a TLS handshake may begin, if need be after those that have stopped made room. What
    /// handshakes hold counts as requests do, but of at most half of the share: neither keeps the
    /// others out.
    func hasRoomForHandshake() -> Bool {
        if !isRoomForHandshake, now >= looksForHandshakesAgain {
            looksForHandshakesAgain = now + Self.lookNanoseconds
            cutOff(
                { $0.isShakingHands && now - $0.received >= deadlines.page / 2 },
                largest: \.ofRequests.bytes, while: { true })
        }
        return isRoomForHandshake
    }

    private var isRoomForHandshake: Bool {
        (shakingHands + 1) * Limits.handshakeBytes <= requestBytes.share / 2
    }

    /// All connections are looked at, so not for each of many that ask.
    private static let lookNanoseconds: UInt64 = 100_000_000

    private func cutOff(
        _ isIdle: (Connection) -> Bool, largest size: KeyPath<Connection, Int>,
        while isFull: () -> Bool
    ) {
        let idle = connections.map(\.1).filter(isIdle)
        for connection in idle.sorted(by: { $0[keyPath: size] > $1[keyPath: size] }) {
            guard isFull() else { return }
            cutOff(connection)
        }
    }
}

import Hub
import Platform
import Wire

/// What connections hold in memory: counted where it changes, and kept within the loop's share.
extension EventLoop {
    /// Counts what the connection holds of requests. Most hold nothing, before and after.
    func countRequest(_ connection: Connection) {
        let held = connection.input.capacity + connection.sealed.capacity
        let bytes = max(0, held - Limits.smallRequestBytes)
        guard bytes != connection.requestBytes, isOpen(connection) else { return }
        requestBytes.change(by: bytes - connection.requestBytes)
        connection.requestBytes = bytes
    }

    /// Counts what the connection holds of answers.
    func countAnswer(_ connection: Connection) {
        let bytes = connection.unsent.capacity + connection.held.capacity
        guard bytes != connection.answerBytes, isOpen(connection) else { return }
        answerBytes.change(by: bytes - connection.answerBytes)
        connection.answerBytes = bytes
    }

    /// The connection is closed, and holds nothing any more.
    func uncount(_ connection: Connection) {
        if connection.requestBytes > 0 { requestBytes.change(by: -connection.requestBytes) }
        if connection.answerBytes > 0 { answerBytes.change(by: -connection.answerBytes) }
        (connection.requestBytes, connection.answerBytes) = (0, 0)
    }

    private func isOpen(_ connection: Connection) -> Bool { connections[connection.token] != nil }

    /// Refuses a request that is growing while the loop's share is used up; small ones go on.
    func refuseIfTooMuch(_ connection: Connection) {
        guard requestBytes.isFull, connection.input.count > Limits.smallRequestBytes,
            isOpen(connection)
        else { return }
        switch connection.phase {
        case .body, .chunks:
            refuse(connection, Problem.overloaded.closing)
            connection.input.removeAll()
            connection.input.shrink(to: 0)
            finish(connection)
            countRequest(connection)
        case .head, .called, .waiting, .streaming, .draining: break
        }
    }

    /// Whether what a connection sends ahead of its turn has to stay in the kernel, and so with the
    /// sender, until the request in hand is answered.
    func hasEnough(_ connection: Connection) -> Bool {
        switch connection.phase {
        case .called, .waiting, .streaming: break
        case .head, .body, .chunks, .draining: return false
        }
        return connection.input.count >= Limits.bytesPerTick
            || connection.input.count > Limits.smallRequestBytes && requestBytes.isFull
    }

    /// Cuts off who takes nothing of its answers, the largest first, until others can be given
    /// theirs: the share is used up, and in what is left of their time nobody would get a page.
    ///
    /// - Returns: whether there is room now.
    func hasMadeRoom() -> Bool {
        guard now >= looksForLazyAgain else { return !answerBytes.isFull }
        // All connections are looked at, so not for each of many that ask.
        looksForLazyAgain = now + 100_000_000
        let lazy = connections.map(\.1).filter {
            !$0.unsent.isEmpty && now - $0.taken >= deadlines.page / 2
        }
        for connection in lazy.sorted(by: { $0.answerBytes > $1.answerBytes }) {
            guard answerBytes.isFull else { break }
            cutOff(connection)
        }
        return !answerBytes.isFull
    }
}

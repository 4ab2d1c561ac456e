import Hub
import Platform

/// Tokens come to their end at their moment, whatever their owners are doing then.
extension EventLoop {
    /// Whether the token of `holder` still holds.
    func holds(_ holder: Authority.Holder) -> Bool { wall < holder.expires }

    /// When what `connection` waits for ends at the latest: monotonic nanoseconds, `.max` never.
    /// Should the clock jump meanwhile, its next request tells.
    func tokenEnds(_ connection: Connection) -> UInt64 {
        guard let expires = connection.holder?.expires, expires != .max else { return .max }
        let rest = UInt64(max(0, expires - wall))
        let (nanoseconds, isFar) = rest.multipliedReportingOverflow(by: 1_000_000)
        return isFar ? .max : now &+ nanoseconds
    }

    /// Refuses the pull that waits on `connection` if its token has come to its end. False: it has
    /// not.
    func refuseIfExpired(_ connection: Connection) -> Bool {
        guard let holder = connection.holder, !holds(holder) else { return false }
        refuseWaiting(connection, .tokenExpired(holder.expires))
        return true
    }

    /// Refuses the pulls that wait here for tokens that were revoked, and has those wait no longer
    /// than they hold that end otherwise now.
    func lookAtWaitingTokens() {
        for (_, connection) in connections where connection.phase == .waiting {
            guard let digest = connection.holder?.digest else { continue }
            guard let holder = authority.holder(digest) else {
                refuseWaiting(connection, .unauthorized)
                continue
            }
            connection.holder = holder
            setDeadline(connection, at: min(connection.deadline, tokenEnds(connection)))
        }
    }

    private func refuseWaiting(_ connection: Connection, _ problem: Problem) {
        endCall(connection)
        refuse(connection, problem)
        goOnIfAnswered(connection)
    }
}

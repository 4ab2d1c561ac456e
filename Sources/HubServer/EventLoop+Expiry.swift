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

    /// Why whoever was let in with the head of the present request may not go on with it now; nil:
    /// it may. Tokens and certificates end, or are taken back, while a body is awaited or a pull
    /// waits.
    func objection(_ connection: Connection) -> Problem? {
        guard connection.route.access != .all else { return nil }
        guard let holder = connection.holder else { return authority.isOpen ? nil : .unauthorized }
        guard let digest = holder.digest else {
            do throws(Problem) {
                return try certified(connection) == nil ? .certificateEnded : nil
            } catch {
                return error
            }
        }
        guard connection.authorityVersion != authorityVersion else {
            return holds(holder) ? nil : .tokenExpired(holder.expires)
        }
        guard let present = authority.holder(digest) else { return .unauthorized }
        connection.holder = present
        connection.authorityVersion = authorityVersion
        return holds(present) ? nil : .tokenExpired(present.expires)
    }

    /// Refuses the pull of `connection`, which waits, if its owner may not go on. False: it may.
    func refuseIfObjected(_ connection: Connection) -> Bool {
        guard let problem = objection(connection) else { return false }
        refusePull(connection, problem)
        return true
    }

    /// Refuses the pulls that wait here for whom the tokens, or the certificates, know no more, and
    /// has the others wait no longer than they hold.
    func lookAtThoseWhoWait() {
        for (_, connection) in connections where connection.phase == .waiting {
            guard !refuseIfObjected(connection) else { continue }
            setDeadline(connection, at: min(connection.deadline, tokenEnds(connection)))
        }
    }

    /// Refuses a pull that waits for messages, or for its page.
    func refusePull(_ connection: Connection, _ problem: Problem) {
        endCall(connection)
        refuse(connection, problem)
        goOnIfAnswered(connection)
    }
}

import Hub
import Platform

/// The operators who are signed in with their browsers: a cookie each, which stands for the admin
/// token that was shown.
///
/// In memory, as digests: whoever reads the hub's disk or memory finds no cookie. A restart signs
/// everybody out. Shared by the loops; asked only by requests that bear a cookie and no token.
final class Sessions: Sendable {
    struct Session: Sendable {
        /// The token that was shown; when it is revoked, the session ends.
        let token: Digest
        /// Monotonic nanoseconds.
        let ends: UInt64
    }

    private struct Table {
        var sessions: [Digest: Session] = [:]
        /// Failed tries since `begun`.
        var failures = 0
        var begun: UInt64 = 0
    }

    private let table = Locked(Table())

    /// Begins a session of so many seconds.
    ///
    /// - Returns: its cookie's value, 64 hexadecimal digits: the only time it can be seen.
    func begin(token: Digest, seconds: Int, now: UInt64) -> String {
        let value = Random.bytes(32).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let session = Session(
            token: token, ends: now + UInt64(seconds) * 1_000_000_000)
        table.withLock { table in
            table.sessions = table.sessions.filter { now < $0.value.ends }
            if table.sessions.count >= Limits.operatorSessions {
                let first = table.sessions.min { $0.value.ends < $1.value.ends }!
                table.sessions[first.key] = nil
            }
            table.sessions[Digest(of: value)] = session
        }
        return value
    }

    /// The session that the cookie's value stands for, if it has not ended.
    func session(_ digest: Digest, now: UInt64) -> Session? {
        table.withLock { table in
            guard let session = table.sessions[digest] else { return nil }
            if now < session.ends { return session }
            table.sessions[digest] = nil
            return nil
        }
    }

    func end(_ digest: Digest) {
        table.withLock { $0.sessions[digest] = nil }
    }

    /// Whether the audit tells of one more failed try to sign in.
    func mayNoteFailure(now: UInt64) -> Bool {
        table.withLock { table in
            if now - table.begun >= 60_000_000_000 { (table.failures, table.begun) = (0, now) }
            table.failures += 1
            return table.failures <= Limits.failedSignInsNoted
        }
    }
}

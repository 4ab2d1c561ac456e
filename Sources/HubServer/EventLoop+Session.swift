import Hub
import Platform
import Wire

/// Operators sign in with an admin's token and go on with a cookie that no script can read
/// (RFC 6265; `SameSite` as browsers know it keeps it from other sites' requests).
extension EventLoop {
    /// What an operator is known by.
    static let cookieName: StaticString = "message_center_session"

    /// The session of the request's cookie, and whose it is.
    func signedIn(_ connection: Connection, _ bytes: RawSpan) -> SignedIn? {
        let field = bytes.extracting(connection.head.cookie.range)
        guard let cookie = field.cookie(Self.cookieName) else { return nil }
        let digest = Digest(of: cookie)
        guard let session = hub.sessions.session(digest, now: now),
            let holder = authority.holder(session.token), holder.principal == .admin,
            holds(holder)
        else { return nil }
        return SignedIn(digest: digest, holder: holder, ends: session.ends)
    }

    struct SignedIn {
        let digest: Digest
        let holder: Authority.Holder
        /// Monotonic nanoseconds.
        let ends: UInt64
    }

    /// `/v1/session`: open to all, because it is how one gets in.
    func session(
        _ connection: Connection, _ asked: Route.Session, head: RawSpan, body bytes: RawSpan
    ) throws(Problem) {
        switch asked {
        case .look:
            let signedIn = authority.isOpen ? nil : signedIn(connection, head)
            writeSession(name: signedIn?.holder.name, ends: signedIn?.ends)
            answerBody(connection)
        case .signIn: try signIn(connection, bytes)
        case .signOut:
            if let signedIn = signedIn(connection, head) {
                hub.sessions.end(signedIn.digest)
                note(.signOut, of: signedIn.holder, connection)
            }
            writeSession(name: nil, ends: nil)
            answerSession(connection, cookie: "", seconds: 0)
        }
    }

    private func signIn(_ connection: Connection, _ bytes: RawSpan) throws(Problem) {
        var members = try MemberReader(bytes)
        let token = members.text("token", 1...Limits.tokenBytes)
        if token == nil, members.mistakes.count == 0 { members.note("token", "is missing") }
        try members.finish()
        if authority.isOpen {
            writeSession(name: nil, ends: nil)
            return answerBody(connection)
        }
        let digest = Digest(of: token!)
        let holder = authority.holder(digest)
        guard let holder, holder.principal == .admin else {
            throw failedSignIn(connection, holder)
        }
        guard holds(holder) else { throw failedSignIn(connection, holder) }
        holder.use.note(wall)
        let rest = (holder.expires - wall) / 1000
        let seconds = min(Limits.operatorSessionSeconds, Int(rest))
        let cookie = hub.sessions.begin(token: digest, seconds: seconds, now: now)
        note(.signIn, of: holder, connection)
        writeSession(name: holder.name, ends: now + UInt64(seconds) * 1_000_000_000)
        answerSession(connection, cookie: cookie, seconds: seconds)
    }

    private func failedSignIn(_ connection: Connection, _ holder: Authority.Holder?) -> Problem {
        let verdict = connection.caller.failedSignIns.take(limits.failedSignIns, now: now)
        if case .refused(let wait) = verdict {
            return tooManyTries(
                connection, .failedSignIns, limits.failedSignIns, after: wait,
                "Too many tries to sign in from this address have failed within a minute: wait.")
        }
        if hub.sessions.mayNoteFailure(now: now) { note(.signInFailed, of: holder, connection) }
        if let holder, !holds(holder) { return .tokenExpired(holder.expires) }
        return holder == nil
            ? Problem(401, "unauthorized", "That is no token of this hub.")
            : Problem(
                403, "forbidden",
                "The page is for admins, and this token is not one's. `message-center token "
                    + "create --role admin` makes one.")
    }

    private func writeSession(name: String?, ends: UInt64?) {
        body.removeAll()
        let rest = ends.map { Int64(($0 - now) / 1_000_000) }
        // Which hub it is, and what may be wrong with its version, is no business of strangers.
        let isKnown = authority.isOpen || name != nil
        let value: JSONValue = [
            "open": .boolean(authority.isOpen), "signedIn": .boolean(name != nil),
            "role": name == nil ? .null : "admin", "name": name.map { .text($0) } ?? .null,
            "expires": rest.map { .time(wall + $0) } ?? .null,
            "hub": isKnown ? .text(hub.hub) : .null,
            "version": isKnown ? .text(hub.configuration.version) : .null,
        ]
        value.append(to: &body)
    }

    private func answerSession(_ connection: Connection, cookie: String, seconds: Int) {
        beginHead(connection, 200, type: "application/json")
        output.append("Set-Cookie: ")
        output.append(Self.cookieName)
        output.append("=")
        output.append(cookie)
        output.append("; Path=/; HttpOnly; SameSite=Strict; Max-Age=")
        output.append(decimal: seconds)
        if tls != nil { output.append("; Secure") }
        output.append("\r\n")
        endAnswer(connection)
    }
}

import Hub
import Platform
import Wire

/// Who asks too often is told so, before anything is done for it.
extension EventLoop {
    // MARK: Whose request it is

    /// Finds out whose request it is that `connection` has at the beginning of `bytes`.
    func findCaller(_ connection: Connection, _ bytes: RawSpan) {
        connection.quota = nil
        guard connection.isProxy else { return }
        connection.address = connection.peer
        connection.caller = connection.entered
        guard let address = forwardedFrom(bytes, length: connection.head.length) else { return }
        connection.address = address
        // Anew each time: what holds no connection may be forgotten, and made again for another.
        connection.caller = hub.callers.find(address, now: now)
    }

    /// The nearest address that is not itself one of a trusted proxy; what stands before it anybody
    /// may have made up. Nil: there is none, or something else comes first.
    private func forwardedFrom(_ head: RawSpan, length: Int) -> NetworkAddress? {
        var found: NetworkAddress?
        head.forwardedFor(inHead: length) { element in
            guard let address = NetworkAddress(forwarded: element) else { return false }
            guard !hub.callers.isProxy(address) else { return true }
            found = address
            return false
        }
        return found
    }

    /// An open hub is for its own machine, also where a proxy on it hands requests on: throws if
    /// one on the way tells of another, whether or not proxies are believed otherwise.
    func checkIsLocal(_ bytes: RawSpan, _ head: RequestHead) throws(Problem) {
        guard head.isForwarded else { return }
        var isLocal = true
        bytes.forwardedFor(inHead: head.length) { element in
            isLocal = NetworkAddress(forwarded: element)?.isLoopback == true
            return isLocal
        }
        if !isLocal { throw .openHubForwarded }
    }

    // MARK: Requests

    /// Counts a request of the connection's address; throws if it has had too many.
    func countOfAddress(_ connection: Connection) throws(Problem) {
        guard let rate = limits.address, !connection.caller.isExempt else { return }
        switch connection.caller.requests.take(rate, now: now) {
        case .allowed(let left): note(connection, .address, rate, left: left)
        case .refused(let wait):
            counters.add(.limitedRequests)
            let perSecond = rate.count / rate.seconds
            tellOnceAMinute(connection.caller) {
                "requests of \($0) are limited: it sends more than \(perSecond) a second"
            }
            throw refusal(
                connection, .address, rate, after: wait,
                "This address sends more than \(perSecond) requests a second")
        }
    }

    /// Counts a request with the token of `holder`; throws if it has had too many.
    func countOfToken(_ connection: Connection, _ holder: Authority.Holder) throws(Problem) {
        guard let rate = limits.token else { return }
        switch holder.use.budget.take(rate, now: now) {
        case .allowed(let left): note(connection, .token, rate, left: left)
        case .refused(let wait):
            counters.add(.limitedRequests)
            let perSecond = rate.count / rate.seconds
            if holder.use.budget.mayTell(now: now), mayTellFailure() {
                hub.log.warning(
                    """
                    requests with token \(holder.name) are limited: more than \(perSecond) a second
                    """)
            }
            throw refusal(
                connection, .token, rate, after: wait,
                "More than \(perSecond) requests a second come with this token")
        }
    }

    /// The answer tells what is left once that is less than a quarter: others need not know.
    private func note(
        _ connection: Connection, _ policy: Quota.Policy, _ rate: RequestRate, left: Int
    ) {
        guard left < rate.count / 4, left < connection.quota?.left ?? .max else { return }
        // One comes back each second, or more.
        connection.quota = Quota(policy: policy, rate: rate, left: left, seconds: 1)
    }

    private func refusal(
        _ connection: Connection, _ policy: Quota.Policy, _ rate: RequestRate,
        after wait: UInt64, _ why: String
    ) -> Problem {
        let seconds = wait.wholeSeconds
        connection.quota = Quota(policy: policy, rate: rate, left: 0, seconds: seconds)
        return Problem(429, "rate_limited", "\(why): go slower, and send it again after a moment.")
            .retryable(after: seconds)
    }

    // MARK: Wrong tokens

    /// Throws if too many wrong tokens came from the connection's address.
    func checkTries(_ connection: Connection) throws(Problem) {
        guard !connection.caller.isExempt else { return }
        let verdict = connection.caller.wrongTokens.look(limits.wrongTokens, now: now)
        if case .refused(let wait) = verdict { throw tooManyTries(connection, after: wait) }
    }

    /// Counts a wrong token; throws if there were too many.
    func countWrongToken(_ connection: Connection) throws(Problem) {
        guard !connection.caller.isExempt else { return }
        let verdict = connection.caller.wrongTokens.take(limits.wrongTokens, now: now)
        if case .refused(let wait) = verdict { throw tooManyTries(connection, after: wait) }
    }

    private func tooManyTries(_ connection: Connection, after wait: UInt64) -> Problem {
        counters.add(.limitedRequests)
        tellOnceAMinute(connection.caller) {
            """
            tokens from \($0) are not looked at: more than \(Limits.failedTokens) wrong ones came \
            within a minute
            """
        }
        return tooManyTries(
            connection, .wrongTokens, limits.wrongTokens, after: wait,
            "More than \(Limits.failedTokens) requests with a wrong token came from this address "
                + "within a minute: wait, and send the right one.")
    }

    func tooManyTries(
        _ connection: Connection, _ policy: Quota.Policy, _ rate: RequestRate,
        after wait: UInt64, _ why: String
    ) -> Problem {
        let seconds = wait.wholeSeconds
        connection.quota = Quota(policy: policy, rate: rate, left: 0, seconds: seconds)
        return Problem(429, "too_many_tries", why).retryable(after: seconds)
    }

    // MARK: Connections

    /// Turns away a connection whose address has too many: with an answer, if the kernel takes it
    /// at once, but without a place among the others, who might have to make room for it.
    func turnAway(_ socket: borrowing Socket) {
        counters.add(.connectionsLimited)
        let limit = hub.configuration.connectionsOfAddress ?? 0
        let caller = hub.callers.find(socket.peerEndpoint.network, now: now)
        tellOnceAMinute(caller) { "connections of \($0) are turned away: \(limit) are open" }
        // There is no handshake yet by which to say more.
        guard tls == nil else { return }
        let problem = Problem(
            429, "too_many_connections",
            "This address has \(limit) connections open: use those, or end some."
        ).retryable(after: Limits.turnedAwaySeconds)
        let name = nextRequestID()
        body.removeAll()
        problem.append(to: &body, requestID: name.text)
        output.appendStatusLine(problem.status)
        output.append(contentsOf: dateField)
        output.appendField("Content-Type", "application/problem+json")
        output.append("X-Request-Id: ")
        output.append(name)
        output.append("\r\nConnection: close\r\n")
        output.appendField("Retry-After", decimal: Limits.turnedAwaySeconds)
        output.appendField("Content-Length", decimal: body.count)
        output.endHead()
        output.append(contentsOf: body)
        // What the client has sent already is taken, or closing would reset the connection.
        scratch.withFreeSpace(minimum: Limits.headBytes) { space in
            _ = try? socket.receive(into: space)
            return 0
        }
        output.withUnsafeBytes { _ = try? socket.send($0) }
        socket.shutdownWrite()
        output.removeAll()
    }

    func tellOnceAMinute(_ caller: Caller, _ text: (String) -> String) {
        guard caller.requests.mayTell(now: now), mayTellFailure() else { return }
        hub.log.warning(text(caller.address.siteDescription))
    }
}

extension NetworkAddress {
    /// An element of `X-Forwarded-For`: an address, which some write with a port or in brackets.
    init?(forwarded text: String) {
        if let address = NetworkAddress(text) {
            self = address
            return
        }
        guard let first = text.utf8.first, first == UInt8(ascii: "[") || (0x30...0x39) ~= first
        else { return nil }
        let whole = first == UInt8(ascii: "[") && text.hasSuffix("]") ? text + ":0" : text
        guard let endpoint = try? Endpoint(whole) else { return nil }
        self = endpoint.network
    }
}

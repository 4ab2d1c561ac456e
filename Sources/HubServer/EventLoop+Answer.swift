import Hub
import Platform
import Wire

/// Answers: what every one of them has, and refusals.
extension EventLoop {
    /// Begins an answer's head: everything that every answer has.
    ///
    /// - Parameter isKept: browsers keep it; its maker says how.
    func beginHead(
        _ connection: Connection, _ status: UInt16, type: StaticString, isKept: Bool = false
    ) {
        output.appendStatusLine(status)
        output.append(contentsOf: dateField)
        output.appendField("Content-Type", type)
        output.append(isKept ? BrowserFields.ofAll : BrowserFields.ofData)
        output.append("X-Request-Id: ")
        output.append(connection.requestID)
        output.append("\r\n")
        if connection.closes {
            output.append("Connection: close\r\n")
        } else if connection.head.minorVersion == 0 {
            output.append("Connection: keep-alive\r\n")
        }
        connection.quota?.appendFields(to: &output)
        counters.add(.requests)
    }

    /// Ends the head, and sends `body`; the connection may then go on to its next request.
    func endAnswer(_ connection: Connection) {
        let isHead = connection.head.method == .head
        if body.count >= Limits.gzipBytes { output.append("Vary: Accept-Encoding\r\n") }
        if connection.head.acceptsGzip, gzip != nil,
            (Limits.gzipBytes...Limits.gzipMostBytes).contains(body.count)
        {
            compressed.removeAll()
            gzip!.compress(body, into: &compressed)
            output.append("Content-Encoding: gzip\r\n")
            output.appendField("Content-Length", decimal: compressed.count)
            output.endHead()
            if !isHead { output.append(contentsOf: compressed) }
        } else {
            output.appendField("Content-Length", decimal: body.count)
            output.endHead()
            if !isHead { output.append(contentsOf: body) }
        }
        if body.capacity > 4 << 20 {
            body.removeAll()
            body.shrink(to: 64 * 1024)
        }
        connection.phase = .head
        connection.call = .none
        setDeadline(connection, after: deadlines.idle)
    }

    /// Ends an answer that has no content by its status (RFC 9110, section 15.4.5).
    func endHeadAlone(_ connection: Connection) {
        output.endHead()
        connection.phase = .head
        connection.call = .none
        setDeadline(connection, after: deadlines.idle)
    }

    /// Answers with what `body` holds.
    func answerBody(
        _ connection: Connection, _ status: UInt16 = 200, type: StaticString = "application/json"
    ) {
        beginHead(connection, status, type: type)
        endAnswer(connection)
    }

    func answer(_ connection: Connection, _ status: UInt16, text: StaticString) {
        body.removeAll()
        body.append(text)
        answerBody(connection, status, type: "text/plain; charset=utf-8")
    }

    func answer(
        _ connection: Connection, _ status: UInt16, _ bytes: [UInt8], type: StaticString
    ) {
        body.removeAll()
        body.append(bytes.span.bytes)
        answerBody(connection, status, type: type)
    }

    /// Whether one more failed request may be told: a full disk fails them by the thousand.
    func mayTellFailure() -> Bool {
        if wall / 1000 != failuresSecond { (failuresSecond, failuresTold) = (wall / 1000, 0) }
        failuresTold += 1
        return failuresTold <= Limits.failuresToldPerSecond
    }

    /// Answers with a refusal.
    func refuse(_ connection: Connection, _ problem: Problem) {
        if problem.closes { connection.closes = true }
        counters.add(problem.status < 500 ? .refusals : .failures)
        let name = connection.requestID.text
        if problem.status >= 500, mayTellFailure() {
            hub.log.warning("\(problem.status) \(problem.code): \(problem.detail)", request: name)
        } else {
            hub.log.debug("\(problem.status) \(problem.code): \(problem.detail)", request: name)
        }
        body.removeAll()
        problem.append(to: &body, requestID: name)
        beginHead(connection, problem.status, type: "application/problem+json")
        if let allow = problem.allow { output.appendField("Allow", allow) }
        if problem.status == 401 {
            output.appendField("WWW-Authenticate", "Bearer realm=\"message-center\"")
        }
        if let seconds = problem.retryAfter {
            output.appendField("Retry-After", decimal: seconds)
        }
        endAnswer(connection)
        if problem.closes { connection.phase = .draining }
    }
}

import Foundation
package import Platform
package import TLS
package import Wire

/// A client that sends exactly the bytes it is told to, over one socket, and reads answers.
///
/// Everything it waits for has a deadline. Used by one thread at a time.
package final class RawClient: @unchecked Sendable {
    // Unchecked: a test hands it to one thread and waits for that thread.

    /// What went wrong: no answer in time, or none at all.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    private let socket: Socket
    /// Over TLS: the session, and what it has not opened yet.
    package let tls: TLSSession?
    private var hasBegun = false
    private var sealed = ByteBuffer()
    private var received: [UInt8] = []
    package var timeout: Duration = .seconds(20)
    /// What its requests bear.
    package var token: String?

    /// - Parameters:
    ///   - source: the address to come from, one of this machine's; nil: any.
    ///   - tls: what it speaks TLS with; nil: it speaks in the clear.
    package init(
        _ endpoint: Endpoint, from source: String? = nil,
        tls: TLSContext? = TestTLS.isOn ? TestTLS.client : nil
    ) throws {
        socket = try Socket.connect(to: endpoint, from: source.map { try Endpoint("\($0):0") })
        self.tls = tls.map { TLSSession(connecting: $0, to: endpoint.host) }
    }

    /// Says hello over TLS when there is something to say or to hear. The hub gives a connection
    /// ten seconds for all of that.
    private func beginHandshake() throws {
        guard let tls, !hasBegun else { return }
        hasBegun = true
        var hello = ByteBuffer()
        tls.begin(into: &hello)
        try transmit(hello.array)
    }

    // MARK: Bytes

    /// Sends `bytes` as they are, or sealed.
    package func send(_ bytes: [UInt8]) throws {
        guard let tls else { return try transmit(bytes) }
        let deadline = ContinuousClock.now + timeout
        while !tls.isEstablished {
            guard try receive(until: deadline) else {
                throw Failure(description: "closed in the handshake")
            }
        }
        var plain = ByteBuffer()
        var records = ByteBuffer()
        plain.append(bytes.span.bytes)
        tls.seal(&plain, into: &records)
        try transmit(records.array)
    }

    /// Sends `bytes` as they are, whatever is spoken.
    package func transmit(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        let deadline = ContinuousClock.now + timeout
        while !rest.isEmpty {
            let transfer = try rest.withUnsafeBytes { try socket.send($0) }
            switch transfer {
            case .bytes(let count): rest = rest.dropFirst(count)
            case .wouldBlock: try waitFor(.write, until: deadline)
            case .closed: throw Failure(description: "closed while sending")
            }
        }
    }

    package func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    /// Ends the sending side; answers can still be read.
    ///
    /// - Parameter sayingSo: over TLS, whether that it is the end is said (close_notify).
    package func endSending(sayingSo: Bool = true) {
        if let tls, sayingSo {
            try? beginHandshake()
            var end = ByteBuffer()
            tls.end(into: &end)
            try? transmit(end.array)
        }
        socket.shutdownWrite()
    }

    /// Whether the other side has closed the connection, waiting for it if need be.
    package func isClosed(within time: Duration = .seconds(10)) throws -> Bool {
        let deadline = ContinuousClock.now + time
        while ContinuousClock.now < deadline {
            do {
                if try !receive(until: deadline) { return true }
            } catch is Failure {
                return false
            }
        }
        return false
    }

    /// Its socket, for who ends it from outside.
    package var descriptor: Int32 { socket.descriptor.raw }

    /// Bytes received and not yet taken by `answer`.
    package var pending: [UInt8] { received }

    /// Takes the bytes received so far; waits for some if there are none. Nil at the end of the
    /// stream.
    package func takeBytes() throws -> [UInt8]? {
        let deadline = ContinuousClock.now + timeout
        while received.isEmpty {
            guard try receive(until: deadline) else { return nil }
        }
        defer { received = [] }
        return received
    }

    /// Reads some bytes; false at the end of the stream.
    private func receive(until deadline: ContinuousClock.Instant) throws -> Bool {
        try beginHandshake()
        while true {
            var transfer = Transfer.wouldBlock
            let bytes = try [UInt8](unsafeUninitializedCapacity: 65_536) { space, count in
                transfer = try socket.receive(into: UnsafeMutableRawBufferPointer(space))
                if case .bytes(let received) = transfer { count = received }
            }
            switch transfer {
            case .bytes:
                guard let tls else {
                    received += bytes
                    return true
                }
                switch try open(bytes, tls) {
                case true?: return true
                case false?: return false
                case nil: continue
                }
            case .closed: return false
            case .wouldBlock: try waitFor(.read, until: deadline)
            }
        }
    }

    /// True: something was opened; false: nothing follows.
    private func open(_ bytes: [UInt8], _ tls: TLSSession) throws -> Bool? {
        var plain = ByteBuffer()
        var answer = ByteBuffer()
        sealed.append(bytes.span.bytes)
        let outcome = tls.open(&sealed, into: &plain, answering: &answer)
        if !answer.isEmpty { try transmit(answer.array) }
        received += plain.array
        switch outcome {
        case .opened: return plain.isEmpty && !tls.isEstablished ? nil : true
        case .ended: return plain.isEmpty ? false : true
        case .failed(let failure): throw Failure(description: "TLS: \(failure)")
        }
    }

    private func waitFor(_ interest: Interest, until deadline: ContinuousClock.Instant) throws {
        let rest = deadline - ContinuousClock.now
        guard rest > .zero else { throw Failure(description: "no answer in time") }
        let milliseconds = Int32(rest.components.seconds * 1000 + 1)
        var poll = pollfd(
            fd: socket.descriptor.raw, events: Int16(interest == .read ? POLLIN : POLLOUT),
            revents: 0)
        _ = Foundation.poll(&poll, 1, milliseconds)
    }

    // MARK: Answers

    /// Reads one answer.
    ///
    /// - Parameter isHead: it answers HEAD, so it has no body whatever its length says.
    package func answer(isHead: Bool = false) throws -> Answer {
        let deadline = ContinuousClock.now + timeout
        while true {
            if let answer = try takeAnswer(isHead: isHead) { return answer }
            guard try receive(until: deadline) else {
                throw Failure(
                    description: "closed after \(String(decoding: received, as: UTF8.self))")
            }
        }
    }

    private func takeAnswer(isHead: Bool) throws -> Answer? {
        guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Failure(description: "no status line: \(lines[0])")
        }
        let fields = lines.dropFirst().map { line -> (name: String, value: String) in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (
                parts[0].lowercased(),
                parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
            )
        }
        let length = fields.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
        let whole = end.upperBound + (isHead || status < 200 ? 0 : length)
        guard received.count >= whole else { return nil }
        let body = Array(received[end.upperBound..<whole])
        received.removeFirst(whole)
        return Answer(status: status, fields: fields, body: body)
    }

    // MARK: Requests

    /// Sends a request as one would write it, and reads its answer.
    @discardableResult
    package func request(
        _ method: String, _ path: String, _ body: String? = nil,
        type: String = "application/json", fields: [String: String] = [:]
    ) throws -> Answer {
        try begin(method, path, body, type: type, fields: fields)
        return try answer(isHead: method == "HEAD")
    }

    /// Sends a request; its answer is read later.
    package func begin(
        _ method: String, _ path: String, _ body: String? = nil,
        type: String = "application/json", fields: [String: String] = [:]
    ) throws {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: hub\r\n"
        if let token { text += "Authorization: Bearer \(token)\r\n" }
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if let body {
            text += "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        } else {
            text += "\r\n"
        }
        try send(text)
    }

    package func get(_ path: String) throws -> Answer { try request("GET", path) }

    @discardableResult
    package func post(_ path: String, _ body: JSONValue = [:]) throws -> Answer {
        try request("POST", path, body.serialized())
    }

    /// Publishes one message.
    @discardableResult
    package func publish(
        topic: String = "SaleOrder_Changed", wid: Int, key: String? = nil, body: JSONValue = [:],
        id: String? = nil
    ) throws -> Answer {
        var members: [JSONValue.Member] = [
            .init("topic", .text(topic)), .init("wid", .number(String(wid))),
            .init("body", body),
        ]
        if let key { members.append(.init("key", .text(key))) }
        if let id { members.append(.init("id", .text(id))) }
        return try post("/v1/messages", .object(members))
    }

    /// Pulls as `wid`.
    @discardableResult
    package func pull(_ wid: Int, _ body: JSONValue = [:]) throws -> Answer {
        try post("/v1/warehouses/\(wid)/pull", body)
    }
}

extension ByteBuffer {
    /// What it holds, copied.
    package var array: [UInt8] { withUnsafeBytes { Array($0) } }
}

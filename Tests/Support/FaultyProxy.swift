import Glibc
package import Platform

/// Stands between a client and a hub, and does to each request what a test wants: cut, delay,
/// answer in the hub's place. Its address stays while the hub behind it is killed and started anew.
///
/// It knows requests and answers with a `Content-Length`, which is all that they send.
package final class FaultyProxy: Sendable {
    /// What happens to a request.
    package enum Fault: Sendable, Equatable {
        /// Nothing: it is passed on, and so is its answer.
        case none
        /// The connection ends; the hub never sees the request.
        case refuse
        /// The hub acts on it, and the connection ends before the first byte of the answer.
        case loseAnswer
        /// The connection ends after so many bytes of the answer, head included.
        case cutAnswer(after: Int)
        /// The answer comes so many milliseconds late.
        case delay(milliseconds: Int)
        /// The proxy answers itself; the hub never sees the request.
        case answer(status: Int, fields: [String] = [], body: String = "{}")

        /// The hub's own way to say that it has no time.
        package static func busy(_ status: Int, retryAfter seconds: Int) -> Fault {
            .answer(
                status: status, fields: ["Retry-After: \(seconds)"],
                body: #"{"title":"Busy","status":\#(status),"code":"busy","retryable":true}"#)
        }
    }

    /// What a test decides by.
    package struct Request: Sendable {
        /// Counts from 0 over all connections.
        package let number: Int
        /// Its first line, such as `POST /v1/messages/batch HTTP/1.1`.
        package let line: String
        package let head: String
        package let body: [UInt8]
    }

    fileprivate struct State {
        var target: Endpoint?
        var requests = 0
        var open: Set<Int32> = []
        var threads: [OSThread] = []
        var isStopping = false
    }

    package let endpoint: Endpoint
    package var url: String { "http://\(endpoint)" }
    private let listener: Int32
    private let state: Locked<State>
    private let fault: @Sendable (Request) -> Fault

    /// Listens on a free port of loopback.
    ///
    /// - Parameters:
    ///   - target: the hub; nil: none yet, connections end at once.
    ///   - fault: what happens to each request; called on the connection's thread.
    package init(
        to target: Endpoint?, fault: @escaping @Sendable (Request) -> Fault = { _ in .none }
    ) throws {
        let socket = try LoopbackSocket()
        let listener = socket.descriptor
        self.listener = listener
        self.fault = fault
        endpoint = try Endpoint("127.0.0.1:\(socket.port)")
        state = Locked(State(target: target))
        // The threads have no reference to the proxy, or it could end on one of them.
        let state = state
        let thread = try OSThread.start(name: "faulty proxy") {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                begin(client, state, fault)
            }
        }
        state.withLock { $0.threads.append(thread) }
    }

    /// How many requests came in so far.
    package var requests: Int { state.withLock { $0.requests } }

    /// Where requests go from now on; nil: nowhere.
    package func retarget(to target: Endpoint?) {
        state.withLock { $0.target = target }
    }

    /// Ends every connection there is, as a network does that goes away.
    package func cutAll() {
        state.withLock { for socket in $0.open { shutdown(socket, Int32(SHUT_RDWR)) } }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        let threads = state.withLock { state in
            state.isStopping = true
            for socket in state.open { shutdown(socket, Int32(SHUT_RDWR)) }
            return state.threads
        }
        for thread in threads { thread.join() }
        close(listener)
    }
}

private func begin(
    _ client: Int32, _ state: Locked<FaultyProxy.State>,
    _ fault: @escaping @Sendable (FaultyProxy.Request) -> FaultyProxy.Fault
) {
    let link = ProxiedLink(client: client, state: state, fault: fault)
    state.withLock { state in
        guard !state.isStopping, let thread = try? OSThread.start(name: "proxied", link.run)
        else {
            close(client)
            return
        }
        state.threads.append(thread)
    }
}

/// One connection of a client, and the hub's behind it.
private struct ProxiedLink: Sendable {
    let client: Int32
    let state: Locked<FaultyProxy.State>
    let fault: @Sendable (FaultyProxy.Request) -> FaultyProxy.Fault

    func run() {
        guard isOpen(client) else { return end(client) }
        var hub: RawClient?
        var fromClient = WholeMessages { receive(from: client) }
        var fromHub = WholeMessages { nil }
        while let asked = fromClient.next() {
            let text = String(decoding: asked.head, as: UTF8.self)
            let request = FaultyProxy.Request(
                number: count(), line: String(text.prefix { !$0.isNewline }), head: text,
                body: Array(asked.body))
            let fault = fault(request)
            if case .refuse = fault { break }
            if case .answer(let status, let fields, let body) = fault {
                guard sendAll(answer(status, fields, body), to: client) else { break }
                continue
            }
            if hub == nil, let connected = connectToHub() {
                hub = connected
                fromHub = WholeMessages { (try? connected.takeBytes()) ?? nil }
            }
            guard let hub, isOpen(hub.descriptor), (try? hub.send(asked.bytes)) != nil,
                let answer = fromHub.next(), pass(answer.bytes, fault)
            else { break }
        }
        end(client)
        // It is closed with the last who knows it.
        if let hub { state.withLock { _ = $0.open.remove(hub.descriptor) } }
    }

    private func count() -> Int {
        state.withLock { state in
            state.requests += 1
            return state.requests - 1
        }
    }

    /// Notes a socket, so that it can be cut; false: all are being cut for good.
    private func isOpen(_ socket: Int32) -> Bool {
        state.withLock { state in
            state.open.insert(socket)
            return !state.isStopping
        }
    }

    private func end(_ socket: Int32) {
        state.withLock { _ = $0.open.remove(socket) }
        close(socket)
    }

    /// False: the connection ends here.
    private func pass(_ answer: [UInt8], _ fault: FaultyProxy.Fault) -> Bool {
        switch fault {
        case .loseAnswer: return false
        case .cutAnswer(let count):
            _ = sendAll(Array(answer.prefix(count)), to: client)
            return false
        case .delay(let milliseconds):
            for _ in 0..<milliseconds where !state.withLock({ $0.isStopping }) { usleep(1000) }
            return sendAll(answer, to: client)
        case .none, .refuse, .answer: return sendAll(answer, to: client)
        }
    }

    private func answer(_ status: Int, _ fields: [String], _ body: String) -> [UInt8] {
        let lines = fields.map { "\($0)\r\n" }.joined()
        return Array(
            ("HTTP/1.1 \(status) Told\r\nContent-Type: application/problem+json\r\n\(lines)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
    }

    /// Its own side is in the clear; to the hub it speaks as the tests do.
    private func connectToHub() -> RawClient? {
        guard let target = state.withLock({ $0.target }) else { return nil }
        let hub = try? RawClient(target)
        hub?.timeout = .seconds(120)
        return hub
    }
}

private func receive(from socket: Int32) -> [UInt8]? {
    var part = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &part, part.count, 0)
    return count > 0 ? Array(part.prefix(count)) : nil
}

/// Whole requests or answers, of what comes in parts.
private struct WholeMessages {
    struct Whole {
        let head: ArraySlice<UInt8>
        let body: ArraySlice<UInt8>
        let bytes: [UInt8]
    }

    /// The next part; nil when there is none.
    private let receive: () -> [UInt8]?
    private var buffer: [UInt8] = []

    init(_ receive: @escaping () -> [UInt8]?) {
        self.receive = receive
    }

    /// The next one; nil when the other side has ended.
    mutating func next() -> Whole? {
        while true {
            if let whole = take() { return whole }
            guard let part = receive() else { return nil }
            buffer += part
        }
    }

    private mutating func take() -> Whole? {
        guard let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).lowercased()
        let length =
            head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) } ?? 0
        let whole = end.upperBound + length
        guard buffer.count >= whole else { return nil }
        let bytes = Array(buffer[..<whole])
        buffer.removeFirst(whole)
        return Whole(head: bytes[..<end.lowerBound], body: bytes[end.upperBound...], bytes: bytes)
    }
}

private func sendAll(_ bytes: [UInt8], to socket: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
            send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}

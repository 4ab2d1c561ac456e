import Platform
import Synchronization
import Wire

/// One thread's share of the connections: reads requests and answers them, one after another.
///
/// Everything a client can hold is bounded: the head it sends, the time it takes to send it and to
/// take the answer, the bytes of answers not taken, and how many clients there are.
final class DataLoop {
    /// Bounds, with the answer that is given at each.
    struct Bounds: Sendable {
        /// Connections of one loop; more get 503 and are closed.
        var connections = 256
        /// Nanoseconds from a request's first byte to the end of its head; then 408.
        var head: UInt64 = 10_000_000_000
        /// Nanoseconds that a connection may be silent between two requests; then it is closed.
        var idle: UInt64 = 75_000_000_000
        /// Nanoseconds in which a client takes its answer; then the connection is closed.
        var answer: UInt64 = 60_000_000_000
        /// Bytes of answers that clients have not taken, all together; above it 503.
        var unsent = 64 << 20
    }

    private let bounds: Bounds
    private let reader: DataReader
    private let token: [UInt8]?
    private let stop: StopSign
    private var listener: Listener?
    private var poller: Poller
    private var clients = Slab<DataClient>()
    private var scratch = ByteBuffer(capacity: 32 * 1024)
    private var body = ByteBuffer(capacity: 64 * 1024)
    private var unsent = 0
    private var now: UInt64 = 0
    private var acceptsAgain: UInt64 = 0
    private var expiresNext: UInt64 = 0

    private static let listenerToken = Token.reserved(1)
    private static let stopToken = Token.reserved(2)

    init(
        listener: consuming Listener, reader: DataReader, token: [UInt8]?, bounds: Bounds,
        stop: StopSign
    ) throws(Errno) {
        self.bounds = bounds
        self.reader = reader
        self.token = token
        self.stop = stop
        poller = try Poller()
        try poller.add(listener.descriptor.raw, token: Self.listenerToken, interest: .read)
        try poller.add(stop.wakeUp.descriptor, token: Self.stopToken, interest: .read)
        self.listener = consume listener
    }

    /// Runs until the stop sign is up. Answers begun are given up then: reading changes nothing.
    func run() {
        while !stop.isUp {
            let count = (try? poller.wait(milliseconds: 250)) ?? 0
            now = MonotonicClock.now()
            for place in 0..<count {
                let event = poller.event(at: place)
                switch event.token {
                case Self.listenerToken: accept()
                case Self.stopToken: break
                default: handle(event)
                }
            }
            expire()
        }
    }

    // MARK: Connections

    private func accept() {
        guard now >= acceptsAgain else { return OSThread.pause(microseconds: 1000) }
        do {
            // As many as fit into a tick, so that those already here are served too.
            for _ in 0..<64 {
                guard let socket = try listener?.accept() else { return }
                try admit(socket)
            }
        } catch {
            // Descriptors or memory have run out: some come back when clients go.
            acceptsAgain = now + 100_000_000
        }
    }

    private func admit(_ socket: consuming Socket) throws(Errno) {
        let isFull = clients.count >= bounds.connections
        let client = DataClient(socket, deadline: now + bounds.head)
        if isFull { return turnAway(client) }
        client.token = clients.insert(client)
        do {
            try poller.add(client.socket.descriptor.raw, token: client.token, interest: .read)
        } catch {
            clients.remove(client.token)
            throw error
        }
    }

    /// Tells a client that there are too many, without a place among them.
    private func turnAway(_ client: DataClient) {
        begin(client)
        refuse(client, .busy("too_many_connections", "Too many clients: try again.").closing)
        _ = client.sendSome()
        unsent -= client.counted
    }

    private func handle(_ event: PollEvent) {
        guard let client = clients[event.token] else { return }
        if event.isReadable || event.isClosed, client.unsent.isEmpty { receive(client) }
        if event.isWritable || event.isClosed, !client.unsent.isEmpty { send(client) }
    }

    private func close(_ client: DataClient) {
        guard clients.remove(client.token) != nil else { return }
        unsent -= client.counted
        try? poller.remove(client.socket.descriptor.raw)
    }

    /// Looks now and then for those who took too long.
    private func expire() {
        guard now >= expiresNext else { return }
        expiresNext = now + 100_000_000
        for (_, client) in clients where now >= client.deadline {
            if client.parser.hasBegun, client.unsent.isEmpty {
                let problem = DataProblem(408, "request_timeout", "The request came too slowly.")
                refuse(client, problem.closing)
                _ = client.sendSome()
            }
            close(client)
        }
    }

    // MARK: Requests

    private func receive(_ client: DataClient) {
        switch client.receive(&scratch) {
        case .bytes: work(client)
        case .wouldBlock: break
        case .closed: close(client)
        }
    }

    /// Answers the requests that are there, until one's answer is not taken at once.
    private func work(_ client: DataClient) {
        while client.unsent.isEmpty {
            switch client.parser.parse(client.input.bytes) {
            case .incomplete:
                if client.hasNewHead { client.deadline = now + bounds.head }
                return
            case .failure(let failure):
                begin(client)
                refuse(client, DataProblem(failure))
            case .head(let head):
                begin(client)
                perform(client, head)
                client.input.consume(head.length)
                client.parser.reset()
            }
            send(client)
            guard clients[client.token] != nil else { return }
        }
    }

    private func perform(_ client: DataClient, _ head: RequestHead) {
        client.isHead = head.method == .head
        client.closes = !head.keepAlive
        if head.requestID.isPresent {
            client.requestID = client.text(head.requestID)
        }
        do throws(DataProblem) {
            try checkBody(head)
            let request = try DataRequest(head, client.input.bytes)
            try checkToken(client, head, request)
            guard unsent < bounds.unsent else {
                throw .busy("overloaded", "Too much is being sent: try again shortly.")
            }
            body.removeAll()
            try reader.answer(request, to: &body)
            client.answer(200, type: "application/json", body)
            count(client)
        } catch {
            refuse(client, error)
        }
        body.shrink(to: 1 << 20)
    }

    private func begin(_ client: DataClient) {
        client.requestID = String(Random.word(), radix: 16)
        client.deadline = now + bounds.answer
    }

    /// Reading needs no body, and skipping one would be work for nothing.
    private func checkBody(_ head: RequestHead) throws(DataProblem) {
        guard head.isChunked || (head.contentLength ?? 0) > 0 else { return }
        throw DataProblem(413, "body_not_taken", "Requests here have no body.").closing
    }

    private func checkToken(
        _ client: DataClient, _ head: RequestHead, _ request: DataRequest
    ) throws(DataProblem) {
        guard let token, request != .health else { return }
        guard client.bears(token, head.authorization) else {
            throw DataProblem(401, "unauthorized", "Send the token: Authorization: Bearer …")
        }
    }

    private func refuse(_ client: DataClient, _ problem: DataProblem) {
        body.removeAll()
        problem.append(to: &body, requestID: client.requestID)
        if problem.closes { client.closes = true }
        client.answer(
            problem.status, type: "application/problem+json", body, retryAfter: problem.retryAfter)
        count(client)
    }

    /// Keeps the sum of what clients have not taken.
    private func count(_ client: DataClient) {
        unsent += client.unsent.count - client.counted
        client.counted = client.unsent.count
    }

    private func send(_ client: DataClient) {
        let isOpen = client.sendSome()
        count(client)
        guard isOpen, !(client.unsent.isEmpty && client.closes) else { return close(client) }
        let isWaiting = !client.unsent.isEmpty
        // Until then the deadline is that of taking the answer.
        if !isWaiting { client.deadline = now + bounds.idle }
        if isWaiting != client.awaitsRoom {
            client.awaitsRoom = isWaiting
            // One direction at a time: a client that does not read is not read from either.
            try? poller.modify(
                client.socket.descriptor.raw, token: client.token,
                interest: isWaiting ? .write : .read)
            // What came meanwhile is looked at now: the poller tells of new bytes only.
            if !isWaiting { work(client) }
        }
    }
}

/// Tells the loops of a server to end.
final class StopSign: Sendable {
    let wakeUp: WakeUp
    private let flag = Atomic(false)

    init() throws(Errno) {
        wakeUp = try WakeUp()
    }

    var isUp: Bool { flag.load(ordering: .acquiring) }

    func raise() {
        flag.store(true, ordering: .releasing)
        wakeUp.signal()
    }
}

import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// Nobody may hold a connection for ever: every wait of the hub for a client ends.
@Suite("HTTP: deadlines")
struct HTTPDeadlineTests {
    private static let short = Deadlines.milliseconds(150)

    /// Sends a byte again and again until the answer comes.
    private func trickle(_ client: RawClient) throws -> Answer {
        let patience = ContinuousClock.now + .seconds(20)
        client.timeout = .milliseconds(20)
        while ContinuousClock.now < patience {
            try? client.send("x")
            if let answer = try? client.answer() { return answer }
        }
        client.timeout = .seconds(1)
        return try client.answer()
    }

    @Test("A head that does not come whole is answered 408", arguments: [true, false])
    func head(trickles: Bool) throws {
        let hub = try RunningHub { $0.deadlines.head = Self.short }
        let client = try hub.client()
        // The request before must leave nothing behind: not its name, nor that it was a HEAD.
        try client.request("HEAD", "/healthz", fields: ["X-Request-Id": "before"])
        try client.send("GET /healthz HTTP/1.1\r\nX: ")
        let answer = trickles ? try trickle(client) : try client.answer()
        expectProblem(answer, 408, "request_timeout")
        #expect(answer[field: "Connection"] == "close")
        #expect(answer[field: "X-Request-Id"] != "before")
        #expect(try client.isClosed())
    }

    @Test("A body that stops coming is answered 408, chunked or not")
    func bodyStops() throws {
        let hub = try RunningHub { $0.deadlines.body = Self.short }
        for framing in ["Content-Length: 9\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n4\r\n{"] {
            let client = try hub.client()
            try client.send(
                "POST /v1/messages HTTP/1.1\r\nHost: h\r\nX-Request-Id: slow\r\n\(framing)")
            let answer = try client.answer()
            expectProblem(answer, 408, "request_timeout")
            #expect(answer[field: "X-Request-Id"] == "slow")
            #expect(try client.isClosed())
        }
    }

    @Test("A body that trickles on is answered 408 when its whole time is over")
    func bodyTrickles() throws {
        let hub = try RunningHub { $0.deadlines.bodyTotal = Deadlines.milliseconds(300) }
        let client = try hub.client()
        try client.send("POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n")
        expectProblem(try trickle(client), 408, "request_timeout")
        #expect(try client.isClosed())
    }

    @Test("An idle connection is closed without a word, one that waits for messages is not")
    func idle() throws {
        let hub = try RunningHub { $0.deadlines.idle = Self.short }
        let (fresh, used, waiting) = (try hub.client(), try hub.client(), try hub.client())
        try waiting.begin("POST", "/v1/warehouses/5/pull", #"{"wait":1}"#)
        #expect(try used.get("/healthz").status == 200)
        #expect(try fresh.isClosed())
        #expect(try used.isClosed())
        #expect(fresh.pending.isEmpty)
        #expect(used.pending.isEmpty)
        #expect(try waiting.answer().status == 200)
    }

    @Test("Who does not take its answers is cut off, who takes them slowly is not")
    func write() throws {
        let hub = try RunningHub { $0.deadlines.write = Deadlines.milliseconds(500) }
        let publisher = try hub.client()
        for _ in 0..<64 {
            try publisher.publish(wid: 0, body: .text(String(repeating: "x", count: 250_000)))
        }
        let wish = #"{"limit":1000,"maxBytes":16777216}"#
        let (lazy, slow) = (try hub.client(), try hub.client())
        try lazy.begin("POST", "/v1/warehouses/5/pull", wish)
        try slow.begin("POST", "/v1/warehouses/6/pull", wish)
        let page = try slow.answer()
        #expect(page["messages"].elements?.count == 64)
        #expect(
            try eventually {
                try publisher.get("/metrics").text.contains(
                    "\nmessage_center_connections_cut_off_total 1\n")
            })
        #expect(throws: RawClient.Failure.self) { try lazy.answer() }
        // A message that was not taken is handed out again.
        #expect(try publisher.pull(5)["messages"].elements?.count ?? 0 > 0)
    }

    @Test("Who takes its answer a little at a time is cut off when its whole time is over")
    func writeTotal() throws {
        let hub = try RunningHub { $0.deadlines.writeTotal = Deadlines.milliseconds(500) }
        let publisher = try hub.client()
        for _ in 0..<64 {
            try publisher.publish(wid: 0, body: .text(String(repeating: "x", count: 250_000)))
        }
        let slow = try hub.client()
        try slow.begin("POST", "/v1/warehouses/6/pull", #"{"limit":1000,"maxBytes":16777216}"#)
        let patience = ContinuousClock.now + .seconds(20)
        var taken = 0
        var isOver = false
        while !isOver, ContinuousClock.now < patience {
            if let bytes = try slow.takeBytes() { taken += bytes.count } else { isOver = true }
            OSThread.pause(microseconds: 20_000)
        }
        #expect(isOver)
        #expect(taken < 15_000_000)
        #expect(try publisher.metric("message_center_connections_cut_off_total") == 1)
    }

    @Test("Clients that do not read cost a bounded amount of memory")
    func memory() throws {
        let hub = try HubProcess(arguments: ["--loops", "1"])
        let publisher = try hub.client()
        try publisher.publish(wid: 5, body: .text(String(repeating: "x", count: 250_000)))
        let publish =
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 32\r\n\r\n"
            + #"{"topic":"A_B","wid":0,"body":1}"#
        let page = "GET /v1/warehouses/5/messages?limit=1 HTTP/1.1\r\nHost: h\r\n\r\n"
        // Unbounded this would be 3 GB of answers.
        var clients: [RawClient] = []
        for _ in 0..<60 {
            let client = try hub.client()
            try client.send(String(repeating: publish + page, count: 200))
            clients.append(client)
        }
        // They are stuck once nothing is published any more, long before all was.
        var (published, unchanged) = (0, 0)
        #expect(
            try eventually {
                let now = try metric("message_center_messages_published_total", publisher)
                unchanged = now == published ? unchanged + 1 : 0
                published = now
                return unchanged == 300
            })
        #expect(published > 60 && published < 60 * 200)
        #expect(try metric("process_resident_memory_bytes", publisher) < 300 << 20)
        // Nothing is lost: who reads at last gets all of it.
        for _ in 0..<200 {
            #expect(try clients[0].answer().status == 201)
            #expect(try clients[0].answer().body.count > 250_000)
        }
    }

    private func metric(_ name: String, _ client: RawClient) throws -> Int {
        let line = try client.get("/metrics").text.split(separator: "\n")
            .first { $0.hasPrefix("\(name) ") }
        return try #require(line?.split(separator: " ").last.flatMap { Int($0) })
    }
}

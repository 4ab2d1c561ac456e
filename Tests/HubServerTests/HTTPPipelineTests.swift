import TestSupport
import Testing
import Wire

/// Requests sent without waiting for answers are answered one by one, in their order.
@Suite("HTTP: pipelining")
struct HTTPPipelineTests {
    private func post(_ path: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n" }

    @Test("A hundred requests of all kinds in one write are answered in their order")
    func mixture() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let kinds: [(request: String, status: Int)] = [
            (post("/v1/messages", #"{"topic":"A_B","wid":0,"body":1}"#), 201),
            (post("/v1/warehouses/3/pull", "{}"), 200),
            (get("/healthz"), 200),
            (post("/v1/messages", "{"), 400),
            (get("/v1/topics"), 200),
            (post("/v1/messages", #"{"topic":"A_B","wid":-1,"body":1}"#), 422),
            (get("/nowhere"), 404),
            (post("/v1/messages/batch", #"[{"topic":"A_B","wid":3,"body":1}]"#), 201),
            (post("/healthz", "ignored"), 405),
            (post("/v1/warehouses/3/commit", #"{"index":0}"#), 200),
        ]
        let sent = (0..<100).map { kinds[$0 * 7 % 10] }
        let names = (0..<100).map { "request-\($0)" }
        let bytes = zip(sent, names).map { kind, name in
            kind.request.replacing("Host: h\r\n", with: "Host: h\r\nX-Request-Id: \(name)\r\n")
        }
        try client.send(bytes.joined())
        for (kind, name) in zip(sent, names) {
            let answer = try client.answer()
            #expect(answer.status == kind.status, "\(name): \(kind.request) \(answer.text)")
            #expect(answer[field: "X-Request-Id"] == name)
        }
        let head = try client.get("/v1/warehouses")["head"].integer
        #expect(head == 20)
    }

    @Test("Messages published through one connection are stored in the order they were sent")
    func order() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let requests = (1...500).map {
            post("/v1/messages", "{\"topic\":\"A_B\",\"wid\":0,\"body\":\($0)}")
        }
        try client.send(requests.joined())
        for number in 1...500 {
            #expect(try client.answer()["index"].integer == number)
        }
        let page = try client.pull(1, ["limit": 1000])
        let bodies = page["messages"].elements?.map { $0["body"]?.integer }
        #expect(bodies == Array(1...500))
    }

    @Test("Answers far larger than what is gathered at once are all given")
    func largeAnswers() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let body = JSONValue.text(String(repeating: "x", count: 200_000))
        try client.publish(wid: 0, body: body)
        let wish = get("/v1/warehouses/1/messages") + get("/healthz")
        try client.send(String(repeating: wish, count: 60))
        for number in 0..<60 {
            let page = try client.answer()
            #expect(page.body.count > 200_000, "answer \(number)")
            #expect(try client.answer().text == "ok\n", "answer \(number)")
        }
    }

    @Test("Others are answered between the many requests of one connection")
    func turns() throws {
        // One loop, which would see to all that one connection has sent before it sees to others.
        let hub = try RunningHub(loops: 1)
        let (many, other) = (try hub.client(), try hub.client())
        _ = try other.get("/healthz")
        let count = 2000
        try many.send(String(repeating: get("/healthz"), count: count))
        // The client has said all it has to say: that ends nothing before the answers are given.
        many.endSending()
        #expect(try other.get("/healthz").status == 200)
        for _ in 0..<count { #expect(try many.answer().status == 200) }
        #expect(try many.isClosed())
    }

    @Test("Requests behind a waiting pull are answered after it")
    func behindWaiting() throws {
        let hub = try RunningHub()
        let (waiting, other) = (try hub.client(), try hub.client())
        try waiting.send(
            post("/v1/warehouses/9/pull", #"{"wait":20}"#) + get("/healthz") + get("/x"))
        #expect(
            try eventually { try other.get("/metrics").text.contains("waiting_pulls 1\n") })
        #expect(waiting.pending.isEmpty)
        try other.publish(wid: 9)
        #expect(try waiting.answer()["messages"].elements?.count == 1)
        #expect(try waiting.answer().text == "ok\n")
        #expect(try waiting.answer().status == 404)
    }

    @Test("What is pipelined behind a request that ends the connection is not looked at")
    func behindClose() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let publish = post("/v1/messages", #"{"topic":"A_B","wid":0,"body":1}"#)
        let last = publish.replacing("Host: h\r\n", with: "Host: h\r\nConnection: close\r\n")
        try client.send(publish + last + publish + publish)
        #expect(try client.answer()["index"].integer == 1)
        let answer = try client.answer()
        #expect(answer["index"].integer == 2)
        #expect(answer[field: "Connection"] == "close")
        #expect(try client.isClosed())
        #expect(try hub.client().get("/v1/warehouses")["head"].integer == 2)
    }
}

import Hub
import HubServer
import TestSupport
import Testing
import Wire

/// Every bound of a request, with the answer that `Limits` promises.
@Suite("HTTP: bounds")
struct HTTPLimitsTests {
    @Test("A head of the largest size is read, a larger one refused")
    func head() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let start = "GET /healthz HTTP/1.1\r\nHost: h\r\nX: "
        let room = Limits.headBytes - start.utf8.count - 4
        try client.send(start + String(repeating: "x", count: room) + "\r\n\r\n")
        #expect(try client.answer().status == 200)
        try client.send(start + String(repeating: "x", count: room + 1) + "\r\n\r\n")
        expectProblem(try client.answer(), 431, "head_too_large")
        #expect(try client.isClosed())
    }

    @Test("A head without end is refused as soon as it is too long")
    func endlessHead() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.send("GET /healthz HTTP/1.1\r\nHost: h\r\nX: ")
        try client.send(String(repeating: "x", count: Limits.headBytes))
        expectProblem(try client.answer(), 431, "head_too_large")
    }

    @Test("The most fields are read, one more is refused")
    func fields() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        func request(_ count: Int) -> String {
            "GET /healthz HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X: 1\r\n", count: count - 1)
                + "\r\n"
        }
        try client.send(request(Limits.headFields))
        #expect(try client.answer().status == 200)
        try client.send(request(Limits.headFields + 1))
        expectProblem(try client.answer(), 431, "head_too_large")
    }

    @Test("The longest target is read, a longer one refused")
    func target() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        #expect(
            try client.get("/" + String(repeating: "x", count: Limits.targetBytes - 1)).status
                == 404)
        expectProblem(
            try client.get("/" + String(repeating: "x", count: Limits.targetBytes)), 414,
            "target_too_long")
        #expect(try client.isClosed())
    }

    @Test("A request larger than its path takes is refused, chunked or not")
    func request() throws {
        let hub = try RunningHub()
        let cases = [
            ("/v1/messages", Limits.bodyBytes + Limits.requestBytes, "body_too_large"),
            ("/v1/messages/batch", Limits.batchBytes, "request_too_large"),
            ("/v1/warehouses/5/pull", Limits.requestBytes, "request_too_large"),
        ]
        for (path, limit, code) in cases {
            let head = "POST \(path) HTTP/1.1\r\nHost: h\r\n"
            let told = try hub.client()
            try told.send(head + "Content-Length: \(limit + 1)\r\n\r\n")
            expectProblem(try told.answer(), 413, code)
            #expect(try told.isClosed())
            let chunked = try hub.client()
            try chunked.send(
                head + "Transfer-Encoding: chunked\r\n\r\n\(String(limit + 1, radix: 16))\r\n{")
            expectProblem(try chunked.answer(), 413, code)
            #expect(try chunked.isClosed())
            // The largest that may come is read to its end, and then is no JSON.
            let largest = try hub.client()
            try largest.send(head + "Content-Length: \(limit)\r\n\r\n")
            try largest.send([UInt8](repeating: 0x20, count: limit))
            let answer = try largest.answer()
            #expect([200, 400].contains(answer.status), "\(path): \(answer.text)")
        }
    }

    @Test("A message's body of the largest size is stored, a larger one refused")
    func body() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let largest = JSONValue.text(String(repeating: "x", count: Limits.bodyBytes - 2))
        #expect(try client.publish(wid: 0, body: largest).status == 201)
        let larger = JSONValue.text(String(repeating: "x", count: Limits.bodyBytes - 1))
        expectProblem(try client.publish(wid: 0, body: larger), 413, "body_too_large")
        #expect(try client.get("/v1/warehouses")["head"].integer == 1)
    }

    @Test("A batch of the most messages is stored, a larger one refused")
    func batch() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        func batch(_ count: Int) -> String {
            String(repeating: #"{"topic":"A_B","wid":0,"body":1}"# + "\n", count: count)
        }
        let largest = try client.request(
            "POST", "/v1/messages/batch", batch(Limits.batchMessages), type: "application/x-ndjson")
        #expect(largest.status == 201)
        let larger = try client.request(
            "POST", "/v1/messages/batch", batch(Limits.batchMessages + 1),
            type: "application/x-ndjson")
        expectProblem(larger, 413, "too_many_messages")
        #expect(try client.get("/v1/warehouses")["head"].integer == Limits.batchMessages)
    }

    @Test("The deepest JSON is stored, deeper one refused")
    func depth() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        func message(_ depth: Int) -> String {
            // The message itself is one level.
            let (open, close) = (
                String(repeating: "[", count: depth - 1), String(repeating: "]", count: depth - 1)
            )
            return "{\"topic\":\"A_B\",\"wid\":0,\"body\":\(open)\(close)}"
        }
        #expect(try client.request("POST", "/v1/messages", message(Limits.jsonDepth)).status == 201)
        let deeper = try client.request("POST", "/v1/messages", message(Limits.jsonDepth + 1))
        expectProblem(deeper, 400, "malformed_json")
        let endless = try client.request(
            "POST", "/v1/messages", String(repeating: "[", count: 60_000))
        #expect([400, 422].contains(endless.status))
        #expect(try client.get("/healthz").status == 200)
    }

    @Test("Chunk extensions and trailers are bounded")
    func framing() throws {
        let hub = try RunningHub()
        let head = "POST /v1/messages HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        let long = String(repeating: "x", count: Limits.trailerBytes + 1)
        for body in ["1;\(long)\r\n", "0\r\nX: \(long)\r\n"] {
            let client = try hub.client()
            try client.send(head + body)
            expectProblem(try client.answer(), 431, "head_too_large")
            #expect(try client.isClosed())
        }
    }

    @Test("One connection too many is told so and closed; when one goes, another may come")
    func connections() throws {
        // Over TLS it is only closed: there is no handshake yet by which to tell it.
        let hub = try RunningHub(loops: 1) { ($0.connections, $0.tls) = (3, nil) }
        var clients: [RawClient] = []
        for _ in 0..<3 {
            let client = try hub.client()
            #expect(try client.get("/healthz").status == 200)
            clients.append(client)
        }
        let refused = try hub.client()
        let answer = try refused.answer()
        expectProblem(answer, 503, "overloaded")
        #expect(answer[field: "Retry-After"] == "1")
        #expect(answer["retryable"] == .boolean(true))
        refused.endSending()
        #expect(try refused.isClosed())
        for client in clients { #expect(try client.get("/healthz").status == 200) }
        clients.removeLast().endSending()
        #expect(
            try eventually {
                let client = try hub.client()
                try client.begin("GET", "/healthz")
                return try client.answer().status == 200
            })
    }

    @Test("A refusal can be read though the client goes on sending")
    func lingering() throws {
        let hub = try RunningHub()
        for _ in 0..<20 {
            let client = try hub.client()
            try client.send(
                "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n")
            for _ in 0..<80 { try client.send([UInt8](repeating: 0x20, count: 100_000)) }
            expectProblem(try client.answer(), 413, "body_too_large")
        }
    }
}

import Foundation
import Hub
import TestSupport
import Testing
import Wire

/// What RFC 9110 and 9112 ask of any server.
@Suite("HTTP: methods, versions, fields")
struct HTTPSemanticsTests {
    static let pages = [
        "/", "/healthz", "/readyz", "/openapi.yaml", "/metrics", "/v1/topics", "/v1/warehouses",
        "/v1/warehouses/5", "/v1/warehouses/5/messages", "/v1/messages/1", "/nowhere",
        "/v1/messages/77", "/v1/messages",
    ]

    @Test("HEAD answers as GET does, without the body", arguments: pages)
    func head(path: String) throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.publish(wid: 5, body: .text(String(repeating: "x", count: 5000)))
        try client.pull(5)
        // Both name themselves alike, so that also refusals, which tell the name, are alike.
        let fields = ["X-Request-Id": "twin"]
        let get = try client.request("GET", path, fields: fields)
        let head = try client.request("HEAD", path, fields: fields)
        #expect(head.status == get.status)
        #expect(head.body.isEmpty)
        let changing = ["date", "content-length"]
        #expect(
            head.fields.filter { !changing.contains($0.name) }.map { "\($0.name): \($0.value)" }
                == get.fields.filter { !changing.contains($0.name) }.map {
                    "\($0.name): \($0.value)"
                })
        #expect(head[field: "Content-Length"] != nil)
        if path != "/metrics", !path.hasPrefix("/v1/warehouses/5"), path != "/v1/warehouses" {
            #expect(head[field: "Content-Length"] == get[field: "Content-Length"])
        }
        // The next answer begins where it should.
        #expect(try client.get("/healthz").text == "ok\n")
    }

    @Test("HEAD of a path that only takes POST is refused without a body")
    func headOfPost() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for path in ["/v1/messages/batch", "/v1/archive/verify", "/v1/warehouses/5/pull"] {
            let answer = try client.request("HEAD", path)
            #expect(answer.status == 405)
            #expect(answer[field: "Allow"] == "POST")
            #expect(answer.body.isEmpty)
        }
    }

    static let methods: [(method: String, path: String, allow: String)] = [
        ("PUT", "/v1/messages", "GET, HEAD, POST"), ("DELETE", "/v1/messages/batch", "POST"),
        ("GET", "/v1/warehouses/5/pull", "POST"), ("PUT", "/v1/warehouses/5/commit", "POST"),
        ("PATCH", "/v1/warehouses/5/seek", "POST"), ("POST", "/v1/warehouses", "GET, HEAD"),
        ("POST", "/v1/warehouses/5", "GET, HEAD, PUT"),
        ("DELETE", "/v1/warehouses/5", "GET, HEAD, PUT"),
        ("POST", "/v1/warehouses/5/messages", "GET, HEAD"), ("PUT", "/v1/messages/1", "GET, HEAD"),
        ("OPTIONS", "/healthz", "GET, HEAD"), ("BREW", "/", "GET, HEAD"),
        ("get", "/healthz", "GET, HEAD"),
    ]

    @Test("A method that a path does not take is refused with those it takes", arguments: methods)
    func wrongMethod(method: String, path: String, allow: String) throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let answer = try client.request(method, path, "{}")
        expectProblem(answer, 405, "method_not_allowed")
        #expect(answer[field: "Allow"] == allow)
        #expect(try client.get("/healthz").status == 200)
    }

    static let unknownPaths = [
        "/V1/messages", "/v1/Messages/batch", "/HEALTHZ", "/healthz/", "//healthz", "/v1", "/v1/",
        "/v1/messages/", "/v1/./topics", "/v1/../healthz", "/%68ealthz", "/v1%2Ftopics",
        "/v1/warehouses/05", "/v1/warehouses/x", "/v1/warehouses/%31", "/v1/warehouses/5/Pull",
        "/v1/warehouses/5/pull/", "/v1/messages/1/2", "/healthz%00", "/v1/warehouses//pull",
    ]

    @Test("A path is exactly as written: nothing is normalised or decoded", arguments: unknownPaths)
    func unknownPath(path: String) throws {
        let hub = try RunningHub()
        let client = try hub.client()
        expectProblem(try client.get(path), 404, "not_found")
        expectProblem(try client.request("POST", path, "{}"), 404, "not_found")
    }

    @Test("A query is decoded")
    func query() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.publish(topic: "A_B", wid: 5)
        try client.publish(topic: "C_D", wid: 5)
        let page = try client.get("/v1/warehouses/5/messages?topic=C%5f%44&limi%74=1")
        #expect(page["messages"].elements?.compactMap { $0["topic"]?.text } == ["C_D"])
        let malformed = try client.get("/v1/warehouses/5/messages?topic=%zz")
        #expect([400, 422].contains(malformed.status))
    }

    @Test("HTTP/1.0 is answered and closed, unless it asks to be kept")
    func version10() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let kept = try client.answer()
        #expect(kept.status == 200)
        #expect(kept[field: "Connection"] == "keep-alive")
        try client.send("GET /healthz HTTP/1.0\r\n\r\n")
        let closed = try client.answer()
        #expect(closed.status == 200)
        #expect(closed[field: "Connection"] == "close")
        #expect(try client.isClosed())
    }

    @Test("HTTP/1.0 tells the length of what it posts")
    func length10() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let body = #"{"topic":"A_B","wid":0,"body":1}"#
        try client.send(
            "POST /v1/messages HTTP/1.0\r\n"
                + "Connection: keep-alive\r\nContent-Length: 32\r\n\r\n\(body)"
        )
        #expect(try client.answer().status == 201)
        try client.send("POST /v1/messages HTTP/1.0\r\n\r\n")
        expectProblem(try client.answer(), 411, "length_required")
    }

    @Test("Another version of HTTP is refused")
    func otherVersion() throws {
        let hub = try RunningHub()
        for version in ["HTTP/2.0", "HTTP/0.9", "HTTP/1.2"] {
            let client = try hub.client()
            try client.send("GET / \(version)\r\nHost: h\r\n\r\n")
            expectProblem(try client.answer(), 505, "version_not_supported")
            #expect(try client.isClosed())
        }
    }

    @Test("An absolute target is answered as its path is")
    func absoluteForm() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        #expect(try client.get("http://elsewhere.example:80/healthz").text == "ok\n")
        #expect(try client.get("http://elsewhere.example/v1/topics?").status == 200)
        #expect(try client.get("https://h/nowhere").status == 404)
        #expect(try client.get("http://h").status == 404)
    }

    @Test("100 Continue comes before the body is sent")
    func expectContinue() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let body = #"{"topic":"A_B","wid":0,"body":1}"#
        for framing in ["Content-Length: 32", "Transfer-Encoding: chunked"] {
            try client.send(
                "POST /v1/messages HTTP/1.1\r\n"
                    + "Host: h\r\n\(framing)\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(try client.answer().status == 100)
            #expect(client.pending.isEmpty)
            try client.send(framing.hasPrefix("C") ? body : "20\r\n\(body)\r\n0\r\n\r\n")
            #expect(try client.answer().status == 201)
        }
    }

    @Test("Who sends the body at once gets no 100, nor who has none, nor HTTP/1.0")
    func noContinue() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let body = #"{"topic":"A_B","wid":0,"body":1}"#
        let fields = "Host: h\r\nExpect: 100-Continue\r\n"
        try client.send(
            "POST /v1/messages HTTP/1.1\r\n\(fields)Content-Length: 32\r\n\r\n\(body)")
        #expect(try client.answer().status == 201)
        try client.send("GET /healthz HTTP/1.1\r\n\(fields)\r\n")
        #expect(try client.answer().status == 200)
        try client.send(
            "POST /v1/messages HTTP/1.0\r\n"
                + "\(fields)Connection: keep-alive\r\nContent-Length: 32\r\n\r\n"
        )
        try client.send(body)
        #expect(try client.answer().status == 201)
    }

    @Test("Who expects to be refused is refused before sending, and the connection ends")
    func refusedExpectation() throws {
        let hub = try RunningHub()
        let cases: [(path: String, length: Int, status: Int)] = [
            ("/v1/messages", 1 << 30, 413), ("/nowhere", 10, 404), ("/healthz", 10, 405),
            ("/v1/warehouses/0/pull", 10, 422),
        ]
        for (path, length, status) in cases {
            let client = try hub.client()
            try client.send(
                "POST \(path) HTTP/1.1\r\n"
                    + "Host: h\r\nContent-Length: \(length)\r\nExpect: 100-continue\r\n\r\n"
            )
            let answer = try client.answer()
            #expect(answer.status == status)
            #expect(answer[field: "Connection"] == "close")
            #expect(try client.isClosed())
        }
        let client = try hub.client()
        let answer = try client.request("GET", "/healthz", fields: ["Expect": "the-moon"])
        expectProblem(answer, 417, "expectation_failed")
    }

    @Test("Date is the hub's clock, in the only form that servers may send")
    func date() throws {
        let hub = try RunningHub()
        let answer = try hub.client().get("/healthz")
        let form = DateFormatter()
        form.locale = Locale(identifier: "en_US_POSIX")
        form.timeZone = TimeZone(identifier: "GMT")
        form.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let text = try #require(answer[field: "Date"])
        let date = try #require(form.date(from: text))
        #expect(abs(date.timeIntervalSinceNow) < 5)
        #expect(form.string(from: date) == text)
    }

    @Test("A gzip answer is the plain one, compressed")
    func gzip() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for number in 1...200 {
            try client.begin(
                "POST", "/v1/messages", "{\"topic\":\"A_B\",\"wid\":5,\"body\":\(number)}")
        }
        for _ in 1...200 { #expect(try client.answer().status == 201) }
        let path = "/v1/warehouses/5/messages?limit=200"
        let plain = try client.get(path)
        #expect(plain[field: "Content-Encoding"] == nil)
        #expect(plain[field: "Vary"] == "Accept-Encoding")
        for wish in ["gzip", "br, gzip;q=0.5", "*", "deflate, x-gzip"] {
            let answer = try client.request("GET", path, fields: ["Accept-Encoding": wish])
            #expect(answer[field: "Content-Encoding"] == "gzip", "\(wish)")
            #expect(answer[field: "Vary"] == "Accept-Encoding")
            #expect(answer.body.count < plain.body.count / 2)
            #expect(try unpacked(answer.body) == plain.body)
        }
        for wish in ["gzip;q=0", "gzip;q=0.000, *", "identity", "", "*;q=0", "br"] {
            let answer = try client.request("GET", path, fields: ["Accept-Encoding": wish])
            #expect(answer[field: "Content-Encoding"] == nil, "\(wish)")
            #expect(answer.body == plain.body)
        }
        let small = try client.request("GET", "/healthz", fields: ["Accept-Encoding": "gzip"])
        #expect(small[field: "Content-Encoding"] == nil)
    }

    @Test("An answer too large to compress on the loop goes out as it is")
    func gzipBound() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let room = Limits.gzipMostBytes - 200
        for size in [room - 200, 500] {
            try client.publish(wid: 5, body: .text(String(repeating: "x", count: size)))
        }
        for (limit, coding) in [(1, "gzip"), (2, nil)] {
            let answer = try client.request(
                "GET", "/v1/warehouses/5/messages?limit=\(limit)",
                fields: ["Accept-Encoding": "gzip"])
            #expect(answer[field: "Content-Encoding"] == coding)
            #expect(answer[field: "Vary"] == "Accept-Encoding")
            let body = try coding == nil ? answer.body : unpacked(answer.body)
            #expect((body.count <= Limits.gzipMostBytes) == (coding != nil))
            #expect(try JSONValue.parse(body)["messages"]?.elements?.count == limit)
        }
    }

    private func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let path = folder.path + "/answer.gz"
        try Data(bytes).write(to: URL(filePath: path))
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return Array(data)
    }

    @Test("A compressed request is refused, and the connection lives on")
    func contentEncoding() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let answer = try client.request(
            "POST", "/v1/messages", "zipped", fields: ["Content-Encoding": "gzip"])
        expectProblem(answer, 415, "content_encoding")
        let plain = try client.request(
            "POST", "/v1/messages", "{}", fields: ["Content-Encoding": "identity"])
        #expect(plain.status == 422)
    }

    @Test("A request's name is echoed, or made where there is none that can be")
    func requestID() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let given = try client.request("GET", "/healthz", fields: ["X-Request-Id": "order-7/a"])
        #expect(given[field: "X-Request-Id"] == "order-7/a")
        var made: Set<String> = []
        for name in [nil, "two words", "", String(repeating: "x", count: 129), "ü"] {
            let answer = try client.request(
                "GET", "/healthz", fields: name.map { ["X-Request-Id": $0] } ?? [:])
            let text = try #require(answer[field: "X-Request-Id"])
            #expect(text.count == 16)
            #expect(text != name)
            made.insert(text)
        }
        #expect(made.count == 5)
    }

    @Test("A client that has sent its last byte still gets its answers")
    func halfClosed() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let publish =
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 32\r\n\r\n"
            + #"{"topic":"A_B","wid":0,"body":1}"#
        let pull =
            "POST /v1/warehouses/6/pull HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"
            + #"{"wait":30}"#
        try client.send(publish + publish + "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n" + publish)
        client.endSending()
        #expect(try client.answer()["index"].integer == 1)
        #expect(try client.answer()["index"].integer == 2)
        #expect(try client.answer().text == "ok\n")
        #expect(try client.answer()["index"].integer == 3)
        #expect(try client.isClosed())

        // Nobody waits for a client that may have gone: its waiting pull is answered at once.
        let puller = try hub.client()
        try puller.send(pull)
        #expect(try puller.answer()["messages"].elements?.count == 3)
        try puller.request("POST", "/v1/warehouses/6/commit", #"{"index":3}"#)
        try puller.send(pull)
        puller.endSending()
        let began = ContinuousClock.now
        #expect(try puller.answer()["messages"].elements?.isEmpty == true)
        #expect(ContinuousClock.now - began < .seconds(10))
        #expect(try puller.isClosed())
    }
}

import TestSupport
import Testing
import Wire

/// Requests that a proxy and the hub could read differently, through a real proxy that keeps its
/// connections to the hub: nothing hidden in one of them is done, and no answer goes to the wrong
/// request.
@Suite("Smuggling behind nginx", .serialized)
struct SmugglingTests {
    /// What is hidden, at a path that the proxy passes nothing on to: were it done, a message would
    /// be there.
    static let hidden =
        "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 34\r\n\r\n"
        + #"{"topic":"A_B","wid":666,"body":1}"#

    /// The hub reads the body of this one, and then goes on with the next request.
    private static let line = "POST /v1/warehouses/5/pull HTTP/1.1\r\nHost: h\r\n"

    /// One attempt: a head, and whatever two readers take for its body or for the next request.
    struct Attempt: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: String

        /// - Parameter lengths: the fields that say how long the body is.
        init(_ description: String, _ lengths: String, body: String) {
            testDescription = description
            bytes = line + lengths + "\r\n" + body
        }

        init(_ description: String, whole: String) {
            testDescription = description
            bytes = whole
        }
    }

    private static let chunked = "Transfer-Encoding: chunked\r\n"
    private static let end = "0\r\n\r\n"

    static let attempts: [Attempt] =
        [
            .init(
                "CL.TE: the proxy reads the length, the hub the chunks",
                "Content-Length: \((end + hidden).utf8.count)\r\n" + chunked, body: end + hidden),
            .init(
                "TE.CL: the proxy reads the chunks, the hub the length",
                "Content-Length: 4\r\n" + chunked,
                body: "\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n" + end),
        ]
        // TE.TE: only one of them understands that it is chunked.
        + [
            "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding:\tchunked", "Transfer-Encoding: \u{0B}chunked",
            " Transfer-Encoding: chunked", "X: y\r\n Transfer-Encoding: chunked",
            "Transfer-Encoding\r\n: chunked", "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding: CHUNKED", "Transfer_Encoding: chunked",
            "Transfer-Encoding: chunked;x=1", "X: y\nTransfer-Encoding: chunked",
            "X: y\rTransfer-Encoding: chunked", "Transfer-Encoding: ch\0unked",
            "Transfer-Encoding: chunked\u{85}",
        ].map {
            Attempt(
                "TE.TE: " + $0.debugDescription,
                "Content-Length: \((end + hidden).utf8.count)\r\n\($0)\r\n", body: end + hidden)
        }
        // The length alone, in words that are read differently.
        + [
            "Content-Length: +5", "Content-Length: -1", "Content-Length: 0x5", "Content-Length: 5 ",
            "Content-Length: 05", "Content-Length: 5, 5", "Content-Length: 0\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 0", "Content-Length : 5", "Content_Length: 5",
            "Content-Length: 5;0", "Content-Length: 18446744073709551621", "Content-Length:",
            "Content-Length: 4294967301", "X: y\r\n Content-Length: 5", "X: y\nContent-Length: 5",
            "Content-Length: 5\u{0B}", "Content-Length: \u{FF15}",
        ].map {
            Attempt("CL: " + $0.debugDescription, $0 + "\r\n", body: "01234" + hidden)
        }
        // Chunks whose ends are seen elsewhere.
        + [
            "10000000000000000\r\n", "FFFFFFFFFFFFFFFF\r\n", "-1\r\n", "0x0\r\n\r\n", "0 \r\n\r\n",
            "0;\r\n\r\n", "0;a=\"\r\n\r\n", "0;a=\n\r\n\r\n", "0\n\n", "0\r\r\n", "5\r\n01234",
            "1\r\nx0\r\n\r\n", "+0\r\n\r\n", "00000000000000000\r\n\r\n", "\r\n0\r\n\r\n",
            "0_0\r\n\r\n",
            "0\r\nContent-Length: 5\r\n\r\n", "0\r\nTransfer-Encoding: x\r\n\r\n", "0\r\nX\r\n\r\n",
        ].map { Attempt("Chunks: " + $0.debugDescription, chunked, body: $0 + hidden) }
        + [
            Attempt(
                "HTTP/1.0 with chunks",
                whole: "POST /v1/topics HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n" + chunked
                    + "\r\n" + end + hidden),
            Attempt(
                "GET with a body",
                whole: "GET /v1/topics HTTP/1.1\r\nHost: h\r\nContent-Length: "
                    + "\(hidden.utf8.count)\r\n\r\n" + hidden),
            Attempt(
                "HEAD with a body in chunks",
                whole: "HEAD /v1/topics HTTP/1.1\r\nHost: h\r\n" + chunked
                    + "\r\n\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n" + end),
            Attempt(
                "Expect and a body that comes unasked",
                whole: line + "Expect: 100-continue\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n"
                    + hidden),
            Attempt(
                "A change of protocol",
                whole:
                    "GET /v1/topics HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nContent-Length: "
                    + "\(hidden.utf8.count)\r\n\r\n" + hidden),
            Attempt(
                "A length that is named to belong to the connection",
                "Connection: Content-Length\r\nContent-Length: \(hidden.utf8.count)\r\n",
                body: hidden),
            Attempt(
                "Chunks that are named to belong to the connection",
                "Connection: Transfer-Encoding\r\n" + chunked, body: end),
            Attempt(
                "An end of line in the target",
                whole:
                    "GET /v1/topics%0d%0aContent-Length:%205%0d%0a%0d%0a HTTP/1.1\r\n"
                    + "Host: h\r\n\r\n"
            ),
            Attempt(
                "A target of another host",
                whole: "GET http://elsewhere.example/v1/topics HTTP/1.1\r\nHost: h\r\n\r\n"),
        ]

    @Test(
        "Nothing hidden is done, and each answer belongs to its request", arguments: [true, false])
    func hides(buffers: Bool) async throws {
        try await onOwnThread {
            let hub = try HubProcess(inClear: true)
            let proxy = try Nginx(before: hub.endpoint, buffers: buffers)
            try attack(hub) { try proxy.client() }
        }
    }

    @Test("Nor is it through the example that operators are given")
    func example() async throws {
        try await onOwnThread { try attackExample() }
    }

    private func attackExample() throws {
        let hub = try HubProcess(inClear: true)
        // Nothing is published by what the proxy itself takes for a request, and who stops in the
        // middle is not waited for.
        let proxy = try NginxProcess(
            hub: hub.endpoint,
            changes: [
                (
                    "    location / {\n        proxy_pass",
                    "    location /v1/messages { return 403; }\n"
                        + "    location / {\n        proxy_pass"
                ),
                ("client_header_timeout 10s", "client_header_timeout 1s"),
                ("client_body_timeout 20s", "lingering_close off; client_body_timeout 1s"),
            ])
        try attack(hub) { try proxy.client() }
    }

    private func attack(_ hub: HubProcess, through connect: () throws -> RawClient) throws {
        let direct = try hub.client()
        for attempt in Self.attempts {
            let client = try connect()
            try? client.send(attempt.bytes)
            client.endSending()
            client.timeout = .seconds(5)
            while let bytes = try? client.takeBytes(), !bytes.isEmpty {}
            // Whoever comes next uses the connections that the proxy has kept, all four of them.
            for number in 0..<6 {
                let next = try connect()
                let name = "next-\(number)"
                let answer = try next.request("GET", "/v1/topics", fields: ["X-Request-Id": name])
                #expect(answer.status == 200, "\(attempt): \(answer.text)")
                #expect(answer[field: "X-Request-Id"] == name, "\(attempt)")
                #expect(answer["topics"].elements != nil, "\(attempt): \(answer.text)")
            }
            #expect(try direct.get("/v1/warehouses")["head"].integer == 0, "\(attempt)")
        }
        // Besides seven requests for each there are those that the proxy has let through; and what
        // is kept between the two is used again.
        let requests = try direct.metric("message_center_requests_total") ?? 0
        #expect(requests >= Double(Self.attempts.count * 7 + 8))
        let opened = try direct.metric("message_center_connections_opened_total") ?? 0
        #expect(opened < Double(Self.attempts.count * 3))
    }
}

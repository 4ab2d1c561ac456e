import Platform
import TestSupport
import Testing
import Wire

/// Something done to a hub that nobody means well with, and what it may cost the hub meanwhile.
struct Attack: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// MiB beyond what the hub had before.
    let mostMemory: Int
    /// MiB that stay: the store's caches, one for each loop and one for the writer, which such
    /// requests fill.
    let cache: Int
    /// How the hub is started.
    let arguments: [String]
    /// Does it, and minds the hub's answers. What it returns is what it keeps open while the hub
    /// is looked at.
    let attempt: @Sendable (_ hub: HubProcess) throws -> [AnyObject]

    init(
        _ description: String, mostMemory: Int = 64, cache: Int = 16, arguments: [String] = [],
        _ attempt: @escaping @Sendable (_ hub: HubProcess) throws -> [AnyObject]
    ) {
        testDescription = description
        self.mostMemory = mostMemory
        self.cache = cache
        self.arguments = arguments
        self.attempt = attempt
    }

    /// Whether the hub, and whoever is served beside it, speak TLS.
    private(set) var speaksTLS = TestTLS.isOn

    static let all = crowds.map(\.inClear) + bodies + answers + leaving + overTLS

    /// For a crowd, which speaks in the clear, and at a hub with TLS would try nothing.
    private var inClear: Attack { speaking(tls: false) }
    var overTLS: Attack { speaking(tls: true) }

    private func speaking(tls: Bool) -> Attack {
        var attack = self
        attack.speaksTLS = tls
        return attack
    }

    // MARK: Crowds

    /// 20,000 connections of one address, or as many as a hub may have open on this machine with
    /// some left for others.
    private static var crowd: Int {
        get throws {
            try DescriptorLimit.raise()
            return min(20_000, try DescriptorLimit.current() - 500)
        }
    }

    private static let crowds = [
        Attack("20,000 connections of one address that say nothing", mostMemory: 100) { hub in
            let count = try crowd
            let crowd = try Crowd(of: count, at: hub.endpoint)
            #expect(crowd.opened() == count)
            #expect(try hub.client().get("/healthz").status == 200)
            return [crowd]
        },
        Attack(
            "20,000 connections of one address, of which a hundred may stay", mostMemory: 30,
            arguments: ["--limit-exempt", "127.0.0.1/32", "--connections-per-address", "100"]
        ) { hub in
            let crowds = try (0..<2).map { _ in try Crowd(of: 10_000, at: hub.endpoint) }
            for crowd in crowds { #expect(crowd.opened() == 10_000) }
            let isLimited = try eventually {
                try hub.client().metric("message_center_connections") ?? .infinity <= 110
            }
            #expect(isLimited)
            return crowds
        },
        Attack("4,000 heads of 15 KiB that never end", mostMemory: 160) { hub in
            let head =
                "GET /healthz HTTP/1.1\r\nHost: h\r\n"
                + String(repeating: "X: \(String(repeating: "x", count: 995))\r\n", count: 15)
            let crowd = try Crowd(of: 4_000, at: hub.endpoint, sending: head)
            #expect(crowd.opened() == 4_000)
            #expect(crowd.isSentHome(), "each has its time, and no more")
            return [crowd]
        },
        Attack("Heads that trickle in, a byte at a time", mostMemory: 20) { hub in
            let clients = try (0..<300).map { _ in try hub.client() }
            for byte in "GET /healthz HTTP/1.1\r\nHost: slow".utf8 {
                for client in clients { try client.send([byte]) }
            }
            for client in clients { try client.send("\r\n\r\n") }
            for client in clients { #expect(try client.answer().status == 200) }
            return clients
        },
        Attack("4,000 bodies of 12 KiB that never end", mostMemory: 160) { hub in
            let body =
                "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 15000\r\n\r\n"
                + String(repeating: " ", count: 12_000)
            let crowd = try Crowd(of: 4_000, at: hub.endpoint, sending: body)
            #expect(crowd.opened() == 4_000)
            return [crowd]
        },
        Attack("10,000 connections that ask and hang up") { hub in
            for _ in 0..<5 {
                let crowd = try Crowd(
                    of: 2_000, at: hub.endpoint, sending: "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
                )
                #expect(crowd.opened() == 2_000)
                crowd.leave()
            }
            return []
        },
        Attack("2,000 pulls that wait for the longest, and leave", mostMemory: 100) { hub in
            let body = #"{"wait":60}"#
            let crowd = try Crowd(
                of: 2_000, at: hub.endpoint,
                sending: "POST /v1/warehouses/9/pull HTTP/1.1\r\nHost: h\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(crowd.opened() == 2_000)
            return [crowd]
        },
    ]

    // MARK: Requests without end

    private static let post = "POST /v1/messages HTTP/1.1\r\nHost: h\r\n"
    private static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"

    /// Sends `piece` again and again, at most so many bytes, until the hub refuses.
    private static func endless(
        _ hub: HubProcess, _ start: String, _ piece: String, atMost most: Int
    ) throws -> Answer {
        let client = try hub.client()
        try client.send(start)
        let pieces = Array(String(repeating: piece, count: max(1, 16_384 / piece.utf8.count)).utf8)
        var sent = 0
        while sent < most, client.pending.isEmpty {
            do { try client.send(pieces) } catch { break }
            sent += pieces.count
        }
        return try client.answer()
    }

    private static let bodies =
        [
            Attack("Requests without end: heads, chunks, what hangs on chunks, trailers") { hub in
                let get = "GET /healthz HTTP/1.1\r\nHost: h\r\n"
                let cases: [(String, String, Int)] = [
                    ("GET /", "x", 414), ("GE", "T", 414), (get, "X: y\r\n", 431),
                    (get + "X: ", "y", 431),
                    (chunked, "1\r\n \r\n", 413), (chunked + "1;", "x=y;", 431),
                    (chunked, "1;xxxxxxxxxxxxxxxx\r\n \r\n", 431),
                    (chunked + "0\r\n", "X: y\r\n", 431),
                    (chunked + "0\r\nX: ", "y", 431), (chunked, "0", 400),
                ]
                for (start, piece, status) in cases {
                    let answer = try endless(hub, start, piece, atMost: 4 << 20)
                    #expect(answer.status == status, "\(start.suffix(30))…\(piece)")
                    #expect(answer[field: "Connection"] == "close")
                }
                return []
            },
            Attack("40 batches of 14 MiB that never end", mostMemory: 420) { hub in
                var clients: [RawClient] = []
                let blanks = [UInt8](repeating: 0x20, count: 14 << 20)
                for _ in 0..<40 {
                    let client = try hub.client()
                    client.timeout = .milliseconds(300)
                    try client.send(
                        "POST /v1/messages/batch HTTP/1.1\r\nHost: h\r\n"
                            + "Content-Length: 15000000\r\n\r\n")
                    try? client.send(blanks)
                    clients.append(client)
                }
                return clients
            },
            Attack("Bodies that would grow when unpacked are not unpacked") { hub in
                for coding in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip"] {
                    let answer = try hub.client().request(
                        "POST", "/v1/messages/batch", String(repeating: "\u{1F}", count: 10_000),
                        fields: ["Content-Encoding": coding])
                    #expect(answer.status == 415, "\(coding)")
                }
                return []
            },
        ]
        + JSONAttack.all

    // MARK: Answers that nobody takes

    private static let answers = [
        Attack("A million requests in one go, and nobody reads", mostMemory: 100) { hub in
            let requests = Array(
                String(repeating: "GET /v1/warehouses HTTP/1.1\r\nHost: h\r\n\r\n", count: 50_000)
                    .utf8)
            return try (0..<20).map { _ in
                let client = try hub.client()
                client.timeout = .milliseconds(100)
                try? client.send(requests)
                return client
            }
        },
        Attack("Pages of 16 MiB for 60 clients that do not read", mostMemory: 500, cache: 64) {
            hub in
            let publisher = try hub.client()
            let large = JSONValue.text(String(repeating: "x", count: 250_000))
            for _ in 0..<64 { try publisher.publish(wid: 0, body: large) }
            let clients = try (1...60).map { wid in
                let client = try hub.client()
                try client.beginPull(wid, #"{"limit":1000,"maxBytes":16777216}"#)
                return client
            }
            let isFull = try eventually {
                try publisher.metric("message_center_answer_bytes_held") ?? 0 > 100_000_000
            }
            #expect(isFull)
            return clients
        },
        Attack("Followers of the events who do not read, and some too many") { hub in
            let clients = try (0..<80).map { _ in
                let client = try hub.client()
                try client.begin("GET", "/v1/events")
                return client
            }
            let refused = try clients.count { try $0.answer().status == 503 }
            #expect(refused >= 80 - 64)
            return clients
        },
    ]

    // MARK: Leaving

    private static let leaving = [
        Attack("A thousand that leave in the middle of a request") { hub in
            let requests = [
                "", "P", post, post + "Content-Length: 32\r\n\r\n{\"to", chunked + "1",
                chunked + "5\r\n{", post + "Content-Length: 32\r\nExpect: 100-continue\r\n\r\n",
                "POST /v1/warehouses/8/pull HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"
                    + #"{"wait":30}"#,
            ]
            for count in 0..<1_000 {
                let client = try hub.client()
                try client.send(requests[count % requests.count])
                // Every other says that it has ended, and does not look for an answer.
                if count % 2 == 0 { client.endSending() }
            }
            return []
        },
        Attack("Five hundred that only send, and read when all is said") { hub in
            let body = #"{"topic":"A_B","wid":3,"body":1}"#
            let clients = try (0..<500).map { _ in
                let client = try hub.client()
                try client.begin("POST", "/v1/messages", body)
                client.endSending()
                return client
            }
            for client in clients {
                #expect(try client.answer().status == 201)
                #expect(try client.isClosed())
            }
            return []
        },
        Attack("Noise") { hub in
            var random = SplitMix(7)
            for _ in 0..<500 {
                let client = try hub.client()
                client.timeout = .seconds(5)
                let count = Int.random(in: 1...300, using: &random)
                try client.send((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
                client.endSending()
                #expect(try client.isClosed())
            }
            return []
        },
    ]
}

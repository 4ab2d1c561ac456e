import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// Who asks too often is told so, alone, and may go on after a moment.
@Suite("Limits of addresses and tokens") struct LimitTests {
    /// A hub to which this machine is an address as any other.
    private func limited(
        folder: TemporaryFolder? = nil, _ configure: (inout Configuration) -> Void
    ) throws -> RunningHub {
        try RunningHub(folder: folder) {
            // Over TLS a handshake counts for many requests: `TLSTests`.
            ($0.exempt, $0.tls) = ([], nil)
            configure(&$0)
        }
    }

    /// A client from another address of this machine.
    private func client(_ hub: RunningHub, from address: String) throws -> RawClient {
        try hub.client(from: address)
    }

    private static let paths = [
        ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/"), ("GET", "/openapi.yaml"),
        ("GET", "/v1/warehouses"), ("POST", "/v1/messages"), ("GET", "/nothing"),
        ("PATCH", "/healthz"), ("DELETE", "/v1/session"),
    ]

    // MARK: Requests of an address

    @Test("More than the requests of five seconds at once are answered 429, whatever is asked for")
    func requests() throws {
        let hub = try limited { $0.requestsOfAddress = 2 }
        let client = try hub.client()
        let statuses = try (0..<10).map { _ in try client.get("/healthz").status }
        #expect(statuses == Array(repeating: 200, count: 10))
        for (method, path) in Self.paths {
            let answer = try client.request(method, path, method == "POST" ? "{}" : nil)
            #expect(answer.status == 429, "\(path)")
            #expect(answer.code == "rate_limited")
            #expect(answer["retryable"].boolean == true)
            #expect(answer[field: "Retry-After"] == "1")
            #expect(answer[field: "RateLimit-Policy"] == "\"address\";q=10;w=5")
            #expect(answer[field: "RateLimit"] == "\"address\";r=0;t=1")
        }
        // What was refused has taken nothing: half a second brings the next.
        #expect(try eventually { try client.get("/healthz").status == 200 })
    }

    @Test("Another address is answered meanwhile, on all loops")
    func others() throws {
        let hub = try limited { $0.requestsOfAddress = 1 }
        let many = try (0..<8).map { _ in try hub.client() }
        let answered = try (0..<40).filter { try many[$0 % 8].get("/healthz").status == 200 }
        // Connections are spread over the loops, their budget is one.
        #expect((5...6).contains(answered.count))
        for number in 2...9 {
            let other = try client(hub, from: "127.0.0.\(number)")
            for _ in 0..<5 { #expect(try other.get("/healthz").status == 200) }
            #expect(try other.get("/healthz").status == 429)
        }
    }

    @Test("What is left is told when it is less than a quarter")
    func told() throws {
        let hub = try limited { $0.requestsOfAddress = 2 }
        let client = try hub.client()
        // The last three are not looked at closely: a moment may have brought one back.
        for _ in 0..<7 { #expect(try client.get("/healthz")[field: "RateLimit"] == nil) }
        var told = ""
        for _ in 0..<3 {
            let answer = try client.get("/healthz")
            #expect(answer.status == 200)
            guard let field = answer[field: "RateLimit"] else { continue }
            #expect(answer[field: "RateLimit-Policy"] == "\"address\";q=10;w=5")
            told = field
        }
        #expect(["\"address\";r=0;t=1", "\"address\";r=1;t=1"].contains(told))
    }

    @Test("This machine's addresses are exempt if nothing else is said, and 0 is no limit")
    func exempt() throws {
        let hub = try RunningHub { ($0.requestsOfAddress, $0.tls) = (1, nil) }
        let client = try hub.client()
        for _ in 0..<50 { #expect(try client.get("/healthz").status == 200) }
        let free = try limited { $0.requestsOfAddress = nil }
        let other = try free.client()
        for _ in 0..<50 { #expect(try other.get("/healthz").status == 200) }
    }

    @Test("A refused request's body is passed over, and pipelined requests keep their order")
    func bodies() throws {
        let hub = try limited { $0.requestsOfAddress = 1 }
        let client = try hub.client()
        for _ in 0..<5 { _ = try client.get("/healthz") }
        let body = #"{"topic":"A","wid":1,"body":"GET /healthz HTTP/1.1\r\n\r\n"}"#
        var text = ""
        for number in 0..<20 {
            text += "POST /v1/messages HTTP/1.1\r\nHost: hub\r\nX-Request-Id: r\(number)\r\n"
            text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        try client.send(text)
        for number in 0..<20 {
            let answer = try client.answer()
            #expect(answer.status == 429)
            #expect(answer[field: "X-Request-Id"] == "r\(number)")
        }
        // Of a body that is not there yet nobody knows whether it will come.
        try client.send("POST /v1/messages HTTP/1.1\r\nHost: hub\r\nContent-Length: 9\r\n\r\n")
        let answer = try client.answer()
        #expect(answer.status == 429)
        #expect(answer[field: "Connection"] == "close")
        #expect(try client.isClosed())
    }

    // MARK: Requests with a token

    private func ask(_ client: RawClient, with token: String) throws -> Answer {
        try client.request("GET", "/v1/topics", fields: ["Authorization": "Bearer \(token)"])
    }

    @Test("A token has one budget, from wherever it comes, and over changes of the tokens")
    func tokens() throws {
        let folder = try TemporaryFolder()
        func make(_ name: String) throws -> String {
            try TokenFileMaker.admin(folder, name: name)
        }
        let (first, second) = (try make("first"), try make("second"))
        let hub = try RunningHub(folder: folder) { $0.requestsOfToken = 1 }
        let clients = try (1...8).map { try client(hub, from: "127.0.0.\($0)") }
        for number in 0..<5 { #expect(try ask(clients[number], with: first).status == 200) }
        let refused = try ask(clients[6], with: first)
        #expect(refused.status == 429)
        #expect(refused.code == "rate_limited")
        #expect(refused[field: "Retry-After"] == "1")
        #expect(refused[field: "RateLimit-Policy"] == "\"token\";q=5;w=5")
        #expect(refused[field: "RateLimit"] == "\"token\";r=0;t=1")
        #expect(try ask(clients[6], with: second).status == 200)
        #expect(try clients[6].get("/healthz").status == 200)
        let third = try make("third")
        #expect(try eventually { try ask(clients[0], with: third).status == 200 })
        // About a second has brought one back, or two; a new budget would have five.
        let statuses = try (0..<5).map { try ask(clients[$0], with: first).status }
        #expect(statuses.contains(429))
    }

    // MARK: Connections of an address

    @Test("Connections beyond the limit are turned away, those of others come in")
    func connections() throws {
        let hub = try limited { $0.connectionsOfAddress = 5 }
        var kept = try (0..<5).map { _ in try hub.client() }
        for client in kept { #expect(try client.get("/healthz").status == 200) }
        for _ in 0..<20 {
            let refused = try hub.client()
            let answer = try refused.answer()
            #expect(answer.status == 429)
            #expect(answer.code == "too_many_connections")
            #expect(answer[field: "Retry-After"] == "10")
            #expect(answer[field: "Connection"] == "close")
            #expect(try refused.isClosed())
        }
        for client in kept { #expect(try client.get("/healthz").status == 200) }
        let other = try client(hub, from: "127.0.0.2")
        #expect(try other.get("/healthz").status == 200)
        #expect(try other.metric("message_center_connections") == 6)
        #expect(try other.metric("message_center_connections_limited_total") == 20)
        // One ends, and there is room for one.
        kept.removeLast()
        #expect(
            try eventually {
                let client = try hub.client()
                return (try? client.get("/healthz").status) == 200
            })
    }

    @Test("A flood of connections from one address takes no place of others")
    func flood() throws {
        let hub = try RunningHub {
            $0.tls = nil
            $0.exempt = []
            $0.connectionsOfAddress = 10
            $0.connections = 30
        }
        let kept = try (0..<10).map { _ in try hub.client() }
        for client in kept { #expect(try client.get("/healthz").status == 200) }
        let flood = try (0..<300).map { _ in try hub.client() }
        for number in 2...3 {
            let others = try (0..<5).map { _ in try client(hub, from: "127.0.0.\(number)") }
            for other in others { #expect(try other.get("/healthz").status == 200) }
        }
        for client in flood { #expect(try client.isClosed()) }
        for client in kept { #expect(try client.get("/healthz").status == 200) }
        #expect(try kept[0].metric("message_center_connections_refused_total") == 0)
    }

    @Test("Heads that are no HTTP count as requests do, and get no more than those")
    func noHTTP() throws {
        let hub = try limited { $0.requestsOfAddress = 1 }
        let statuses = try (0..<8).map { _ in
            let client = try hub.client()
            try client.send("nonsense\r\n\r\n")
            let answer = try client.answer()
            #expect(answer[field: "Connection"] == "close")
            return answer.status
        }
        #expect(statuses == [400, 400, 400, 400, 400, 429, 429, 429])
    }

    // MARK: Behind a proxy

    private func ask(_ client: RawClient, _ forwarded: String?, _ path: String = "/healthz") throws
        -> Int
    {
        try client.request(
            "GET", path, fields: forwarded.map { ["X-Forwarded-For": $0] } ?? [:]
        ).status
    }

    @Test("A trusted proxy's word counts: each client behind it has a budget of its own")
    func proxy() throws {
        let hub = try limited {
            $0.requestsOfAddress = 1
            $0.connectionsOfAddress = 1
            $0.trustedProxies = [try! NetworkPrefix("127.0.0.1")]
        }
        // A proxy speaks for many: its own connections are not counted.
        let clients = try (0..<3).map { _ in try hub.client() }
        for address in ["10.0.0.1", "10.0.0.2", "2001:db8::1", "[2001:db8:1::1]:443", "10.0.0.3:5"]
        {
            let statuses = try (0..<6).map { try ask(clients[$0 % 3], address) }
            #expect(statuses == [200, 200, 200, 200, 200, 429], "\(address)")
        }
        // Another host of the same /64, and what a client has made up in front of its address.
        #expect(try ask(clients[0], "2001:db8::ffff") == 429)
        #expect(try ask(clients[0], "1.2.3.4, 10.0.0.1") == 429)
        #expect(try ask(clients[0], "1.2.3.4, 10.0.0.1, 127.0.0.1") == 429)
        #expect(try ask(clients[0], "nonsense, 10.0.0.2") == 429)
        #expect(try ask(clients[0], "10.0.0.1, 10.0.0.9") == 200)
        // Without a word of it, or with nonsense, it is the proxy itself that asks.
        let own = try ["x", nil, "localhost:1", "127.0.0.1", ":80"].map { try ask(clients[1], $0) }
        #expect(own == [200, 200, 200, 200, 200])
        #expect(try ask(clients[1], nil) == 429)
    }

    @Test("Who is no trusted proxy is not believed")
    func noProxy() throws {
        let hub = try limited {
            $0.requestsOfAddress = 1
            $0.trustedProxies = [try! NetworkPrefix("127.0.0.2")]
        }
        let client = try hub.client()
        for number in 0..<5 { #expect(try ask(client, "10.0.0.\(number)") == 200) }
        #expect(try ask(client, "10.0.0.9") == 429)
    }

    @Test("The audit tells the address that a trusted proxy tells")
    func audit() throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder)
        let hub = try RunningHub(folder: folder) {
            $0.trustedProxies = [try! NetworkPrefix("127.0.0.0/8")]
        }
        let client = try hub.client()
        let fields = ["Authorization": "Bearer \(token)", "X-Forwarded-For": "10.9.8.7"]
        _ = try client.request("PUT", "/v1/warehouses/7", "{}", fields: fields)
        let paused = try client.request("POST", "/v1/warehouses/7/pause", "{}", fields: fields)
        #expect(paused.status == 200)
        let audit = try client.request("GET", "/v1/audit?action=pause", fields: fields)
        let entry = try #require(audit["entries"].elements?.first)
        #expect(entry["address"]?.text == "10.9.8.7")
    }

    // MARK: An open hub

    @Test(
        "A hub without tokens is for its own machine, whatever a proxy on it lets through",
        arguments: [nil, "127.0.0.1"])
    func openBehindProxy(trusted: String?) throws {
        let hub = try RunningHub {
            $0.trustedProxies = trusted.map { [try! NetworkPrefix($0)] } ?? []
        }
        let client = try hub.client()
        for stranger in [
            "203.0.113.9", "203.0.113.9, 127.0.0.1", "127.0.0.1, 203.0.113.9", "2001:db8::1",
            "[2001:db8::1]:80", "unknown", "127.0.0.1.example.com", "::ffff:203.0.113.9",
        ] {
            for (method, path) in [
                ("POST", "/v1/messages"), ("POST", "/v1/warehouses/3/pull"), ("GET", "/v1/audit"),
            ] {
                let answer = try client.request(
                    method, path, method == "POST" ? "{}" : nil,
                    fields: ["X-Forwarded-For": stranger])
                expectProblem(answer, 401, "unauthorized")
                #expect(answer["detail"].text?.contains("message-center token create") == true)
            }
            #expect(try ask(client, stranger) == 200, "that it runs, everybody may know")
        }
        for own in ["127.0.0.1", "::1", "127.8.8.8, ::1", "[::1]:80", "127.0.0.1:80", ""] {
            #expect(try ask(client, own, "/v1/warehouses") == 200, "\(own)")
        }
        #expect(try client.get("/v1/warehouses")["warehouses"].elements?.isEmpty == true)
    }

    // MARK: Wrong tokens

    @Test("A hundred wrong tokens within a minute, and none of that address is looked at")
    func wrongTokens() throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder)
        let hub = try limited(folder: folder) { _ in }
        let client = try hub.client()
        func ask(_ client: RawClient, _ token: String) throws -> Answer {
            try client.request(
                "GET", "/v1/topics", fields: ["Authorization": "Bearer \(token)"])
        }
        for number in 0..<100 {
            #expect(try ask(client, "mc_\(number)").status == 401)
            if number % 10 == 0 { #expect(try ask(client, token).status == 200) }
        }
        let refused = try ask(client, token)
        #expect(refused.status == 429)
        #expect(refused.code == "too_many_tries")
        #expect(refused[field: "Retry-After"] == "1")
        #expect(refused[field: "RateLimit-Policy"] == "\"wrong-tokens\";q=100;w=60")
        #expect(refused[field: "RateLimit"] == "\"wrong-tokens\";r=0;t=1")
        // What needs no token is answered, and so is whoever is elsewhere.
        #expect(try client.get("/healthz").status == 200)
        #expect(try ask(self.client(hub, from: "127.0.0.2"), token).status == 200)
        #expect(try eventually { try ask(client, token).status == 200 })
    }

    @Test("Failed tries to sign in count for each address")
    func signIns() throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder)
        let hub = try RunningHub(folder: folder)
        let client = try hub.client()
        let statuses = try (0..<12).map {
            try client.post("/v1/session", ["token": .text("mc_\($0)")]).status
        }
        #expect(statuses == Array(repeating: 401, count: 10) + [429, 429])
        let other = try self.client(hub, from: "127.0.0.2")
        #expect(try other.post("/v1/session", ["token": "wrong"]).status == 401)
        #expect(try client.post("/v1/session", ["token": .text(token)]).status == 200)
    }

    @Test("Failed tries of many addresses do not fill the audit")
    func audited() throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder)
        let hub = try RunningHub(folder: folder)
        for number in 1...10 {
            let client = try client(hub, from: "127.0.0.\(number)")
            for _ in 0..<10 {
                #expect(try client.post("/v1/session", ["token": "wrong"]).status == 401)
            }
        }
        let reader = try hub.client()
        func failed() throws -> Int {
            let answer = try reader.request(
                "GET", "/v1/audit?limit=1000", fields: ["Authorization": "Bearer \(token)"])
            return (answer["entries"].elements ?? []).count {
                $0["action"]?.text == "sign_in_failed"
            }
        }
        // Nobody waits for the audit to have it.
        #expect(try eventually { try failed() >= 60 })
        #expect(try failed() == 60)
    }
}

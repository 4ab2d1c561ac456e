import Hub
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// `GET /v1/events`: what changes, as it does.
@Suite("The events") struct EventsTests {
    private static func fast(_ configuration: inout Configuration) {
        configuration.sampling.news = 20
        // No trend changes a warehouse meanwhile.
        configuration.sampling.step = 3_600_000
    }

    private func wids(_ fleet: JSONValue?) -> [Int] {
        (fleet?["warehouses"]?.elements ?? []).compactMap { $0["wid"]?.integer }
    }

    /// Waits for an event that tells of `wid`.
    private func news(of wid: Int, _ stream: EventStream) throws -> JSONValue? {
        while let fleet = try stream.next("fleet") {
            let found = fleet["warehouses"]?.elements?.first { $0["wid"]?.integer == wid }
            if let found { return found }
        }
        return nil
    }

    private func expectFollowers(_ count: Int, _ hub: RunningHub) throws {
        let client = try hub.client()
        #expect(
            try eventually {
                try client.metric("message_center_event_subscribers") == Double(count)
            })
    }

    // MARK: What is told

    @Test("First comes every warehouse, then only those that changed")
    func changes() throws {
        let hub = try RunningHub(configure: Self.fast)
        let client = try hub.client()
        for wid in 1...20 { _ = try client.request("PUT", "/v1/warehouses/\(wid)", "{}") }
        let stream = try EventStream(hub.endpoint)
        #expect(stream.head.status == 200)
        #expect(stream.head[field: "content-type"] == "text/event-stream")
        #expect(stream.head[field: "cache-control"] == "no-store")
        let first = try #require(try stream.next())
        #expect(first.name == "fleet")
        #expect(first.data["full"] == true)
        #expect(wids(first.data) == Array(1...20))
        #expect(first.data["gone"] == [])
        #expect(Timestamp.parse(first.data["at"]?.text ?? "") != nil)

        try client.publish(wid: 7)
        let second = try #require(try stream.next("fleet"))
        #expect(second["full"] == false)
        #expect(second["head"]?.integer == 1)
        #expect(wids(second) == [7])
        let warehouse = try #require(second["warehouses"]?.elements?.first)
        #expect(warehouse["lag"]?["messages"]?.integer == 1)
        #expect(warehouse["trend"] != nil)
        // It is the one of the list, with how its lag went.
        let listed = try client.get("/v1/warehouses").json["warehouses"]?.elements?[6]
        #expect(
            listed?.members?.map(\.name)
                == warehouse.members?.map(\.name).filter { $0 != "trend" })

        // One that is new is told like one that changed.
        _ = try client.request("PUT", "/v1/warehouses/21", "{}")
        #expect(try wids(stream.next("fleet")) == [21])
        // What nobody does anything to is not told again.
        _ = try client.request("PUT", "/v1/warehouses/3", #"{"name":"north"}"#)
        #expect(try wids(stream.next("fleet")) == [3])
    }

    @Test("The hub as a whole is told again and again, with a comment now and then")
    func traffic() throws {
        let hub = try RunningHub(configure: Self.fast)
        let client = try hub.client()
        _ = try client.pull(1)
        _ = try client.request("PUT", "/v1/warehouses/2", "{}")
        _ = try client.request("POST", "/v1/warehouses/2/pause", "{}")
        let stream = try EventStream(hub.endpoint)
        let first = try #require(try stream.next("traffic"))
        for member in [
            "at", "head", "publishRate", "pullRate", "commitRate", "lagMessages", "lagSeconds",
            "storeBytes", "archiveBytes", "freeBytes", "deadLetters",
        ] {
            #expect(first[member] != nil, "\(member)")
        }
        let states = try #require(first["warehouses"])
        #expect(states["ok"]?.integer == 1)
        #expect(states["paused"]?.integer == 1)
        #expect(states["never"]?.integer == 0)
        for _ in 0..<5 { try client.publish(wid: 1) }
        var (published, lag) = (false, false)
        while !published || !lag, let next = try stream.next("traffic") {
            published = published || (Double(next["publishRate"]?.number ?? "") ?? 0) > 0
            lag = lag || next["lagMessages"]?.integer == 5
        }
        while stream.comments < 2, try stream.next() != nil {}
        #expect(stream.comments == 2)
    }

    @Test("Events are as the interface's description says")
    func described() throws {
        let hub = try RunningHub(configure: Self.fast)
        try hub.client().pull(3)
        let document = OpenAPIDocument.shared
        let content = document.operation("GET", "/v1/events").content
        let kinds = content["responses"]?["200"]?["content"]?["text/event-stream"]?["x-events"]
        let stream = try EventStream(hub.endpoint)
        for _ in 0..<2 {
            let event = try #require(try stream.next())
            let schema = try #require(kinds?[event.name])
            #expect(document.check.faults(event.data, document.followed(schema)) == [])
        }
    }

    @Test("All who follow are told the same; who comes later begins with everything")
    func two() throws {
        let hub = try RunningHub(loops: 3, configure: Self.fast)
        let client = try hub.client()
        for wid in 1...3 { _ = try client.request("PUT", "/v1/warehouses/\(wid)", "{}") }
        let streams = try (0..<6).map { _ in try EventStream(hub.endpoint) }
        for stream in streams { #expect(try stream.next("fleet")?["full"] == true) }
        try client.publish(wid: 2)
        for stream in streams { #expect(try wids(stream.next("fleet")) == [2]) }
        let late = try EventStream(hub.endpoint)
        let first = try late.next("fleet")
        #expect(first?["full"] == true)
        #expect(first?["warehouses"]?.elements?[1]["lag"]?["messages"]?.integer == 1)
        _ = try client.request("POST", "/v1/warehouses/3/pause", "{}")
        for stream in streams + [late] {
            #expect(try news(of: 3, stream)?["state"]?.text == "paused")
        }
        try expectFollowers(7, hub)
    }

    @Test("Who comes again when nobody followed begins with everything")
    func again() throws {
        let hub = try RunningHub(configure: Self.fast)
        let client = try hub.client()
        _ = try client.request("PUT", "/v1/warehouses/1", "{}")
        for round in 1...3 {
            let stream = try EventStream(hub.endpoint)
            let first = try stream.next("fleet")
            #expect(first?["full"] == true)
            let lag = first?["warehouses"]?.elements?[0]["lag"]?["messages"]?.integer
            #expect(lag == round - 1)
            try client.publish(wid: 1)
            #expect(
                try news(of: 1, stream)?["lag"]?["messages"]?.integer == round)
        }
        try expectFollowers(0, hub)
    }

    @Test("HTTP/1.0 gets events until the connection ends; HEAD gets the head")
    func versions() throws {
        let hub = try RunningHub(configure: Self.fast)
        let client = try hub.client()
        _ = try client.request("PUT", "/v1/warehouses/1", "{}")
        let stream = try EventStream(hub.endpoint, version: "1.0")
        #expect(stream.head[field: "transfer-encoding"] == nil)
        #expect(stream.head[field: "connection"] == "close")
        #expect(try stream.next("fleet")?["full"] == true)
        try client.publish(wid: 1)
        #expect(try news(of: 1, stream) != nil)
        for _ in 0..<2 {
            let head = try client.request("HEAD", "/v1/events")
            #expect(head.status == 200)
            #expect(head[field: "content-type"] == "text/event-stream")
            #expect(head[field: "transfer-encoding"] == "chunked")
            #expect(head.body.isEmpty)
        }
        #expect(try client.get("/healthz").status == 200)
        try expectFollowers(1, hub)
        hub.stop()
        while try stream.next() != nil {}
        #expect(stream.hasEnded)
    }

    @Test("Compression is not for streams, and query parameters there are none")
    func plain() throws {
        let hub = try RunningHub(configure: Self.fast)
        let stream = try EventStream(hub.endpoint, fields: ["Accept-Encoding": "gzip"])
        #expect(stream.head[field: "content-encoding"] == nil)
        #expect(try stream.next("fleet") != nil)
        #expect(try hub.client().get("/v1/events?wid=1").status == 422)
        #expect(try hub.client().post("/v1/events").status == 405)
        try expectFollowers(1, hub)
    }

    // MARK: Bounds

    @Test("The 65th is refused, and may come when another has gone")
    func tooMany() throws {
        let hub = try RunningHub(configure: Self.fast)
        var streams = try (0..<Limits.followers).map { _ in try EventStream(hub.endpoint) }
        #expect(streams.allSatisfy { $0.head.status == 200 })
        let client = try hub.client()
        let answer = try client.get("/v1/events")
        expectProblem(answer, 503, "too_many_subscribers")
        #expect(answer[field: "retry-after"] == "60")
        // The same connection goes on with other things.
        #expect(try client.get("/v1/warehouses").status == 200)
        streams.removeFirst()
        try expectFollowers(Limits.followers - 1, hub)
        let next = try EventStream(hub.endpoint)
        #expect(next.head.status == 200)
        #expect(try next.next("fleet")?["full"] == true)
        streams.removeAll()
        try expectFollowers(1, hub)
    }

    @Test("One that does not take its events is cut off, and nobody waits for it")
    func slow() throws {
        let hub = try RunningHub { configuration in
            configuration.sampling.news = 10
            configuration.followerBytes = 64 * 1024
        }
        let client = try hub.client()
        for wid in 1...400 {
            try client.begin(
                "PUT", "/v1/warehouses/\(wid)",
                #"{"name":"\#(String(repeating: "a", count: 128))"}"#)
        }
        for _ in 1...400 { _ = try client.answer() }
        let slow = try RawClient(hub.endpoint)
        try slow.begin("GET", "/v1/events")
        try expectFollowers(1, hub)
        let quick = try EventStream(hub.endpoint)
        #expect(try wids(quick.next("fleet")).count == 400)
        // Each changes with every message for all.
        let isCutOff = try eventually(within: 30) {
            let head = try client.publish(wid: 0).json["index"]?.integer
            while let fleet = try quick.next("fleet"), fleet["head"]?.integer != head {}
            return try client.metric("message_center_event_subscribers") == 1
        }
        #expect(isCutOff)
        #expect(try client.metric("message_center_connections_cut_off_total") == 1)
        #expect((try client.metric("message_center_answer_bytes_held") ?? .infinity) < 64 * 1024)
    }

    @Test("A client that ends its side, or sends more, disturbs nobody")
    func ends() throws {
        let hub = try RunningHub(configure: Self.fast)
        let half = try RawClient(hub.endpoint)
        try half.begin("GET", "/v1/events")
        try expectFollowers(1, hub)
        half.endSending()
        try expectFollowers(0, hub)
        let talker = try RawClient(hub.endpoint)
        try talker.begin("GET", "/v1/events")
        try talker.begin("GET", "/healthz")
        try expectFollowers(1, hub)
        #expect(try talker.answer().status == 200)
        #expect(try hub.client().get("/healthz").status == 200)
    }

    @Test("A stream ends in order after its time, and the connection serves on")
    func time() throws {
        let hub = try RunningHub { configuration in
            configuration.sampling.news = 20
            configuration.deadlines.stream = 200_000_000
        }
        let stream = try EventStream(hub.endpoint)
        while try stream.next() != nil {}
        #expect(stream.isWhole)
        try expectFollowers(0, hub)
    }

    // MARK: The end

    @Test("A stop ends every stream in order, at once", arguments: [1, 3])
    func stop(loops: Int) throws {
        let hub = try RunningHub(loops: loops, configure: Self.fast)
        let streams = try (0..<10).map { _ in try EventStream(hub.endpoint) }
        for stream in streams { #expect(try stream.next("fleet") != nil) }
        let begun = MonotonicClock.now()
        hub.stop()
        #expect(MonotonicClock.now() - begun < 3_000_000_000)
        for stream in streams {
            while try stream.next() != nil {}
            #expect(stream.isWhole)
        }
    }

    // MARK: Who may

    @Test("It is for admins; a stream ends when the tokens change")
    func roles() throws {
        let folder = try TemporaryFolder()
        let tokens = try TokenFile(data: folder.path)
        func make(_ role: TokenFile.Role, wids: [UInt32] = [], topics: [String] = []) throws
            -> [String: String]
        {
            let token = try tokens.create(
                name: "\(role)", role: role, topics: topics, wids: wids, now: 0)
            return ["Authorization": "Bearer \(token)"]
        }
        let admin = try make(.admin)
        let others = [
            try make(.warehouse, wids: [7]), try make(.publisher, topics: ["A_*"]),
        ]
        let hub = try RunningHub(folder: folder, configure: Self.fast)
        let client = try hub.client()
        #expect(try client.get("/v1/events").status == 401)
        for path in ["/v1/events", "/v1/stats"] {
            for other in others {
                #expect(try client.request("GET", path, fields: other).status == 403)
            }
            #expect(try client.request("HEAD", path, fields: admin).status == 200)
        }
        let stream = try EventStream(hub.endpoint, fields: admin)
        #expect(try stream.next("fleet") != nil)
        _ = try make(.warehouse, wids: [9])
        while try stream.next() != nil {}
        #expect(stream.isWhole)
    }

    @Test("A browser's stream ends when its session is signed out of")
    func signedOut() throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder)
        let hub = try RunningHub(folder: folder, configure: Self.fast)
        let client = try hub.client()
        func signIn() throws -> [String: String] {
            let answer = try client.post("/v1/session", ["token": .text(token)])
            let cookie = String((answer[field: "Set-Cookie"] ?? "").prefix { $0 != ";" })
            return ["Cookie": cookie, "Origin": "http://hub"]
        }
        let (mine, other) = (try signIn(), try signIn())
        let stream = try EventStream(hub.endpoint, fields: mine)
        let others = try EventStream(hub.endpoint, fields: other)
        #expect(try stream.next("fleet") != nil)
        #expect(try client.request("DELETE", "/v1/session", fields: mine).status == 200)
        while try stream.next() != nil {}
        #expect(stream.isWhole)
        #expect(try others.next("fleet") != nil)
        #expect(try others.next("traffic") != nil)
    }
}

import Platform
import TestSupport
import Testing
import Wire

/// What one sees of warehouses, messages, topics, and of the hub itself.
@Suite struct LookTests {
    private let hub: RunningHub
    private let client: RawClient

    init() throws {
        hub = try RunningHub()
        client = try hub.client()
    }

    private func seen(_ wid: Int) throws -> Answer { try client.get("/v1/warehouses/\(wid)") }

    // MARK: Warehouses

    @Test("A warehouse is seen with all that the contract names")
    func warehouse() throws {
        for wid in [7, 0, 8] { try client.publish(wid: wid) }
        _ = try client.request(
            "POST", "/v1/warehouses/7/pull",
            """
            {"limit":1,"session":"s","client":{"name":"tool","version":"1.2","host":"north",\
            "time":"2000-01-01T00:00:00Z"}}
            """)
        _ = try client.post("/v1/warehouses/7/commit", ["index": 1, "session": "s"])
        let seen = try seen(7)
        for member in [
            "name", "committed", "delivered", "head", "lag", "lastPull", "lastCommit",
            "ratePerSecond", "drainSeconds", "session", "client", "clockSkew", "deadLetters",
            "parked",
            "state",
        ] {
            #expect(seen.json[member] != nil, "\(member)")
        }
        #expect(seen.integer("committed") == 1)
        #expect(seen.integer("delivered") == 1)
        #expect(seen.integer("head") == 3)
        #expect(seen.integer("lag", "messages") == 1)
        #expect(seen["session"].text == "s")
        #expect(seen["client"] == ["name": "tool", "version": "1.2", "host": "north"])
        #expect((seen.integer("clockSkew") ?? 0) < -800_000_000_000)
        #expect(seen.integer("deadLetters") == 0)
        #expect(Timestamp.parse(seen["lastPull"].text ?? "") != nil)
        #expect(Timestamp.parse(seen["lastCommit"].text ?? "") != nil)
        #expect(seen["state"].text == "ok")
    }

    @Test("A warehouse that did nothing yet has nulls for what it did not do")
    func neverPulled() throws {
        try client.publish(wid: 0)
        _ = try client.request("PUT", "/v1/warehouses/5", "{}")
        let seen = try seen(5)
        for member in ["lastPull", "lastCommit", "session", "clockSkew"] {
            #expect(seen[member] == .null)
        }
        #expect(seen["state"].text == "never")
        #expect(seen.integer("lag", "messages") == 1)
    }

    @Test("States: ok, lagging, silent, paused, retired, never")
    func states() throws {
        func state(_ wid: Int = 7) throws -> String? { try seen(wid)["state"].text }
        try client.publish(wid: 0)
        _ = try client.pull(7)
        #expect(try state() == "ok")
        hub.clock.offsetMilliseconds = 100_000
        #expect(try state() == "lagging")
        hub.clock.offsetMilliseconds = 200_000
        #expect(try state() == "silent")
        _ = try client.pull(7, ["commit": 1])
        #expect(try state() == "ok")
        _ = try client.request("PUT", "/v1/warehouses/7", #"{"expectEverySeconds":600}"#)
        hub.clock.offsetMilliseconds = 700_000
        #expect(try state() == "ok")
        hub.clock.offsetMilliseconds = 900_000
        #expect(try state() == "silent")
        _ = try client.post("/v1/warehouses/7/pause")
        #expect(try state() == "paused")
        _ = try client.post("/v1/warehouses/7/retire")
        #expect(try state() == "retired")
        _ = try client.request("PUT", "/v1/warehouses/9", "{}")
        #expect(try state(9) == "never")
    }

    @Test("Nobody is silent whose pull is still open")
    func waitingIsNotSilent() throws {
        _ = try client.request("PUT", "/v1/warehouses/7", #"{"expectEverySeconds":30}"#)
        let waiter = try hub.client()
        try waiter.beginPull(7, #"{"wait":60,"session":"s"}"#)
        #expect(try client.expectWaiting(1))
        hub.clock.offsetMilliseconds = 45_000
        #expect(try seen(7)["state"].text == "ok")
    }

    @Test("The rate is what is committed a second, and drains the lag in so many seconds")
    func rate() throws {
        let messages = (0..<500).map { _ in "{\"topic\":\"A_B\",\"wid\":7,\"body\":1}" }
        _ = try client.request(
            "POST", "/v1/messages/batch", "[" + messages.joined(separator: ",") + "]")
        #expect(try client.pull(7).integer("committed") == 0)
        #expect(try seen(7)["drainSeconds"] == .null)
        for _ in 0..<4 { _ = try client.pull(7, ["autocommit": true]) }
        let seen = try seen(7)
        #expect((seen["ratePerSecond"].double ?? 0) > 0)
        #expect(seen["drainSeconds"].integer != nil)
        _ = try client.pull(7, ["autocommit": true])
        #expect(try self.seen(7).integer("drainSeconds") == 0)
    }

    @Test("The list has all warehouses by number, a page at a time")
    func list() throws {
        for wid in [30, 10, 20] { _ = try client.pull(wid) }
        let all = try client.get("/v1/warehouses")
        func wids(_ answer: Answer) -> [Int?] {
            answer["warehouses"].elements?.map { $0["wid"]?.integer } ?? []
        }
        #expect(wids(all) == [10, 20, 30])
        #expect(all["nextPageToken"] == .null)
        #expect(all["warehouses"][0] == (try seen(10).json))
        let first = try client.get("/v1/warehouses?limit=2")
        #expect(wids(first) == [10, 20])
        let token = try #require(first["nextPageToken"].text)
        let second = try client.get("/v1/warehouses?limit=2&pageToken=\(token)")
        #expect(wids(second) == [30])
        #expect(second["nextPageToken"] == .null)
        #expect(try client.get("/v1/warehouses?limit=0").status == 422)
        #expect(try client.get("/v1/warehouses?foo=1").status == 422)
    }

    @Test("A warehouse that nobody knows is not found")
    func unknownWarehouse() throws {
        let answer = try seen(77)
        #expect(answer.status == 404)
        #expect(answer.code == "unknown_warehouse")
    }

    // MARK: Messages

    @Test("A message is found by index, and by id in any case, with where it is")
    func message() throws {
        let published = try client.publish(wid: 7, key: "k", body: ["a": 1])
        let id = published["id"].text ?? ""
        for name in ["1", id, id.uppercased()] {
            let message = try client.get("/v1/messages/\(name)")
            #expect(message.status == 200)
            #expect(message["id"].text == id)
            #expect(message.integer("index") == 1)
            #expect(message["topic"].text == "SaleOrder_Changed")
            #expect(message.integer("wid") == 7)
            #expect(message["key"].text == "k")
            #expect(message["body"] == ["a": 1])
            #expect(message["created"] == published["created"])
            #expect(message["occurred"] == .null)
            #expect(message["where"].text == "store")
        }
    }

    @Test(
        "A message that is not there is not found",
        arguments: [
            "0", "2", "99999", "0199d5f0-6c00-7abc-8def-0123456789ab", "abc", "-1",
        ])
    func unknownMessage(name: String) throws {
        try client.publish(wid: 7)
        #expect(try client.get("/v1/messages/\(name)").status == 404)
    }

    @Test("A journey tells for each warehouse that must consume it how far it is, with times")
    func journey() throws {
        func journey(_ query: String = "") throws -> [JSONValue] {
            try client.get("/v1/messages/1\(query)")["journey"].elements ?? []
        }
        try client.publish(wid: 0)
        #expect(try journey().isEmpty)
        for wid in [5, 6, 7] { _ = try client.pull(wid, ["after": 1]) }
        _ = try client.request("PUT", "/v1/warehouses/8", "{}")
        _ = try client.pull(6)
        hub.clock.offsetMilliseconds = 5000
        _ = try client.pull(7)
        _ = try client.post("/v1/warehouses/6/commit", ["index": 1])
        let all = try journey()
        #expect(all.map { $0["wid"]?.integer } == [5, 6, 7, 8])
        #expect(all.map { $0["state"]?.text } == ["waiting", "committed", "delivered", "never"])
        #expect(Timestamp.parse(all[1]["committed"]?.text ?? "") != nil)
        #expect(all[0]["delivered"] == .null)
        #expect(all[2]["committed"] == .null)
        #expect(all.allSatisfy { $0["dead"] == .null })
        // Deliveries are in memory until the next flush; then they have a time.
        #expect(
            try eventually { try journey()[2]["delivered"].flatMap { $0.text } != nil })
        #expect(try journey("?wid=6").map { $0["wid"]?.integer } == [6])
        #expect(try journey("?limit=2").count == 2)
        let token = try client.get("/v1/messages/1?limit=2")["nextPageToken"].text ?? ""
        #expect(
            try journey("?limit=9&pageToken=\(token)").map { $0["wid"]?.integer } == [7, 8])
    }

    @Test("The journey of a message for one warehouse has that one only, known or not")
    func specificJourney() throws {
        try client.publish(wid: 7)
        _ = try client.pull(8)
        let before = try client.get("/v1/messages/1")["journey"]
        #expect(before.elements?.map { $0["wid"]?.integer } == [7])
        #expect(before[0]?["state"]?.text == "never")
        _ = try client.pull(7)
        #expect(try client.get("/v1/messages/1")["journey"][0]?["state"]?.text == "delivered")
        #expect(try client.get("/v1/messages/1?wid=8")["journey"] == [])
    }

    @Test("A journey's times survive a restart and are of the right second")
    func journeyTimes() throws {
        for _ in 0..<2 { try client.publish(wid: 7) }
        for index in 1...2 {
            hub.clock.offsetMilliseconds = Int64(index) * 100_000
            _ = try client.pull(7, ["limit": 1])
            _ = try client.post("/v1/warehouses/7/commit", ["index": .number("\(index)")])
        }
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        let created = try #require(
            Timestamp.parse(try client.get("/v1/messages/1")["created"].text ?? ""))
        for index in 1...2 {
            let journey = try client.get("/v1/messages/\(index)")["journey"][0]
            let time = try #require(Timestamp.parse(journey?["committed"]?.text ?? ""))
            #expect(abs(time - created - Int64(index) * 100_000) < 10_000)
        }
    }

    // MARK: Topics

    @Test("Topics are told with their counts and their newest message, also after a restart")
    func topics() throws {
        for topic in ["B_B", "A_A", "B_B"] { try client.publish(topic: topic, wid: 1) }
        var ids = MessageIDs()
        let id = ids.next()
        try client.publish(topic: "A_A", wid: 1, id: id)
        // A refused message leaves no topic.
        #expect(try client.publish(topic: "C_C", wid: 1, id: id).status == 409)
        let topics = try client.get("/v1/topics")["topics"].elements ?? []
        #expect(topics.map { $0["topic"]?.text } == ["A_A", "B_B"])
        #expect(topics.map { $0["count"]?.integer } == [2, 2])
        #expect(topics.map { $0["lastIndex"]?.integer } == [4, 3])
        #expect(topics.allSatisfy { Timestamp.parse($0["lastCreated"]?.text ?? "") != nil })
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        #expect(try again.client().get("/v1/topics")["topics"].elements == topics)
    }

    // MARK: The hub

    @Test("/metrics is what Prometheus reads, and counts what happened")
    func metrics() throws {
        for _ in 0..<3 { try client.publish(wid: 7) }
        _ = try client.pull(7, ["limit": 2])
        let page = try client.get("/metrics")
        #expect(page[field: "Content-Type"]?.hasPrefix("text/plain; version=0.0.4") == true)
        let form = #/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"\})? -?[0-9.e+-]+)$/#
        for line in page.text.split(separator: "\n") {
            #expect(line.wholeMatch(of: form) != nil, "\(line)")
        }
        #expect(page.text.hasSuffix("\n"))
        func value(_ name: String) throws -> Double? { try client.metric("message_center_\(name)") }
        #expect(try value("messages_published_total") == 3)
        #expect(try value("messages_handed_out_total") == 2)
        #expect(try value("pulls_total") == 1)
        #expect(try value("head") == 3)
        #expect(try value("warehouses") == 1)
        #expect(try value("connections") == 1)
        #expect(try value("ready") == 1)
        #expect(page.text.contains("message_center_warehouse_lag_messages{wid=\"7\"} 3\n"))
    }

    @Test("/healthz and /readyz answer 200 while the hub serves")
    func health() throws {
        #expect(try client.get("/healthz").status == 200)
        #expect(try client.get("/readyz").status == 200)
        #expect(try client.request("HEAD", "/healthz").status == 200)
    }

    @Test("/openapi.yaml and / are served")
    func documents() throws {
        let yaml = try client.get("/openapi.yaml")
        #expect(yaml.status == 200)
        #expect(yaml[field: "Content-Type"]?.contains("yaml") == true)
        let page = try client.get("/")
        #expect(page.status == 200)
        #expect(page[field: "Content-Type"]?.hasPrefix("text/html") == true)
    }

    @Test(
        "A path takes its methods only",
        arguments: [
            ("PUT", "/v1/messages"), ("GET", "/v1/messages/batch/x"), ("DELETE", "/v1/messages/1"),
            ("GET", "/v1/warehouses/7/pull"), ("POST", "/v1/warehouses"), ("POST", "/v1/topics"),
            ("DELETE", "/v1/warehouses/7"), ("POST", "/metrics"),
            ("GET", "/v1/warehouses/7/commit"),
        ])
    func methods(method: String, path: String) throws {
        let answer = try client.request(method, path, method == "GET" ? nil : "{}")
        if path.hasSuffix("/x") {
            #expect(answer.status == 404)
        } else {
            #expect(answer.status == 405)
            #expect(answer[field: "Allow"]?.contains(method) == false)
        }
    }
}

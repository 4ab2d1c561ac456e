import HubServer
import TestSupport
import Testing
import Wire

/// Dead letters: what clients report of them, and how they are seen.
@Suite struct DeadLetterTests {
    private let hub: RunningHub
    private let client: RawClient

    /// A hub that knows warehouses 7 and 8.
    init() throws {
        hub = try RunningHub()
        client = try hub.client()
        for wid in [7, 8] { try client.pull(wid) }
    }

    private func shown(_ number: Int) throws -> JSONValue {
        try client.get("/v1/dead-letters/\(number)").json
    }

    // MARK: Reports

    @Test("What is reported is there, every member of it")
    func reported() throws {
        let answer = try client.report(Letter(3, key: "order:1"))
        #expect(answer.status == 201)
        #expect(answer[field: "Location"] == "/v1/dead-letters/1")
        #expect(answer.json == ["n": 1, "wid": 7, "state": "dead", "action": nil])
        let letter = try shown(1)
        let expected: [(String, JSONValue)] = [
            ("n", 1), ("wid", 7), ("state", "dead"), ("id", .text(Letter.id(3))), ("index", 3),
            ("topic", "SaleOrder_Changed"), ("key", "order:1"), ("error", "no such order"),
            ("tries", 10), ("firstAt", "2026-11-20T08:00:00.000Z"),
            ("lastAt", "2026-11-20T08:05:00.000Z"), ("body", ["OrderId": "1"]), ("settled", nil),
            ("action", nil), ("ordered", nil),
        ]
        for (name, value) in expected { #expect(letter[name] == value, "\(name)") }
        #expect(letter["reported"] == letter["dead"] && letter["dead"]?.text != nil)
    }

    @Test("A report that comes again is the same letter; another warehouse's is another")
    func idempotent() throws {
        #expect(try client.report(Letter(3)).status == 201)
        let before = try shown(1)
        let again = try client.report(Letter(3))
        #expect(again.status == 200)
        #expect(again.integer("n") == 1)
        #expect(try shown(1) == before)
        #expect(try client.report(Letter(3), wid: 8).integer("n") == 2)
        #expect(try client.letters() == [1, 2])
    }

    @Test("Only id, index, topic and state must be given")
    func least() throws {
        var letter = Letter(1)
        (letter.body, letter.error, letter.tries, letter.firstAt, letter.lastAt) =
            (nil, nil, nil, nil, nil)
        #expect(try client.report(letter).status == 201)
        let shown = try shown(1)
        #expect(shown["body"] == .null && shown["key"] == .null && shown["lastAt"] == .null)
        #expect(shown["error"] == "" && shown["tries"] == 0)
    }

    @Test("A further failure is told with its error and tries; the body stays")
    func failedAgain() throws {
        try client.report(Letter(3))
        var again = Letter(3)
        (again.tries, again.error, again.body) = (20, "still not", nil)
        #expect(try client.report(again).status == 200)
        let letter = try shown(1)
        #expect(letter["tries"] == 20 && letter["error"] == "still not")
        #expect(letter["body"] == ["OrderId": "1"])
    }

    @Test("An end is kept without the body, whatever comes late", arguments: ["done", "dropped"])
    func settled(end: String) throws {
        try client.report(Letter(3))
        #expect(try client.report(Letter(3, state: end))["state"].text == end)
        let letter = try shown(1)
        #expect(letter["state"]?.text == end)
        #expect(letter["body"] == .null)
        #expect(letter["settled"]?.text != nil)
        for late in [Letter(3), Letter(3, state: "superseded"), Letter(3, state: end)] {
            let answer = try client.report(late)
            #expect(answer.status == 200)
            #expect(answer["state"].text == end)
        }
        #expect(try shown(1) == letter)
        #expect(try client.letters() == [])
        #expect(try client.letters("?state=\(end)") == [1])
    }

    @Test("A message that fails once more after a seek is open again, under the same number")
    func again() throws {
        try client.report(Letter(3))
        try client.report(Letter(3, state: "done"))
        var failed = Letter(3)
        failed.lastAt = "2026-11-21T08:00:00Z"
        let answer = try client.report(failed)
        #expect(answer.json == ["n": 1, "wid": 7, "state": "dead", "action": nil])
        let letter = try shown(1)
        #expect(letter["settled"] == .null)
        #expect(letter["body"] == ["OrderId": "1"])
    }

    @Test("The end of a letter that nobody told of is kept too")
    func endFirst() throws {
        #expect(try client.report(Letter(4, state: "dropped")).status == 201)
        #expect(try client.letters("?state=settled") == [1])
        #expect(try client.letters() == [])
    }

    @Test("A body comes back as the JSON that it was")
    func body() throws {
        var letter = Letter(1)
        for (place, text) in [
            "[1,2.50,1e3,-0,\"ü\",\"\\u0000\",{\"a\":null,\"a\":true}]", "\"text\"", "0", "false",
        ].enumerated() {
            letter.id = Letter.id(place + 10)
            letter.body = try JSONValue.parse(text)
            let number = try #require(try client.report(letter).integer("n"))
            #expect(try shown(number)["body"] == letter.body)
        }
    }

    @Test("A body as large as a message's fits; what is larger does not")
    func largeBody() throws {
        var letter = Letter(1)
        letter.body = .text(String(repeating: "a", count: 256 * 1024 - 2))
        letter.error = String(repeating: "e", count: 16 * 1024)
        #expect(try client.report(letter).status == 201)
        #expect(try shown(1)["body"] == letter.body)
        letter.body = .text(String(repeating: "a", count: 400_000))
        #expect(try client.report(letter).code == "request_too_large")
    }

    @Test(
        "A report is checked",
        arguments: [
            ("{}", ["/id", "/index", "/topic", "/state"]),
            (
                #"{"id":"x","index":0,"topic":"a b","state":"alive"}"#,
                ["/id", "/index", "/topic", "/state"]
            ),
            (#"{"id":"$","index":1,"topic":"A","state":"dead","key":""}"#, ["/key"]),
            (#"{"id":"$","index":1,"topic":"A","state":"dead","tries":-1}"#, ["/tries"]),
            (#"{"id":"$","index":1,"topic":"A","state":"dead","firstAt":1}"#, ["/firstAt"]),
            (#"{"id":"$","index":1,"topic":"A","state":"dead","error":5}"#, ["/error"]),
            (#"{"id":"$","index":1,"topic":"A","state":"dead","foo":5}"#, ["/foo"]),
        ])
    func checked(body: String, pointers: [String]) throws {
        let text = body.replacing("$", with: Letter.id(1))
        let answer = try client.request("POST", "/v1/warehouses/7/dead-letters", text)
        #expect(answer.status == 422)
        #expect(answer.pointers == pointers)
        #expect(try client.letters("?state=all") == [])
    }

    @Test("Several are reported in one request, and each is told what became of it")
    func several() throws {
        try client.report(Letter(2))
        let letters = [Letter(1), Letter(2, state: "done"), Letter(3, state: "parked", key: "k")]
        let answer = try client.reportAll(letters)
        #expect(answer.status == 200)
        #expect(
            answer["results"].elements
                == [(1, 2, "dead"), (2, 1, "done"), (3, 3, "parked")].map { number, n, state in
                    [
                        "id": .text(Letter.id(number)), "result": "taken",
                        "n": .number(String(n)), "state": .text(state), "action": nil,
                    ]
                })
        #expect(try client.letters() == [2, 3])
        #expect(try client.metric("message_center_dead_letter_reports_total") == 4)
        #expect(try client.reportAll(letters)["results"] == answer["results"])
        #expect(try client.reportAll([Letter(1)], wid: 9).code == "unknown_warehouse")
        try client.post("/v1/warehouses/8/retire")
        #expect(try client.reportAll([Letter(1)], wid: 8).code == "retired")
    }

    @Test("A hundred may come at once; where one is wrong, it is named, and none is taken")
    func severalChecked() throws {
        let many = (1...100).map { Letter($0) }
        #expect(try client.reportAll(many + [Letter(101)]).status == 422)
        #expect(try client.letters("?state=all") == [])
        var wrong = many
        wrong[7].topic = "a b"
        wrong[9].id = "x"
        let answer = try client.reportAll(wrong)
        #expect(answer.pointers == ["/7/topic", "/9/id"])
        #expect(try client.letters("?state=all") == [])
        for body in ["", "{}", "[]", "[5]", "[[]]", "5"] {
            let answer = try client.request(
                "POST", "/v1/warehouses/7/dead-letters/batch", body)
            #expect(answer.status == 422, "\(body)")
        }
        let twice = try client.request(
            "POST", "/v1/warehouses/7/dead-letters/batch", #"[{"id":"a","ID":"b"}]"#)
        #expect(twice.code == "duplicate_member")
        #expect(try client.reportAll(many).status == 200)
        #expect(try client.letters("?limit=1000").count == 100)
        var large = Letter(1)
        large.body = .text(String(repeating: "a", count: 250_000))
        #expect(
            try client.reportAll(Array(repeating: large, count: 5)).code == "request_too_large")
    }

    @Test("Who was never seen, or is closed, reports nothing")
    func strangers() throws {
        #expect(try client.report(Letter(1), wid: 9).code == "unknown_warehouse")
        try client.post("/v1/warehouses/8/retire")
        #expect(try client.report(Letter(1), wid: 8).code == "retired")
        try client.post("/v1/warehouses/8/revive")
        #expect(try client.report(Letter(1), wid: 8).status == 201)
    }

    @Test("Letters are still there after a restart, and numbers go on")
    func restart() throws {
        for number in 1...3 { try client.report(Letter(number)) }
        try client.report(Letter(3, state: "done"))
        let before = try (1...3).map { try shown($0) }
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        #expect(try (1...3).map { try client.get("/v1/dead-letters/\($0)").json } == before)
        #expect(try client.get("/v1/warehouses/7").integer("deadLetters") == 2)
        #expect(try client.report(Letter(2)).integer("n") == 2)
        #expect(try client.report(Letter(9)).integer("n") == 4)
    }

    // MARK: The list

    @Test("The list is narrowed by warehouse, topic, key and state")
    func list() throws {
        for number in 1...3 { try client.report(Letter(number, key: "k\(number)")) }
        var parked = Letter(4, state: "parked", key: "k1")
        parked.topic = "Product_Deleted"
        try client.report(parked)
        try client.report(Letter(1), wid: 8)
        try client.report(Letter(2, state: "done"))
        for (query, numbers) in [
            ("", [1, 3, 4, 5]), ("?state=open", [1, 3, 4, 5]), ("?state=all", [1, 2, 3, 4, 5]),
            ("?state=settled", [2]), ("?state=done", [2]), ("?state=dead", [1, 3, 5]),
            ("?state=parked", [4]), ("?wid=7", [1, 3, 4]), ("?wid=8", [5]), ("?wid=9", []),
            ("?topic=Product_*", [4]), ("?topic=SaleOrder_Changed&wid=7", [1, 3]),
            ("?key=k1", [1, 4]),
            ("?wid=7&state=all&pageToken=2", [3, 4]),
        ] {
            #expect(try client.letters(query) == numbers, "\(query)")
        }
        for query in ["?wid=0", "?topic=a%20b", "?state=alive", "?limit=0", "?pageToken=x", "?a=1"]
        {
            #expect(try client.get("/v1/dead-letters" + query).status == 422, "\(query)")
        }
    }

    @Test("Pages joined are the whole, of all warehouses and of one", arguments: ["", "&wid=7"])
    func pages(narrowed: String) throws {
        for number in 1...25 { try client.report(Letter(number)) }
        var seen: [Int] = []
        var token: String? = "0"
        while let from = token {
            let page = try client.get("/v1/dead-letters?limit=7&pageToken=\(from)\(narrowed)")
            seen += (page["deadLetters"].elements ?? []).compactMap { $0["n"]?.integer }
            token = page["nextPageToken"].text
        }
        #expect(seen == Array(1...25))
    }

    @Test("A page of large letters ends at about a MiB, and the next goes on")
    func largePage() throws {
        var letter = Letter(1)
        letter.body = .text(String(repeating: "a", count: 250_000))
        for number in 1...6 {
            letter.id = Letter.id(number)
            try client.report(letter)
        }
        let page = try client.get("/v1/dead-letters")
        #expect(page["deadLetters"].elements?.count == 4)
        #expect(page["nextPageToken"] == "4")
        #expect(try client.letters("?pageToken=4") == [5, 6])
    }

    @Test(
        "A number that no letter has is not found", arguments: ["1", "0", "99999999999999999999"])
    func unknown(number: String) throws {
        let answer = try client.get("/v1/dead-letters/\(number)")
        #expect(answer.code == "unknown_dead_letter")
    }

    // MARK: Warehouse and journey

    @Test("A warehouse shows how many it has, and metrics add them up")
    func counts() throws {
        for number in 1...3 { try client.report(Letter(number, key: "k")) }
        try client.report(Letter(4, state: "parked", key: "k"))
        try client.report(Letter(1), wid: 8)
        let seen = try client.get("/v1/warehouses/7")
        #expect(seen.integer("deadLetters") == 3)
        #expect(seen.integer("parked") == 1)
        #expect(try client.metric("message_center_dead_letters") == 4)
        #expect(try client.metric("message_center_parked_messages") == 1)
        #expect(try client.metric("message_center_dead_letter_reports_total") == 5)
        #expect(
            try client.get("/metrics").text.contains(
                "message_center_warehouse_dead_letters{wid=\"7\"} 3\n"))
        try client.report(Letter(1, state: "done"))
        try client.report(Letter(4, state: "superseded"))
        #expect(try client.get("/v1/warehouses/7").integer("deadLetters") == 2)
        #expect(try client.metric("message_center_parked_messages") == 0)
        try client.post("/v1/warehouses/8/retire")
        #expect(try client.metric("message_center_dead_letters") == 2)
        try client.post("/v1/warehouses/8/revive")
        #expect(try client.metric("message_center_dead_letters") == 3)
    }

    @Test("A message's journey tells where it is dead, and since when")
    func journey() throws {
        let id = try #require(try client.publish(wid: 0)["id"].text)
        for wid in [7, 8] { try client.pull(wid, ["autocommit": true]) }
        var letter = Letter(1)
        letter.id = id
        try client.report(letter)
        let journey = try client.get("/v1/messages/1")["journey"]
        #expect(journey[0]?["state"] == "dead")
        #expect(journey[0]?["dead"] == (try shown(1)["dead"]))
        #expect(journey[0]?["deadLetter"] == 1)
        #expect(journey[1]?["state"] == "committed")
        #expect(journey[1]?["dead"] == .null && journey[1]?["deadLetter"] == .null)
        letter.state = "done"
        try client.report(letter)
        let after = try client.get("/v1/messages/1?wid=7")["journey"][0]
        #expect(after?["state"] == "committed")
        #expect(after?["dead"] == journey[0]?["dead"])
    }
}

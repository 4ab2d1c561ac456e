import HubServer
import TestSupport
import Testing
import Wire

/// What operators order for dead letters, and how clients learn of it.
@Suite struct DeadLetterOrderTests {
    private let hub: RunningHub
    private let client: RawClient

    /// Warehouse 7 with dead letters 1 to 3, and 4 parked; 8 with a dead one, 5.
    init() throws {
        hub = try RunningHub()
        client = try hub.client()
        for wid in [7, 8] { try client.pull(wid) }
        for number in 1...3 { try client.report(Letter(number, key: "k\(number)")) }
        try client.report(Letter(4, state: "parked", key: "k1"))
        try client.report(Letter(1), wid: 8)
    }

    private func order(_ action: String, _ number: Int) throws -> Answer {
        try client.post("/v1/dead-letters/\(number)/\(action)")
    }

    // MARK: One

    @Test("An order stands in every answer to a pull until its outcome is reported")
    func order() throws {
        let answer = try order("retry", 2)
        #expect(answer.json == ["n": 2, "wid": 7, "state": "dead", "action": "retry"])
        #expect(try order("drop", 4).status == 200)
        for _ in 0..<3 { #expect(try client.commands() == ["retry 2", "drop 4"]) }
        #expect(
            try client.pull(7)["commands"][0]
                == ["n": 2, "action": "retry", "message": .text(Letter.id(2))])
        #expect(try client.commands(8) == [])
        #expect(try client.metric("message_center_dead_letter_orders") == 2)
        try client.report(Letter(2, state: "done"))
        #expect(try client.commands() == ["drop 4"])
        try client.report(Letter(4, state: "dropped"))
        #expect(try client.commands() == [])
        #expect(try client.metric("message_center_dead_letter_orders") == 0)
    }

    @Test("A retry that failed again is an outcome; the report of before, sent again, is none")
    func failedAgain() throws {
        _ = try order("retry", 1)
        try client.report(Letter(1, key: "k1"))
        #expect(try client.commands() == ["retry 1"])
        var failed = Letter(1, key: "k1")
        (failed.tries, failed.lastAt) = (20, "2026-11-21T08:00:00Z")
        #expect(try client.report(failed)["action"] == .null)
        #expect(try client.commands() == [])
        #expect(try client.get("/v1/dead-letters/1")["tries"] == 20)
    }

    @Test("A drop stands though the message fails meanwhile; the last order counts")
    func lastWord() throws {
        _ = try order("retry", 1)
        #expect(try order("drop", 1)["action"] == "drop")
        var failed = Letter(1)
        failed.tries = 20
        try client.report(failed)
        #expect(try client.commands() == ["drop 1"])
        #expect(try order("drop", 1).status == 200)
        #expect(try order("retry", 1)["action"] == "retry")
        #expect(try client.commands() == ["retry 1"])
    }

    @Test("What cannot be done is refused, and says why")
    func refused() throws {
        try client.report(Letter(3, state: "done"))
        try client.post("/v1/warehouses/8/retire")
        for (action, number, status, code) in [
            ("retry", 99, 404, "unknown_dead_letter"), ("drop", 99, 404, "unknown_dead_letter"),
            ("retry", 3, 409, "dead_letter_settled"), ("drop", 3, 409, "dead_letter_settled"),
            ("retry", 4, 409, "dead_letter_parked"), ("retry", 5, 410, "retired"),
        ] {
            let answer = try order(action, number)
            #expect(answer.status == status && answer.code == code, "\(action) \(number)")
        }
        #expect(try client.commands() == [])
        #expect(try client.post("/v1/dead-letters/1/retry", ["a": 1]).status == 422)
        #expect(try client.post("/v1/dead-letters/1/bury").code == "not_found")
    }

    @Test("Orders outlive a restart")
    func restart() throws {
        _ = try order("retry", 2)
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        #expect(try again.client().commands() == ["retry 2"])
    }

    @Test("An answer has a hundred commands at most; the others follow")
    func many() throws {
        for number in 10..<160 { try client.report(Letter(number), wid: 8) }
        let answer = try client.post("/v1/dead-letters/drop", ["filter": ["wid": 8]])
        #expect(answer["results"].elements?.count == 151)
        let commands = try client.commands(8)
        #expect(commands.count == 100)
        #expect(commands.first == "drop 5")
        for number in 10..<160 { try client.report(Letter(number, state: "dropped"), wid: 8) }
        #expect(try client.commands(8) == ["drop 5"])
    }

    // MARK: Waiting

    @Test("An order wakes a waiting pull, on whatever loop")
    func wakes() throws {
        for number in 1...3 {
            let waiter = try hub.client()
            try waiter.beginPull(7, #"{"wait":60}"#)
            #expect(try client.expectWaiting(1))
            _ = try order("retry", number)
            let page = try waiter.answer()
            #expect(page.indexes == [])
            #expect(page.commands == (1...number).map { "retry \($0)" })
        }
    }

    @Test("A client that does nothing about an order it was told of still waits")
    func toldOnce() throws {
        let waiter = try hub.client()
        _ = try order("retry", 1)
        #expect(try waiter.pull(7, ["wait": 60, "session": "a"]).commands == ["retry 1"])
        try waiter.beginPull(7, #"{"wait":60,"session":"a"}"#)
        #expect(try client.expectWaiting(1))
        try client.publish(wid: 7)
        let page = try waiter.answer()
        #expect(page.indexes == [1])
        #expect(page.commands == ["retry 1"])
        // Another session has not been told.
        let other = try waiter.pull(
            7, ["wait": 60, "session": "b", "takeOver": true, "after": 1])
        #expect(other.commands == ["retry 1"])
    }

    @Test("An order that comes into sight when others are done is news")
    func inSight() throws {
        for number in 10..<115 { try client.report(Letter(number), wid: 8) }
        _ = try orderAll("drop", ["filter": ["wid": 8]])
        let waiter = try hub.client()
        let first = try waiter.pull(8, ["wait": 60, "session": "a"]).commands
        #expect(first.count == 100)
        try waiter.beginPull(8, #"{"wait":60,"session":"a"}"#)
        #expect(try client.expectWaiting(1))
        try client.report(Letter(10, state: "dropped"), wid: 8)
        let second = try waiter.answer().commands
        #expect(second.count == 100)
        #expect(Set(second).subtracting(first).count == 1)
    }

    @Test("An autocommitting pull is told too")
    func autocommit() throws {
        try client.publish(wid: 7)
        _ = try order("retry", 1)
        let page = try client.pull(7, ["autocommit": true, "wait": 60])
        #expect(page.indexes == [1])
        #expect(page.commands == ["retry 1"])
    }

    // MARK: By filter

    private func orderAll(_ action: String, _ body: JSONValue) throws -> Answer {
        try client.post("/v1/dead-letters/" + action, body)
    }

    private func results(_ answer: Answer) -> [String] {
        (answer["results"].elements ?? []).map {
            "\($0["n"]?.integer ?? -1) \($0["result"]?.text ?? "?")"
        }
    }

    @Test("By filter each letter is ordered, and told one by one")
    func byFilter() throws {
        let answer = try orderAll("retry", ["filter": ["wid": 7, "topic": "SaleOrder_*"]])
        #expect(answer.status == 200)
        #expect(answer["action"] == "retry" && answer["nextPageToken"] == .null)
        #expect(results(answer) == ["1 ordered", "2 ordered", "3 ordered"])
        let first: JSONValue = [
            "n": 1, "wid": 7, "id": .text(Letter.id(1)), "index": 1, "topic": "SaleOrder_Changed",
            "key": "k1", "result": "ordered",
        ]
        #expect(answer["results"][0] == first)
        #expect(try client.commands() == ["retry 1", "retry 2", "retry 3"])
        #expect(try client.commands(8) == [])
    }

    @Test(
        "A filter takes the dead ones, unless it says that it wants the parked",
        arguments: [
            ("{}", ["1 fits", "2 fits", "3 fits", "5 fits"]),
            (#"{"state":"parked"}"#, ["4 fits"]), (#"{"key":"k2"}"#, ["2 fits"]),
            (#"{"error":"such ord","wid":7}"#, ["1 fits", "2 fits", "3 fits"]),
            (#"{"error":"Such"}"#, []), (#"{"wid":8,"state":"dead"}"#, ["5 fits"]),
            (#"{"topic":"Product_*"}"#, []),
        ])
    func filters(filter: String, expected: [String]) throws {
        let answer = try orderAll(
            "drop", ["filter": try JSONValue.parse(filter), "dryRun": true])
        #expect(results(answer) == expected)
        #expect(try client.metric("message_center_dead_letter_orders") == 0)
    }

    @Test("Of each that cannot be ordered the reason is told, and the others are")
    func partly() throws {
        try client.post("/v1/warehouses/8/retire")
        #expect(
            results(try orderAll("drop", ["filter": [:]])) == [
                "1 ordered", "2 ordered", "3 ordered", "5 retired",
            ])
        #expect(
            results(try orderAll("retry", ["filter": ["state": "parked"]])) == [
                "4 dead_letter_parked"
            ])
        #expect(try client.commands() == ["drop 1", "drop 2", "drop 3"])
    }

    @Test("An order for many goes on where it was told to")
    func goesOn() throws {
        #expect(
            results(try orderAll("retry", ["filter": [:], "pageToken": "2"])) == [
                "3 ordered", "5 ordered",
            ])
        #expect(results(try orderAll("retry", ["filter": [:], "pageToken": "5"])) == [])
    }

    @Test(
        "An order by filter is checked",
        arguments: [
            ("{}", "/filter"), (#"{"filter":{"wid":0}}"#, "/filter/wid"),
            (#"{"filter":{"state":"done"}}"#, "/filter/state"),
            (#"{"filter":{"topic":"a b"}}"#, "/filter/topic"),
            (#"{"filter":{},"dryRun":1}"#, "/dryRun"),
            (#"{"filter":{"id":1}}"#, "/filter/id"),
        ])
    func checked(body: String, pointer: String) throws {
        let answer = try client.request("POST", "/v1/dead-letters/retry", body)
        #expect(answer.status == 422)
        #expect(answer.pointers == [pointer])
    }
}

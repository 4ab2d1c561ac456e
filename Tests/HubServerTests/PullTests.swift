import Foundation
import Platform
import TestSupport
import Testing
import Wire

/// Pages of a line: what is in them, and what bounds them.
@Suite struct PullTests {
    private let hub: RunningHub
    private let client: RawClient

    init() throws {
        hub = try RunningHub()
        client = try hub.client()
    }

    /// Publishes one message for each wid, its body the index it gets.
    private func publish(_ wids: [Int], topic: String = "A_Changed") throws {
        let messages = wids.enumerated().map { place, wid in
            "{\"topic\":\"\(topic)\",\"wid\":\(wid),\"body\":\(place + 1)}"
        }
        let answer = try client.request(
            "POST", "/v1/messages/batch", "[" + messages.joined(separator: ",") + "]")
        #expect(answer.status == 201)
    }

    // MARK: The answer

    @Test("A page has all the members of the contract")
    func members() throws {
        try publish([0, 7, 8])
        let page = try client.pull(7, ["session": "a1b2"])
        #expect(page.status == 200)
        #expect(
            page.json.members?.map(\.name).sorted() == [
                "commands", "committed", "count", "delivered", "hub", "lag", "messages", "more",
                "next", "seeks", "session", "wid",
            ])
        #expect(page.integer("wid") == 7)
        #expect(page.indexes == [1, 2])
        #expect(page.next == 3)
        #expect(page.more == false)
        #expect(page["count"] == ["from": 1, "to": 2, "filtered": 0, "coalesced": 0])
        #expect(page.integer("committed") == 0)
        #expect(page.integer("delivered") == 3)
        #expect(page.integer("lag", "messages") == 2)
        #expect(page.integer("lag", "seconds") == 0)
        #expect(page["hub"].text?.isEmpty == false)
        #expect(page["session"].text == "a1b2")
        #expect(page["commands"] == [])
        #expect(
            page.messages.first?.members?.map(\.name) == [
                "id", "index", "ordinal", "topic", "wid", "key", "body", "created", "occurred",
            ])
    }

    @Test("Lag is what is not committed, and how old the oldest of it is")
    func lag() throws {
        try publish([7, 0])
        hub.clock.offsetMilliseconds = 50_000
        try publish([7])
        hub.clock.offsetMilliseconds = 90_000
        let page = try client.pull(7)
        #expect(page.integer("lag", "messages") == 3)
        #expect((90...92).contains(page.integer("lag", "seconds") ?? 0))
        let later = try client.pull(7, ["commit": 2])
        #expect(later.integer("lag", "messages") == 1)
        #expect((40...42).contains(later.integer("lag", "seconds") ?? 0))
        let ahead = try client.pull(7, ["after": 3])
        #expect(ahead.integer("lag", "messages") == 1)
        let done = try client.pull(7, ["commit": 3])
        #expect(done["lag"] == ["messages": 0, "seconds": 0])
    }

    // MARK: The line

    @Test("The line is the global messages and one's own, by index, each with its ordinal")
    func line() throws {
        try publish([5, 0, 6, 5, 0, 0, 6, 5])
        let five = try client.pull(5)
        #expect(five.indexes == [1, 2, 4, 5, 6, 8])
        #expect(five.ordinals == [1, 2, 3, 4, 5, 6])
        let six = try client.pull(6)
        #expect(six.indexes == [2, 3, 5, 6, 7])
        #expect(six.ordinals == [1, 2, 3, 4, 5])
        #expect(try client.pull(7).indexes == [2, 5, 6])
    }

    @Test("An answer lost on the way is asked for again: pulls give what follows `committed`")
    func again() throws {
        try publish([1, 1, 1])
        let first = try client.pull(1, ["limit": 2])
        #expect(first.indexes == [1, 2])
        #expect(try client.pull(1, ["limit": 2]).indexes == [1, 2])
        #expect(try client.pull(1, ["commit": 1]).indexes == [2, 3])
        #expect(try client.pull(1).indexes == [2, 3])
    }

    @Test("`after` reads ahead and moves nothing")
    func after() throws {
        try publish([1, 1, 1, 1])
        #expect(try client.pull(1, ["after": 2]).indexes == [3, 4])
        #expect(try client.pull(1, ["after": 4]).indexes == [])
        let page = try client.pull(1, ["limit": 1])
        #expect(page.indexes == [1])
        #expect(page.integer("committed") == 0)
    }

    @Test("`after` may be below `committed`: what was done can be read again")
    func afterBelow() throws {
        try publish([1, 1, 1])
        _ = try client.pull(1)
        let page = try client.pull(1, ["commit": 3, "after": 0])
        #expect(page.indexes == [1, 2, 3])
        #expect(page.integer("committed") == 3)
    }

    @Test("Nothing there: 200 and an empty page, at once without `wait`")
    func nothing() throws {
        let page = try client.pull(1)
        #expect(page.status == 200)
        #expect(page.messages.isEmpty)
        #expect(page.next == 0)
        #expect(page.more == false)
        #expect(page["count"] == ["from": 1, "to": 0, "filtered": 0, "coalesced": 0])
    }

    @Test("`next` goes beyond the last index shown, to what is known to be no part of the line")
    func nextIsHigher() throws {
        try publish([1, 2, 2, 2])
        let page = try client.pull(1)
        #expect(page.indexes == [1])
        #expect(page.next == 4)
        let empty = try client.pull(3)
        #expect(empty.messages.isEmpty)
        #expect(empty.next == 4)
        #expect(try client.pull(3, ["commit": 4]).integer("committed") == 4)
        #expect(try client.pull(1, ["commit": 4]).integer("committed") == 4)
    }

    // MARK: Bounds

    @Test("`limit` bounds a page, 100 if nothing is said, and `more` tells that the line goes on")
    func limit() throws {
        try publish(Array(repeating: 1, count: 1001))
        #expect(try client.pull(1).indexes == Array(1...100))
        let one = try client.pull(1, ["limit": 1])
        #expect(one.indexes == [1])
        #expect(one.next == 1)
        #expect(one.more == true)
        let most = try client.pull(1, ["limit": 1000])
        #expect(most.indexes.count == 1000)
        #expect(most.more == true)
        let rest = try client.pull(1, ["commit": 1000])
        #expect(rest.indexes == [1001])
        #expect(rest.more == false)
    }

    @Test("`more` tells of one's own line only")
    func moreIsOfTheLine() throws {
        try publish([1, 2, 2])
        let page = try client.pull(1, ["limit": 1])
        #expect(page.more == false)
        #expect(page.next == 3)
    }

    @Test("`maxBytes` counts the messages' JSON; one message is given at least")
    func maxBytes() throws {
        try publish([1, 1, 1])
        let text = try client.pull(1).text
        let start = try #require(text.utf8.firstRange(of: Array("[{".utf8))).lowerBound
        let end = try #require(text.utf8.firstRange(of: Array("}],".utf8))).lowerBound
        let array = text.utf8.distance(from: start, to: end) + 2
        // The two brackets, and two commas between three messages of the same size.
        let size = (array - 4) / 3
        func count(_ bytes: Int) throws -> Int {
            try client.pull(1, ["maxBytes": .number("\(bytes)")]).indexes.count
        }
        #expect(try count(1) == 1)
        #expect(try count(size) == 1)
        #expect(try count(2 * size - 1) == 1)
        #expect(try count(2 * size + 1) == 2)
        #expect(try count(3 * size + 2) == 3)
        let page = try client.pull(1, ["maxBytes": 1])
        #expect(page.next == 1)
        #expect(page.more == true)
    }

    @Test("Without `maxBytes` a page has a mebibyte of messages at most; with it, up to 16")
    func largePages() throws {
        let body = "\"" + String(repeating: "x", count: 200_000) + "\""
        for _ in 0..<8 {
            let one = "{\"topic\":\"A_B\",\"wid\":1,\"body\":\(body)}"
            #expect(try client.request("POST", "/v1/messages", one).status == 201)
        }
        #expect(try client.pull(1).indexes.count == 5)
        #expect(try client.pull(1, ["maxBytes": 16_777_216]).indexes.count == 8)
    }

    @Test(
        "A value out of its range is told by its pointer",
        arguments: [
            ("limit", "0"), ("limit", "1001"), ("limit", "\"5\""), ("limit", "1.5"), ("wait", "-1"),
            ("wait", "61"), ("commit", "-1"), ("commit", "9007199254740992"), ("commit", "\"a\""),
            ("after", "-1"), ("session", "\"\""), ("session", "\"a b\""), ("session", "5"),
            ("session", "\"\(String(repeating: "s", count: 65))\""), ("takeOver", "1"),
            ("lease", "9"), ("lease", "3601"), ("topics", "\"A\""), ("topics", "[1]"),
            ("topics", "[\(Array(repeating: "\"a\"", count: 101).joined(separator: ","))]"),
            ("coalesce", "\"all\""), ("coalesce", "1"), ("autocommit", "\"true\""),
            ("maxBytes", "0"), ("maxBytes", "16777217"), ("start", "\"soon\""), ("start", "-1"),
            ("start", "{}"), ("hub", "5"), ("client", "[]"), ("foo", "1"), ("commits", "1"),
        ])
    func outOfRange(member: String, value: String) throws {
        let answer = try client.request(
            "POST", "/v1/warehouses/1/pull", "{\"\(member)\":\(value)}")
        #expect(answer.status == 422, "\(answer.text)")
        #expect(answer.pointers == ["/\(member)"])
        #expect(try client.get("/v1/warehouses/1").status == 404)
    }

    @Test(
        "What the client tells of itself is checked too",
        arguments: [
            (#"{"client":{"name":5}}"#, 422, "/client/name"),
            (#"{"client":{"time":"noon"}}"#, 422, "/client/time"),
            (#"{"client":{"color":"red"}}"#, 422, "/client/color"),
            (#"{"topics":["A_*","A B"]}"#, 422, "/topics/1"),
            (#"{"autocommit":true,"after":1}"#, 422, "/after"),
            (#"{"client":{"name":"a","NAME":"b"}}"#, 400, "/client/NAME"),
            (#"{"limit":1,"Limit":1}"#, 400, "/Limit"),
        ])
    func nested(body: String, status: Int, pointer: String) throws {
        let answer = try client.request("POST", "/v1/warehouses/1/pull", body)
        #expect(answer.status == status)
        #expect(answer.pointers == [pointer])
    }

    @Test("All members are optional, match in any case, and may be null")
    func optional() throws {
        try publish([1, 1])
        #expect(try client.request("POST", "/v1/warehouses/1/pull").status == 200)
        #expect(try client.request("POST", "/v1/warehouses/1/pull", "").indexes == [1, 2])
        let answer = try client.request(
            "POST", "/v1/warehouses/1/pull",
            #"{"LIMIT":1,"Wait":null,"Commit":null,"MaxBytes":1000,"TAKEOVER":false}"#)
        #expect(answer.indexes == [1])
        #expect(try client.request("POST", "/v1/warehouses/1/pull", "[]").status == 422)
        #expect(try client.request("POST", "/v1/warehouses/1/pull", "{").status == 400)
    }

    @Test(
        "A warehouse is a number from 1 to 2147483647",
        arguments: [
            ("1", 200), ("2147483647", 200), ("0", 422), ("2147483648", 422), ("a", 404),
            ("-1", 404),
        ])
    func wids(wid: String, status: Int) throws {
        #expect(try client.request("POST", "/v1/warehouses/\(wid)/pull").status == status)
    }

    // MARK: Topics

    @Test(
        "`topics` leaves out what no pattern fits; case counts, * is any run",
        arguments: [
            (["SaleOrder_*"], [1, 2]), (["*_Changed"], [2, 4]), (["*"], [1, 2, 3, 4]),
            (["saleorder_*"], []), (["SaleOrder_Created"], [1]),
            (["S*r_C*d", "Product_*"], [1, 2, 3]),
            (["SaleOrder_Change"], []), (["*Order*"], [1, 2, 4]), ([], [1, 2, 3, 4]),
        ])
    func topics(patterns: [String], indexes: [Int]) throws {
        for topic in [
            "SaleOrder_Created", "SaleOrder_Changed", "Product_Created", "BuyOrder_Changed",
        ] { try client.publish(topic: topic, wid: 1) }
        let page = try client.pull(1, ["topics": .array(patterns.map { .text($0) })])
        #expect(page.indexes == indexes)
        #expect(page.ordinals == indexes)
        #expect(page.integer("count", "filtered") == 4 - indexes.count)
        #expect(page.integer("count", "to") == 4)
        #expect(page.next == 4)
    }

    @Test("A hundred patterns may be given")
    func manyPatterns() throws {
        try publish([1])
        var patterns = (1..<100).map { JSONValue.text("Nothing_\($0)") }
        #expect(try client.pull(1, ["topics": .array(patterns)]).indexes == [])
        patterns.append("A_*")
        #expect(try client.pull(1, ["topics": .array(patterns)]).indexes == [1])
    }

    @Test("`limit` counts after the filter")
    func limitAfterFilter() throws {
        for round in 0..<30 {
            try client.publish(topic: round % 3 == 2 ? "B_Changed" : "A_Changed", wid: 1)
        }
        let page = try client.pull(1, ["topics": ["B_*"], "limit": 4])
        #expect(page.indexes == [3, 6, 9, 12])
        #expect(page.next == 12)
        #expect(page["count"] == ["from": 1, "to": 12, "filtered": 8, "coalesced": 0])
        #expect(page.more == true)
    }

    @Test("Large pages of many pulls at once are all read, whatever a tick may encode")
    func largePagesAtOnce() throws {
        let large = JSONValue.text(String(repeating: "x", count: 200_000))
        for _ in 0..<10 { try client.publish(topic: "A_B", wid: 0, body: large) }
        try client.publish(topic: "B_B", wid: 0, body: large)
        let endpoint = hub.endpoint
        let pages = try concurrently(24) { number in
            let client = try RawClient(endpoint)
            return try (0..<3).map { _ in
                try client.pull(number + 1, number % 2 == 0 ? [:] : ["topics": ["B_*"]]).indexes
            }
        }
        for (number, indexes) in pages.enumerated() {
            let due = number % 2 == 0 ? [1, 2, 3, 4, 5] : [11]
            #expect(indexes == [due, due, due])
        }
    }

    @Test("Committing `next` does away with what the filter left out")
    func commitBeyondFiltered() throws {
        try client.publish(topic: "A_B", wid: 1)
        try client.publish(topic: "B_B", wid: 1)
        let page = try client.pull(1, ["topics": ["B_*"]])
        #expect(page.indexes == [2])
        #expect(try client.pull(1, ["commit": 2]).messages.isEmpty)
    }

    @Test("A filter looks at 10,000 messages a pull: an empty page with `more` means pull again")
    func filterLooks() throws {
        try publish(Array(repeating: 1, count: 10_000))
        try publish(Array(repeating: 1, count: 4))
        try client.publish(topic: "B_B", wid: 1)
        let empty = try client.pull(1, ["topics": ["B_*"], "wait": 5])
        #expect(empty.messages.isEmpty)
        #expect(empty.more == true)
        #expect(empty.next == 10_000)
        #expect(empty["count"] == ["from": 1, "to": 10_000, "filtered": 10_000, "coalesced": 0])
        let found = try client.pull(1, ["topics": ["B_*"], "commit": 10_000])
        #expect(found.indexes == [10_005])
        #expect(found.ordinals == [10_005])
        #expect(found["count"] == ["from": 10_001, "to": 10_005, "filtered": 4, "coalesced": 0])
    }

    @Test(
        "A page that a filter spreads over many turns is the page that one turn would have read",
        arguments: [(1000, 16_777_216), (7, 16_777_216), (1000, 2_000), (1, 1)])
    func filterTurns(limit: Int, maxBytes: Int) throws {
        let isShown = { (index: Int) in index % 97 == 5 || (2_000..<2_300).contains(index) }
        let messages = (1...5_000).map { index in
            let body = JSONValue.text(String(repeating: "x", count: index % 400)).serialized()
            return "{\"topic\":\"\(isShown(index) ? "B" : "A")_C\",\"wid\":\(index % 2),"
                + "\"body\":\(body)}"
        }
        let stored = try client.request(
            "POST", "/v1/messages/batch", "[" + messages.joined(separator: ",") + "]")
        #expect(stored.status == 201)
        var (from, ordinal) = (0, 0)
        while true {
            let page = try client.pull(
                1,
                [
                    "topics": ["B_*"], "limit": .number("\(limit)"),
                    "maxBytes": .number("\(maxBytes)"), "commit": .number("\(from)"),
                ])
            let next = page.next
            #expect(page.indexes == ((from + 1)..<(next + 1)).filter(isShown))
            let count = page["count"]
            #expect(count["from"]?.integer == ordinal + 1)
            ordinal = try #require(count["to"]?.integer)
            #expect(ordinal == next)
            #expect(count["filtered"]?.integer == next - from - page.messages.count)
            let bytes = page.messages.reduce(0) { $0 + $1.serialized().utf8.count }
            #expect(page.messages.count <= limit)
            #expect(page.messages.count <= 1 || bytes <= maxBytes)
            // Nothing but its bounds ends a page.
            guard page.more == true else { break }
            let following = ((next + 1)...5_000).first(where: isShown)
            #expect(
                page.messages.count == limit || following == next + 1 && bytes + 700 > maxBytes)
            from = next
        }
        #expect(ordinal == 5_000)
    }

    // MARK: The line without a lease

    @Test("The line can be read for any wid, also one never seen, and nothing moves")
    func readLine() throws {
        try publish([0, 3, 4, 0])
        let never = try client.get("/v1/warehouses/9/messages")
        #expect(never.indexes == [1, 4])
        #expect(never.ordinals == [1, 2])
        #expect(never.next == 4)
        #expect(never.more == false)
        #expect(try client.get("/v1/warehouses/9").status == 404)
        _ = try client.pull(3, ["session": "s"])
        _ = try client.post("/v1/warehouses/3/commit", ["index": 1, "session": "s"])
        #expect(try client.get("/v1/warehouses/3/messages").indexes == [2, 4])
        #expect(try client.get("/v1/warehouses/3/messages?after=0&limit=1").indexes == [1])
        #expect(try client.get("/v1/warehouses/3/messages?after=0&limit=1").more == true)
        let seen = try client.get("/v1/warehouses/3")
        #expect(seen.integer("committed") == 1)
        #expect(seen.integer("delivered") == 4)
        #expect(seen["session"].text == "s")
    }

    @Test("The line can be read by topic")
    func readLineByTopic() throws {
        try client.publish(topic: "A_Created", wid: 1)
        try client.publish(topic: "B_Created", wid: 1)
        #expect(try client.get("/v1/warehouses/1/messages?topic=B_Created").indexes == [2])
        #expect(try client.get("/v1/warehouses/1/messages?topic=*_Created").indexes == [1, 2])
    }

    @Test(
        "What is asked of the line is checked",
        arguments: [
            ("after=-1", 422), ("limit=0", 422), ("limit=1001", 422), ("topic=A%20B", 422),
            ("foo=1", 422), ("after=1", 409), ("limit=1&limit=2", 400), ("topic=%zz", 400),
        ])
    func readLineChecks(query: String, status: Int) throws {
        #expect(try client.get("/v1/warehouses/1/messages?\(query)").status == status)
    }
}

import Foundation
import TestSupport
import Testing
import Wire

private func message(_ number: Int, id: String? = nil, wid: Int = 1) -> String {
    let id = id.map { ",\"id\":\"\($0)\"" } ?? ""
    return "{\"topic\":\"A_Changed\",\"wid\":\(wid),\"body\":\(number)\(id)}"
}

@Suite struct BatchTests {
    private let hub: RunningHub
    private let client: RawClient

    init() throws {
        hub = try RunningHub()
        client = try hub.client()
    }

    private func post(_ messages: [String]) throws -> Answer {
        try client.request(
            "POST", "/v1/messages/batch", "[" + messages.joined(separator: ",") + "]")
    }

    private func postLines(_ text: String) throws -> Answer {
        try client.request("POST", "/v1/messages/batch", text, type: "application/x-ndjson")
    }

    private func bodies(_ wid: Int = 1) throws -> [Int?] {
        try client.pull(wid, ["limit": 1000, "after": 0]).messages.map { $0["body"]?.integer }
    }

    // MARK: What is stored

    @Test(
        "A batch gets consecutive indexes in its order, and as many ids", arguments: [true, false])
    func consecutive(isArray: Bool) throws {
        try client.publish(wid: 2)
        let messages = (0..<50).map { message($0) }
        let answer = isArray ? try post(messages) : try postLines(messages.joined(separator: "\n"))
        #expect(answer.status == 201)
        #expect(answer.integer("count") == 50)
        #expect(answer.integer("firstIndex") == 2)
        #expect(answer.integer("lastIndex") == 51)
        #expect(answer.integer("duplicates") == 0)
        #expect(answer.json["indexes"] == nil)
        let page = try client.pull(1)
        #expect(page.ids == (answer["ids"].elements ?? []).map { $0.text ?? "" })
        #expect(page.ids == page.ids.sorted())
        #expect(page.indexes == Array(2...51))
        #expect(try bodies() == (0..<50).map { $0 })
    }

    @Test("Lines may end with CR LF, be blank, and lack the last line feed")
    func lines() throws {
        let answer = try postLines("\(message(1))\r\n\r\n  \n\(message(2))\n\(message(3))")
        #expect(answer.integer("count") == 3)
        #expect(try bodies() == [1, 2, 3])
    }

    @Test("Batches of many connections do not mix: each has consecutive indexes")
    func unmixed() throws {
        let endpoint = hub.endpoint
        let ranges = try concurrently(8) { number in
            let client = try RawClient(endpoint)
            return try (0..<10).map { round in
                let messages = (0..<20).map { message(number * 1000 + round * 20 + $0) }
                let answer = try client.request(
                    "POST", "/v1/messages/batch", "[" + messages.joined(separator: ",") + "]")
                let first = answer.integer("firstIndex") ?? 0
                #expect(answer.integer("lastIndex") == first + 19)
                return first
            }
        }
        #expect(ranges.joined().sorted() == (0..<80).map { $0 * 20 + 1 })
        for starts in ranges { #expect(starts == starts.sorted()) }
    }

    @Test("1 to 10,000 messages make a batch")
    func counts() throws {
        let empty = try post([])
        #expect(empty.status == 422)
        #expect(try postLines("").status == 422)
        #expect(try postLines(" \n\r\n").status == 422)
        let most = (0..<10_000).map { message($0) }
        let answer = try post(most)
        #expect(answer.status == 201)
        #expect(answer.integer("lastIndex") == 10_000)
        #expect(answer["ids"].elements?.count == 10_000)
        let tooMany = try post(most + [message(1)])
        #expect(tooMany.status == 413)
        let tooManyLines = try postLines((most + [message(1)]).joined(separator: "\n"))
        #expect(tooManyLines.status == 413)
        #expect(try client.publish(wid: 1).integer("index") == 10_001)
    }

    @Test("A batch may have 16 MiB")
    func size() throws {
        let body = "\"" + String(repeating: "x", count: 200_000) + "\""
        let one = "{\"topic\":\"A_B\",\"wid\":1,\"body\":\(body)}"
        #expect(try post(Array(repeating: one, count: 80)).integer("count") == 80)
        let tooLarge = try hub.client().request(
            "POST", "/v1/messages/batch",
            "[" + Array(repeating: one, count: 90).joined(separator: ",") + "]")
        #expect(tooLarge.status == 413)
        #expect(try client.publish(wid: 1).integer("index") == 81)
    }

    // MARK: Duplicates

    @Test("With duplicates every index is told, first and last are those of the new ones")
    func duplicates() throws {
        var ids = MessageIDs()
        let (a, b, c, d) = (ids.next(), ids.next(), ids.next(), ids.next())
        _ = try post([message(1, id: a), message(2, id: b)])
        let answer = try post([
            message(3, id: c), message(1, id: a), message(4, id: d), message(2, id: b),
        ])
        #expect(answer.status == 201)
        #expect(answer.integer("count") == 4)
        #expect(answer.integer("duplicates") == 2)
        #expect(answer["ids"] == .array([c, a, d, b].map { .text($0) }))
        #expect(answer["indexes"] == [3, 1, 4, 2])
        #expect(answer.integer("firstIndex") == 3)
        #expect(answer.integer("lastIndex") == 4)
        #expect(try bodies() == [1, 2, 3, 4])
    }

    @Test("A batch with nothing new is answered 200, without a first and a last")
    func nothingNew() throws {
        var ids = MessageIDs()
        let messages = (0..<300).map { message($0, id: ids.next()) }
        let first = try post(messages)
        for _ in 0..<2 {
            let again = try post(messages)
            #expect(again.status == 200)
            #expect(again["firstIndex"] == .null)
            #expect(again["lastIndex"] == .null)
            #expect(again.integer("duplicates") == 300)
            #expect(again["ids"] == first["ids"])
            #expect(again["indexes"] == .array((1...300).map { .number("\($0)") }))
        }
        #expect(try bodies().count == 300)
    }

    @Test("An id twice in one batch makes one message if both say the same")
    func twins() throws {
        var ids = MessageIDs()
        let (a, b) = (ids.next(), ids.next())
        let answer = try post([
            message(1, id: a), message(9), message(1, id: a), message(2, id: b),
            message(1, id: a.uppercased()),
        ])
        #expect(answer.status == 201)
        #expect(answer["indexes"] == [1, 2, 1, 3, 1])
        #expect(answer.integer("duplicates") == 2)
        #expect(answer["ids"][4]?.text == a)
        #expect(try bodies() == [1, 9, 2])
    }

    @Test("An id twice in one batch with other content is a conflict; nothing is stored")
    func unequalTwins() throws {
        var ids = MessageIDs()
        let id = ids.next()
        let answer = try post([message(7), message(1, id: id), message(2, id: id)])
        #expect(answer.status == 409)
        #expect(answer.code == "id_conflict")
        #expect(answer.pointers == ["/2/id"])
        #expect(try bodies() == [])
        #expect(try post([message(2, id: id)]).integer("firstIndex") == 1)
    }

    @Test("A conflict is told by its pointers, and nothing of the batch is stored")
    func conflicts() throws {
        var ids = MessageIDs()
        let (a, b, c) = (ids.next(), ids.next(), ids.next())
        _ = try post([message(1, id: a), message(2, id: b)])
        let answer = try post([
            message(3, id: c), message(5, id: a), message(2, id: b), message(6, id: b),
        ])
        #expect(answer.status == 409)
        #expect(answer.pointers == ["/1/id", "/3/id"])
        #expect(try bodies() == [1, 2])
        // Not even the id of the message that was right is taken.
        #expect(try post([message(4, id: c)]).status == 201)
        #expect(try bodies() == [1, 2, 4])
    }

    @Test("A batch retried by many connections at once is stored once")
    func concurrentRetry() throws {
        let endpoint = hub.endpoint
        var ids = MessageIDs()
        let text = "[" + (0..<100).map { message($0, id: ids.next()) }.joined(separator: ",") + "]"
        let answers = try concurrently(8) { _ in
            try RawClient(endpoint).request("POST", "/v1/messages/batch", text)
        }
        #expect(answers.count { $0.status == 201 } == 1)
        #expect(answers.count { $0.status == 200 } == 7)
        #expect(try bodies() == (0..<100).map { $0 })
    }

    // MARK: What is refused

    @Test(
        "What is invalid is told by pointers into the batch, and nothing is stored",
        arguments: [
            true, false,
        ])
    func invalid(isArray: Bool) throws {
        let messages = [
            message(0), message(1), message(2), #"{"topic":"A B","wid":1,"body":1}"#,
            #"{"topic":"A_B","body":1}"#, "7", #"{"topic":"A_B","wid":1,"body":1,"x":1,"id":"y"}"#,
        ]
        let answer = isArray ? try post(messages) : try postLines(messages.joined(separator: "\n"))
        #expect(answer.status == 422)
        #expect(answer.pointers == ["/3/topic", "/4/wid", "/5", "/6/x", "/6/id"])
        #expect(try bodies() == [])
        #expect(try client.publish(wid: 1).integer("index") == 1)
    }

    @Test("A body over 256 KiB in a batch is too large, and nothing is stored")
    func largeBody() throws {
        let body = "\"" + String(repeating: "x", count: 256 * 1024) + "\""
        let answer = try post([
            message(0), "{\"topic\":\"A_B\",\"wid\":1,\"body\":\(body)}",
        ])
        #expect(answer.status == 413)
        #expect(answer.code == "body_too_large")
        #expect(answer.pointers == ["/1/body"])
        #expect(try bodies() == [])
    }

    @Test("A member given twice in one message is malformed, and nothing is stored")
    func twice() throws {
        let answer = try post([message(0), #"{"topic":"A_B","wid":1,"WID":1,"body":1}"#])
        #expect(answer.status == 400)
        #expect(answer.pointers == ["/1/wid"])
        let unknown = try post([message(0), #"{"x":1,"a/~":1,"A/~":1}"#])
        #expect(unknown.status == 400)
        #expect(unknown.pointers == ["/1/A~1~0"])
        // Two messages may of course have the same mistake.
        #expect(try post([#"{"x":1}"#, #"{"x":1}"#]).status == 422)
        #expect(try bodies() == [])
    }

    @Test(
        "A batch that is no JSON, or no array, is refused whole",
        arguments: [
            ("[{}", 400), ("{}", 422), ("[1,]", 400), ("7", 422), ("[]x", 400),
        ])
    func malformed(text: String, status: Int) throws {
        let answer = try client.request("POST", "/v1/messages/batch", text)
        #expect(answer.status == status)
    }

    @Test("A line that is no JSON refuses all lines")
    func malformedLine() throws {
        #expect(try postLines("\(message(1))\n{\n\(message(2))").status == 400)
        #expect(try postLines("\(message(1)) \(message(2))").status == 400)
        #expect(try bodies() == [])
    }

    @Test(
        "What is malformed in a line is told by the line, and the place in it",
        arguments: [
            (#"{"topic":"A_B",}"#, 15), ("{", 1), (#"{"topic":"\x"}"#, 10), ("{} 7", 3), ("nul", 3),
        ])
    func malformedLinePlace(line: String, byte: Int) throws {
        let answer = try postLines("\(message(0))\n\n\(message(1))\r\n\(message(2))\n\(line)\n{")
        #expect(answer.status == 400)
        #expect(answer.code == "malformed_json")
        #expect(answer.pointers == ["/3"])
        let detail = answer["detail"].text ?? ""
        #expect(detail.contains("(at byte \(byte) of line 5)"), "\(detail)")
        #expect(try bodies() == [])
    }

    @Test("Half of a surrogate pair in a batch is told by the message's place")
    func loneSurrogate() throws {
        let bad = #"{"topic":"A_B","wid":1,"body":"\ud800"}"#
        let messages = [message(0), message(1), message(2), bad]
        let answers = [try post(messages), try postLines(messages.joined(separator: "\n"))]
        for answer in answers {
            #expect(answer.status == 422)
            #expect(answer.pointers == ["/3/body"])
        }
        #expect(try bodies() == [])
    }

    @Test("Refused batches leave no trace while others are stored beside them")
    func refusedBesideStored() throws {
        let endpoint = hub.endpoint
        var ids = MessageIDs()
        let taken = ids.next()
        _ = try post([message(-1, id: taken)])
        let statuses = try concurrently(8) { number in
            let client = try RawClient(endpoint)
            return try (0..<30).map { round in
                let isBad = (number + round) % 2 == 0
                let id = isBad ? taken : nil
                let text = "[\(message(round)),\(message(round, id: id))]"
                return try client.request("POST", "/v1/messages/batch", text).status
            }
        }
        #expect(statuses.joined().count { $0 == 409 } == 120)
        #expect(statuses.joined().count { $0 == 201 } == 120)
        let page = try client.pull(1, ["limit": 1000])
        #expect(page.indexes == Array(1...241))
    }
}

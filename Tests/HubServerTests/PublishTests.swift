import Foundation
import Platform
import TestSupport
import Testing
import Wire

@Suite struct PublishTests {
    private let hub: RunningHub
    private let client: RawClient

    init() throws {
        hub = try RunningHub()
        client = try hub.client()
    }

    private func post(_ body: String) throws -> Answer {
        try client.request("POST", "/v1/messages", body)
    }

    // MARK: The answer

    @Test("A message with everything is stored, and given back as it was sent")
    func wholeMessage() throws {
        let id = "0199d5f0-6c00-7abc-8def-0123456789ab"
        let answer = try post(
            """
            {"topic":"SaleOrder_Changed","wid":105,"key":"order:10001",\
            "body":{"OrderId":"10001"},"id":"\(id)","occurred":"2026-11-20T08:00:00Z"}
            """)
        #expect(answer.status == 201)
        #expect(answer["id"].text == id)
        #expect(answer.integer("index") == 1)
        #expect(answer[field: "Location"] == "/v1/messages/\(id)")
        #expect(answer.json["duplicate"] == nil)
        let created = try #require(answer["created"].text)
        #expect(Timestamp.parse(created) != nil)
        #expect(created.utf8.count == "2026-11-20T08:00:00.000Z".utf8.count)
        let message = try #require(try client.pull(105).messages.first)
        #expect(message["id"]?.text == id)
        #expect(message["index"]?.integer == 1)
        #expect(message["ordinal"]?.integer == 1)
        #expect(message["topic"]?.text == "SaleOrder_Changed")
        #expect(message["wid"]?.integer == 105)
        #expect(message["key"]?.text == "order:10001")
        #expect(message["body"] == ["OrderId": "10001"])
        #expect(message["created"]?.text == created)
        #expect(message["occurred"]?.text == "2026-11-20T08:00:00.000Z")
        let looked = try client.get(answer[field: "Location"] ?? "")
        #expect(looked.integer("index") == 1)
    }

    @Test("Indexes are dense from 1, and the hub's own ids rise")
    func dense() throws {
        var ids: [String] = []
        for index in 1...20 {
            let answer = try client.publish(wid: index % 3)
            #expect(answer.integer("index") == index)
            ids.append(answer["id"].text ?? "")
        }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == 20)
        for id in ids { #expect(Array(id)[14] == "7") }
    }

    @Test("What was answered is there after a restart, and indexes go on")
    func restart() throws {
        let first = try client.publish(wid: 1, key: "a")
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        #expect(try client.pull(1).ids == [first["id"].text])
        let second = try client.publish(wid: 1)
        #expect(second.integer("index") == 2)
        #expect((second["id"].text ?? "") > (first["id"].text ?? ""))
        #expect((second["created"].text ?? "") >= (first["created"].text ?? ""))
    }

    @Test("Requests of one connection are stored in their order")
    func pipelined() throws {
        var bytes = ""
        for number in 1...200 {
            let body = "{\"topic\":\"A_Changed\",\"wid\":1,\"body\":\(number)}"
            bytes +=
                "POST /v1/messages HTTP/1.1\r\nHost: hub\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        try client.send(bytes)
        for number in 1...200 { #expect(try client.answer().integer("index") == number) }
        let page = try client.pull(1, ["limit": 1000])
        #expect(page.messages.map { $0["body"]?.integer } == (1...200).map { $0 })
    }

    // MARK: Members

    @Test(
        "A required member that is missing is told by its pointer",
        arguments: [
            ("{}", ["/topic", "/wid", "/body"]),
            (#"{"wid":1,"body":1}"#, ["/topic"]),
            (#"{"topic":"A_B","body":1}"#, ["/wid"]),
            (#"{"topic":"A_B","wid":1}"#, ["/body"]),
            ("[]", [""]), ("7", [""]), ("null", [""]),
        ])
    func missing(body: String, pointers: [String]) throws {
        let answer = try post(body)
        #expect(answer.status == 422)
        #expect(answer.code == "invalid_content")
        #expect(answer.pointers == pointers)
        #expect(try client.publish(wid: 1).integer("index") == 1)
    }

    @Test("No body at all is an empty object, and so lacks everything")
    func noBody() throws {
        let answer = try client.request("POST", "/v1/messages", "")
        #expect(answer.status == 422)
        #expect(answer.pointers == ["/topic", "/wid", "/body"])
    }

    @Test(
        "A value out of its range is told by its pointer",
        arguments: [
            ("topic", #""""#), ("topic", #""A B""#), ("topic", "\"Ä_B\""), ("topic", "5"),
            ("topic", "null"), ("topic", "\"\(String(repeating: "t", count: 129))\""),
            ("topic", #""A/B""#), ("topic", #""A*""#),
            ("wid", "-1"), ("wid", "2147483648"), ("wid", "\"5\""), ("wid", "1.5"), ("wid", "null"),
            ("wid", "1e2"), ("wid", "true"), ("wid", "99999999999999999999"), ("wid", "[]"),
            ("key", #""""#), ("key", "7"), ("key", "\"\(String(repeating: "é", count: 257))\""),
            ("key", "{}"),
            ("id", #""5""#), ("id", "5"), ("id", #""f81d4fae-7dec-41d0-a765-00a0c91e6bf6""#),
            ("id", #""0199d5f0-6c00-7abc-0def-0123456789ab""#),
            ("id", #""0199d5f06c007abc8def0123456789ab""#),
            ("occurred", #""yesterday""#), ("occurred", "1790000000"),
            ("occurred", #""2026-02-30T00:00:00Z""#), ("occurred", #""2026-11-20T08:00:00""#),
            ("created", #""x""#), ("unknown", "1"), ("wids", "[1]"), ("index", "1"),
        ])
    func outOfRange(member: String, value: String) throws {
        var members = ["topic": "\"A_B\"", "wid": "1", "body": "1"]
        members[member] = value
        let text = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        let answer = try post("{\(text.joined(separator: ","))}")
        #expect(answer.status == 422, "\(answer.text)")
        #expect(answer.pointers == ["/\(member)"])
        #expect(try client.publish(wid: 1).integer("index") == 1)
    }

    @Test(
        "The bounds themselves are fine",
        arguments: [
            #"{"topic":"t","wid":0,"body":null}"#,
            #"{"topic":"A.b-C_9","wid":2147483647,"body":""}"#,
            "{\"topic\":\"\(String(repeating: "t", count: 128))\",\"wid\":1,\"body\":1}",
            #"{"topic":"t","wid":1,"body":1,"key":"\#(String(repeating: "é", count: 256))"}"#,
            #"{"topic":"t","wid":1,"body":1,"key":"\#(String(repeating: "𝄞", count: 256))"}"#,
            #"{"topic":"t","wid":1,"body":1,"key":null,"id":null,"occurred":null}"#,
            #"{"topic":"t","wid":1,"body":1,"occurred":"2026-11-20t08:00:00.123456+08:00"}"#,
            #" { "topic" : "t" , "wid" : 1 , "body" : 1 } "#,
        ])
    func bounds(body: String) throws {
        #expect(try post(body).status == 201)
    }

    @Test("A key of 256 characters that are not ASCII comes back as it was sent")
    func longKey() throws {
        let key = String(repeating: "鍵", count: 128) + String(repeating: "𝄞", count: 128)
        #expect(try client.publish(wid: 1, key: key).status == 201)
        let escaped = String(repeating: #"\u9375\ud834\udd1e"#, count: 128)
        #expect(
            try post(#"{"topic":"t","wid":1,"body":1,"key":"\#(escaped)"}"#).status == 201)
        let keys = try client.pull(1).keys
        #expect(keys == [key, String(repeating: "鍵𝄞", count: 128)])
    }

    @Test("All that is wrong is told at once")
    func allMistakes() throws {
        let answer = try post(#"{"topic":"A B","wid":-1,"key":"","foo":1,"id":"x","body":1}"#)
        #expect(answer.status == 422)
        #expect(answer.pointers == ["/topic", "/wid", "/key", "/foo", "/id"])
        #expect(answer[field: "Content-Type"] == "application/problem+json")
        #expect(answer["retryable"].boolean == false)
        for member in ["type", "title", "detail", "instance"] {
            #expect(answer[member].text?.isEmpty == false)
        }
        #expect(answer.integer("status") == 422)
    }

    @Test("Names of members match without regard to case")
    func anyCase() throws {
        let answer = try post(
            """
            {"Topic":"A_B","WID":3,"KEY":"k","Body":1,"ID":"0199d5f0-6c00-7abc-8def-0123456789ab",\
            "Occurred":"2026-11-20T08:00:00Z"}
            """)
        #expect(answer.status == 201)
        let message = try #require(try client.pull(3).messages.first)
        #expect(message["key"]?.text == "k")
        #expect(message["occurred"]?.text == "2026-11-20T08:00:00.000Z")
    }

    @Test(
        "A member given twice, in whatever case, is malformed",
        arguments: [
            #"{"topic":"A_B","topic":"A_B","wid":1,"body":1}"#,
            #"{"topic":"A_B","TOPIC":"A_B","wid":1,"body":1}"#,
            #"{"topic":"A_B","wid":1,"Wid":1,"body":1}"#,
            #"{"topic":"A_B","wid":1,"body":1,"Body":2}"#,
            #"{"topic":"A_B","wid":1,"body":1,"key":null,"key":"a"}"#,
            #"{"topic":"A_B","wid":1,"body":1,"\u0077id":2}"#,
            #"{"topic":"A_B","wid":1,"body":1,"x":1,"x":1}"#,
            #"{"x":1,"topic":"A_B","wid":1,"body":1,"X":{}}"#,
            #"{"a/b":1,"\u00e4":1,"\u0041/B":1}"#,
            #"{"bodies":1,"x":1,"Ä":1,"BODIES":1,"ä":1}"#,
        ])
    func twice(body: String) throws {
        let answer = try post(body)
        #expect(answer.status == 400)
        #expect(answer.code == "duplicate_member")
        #expect(try client.publish(wid: 1).integer("index") == 1)
    }

    @Test(
        "What is no JSON text is malformed",
        arguments: [
            "{", "{}}", "{} x", #"{"topic":"A_B",}"#, #"{'topic':"A_B"}"#, "{\"body\":01}",
            "{\"body\":NaN}", "{\"body\":\"\u{1}\"}", #"{"body":"\x"}"#,
            "{\"body\":+1}", "{\"body\":1.}", "\u{FEFF}{}",
        ])
    func malformed(body: String) throws {
        let answer = try post(body)
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.code == "malformed_json")
    }

    @Test(
        "Half of a surrogate pair, which no other language can read, is told by its pointer",
        arguments: [
            (#""key":"\ud800","body":1"#, "/key"), (#""body":"a\udc00""#, "/body"),
            (#""body":{"a":["\ud83d\ude00","\ud83d"]}"#, "/body"),
            (#""body":{"\ud800":1}"#, "/body"),
        ])
    func loneSurrogate(members: String, pointer: String) throws {
        let answer = try post("{\"topic\":\"A_B\",\"wid\":1,\(members)}")
        #expect(answer.status == 422)
        #expect(answer.code == "invalid_content")
        #expect(answer.pointers == [pointer])
        let body = #""\ud83d\ude00 \\ud800""#
        #expect(try post("{\"topic\":\"A_B\",\"wid\":1,\"body\":\(body)}").integer("index") == 1)
        #expect(try client.pull(1).rawBody() == body)
    }

    @Test("Bytes that are not UTF-8 are malformed")
    func notUTF8() throws {
        var body = Array(#"{"topic":"A_B","wid":1,"body":""#.utf8)
        body += [0xC3, 0x28]
        body += Array("\"}".utf8)
        try client.send("POST /v1/messages HTTP/1.1\r\nHost: hub\r\n")
        try client.send("Content-Length: \(body.count)\r\n\r\n")
        try client.send(body)
        #expect(try client.answer().status == 400)
    }

    // MARK: Bodies

    @Test(
        "A body is kept byte for byte but for white space between its tokens",
        arguments: [
            ("1E400", "1E400"), ("-0", "-0"), ("-0.0e-0", "-0.0e-0"),
            ("123456789012345678901234567890.10", "123456789012345678901234567890.10"),
            ("null", "null"), ("true", "true"), ("\"\"", "\"\""), ("[]", "[]"), ("{}", "{}"),
            (#""a\u00e9\/\n\ud834\udd1eé""#, #""a\u00e9\/\n\ud834\udd1eé""#),
            ("\" two  spaces\\t\"", "\" two  spaces\\t\""),
            ("{ \"b\" : 1 ,\n\t\"a\" : [ 1 , 2 ] }", "{\"b\":1,\"a\":[1,2]}"),
            (#"{"a":1,"A":2}"#, #"{"a":1,"A":2}"#),
            ("\"\u{7F}\u{2028}\u{FFFF}\"", "\"\u{7F}\u{2028}\u{FFFF}\""),
        ])
    func bodies(sent: String, kept: String) throws {
        #expect(try post(#"{"topic":"A_B","wid":1,"body":\#(sent)}"#).status == 201)
        #expect(try client.pull(1).rawBody() == kept)
        #expect(try client.get("/v1/messages/1").rawBody() == kept)
    }

    @Test("A body may have 256 KiB as sent, its white space counted")
    func bodyLimit() throws {
        func text(_ body: String) -> String { #"{"topic":"A_B","wid":1,"body":\#(body)}"# }
        let whole = "\"" + String(repeating: "x", count: 256 * 1024 - 2) + "\""
        #expect(try post(text(whole)).status == 201)
        let spaced = "[" + String(repeating: " ", count: 256 * 1024 - 2) + "]"
        #expect(try post(text(spaced)).status == 201)
        for size in [256 * 1024 - 1, 300 * 1024, 2 * 1024 * 1024] {
            let client = try hub.client()
            let body = "[" + String(repeating: " ", count: size) + "]"
            let answer = try client.request("POST", "/v1/messages", text(body))
            #expect(answer.status == 413)
            #expect(answer.code == "body_too_large")
        }
        let page = try client.pull(1)
        #expect(page.indexes == [1, 2])
        #expect(page.messages.last?["body"] == [])
    }

    // MARK: Times

    @Test("`created` in a request is taken as `occurred`")
    func createdIsOccurred() throws {
        _ = try post(#"{"topic":"A_B","wid":1,"body":1,"created":"2016-07-04T13:32:35+08:00"}"#)
        let message = try #require(try client.pull(1).messages.first)
        #expect(message["occurred"]?.text == "2016-07-04T05:32:35.000Z")
        #expect((message["created"]?.text ?? "") > "2020")
    }

    @Test("Without `occurred` it is null in what is pulled, and so is a missing key")
    func leftOut() throws {
        try client.publish(wid: 1)
        let message = try #require(try client.pull(1).messages.first)
        #expect(message["occurred"] == .null)
        #expect(message["key"] == .null)
    }

    @Test("A clock stepped back stops `created` but never turns it; ids go on rising")
    func clockSteppedBack() throws {
        var created: [String] = []
        var ids: [String] = []
        for offset in [0, 5000, -3_600_000, -7_200_000, 6000] as [Int64] {
            hub.clock.offsetMilliseconds = offset
            for _ in 0..<3 {
                let answer = try client.publish(wid: 1)
                created.append(answer["created"].text ?? "")
                ids.append(answer["id"].text ?? "")
            }
        }
        #expect(created == created.sorted())
        #expect(ids == ids.sorted())
        #expect(Set(created[5..<12]).count == 1)
        #expect(created[12] > created[11])
    }

    @Test("A position by time is right though the clock was stepped back")
    func timeAfterStep() throws {
        hub.clock.offsetMilliseconds = 0
        let first = try client.publish(wid: 1)
        hub.clock.offsetMilliseconds = 60_000
        let second = try client.publish(wid: 1)
        hub.clock.offsetMilliseconds = -60_000
        let third = try client.publish(wid: 1)
        #expect(second["created"] == third["created"])
        hub.clock.offsetMilliseconds = 120_000
        let fourth = try client.publish(wid: 1)
        let starts = [first, second, third, fourth].map { $0["created"].text ?? "" }
        let expected = [[1, 2, 3, 4], [2, 3, 4], [2, 3, 4], [4]]
        for (place, start) in starts.enumerated() {
            let page = try client.pull(1, ["after": 0])
            #expect(page.indexes == [1, 2, 3, 4])
            let seek = try client.post(
                "/v1/warehouses/1/seek", ["to": .text(start), "dryRun": true])
            #expect(seek.integer("to") == expected[place][0] - 1)
        }
    }

    @Test("`created` goes on from where it was after a restart with the clock stepped back")
    func clockAfterRestart() throws {
        hub.clock.offsetMilliseconds = 3_600_000
        let first = try client.publish(wid: 1)
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let second = try again.client().publish(wid: 1)
        #expect(second["created"] == first["created"])
        #expect((second["id"].text ?? "") > (first["id"].text ?? ""))
    }

    @Test("Ids that publishers give never touch the hub's clock")
    func futureID() throws {
        let before = try client.publish(wid: 1)
        var ids = MessageIDs(from: 9_000_000_000_000)
        let given = try client.publish(wid: 1, id: ids.next())
        let after = try client.publish(wid: 1)
        #expect((given["created"].text ?? "9") < "2200")
        let gap =
            try #require(Timestamp.parse(after["created"].text ?? ""))
            - #require(Timestamp.parse(before["created"].text ?? ""))
        #expect(gap < 60_000)
        #expect((after["id"].text ?? "") > (before["id"].text ?? ""))
        #expect((after["id"].text ?? "") < (given["id"].text ?? ""))
    }
}

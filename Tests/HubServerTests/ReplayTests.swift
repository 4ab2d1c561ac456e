import Hub
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// Replays: copies of old messages for one warehouse.
@Suite("Replaying") struct ReplayTests {
    private static let id = "0193aaaa-0000-7000-8000-0000000000aa"

    /// A hub with so many messages of wids 0 to 4, the first half of them in the archive.
    private static func hub(_ count: Int) throws -> RunningHub {
        let folder = try TemporaryFolder()
        let first = try RunningHub(folder: folder)
        let client = try first.client()
        for start in stride(from: 0, to: count, by: 1000) {
            let lines = (start..<min(count, start + 1000)).map { number in
                """
                {"topic":"Order_Changed","wid":\(number % 5),"key":"k\(number)",\
                "occurred":"2026-11-01T00:00:00.00\(number % 10)Z","body":{"n":\(number)}}
                """
            }
            let answer = try client.request(
                "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                type: "application/x-ndjson")
            guard answer.status == 201 else { throw Unexpected(answer) }
        }
        first.stop()
        try ArchiveMove.run(folder.path, through: Int64(count / 2), perFrame: 700)
        return try RunningHub(folder: folder)
    }

    /// All slices of a replay.
    @discardableResult
    private func replay(
        _ client: RawClient, _ members: [JSONValue.Member], wid: Int = 3
    ) throws -> [Answer] {
        var answers: [Answer] = []
        var token: String?
        repeat {
            var body = members + [.init("wid", .number("\(wid)"))]
            if let token { body.append(.init("pageToken", .text(token))) }
            let answer = try client.post("/v1/archive/replay", .object(body))
            guard answer.status == 200 else { throw Unexpected(answer) }
            answers.append(answer)
            token = answer["nextPageToken"].text
        } while token != nil
        return answers
    }

    private func sum(_ answers: [Answer], _ path: String) -> Int {
        answers.reduce(0) { $0 + ($1.integer(path) ?? 0) }
    }

    private func line(_ client: RawClient, after: Int) throws -> [JSONValue] {
        var (messages, next, more): ([JSONValue], Int, Bool?) = ([], after, true)
        while more == true {
            let page = try client.get("/v1/warehouses/3/messages?after=\(next)&limit=1000")
            messages += page.messages
            (next, more) = (page.next, page.more)
        }
        return messages
    }

    @Test("A dry run counts, and stores nothing")
    func dryRun() throws {
        let hub = try Self.hub(300)
        let client = try hub.client()
        let answers = try replay(client, [.init("filter", [:]), .init("dryRun", true)])
        #expect(sum(answers, "count") == 120)
        #expect(sum(answers, "skipped") == 180)
        #expect(answers[0].integer("firstIndex") == 1)
        #expect(answers.last!["copies"].isNull)
        #expect(try client.get("/v1/archive").integer("head") == 300)
    }

    @Test("Copies come in the order of what they are copies of, with their content and replayOf")
    func order() throws {
        let hub = try Self.hub(3000)
        let client = try hub.client()
        let sources = try line(client, after: 0)
        #expect(sources.count == 1200)
        let answers = try replay(
            client, [.init("filter", [:]), .init("id", .text(Self.id))])
        #expect(sum(answers, "count") == 1200)
        #expect(answers.count > 1)
        #expect(answers[0].integer("copies", "firstIndex") == 3001)
        let copies = try line(client, after: 3000)
        #expect(copies.count == 1200)
        for (copy, source) in zip(copies, sources) {
            for member in ["topic", "key", "body", "occurred"] {
                #expect(copy[member] == source[member])
            }
            #expect(copy["wid"] == 3)
            #expect(copy["replayOf"]?["id"] == source["id"])
            #expect(copy["replayOf"]?["index"] == source["index"])
            #expect(copy["id"] != source["id"])
        }
        #expect(sources.allSatisfy { $0["replayOf"] == nil })
        let pulled = try client.pull(3, ["after": 3000, "limit": 1])
        #expect(pulled.messages[0]["replayOf"] == copies[0]["replayOf"])
        let seen = try client.get("/v1/messages/\(copies[0]["id"]!.text!)")
        #expect(seen["replayOf"] == copies[0]["replayOf"]!)
        let found = try client.get("/v1/messages?limit=1&wid=3")
        #expect(found.messages[0]["replayOf"] == copies[1199]["replayOf"])
    }

    @Test("The same replay again, whole or in part, stores nothing twice")
    func again() throws {
        let hub = try Self.hub(3000)
        let client = try hub.client()
        let members: [JSONValue.Member] = [
            .init("filter", [:]), .init("id", .text(Self.id)),
        ]
        let first = try client.post(
            "/v1/archive/replay", .object(members + [.init("wid", 3)]))
        #expect(first.integer("count") == 1000)
        #expect(try client.get("/v1/archive").integer("head") == 4000)
        // As after a lost answer: from the beginning.
        let answers = try replay(client, members)
        #expect(answers.reduce(0) { $0 + ($1.integer("copies", "duplicates") ?? 0) } == 1000)
        #expect(sum(answers, "count") == 1200)
        #expect(try client.get("/v1/archive").integer("head") == 4200)
        try replay(client, members)
        #expect(try client.get("/v1/archive").integer("head") == 4200)
    }

    @Test("The same replay again when its copies are in the archive stores nothing twice")
    func againArchived() throws {
        let first = try Self.hub(300)
        let id = MessageIDs(seed: 7, from: UInt64(WallClock().nowMilliseconds()))
        var ids = id
        let members: [JSONValue.Member] = [
            .init("filter", ["key": "k13"]), .init("id", .text(ids.next())),
        ]
        try replay(try first.client(), members)
        first.stop()
        try ArchiveMove.run(first.folder.path, through: 301, perFrame: 50)
        let hub = try RunningHub(folder: first.folder)
        let client = try hub.client()
        let answers = try replay(client, members)
        #expect(answers.last!.integer("copies", "duplicates") == 1)
        #expect(try client.get("/v1/archive").integer("head") == 301)
        let copy = try client.get("/v1/messages/301")
        #expect(copy["where"].text?.hasSuffix(".jsonl.zst") == true)
        #expect(copy["replayOf"] != .null)
        #expect(copy["replayOf"]["index"]?.integer == 14)
    }

    @Test("Each filter narrows a replay as it narrows a search")
    func filters() throws {
        let hub = try Self.hub(300)
        let client = try hub.client()
        for (filter, count, skipped) in [
            (["first": 101, "last": 200], 40, 60), (["key": "k3"], 1, 0),
            (["key": "k4"], 0, 1), (["text": "\"n\":29"], 4, 7), (["wid": 0], 60, 0),
            (["wid": 4], 0, 60), (["topic": "Nothing*"], 0, 0),
            (["to": "2001-01-01T00:00:00Z"], 0, 0),
        ] as [(JSONValue, Int, Int)] {
            let answers = try replay(client, [.init("filter", filter), .init("dryRun", true)])
            #expect(sum(answers, "count") == count, "\(filter.serialized())")
            #expect(sum(answers, "skipped") == skipped, "\(filter.serialized())")
        }
    }

    @Test("A replay that meets only other wids' messages stores nothing, and says so")
    func nothing() throws {
        let hub = try Self.hub(20)
        let answers = try replay(
            try hub.client(), [.init("filter", ["wid": 4]), .init("id", .text(Self.id))])
        #expect(answers.last!["copies"]["firstIndex"]?.isNull == true)
        #expect(try hub.client().get("/v1/archive").integer("head") == 20)
    }
}

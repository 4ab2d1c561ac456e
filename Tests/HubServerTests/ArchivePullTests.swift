import Foundation
import Hub
import Platform
import TestSupport
import Testing
import Wire

/// Pulls go on out of the archive: the line is the same wherever its messages are.
@Suite struct ArchivePullTests {
    private static let wids = [0, 2, 3, 9]

    /// A hub with messages for some warehouses, and the answer to reading a line of it whole.
    private struct Line: Equatable {
        var messages: [[JSONValue?]] = []
        var filtered = 0
        var to = 0
    }

    private func publish(_ client: RawClient, _ range: Range<Int>, seed: UInt64) throws {
        var random = SplitMix(seed)
        let lines = range.map { number in
            let topic = ["A_Created", "A_Changed", "B_Changed", "B_Deleted"]
                .randomElement(using: &random)!
            let key = ["\"k\"", "\"l\\\"ö\"", "null"].randomElement(using: &random)!
            // Warehouse 9 has few messages of its own, far apart.
            let wid = number % 97 == 0 ? 9 : Self.wids.prefix(3).randomElement(using: &random)!
            return """
                {"topic":"\(topic)","wid":\(wid),"key":\(key),"body":{"n":\(number),"t":"é\\n"},\
                "occurred":"2026-01-01T00:00:00.\(100 + number % 900)Z"}
                """
        }
        let answer = try client.request(
            "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
            type: "application/x-ndjson")
        try #require(answer.status == 201, "\(answer.text)")
    }

    /// Reads the line of `wid` behind `from` to its end by pulls that read ahead.
    private func readAll(
        _ client: RawClient, _ wid: Int, from: Int, limit: Int, topics: [String] = [],
        coalesce: Bool = false
    ) throws -> Line {
        var line = Line()
        var (after, more, ordinal) = (from, true, -1)
        while more {
            var ask: [JSONValue.Member] = [
                .init("after", .number("\(after)")), .init("limit", .number("\(limit)")),
                .init("coalesce", .boolean(coalesce)),
            ]
            if !topics.isEmpty { ask.append(.init("topics", .array(topics.map { .text($0) }))) }
            let page = try client.pull(wid, .object(ask))
            try #require(page.status == 200, "\(page.text)")
            let shown = page.messages.map { message in
                ["index", "ordinal", "topic", "wid", "key", "body", "occurred", "id", "created"]
                    .map { message[$0] }
            }
            // The counts of the pages join, and say what the pages stand for.
            let first = page.integer("count", "from")!
            if ordinal >= 0 { #expect(first == ordinal + 1) }
            ordinal = page.integer("count", "to")!
            let filtered = page.integer("count", "filtered")!
            let coalesced = page.integer("count", "coalesced")!
            #expect(ordinal - first + 1 == shown.count + filtered + coalesced)
            if topics.isEmpty { #expect(page.more == false || !shown.isEmpty) }
            line.messages += shown
            line.filtered += filtered
            line.to = ordinal
            #expect(page.next > after || page.more == false)
            (after, more) = (page.next, page.more == true)
        }
        return line
    }

    @Test(
        "A line reads the same whatever part of it is in the archive, from any position",
        arguments: [(1, 1), (100, 7), (613, 100), (700, .max)] as [(Int64, Int)])
    func sameLine(border: Int64, perFrame: Int) throws {
        let hub = try RunningHub()
        var client = try hub.client()
        try publish(client, 0..<700, seed: 11)
        for wid in [2, 3, 9, 77] { _ = try client.pull(wid) }
        let starts = [0, 1, 5, 99, 100, 101, 350, 612, 613, 614, 699, 700]
        func readEverything(_ client: RawClient) throws -> [Line] {
            try [2, 3, 9, 77].flatMap { wid in
                try starts.flatMap { start in
                    [
                        try readAll(client, wid, from: start, limit: 1000),
                        try readAll(client, wid, from: start, limit: 13),
                        try readAll(client, wid, from: start, limit: 50, topics: ["B_*"]),
                    ]
                }
            }
        }
        let before = try readEverything(client)
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: border, perFrame: perFrame)
        let again = try RunningHub(folder: hub.folder)
        client = try again.client()
        let after = try readEverything(client)
        for (old, new) in zip(before, after) { #expect(old == new) }
    }

    @Test("Runs are melted within archived pages as within others")
    func coalesced() throws {
        let hub = try RunningHub()
        try publish(try hub.client(), 0..<300, seed: 5)
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: 200, perFrame: 30)
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        let plain = try readAll(client, 2, from: 0, limit: 1000)
        let melted = try readAll(client, 2, from: 0, limit: 1000, coalesce: true)
        #expect(melted.to == plain.to)
        #expect(melted.messages.count < plain.messages.count)
    }

    @Test("A warehouse whose position is in the archive commits its way to the head, lag exact")
    func catchUp() throws {
        let hub = try RunningHub()
        try publish(try hub.client(), 0..<500, seed: 3)
        _ = try hub.client().pull(2)
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: 400, perFrame: 64)
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        let whole = try readAll(client, 2, from: 0, limit: 1000)
        var (commit, seen, more) = (0, [JSONValue?](), true)
        while more {
            let page = try client.pull(
                2, ["session": "a", "limit": 17, "commit": .number("\(commit)")])
            try #require(page.status == 200, "\(page.text)")
            #expect(page.integer("committed") == commit)
            #expect(page.integer("lag", "messages") == whole.messages.count - seen.count)
            let sight = try client.get("/v1/warehouses/2")
            #expect(sight.integer("lag", "messages") == whole.messages.count - seen.count)
            seen += page.messages.map { $0["index"] }
            (commit, more) = (page.next, page.more == true)
        }
        #expect(seen == whole.messages.map { $0[0] })
    }

    @Test("Advance on pull goes through the archive, each message once")
    func autocommit() throws {
        let hub = try RunningHub()
        try publish(try hub.client(), 0..<300, seed: 9)
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: 250, perFrame: 100)
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        let whole = try readAll(client, 3, from: 0, limit: 1000)
        var (seen, more) = ([JSONValue?](), true)
        #expect(try client.post("/v1/warehouses/3/seek", ["to": "archive"]).status == 200)
        while more {
            let page = try client.pull(3, ["autocommit": true, "limit": 40])
            try #require(page.status == 200, "\(page.text)")
            seen += page.messages.map { $0["index"] }
            more = page.more == true
        }
        #expect(seen == whole.messages.map { $0[0] })
    }

    @Test("Positions below the border: a time, an id, the oldest of all, the oldest in the store")
    func positions() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        var ids: [String] = []
        var times: [String] = []
        for number in 0..<6 {
            let answer = try client.publish(wid: 4, body: .number("\(number)"))
            ids.append(answer["id"].text!)
            times.append(answer["created"].text!)
            hub.clock.offsetMilliseconds += 1000
        }
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: 4, perFrame: 2)
        let again = try RunningHub(folder: hub.folder, clock: hub.clock)
        let other = try again.client()
        func start(_ wid: Int, _ position: JSONValue) throws -> [Int] {
            try other.publish(wid: wid)
            return try other.get("/v1/warehouses/4/messages?after=0").status == 200
                ? try other.pull(wid, ["start": position]).indexes : []
        }
        _ = try other.pull(4, ["start": "latest"])
        for (position, committed) in [
            (.text(ids[1]), 2), (.text(times[2]), 2), (.text(times[5]), 5), (.text(ids[5]), 6),
            ("archive", 0), ("earliest", 4), (3, 3),
        ] as [(JSONValue, Int)] {
            let preview = try other.post(
                "/v1/warehouses/4/seek", ["to": position, "dryRun": true])
            #expect(preview.integer("to") == committed, "\(preview.text)")
            #expect(preview.integer("messages") == 6 - committed, "\(preview.text)")
            let sought = try other.post("/v1/warehouses/4/seek", ["to": position])
            #expect(sought.integer("to") == committed, "\(sought.text)")
            let page = try other.pull(4)
            // A page ends at the border at the latest.
            let end = committed < 4 ? 4 : 6
            #expect(page.indexes == Array(committed + 1..<end + 1), "\(page.text)")
            _ = try other.post("/v1/warehouses/4/seek", ["to": 6])
        }
        let unknown = try other.post(
            "/v1/warehouses/4/seek", ["to": "01900000-0000-7000-8000-000000000000"])
        #expect(unknown.code == "unknown_id")
    }

    @Test("Where archive files were taken away only those who need them are told, and how far")
    func gone() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        // One day a message: a file each.
        for number in 0..<6 {
            _ = try client.publish(wid: number < 3 ? 5 : 6)
            hub.clock.offsetMilliseconds += 86_400_000
        }
        hub.stop()
        let frames = try ArchiveMove.run(hub.folder.path, through: 5)
        #expect(Set(frames.map(\.file)).count == 5)
        try FileManager.default.removeItem(
            atPath: "\(hub.folder.path)/archive/\(frames[1].file)")
        let again = try RunningHub(folder: hub.folder, clock: hub.clock)
        let other = try again.client()
        let first = try other.pull(5, ["start": "archive", "limit": 1])
        #expect(first.indexes == [1], "\(first.text)")
        let gone = try other.pull(5, ["commit": 1])
        #expect(gone.status == 410)
        #expect(gone.code == "position_gone")
        #expect(gone.integer("oldest") == 3)
        #expect(gone.integer("head") == 6)
        // Nothing of warehouse 6 was in the file.
        #expect(try other.pull(6, ["start": "archive"]).indexes == [4, 5])
        #expect(try other.post("/v1/warehouses/5/seek", ["to": 2]).status == 200)
        #expect(try other.pull(5).indexes == [3])
    }

    @Test("A retry with the id of an archived message makes no second one; other content conflicts")
    func oldIDs() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        func body(_ number: Int, _ text: String = "x") -> JSONValue {
            [
                "topic": "A_Changed", "wid": 7, "key": "k", "body": .text(text),
                "id": .text("0190000\(number)-0000-7000-8000-00000000000\(number)"),
            ]
        }
        for number in 0..<5 {
            #expect(try client.post("/v1/messages", body(number)).status == 201)
        }
        let own = try client.publish(wid: 7)
        hub.stop()
        for trims in [false, true] {
            try ArchiveMove.run(
                hub.folder.path, through: trims ? 6 : 3, perFrame: 2, trims: trims)
            let again = try RunningHub(folder: hub.folder)
            let other = try again.client()
            for number in 0..<5 {
                let retry = try other.post("/v1/messages", body(number))
                #expect(retry.status == 200, "\(retry.text)")
                #expect(retry["duplicate"] == true)
                #expect(retry.integer("index") == number + 1)
                let changed = try other.post("/v1/messages", body(number, "y"))
                #expect(changed.code == "id_conflict", "\(changed.text)")
            }
            let ownAgain = try other.post(
                "/v1/messages",
                ["topic": "A_Changed", "wid": 7, "body": "z", "id": .text(own["id"].text!)])
            #expect(ownAgain.code == "id_conflict", "\(ownAgain.text)")
            again.stop()
        }
        let again = try RunningHub(folder: hub.folder)
        let other = try again.client()
        let fresh = try other.request(
            "POST", "/v1/messages/batch",
            JSONValue.array([body(2), body(9), body(4)]).serialized())
        #expect(fresh.status == 201, "\(fresh.text)")
        #expect(fresh.integer("duplicates") == 2)
        #expect(fresh["indexes"].elements?.map(\.integer) == [3, 7, 5])
    }
}

import Hub
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// Searches over store and archive.
@Suite("Searching") struct SearchTests {
    /// A hub with 300 messages, of which the first are in the archive.
    private static func hub(archived: Int64 = 200) throws -> RunningHub {
        let folder = try TemporaryFolder()
        let clock = WallClock(offsetMilliseconds: -3 * 86_400_000)
        let first = try RunningHub(folder: folder, clock: clock)
        let client = try first.client()
        for day in 0..<3 {
            clock.offsetMilliseconds = Int64(day - 3) * 86_400_000
            for number in 0..<100 {
                try client.publish(
                    topic: number % 3 == 0 ? "Product_Changed" : "SaleOrder_Changed",
                    wid: number % 5, key: "order:\(number % 7)",
                    body: ["day": .number("\(day)"), "text": .text("n\(number)ü")])
            }
        }
        first.stop()
        try ArchiveMove.run(folder.path, through: archived, perFrame: 30)
        return try RunningHub(folder: folder, clock: clock)
    }

    /// All pages of a search.
    static func all(_ client: RawClient, _ query: String) throws -> [JSONValue] {
        var found: [JSONValue] = []
        var token: String?
        repeat {
            let page = try client.get(
                "/v1/messages?\(query)" + (token.map { "&pageToken=\($0)" } ?? ""))
            guard page.status == 200 else { throw Unexpected(page) }
            found += page.messages
            token = page["nextPageToken"].text
        } while token != nil
        return found
    }

    private func indexes(_ client: RawClient, _ query: String) throws -> [Int] {
        try Self.all(client, query).map { $0["index"]?.integer ?? -1 }
    }

    @Test(
        "Newest first or oldest first, over the border, whatever the pages' size",
        arguments: [1, 7, 100, 1000])
    func order(_ limit: Int) throws {
        let hub = try Self.hub()
        let client = try hub.client()
        #expect(try indexes(client, "limit=\(limit)") == Array((1...300).reversed()))
        #expect(try indexes(client, "limit=\(limit)&order=oldest") == Array(1...300))
    }

    @Test("A message of a search is what the message itself tells, and where it is")
    func content() throws {
        let hub = try Self.hub()
        let client = try hub.client()
        for message in try Self.all(client, "limit=50&wid=2") {
            let index = message["index"]!.integer!
            let own = try client.get("/v1/messages/\(index)")
            for member in message.members ?? [] {
                #expect(own[member.name] == member.value, "\(index) \(member.name)")
            }
            let place = message["where"]?.text ?? ""
            #expect(index > 200 ? place == "store" : place.hasSuffix(".jsonl.zst"))
            #expect(try client.get("/v1/messages/\(own["id"].text!)").json == own.json)
        }
    }

    @Test("Each criterion lets through what fits it, and nothing else")
    func criteria() throws {
        let hub = try Self.hub()
        let client = try hub.client()
        func expect(_ query: String, _ fits: (Int) -> Bool) throws {
            let expected = (1...300).filter { fits(($0 - 1) % 100) }
            #expect(try indexes(client, query + "&order=oldest&limit=9") == expected, "\(query)")
            #expect(
                try indexes(client, query + "&limit=1000") == expected.reversed(), "\(query)")
        }
        try expect("topic=Product_Changed") { $0 % 3 == 0 }
        try expect("topic=Sale*") { $0 % 3 != 0 }
        try expect("topic=Nothing_*") { _ in false }
        try expect("wid=0") { $0 % 5 == 0 }
        try expect("wid=3") { $0 % 5 == 3 }
        try expect("wid=9") { _ in false }
        try expect("key=order:6") { $0 % 7 == 6 }
        try expect("key=order") { _ in false }
        try expect("text=n42%C3%BC") { $0 == 42 }
        try expect("text=%22text%22:%22n7") { $0 == 7 || $0 / 10 == 7 }
        try expect("text=order") { _ in false }
        try expect("topic=*_Changed&wid=1&key=order:1&text=n1") { $0 == 1 }
    }

    @Test("Times bound a search: from is in it, to is not")
    func times() throws {
        let hub = try Self.hub()
        let client = try hub.client()
        let all = try Self.all(client, "order=oldest")
        let created = all.map { $0["created"]!.text! }
        for (low, high) in [(0, 299), (99, 100), (150, 250), (199, 201), (201, 202), (5, 40)] {
            let query = "from=\(created[low])&to=\(created[high])&order=oldest&limit=13"
            let expected = (0..<300).filter {
                created[$0] >= created[low] && created[$0] < created[high]
            }
            #expect(try indexes(client, query) == expected.map { $0 + 1 })
        }
        #expect(try indexes(client, "from=2999-01-01T00:00:00Z") == [])
        #expect(try indexes(client, "to=1999-01-01T00:00:00Z") == [])
        #expect(
            try indexes(client, "to=2999-01-01T00:00:00Z&from=1999-01-01T00:00:00Z").count == 300)
    }

    @Test("Without the archive only the store is searched")
    func storeOnly() throws {
        let hub = try Self.hub()
        let client = try hub.client()
        #expect(
            try indexes(client, "archived=false&order=oldest") == Array(201...300))
        #expect(try indexes(client, "archived=false&wid=3").allSatisfy { $0 > 200 })
    }

    @Test("Pages joined are the whole, without a double, while the border moves between them")
    func movingBorder() throws {
        for order in ["newest", "oldest"] {
            var hub = try Self.hub(archived: 20)
            var found: [Int] = []
            var (token, border): (String?, Int64) = (nil, 20)
            repeat {
                let page = try hub.client().get(
                    "/v1/messages?limit=37&order=\(order)"
                        + (token.map { "&pageToken=\($0)" } ?? ""))
                found += page.indexes
                token = page["nextPageToken"].text
                hub.stop()
                border = min(300, border + 45)
                try ArchiveMove.run(hub.folder.path, through: border, perFrame: 11)
                hub = try RunningHub(folder: hub.folder)
            } while token != nil
            #expect(found == (order == "oldest" ? Array(1...300) : (1...300).reversed()))
        }
    }

    @Test("Progress reaches the end, and never goes beyond")
    func progress() throws {
        let hub = try Self.hub()
        let client = try hub.client()
        for query in ["limit=50", "limit=50&order=oldest", "wid=3&limit=2", "text=n4&limit=3"] {
            var (token, looked): (String?, Int) = (nil, 0)
            repeat {
                let page = try client.get(
                    "/v1/messages?\(query)" + (token.map { "&pageToken=\($0)" } ?? ""))
                token = page["nextPageToken"].text
                #expect(page.integer("progress", "of") == 300)
                let now = page.integer("progress", "looked") ?? -1
                #expect(now > looked && now <= 300)
                looked = now
            } while token != nil
            #expect(looked == 300)
        }
    }

    @Test("A file that is not there is told, and the search goes on around it")
    func missing() throws {
        let hub = try Self.hub()
        let client = try hub.client()
        let files = try client.get("/v1/archive")["files"].elements ?? []
        #expect(files.count == 2)
        let second = files[1]["name"]!.text!
        try RawFile.remove(hub.folder.path + "/archive/" + second)
        let page = try client.get("/v1/messages?limit=1000&order=oldest")
        #expect(page.indexes == Array(1...100) + Array(201...300))
        let unreadable = page["unreadable"].elements ?? []
        #expect(unreadable.count == 1)
        #expect(unreadable[0]["file"]?.text == second)
        #expect(unreadable[0]["first"]?.integer == 101)
        #expect(unreadable[0]["last"]?.integer == 200)
        #expect(unreadable[0]["detail"]?.text == "archive file \(second) is missing")
        #expect(
            try client.get("/v1/messages?wid=2&from=\(files[0]["to"]!.text!)&limit=1")
                .status == 200)
        let one = try client.get("/v1/messages/150")
        #expect(one.status == 500 && one.code == "archive_damaged")
        #expect(one["detail"].text?.contains(second) == true)
        #expect(try client.get("/v1/archive")["files"][1]?["state"]?.text == "missing")
    }

    @Test("A warehouse's token searches its own wids and 0, a publisher's none")
    func tokens() throws {
        let hub = try Self.hub()
        let file = try TokenFile(data: hub.folder.path)
        func fields(_ token: String) -> [String: String] { ["Authorization": "Bearer \(token)"] }
        let warehouse = try file.create(
            name: "w", role: .warehouse, topics: [], wids: [3], now: 0)
        let publisher = try file.create(
            name: "p", role: .publisher, topics: ["*"], wids: [], now: 0)
        let client = try hub.client()
        func status(_ query: String, _ token: String) throws -> Int {
            try client.request("GET", "/v1/messages\(query)", fields: fields(token)).status
        }
        #expect(try eventually { try client.get("/v1/topics").status == 401 })
        #expect(try status("?wid=3", warehouse) == 200)
        #expect(try status("?wid=0", warehouse) == 200)
        #expect(try status("?wid=4", warehouse) == 403)
        #expect(try status("", warehouse) == 403)
        #expect(try status("?wid=3", publisher) == 403)
    }
}

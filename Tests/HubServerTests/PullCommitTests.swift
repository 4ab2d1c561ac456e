import TestSupport
import Testing
import Wire

/// `delivered`, commits, and what is handed out at most once.
@Suite struct PullCommitTests {
    private let hub: RunningHub
    private let client: RawClient

    /// Ten messages of warehouse 7.
    init() throws {
        hub = try RunningHub()
        client = try hub.client()
        for _ in 0..<10 { try client.publish(wid: 7) }
    }

    private func commit(_ index: Int, session: String? = nil) throws -> Answer {
        var body: [JSONValue.Member] = [.init("index", .number("\(index)"))]
        if let session { body.append(.init("session", .text(session))) }
        return try client.post("/v1/warehouses/7/commit", .object(body))
    }

    private func delivered() throws -> Int? {
        try client.get("/v1/warehouses/7").integer("delivered")
    }

    // MARK: delivered

    @Test("`delivered` is raised by a page that starts at or below it, and left by one above")
    func raisesDelivered() throws {
        #expect(try client.pull(7, ["limit": 3]).integer("delivered") == 3)
        #expect(try client.pull(7, ["limit": 2, "after": 5]).integer("delivered") == 3)
        #expect(try client.pull(7, ["limit": 1]).integer("delivered") == 3)
        #expect(try client.pull(7, ["limit": 2, "after": 3]).integer("delivered") == 5)
        #expect(try client.pull(7, ["limit": 4, "after": 4]).integer("delivered") == 8)
        #expect(try delivered() == 8)
    }

    @Test("Any index up to `delivered` may be committed, none above")
    func upToDelivered() throws {
        _ = try client.pull(7, ["limit": 6])
        #expect(try commit(2).integer("committed") == 2)
        let above = try commit(7)
        #expect(above.status == 409)
        #expect(above.code == "not_delivered")
        #expect(above.integer("delivered") == 6)
        #expect(try commit(6).json == ["committed": 6])
        #expect(try commit(7).status == 409)
    }

    @Test("A commit above the head is refused as such")
    func aboveHead() throws {
        _ = try client.pull(7)
        let answer = try commit(11)
        #expect(answer.status == 409)
        #expect(answer.code == "position_ahead")
        #expect(answer.integer("head") == 10)
    }

    @Test("A commit lower than committed is answered 200 and changes nothing")
    func lower() throws {
        _ = try client.pull(7)
        #expect(try commit(5).status == 200)
        let answer = try commit(3)
        #expect(answer.status == 200)
        #expect(answer.integer("committed") == 5)
        #expect(try client.pull(7, ["commit": 1]).indexes == [6, 7, 8, 9, 10])
    }

    @Test("A commit survives a restart, and redelivery starts there")
    func restart() throws {
        _ = try client.pull(7)
        #expect(try commit(4).status == 200)
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let page = try again.client().pull(7, ["limit": 1])
        #expect(page.indexes == [5])
        #expect(page.integer("committed") == 4)
        #expect(page.integer("delivered") == 5)
    }

    @Test("After a restart, until the next pull, the holder's commit is believed up to the head")
    func trustedCommit() throws {
        _ = try client.pull(7, ["session": "s"])
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        let path = "/v1/warehouses/7/commit"
        #expect(try client.post(path, ["index": 5, "session": "t"]).status == 409)
        #expect(try client.post(path, ["index": 8, "session": "s"]).integer("committed") == 8)
        let ahead = try client.post(path, ["index": 11, "session": "s"])
        #expect(ahead.code == "position_ahead")
        #expect(try client.pull(7, ["session": "s", "limit": 1]).indexes == [9])
        #expect(try client.post(path, ["index": 10, "session": "s"]).code == "not_delivered")
    }

    @Test("A commit of a warehouse that never pulled is refused")
    func unknown() throws {
        let answer = try client.post("/v1/warehouses/9/commit", ["index": 1])
        #expect(answer.status == 404)
        #expect(answer.code == "unknown_warehouse")
    }

    @Test(
        "What is sent with a commit is checked",
        arguments: [
            ("{}", "/index"), (#"{"index":-1}"#, "/index"), (#"{"index":"1"}"#, "/index"),
            (#"{"index":1,"session":""}"#, "/session"), (#"{"index":1,"foo":1}"#, "/foo"),
        ])
    func checks(body: String, pointer: String) throws {
        let answer = try client.request("POST", "/v1/warehouses/7/commit", body)
        #expect(answer.status == 422)
        #expect(answer.pointers == [pointer])
    }

    @Test("An empty page may be committed too")
    func emptyPage() throws {
        for _ in 0..<3 { try client.publish(wid: 8) }
        let page = try client.pull(7, ["after": 10])
        #expect(page.messages.isEmpty)
        #expect(page.next == 13)
        // It starts above what was handed out, so it does not count as handed out.
        #expect(try commit(13).code == "not_delivered")
        _ = try client.pull(7)
        #expect(try commit(13).integer("committed") == 13)
    }

    // MARK: autocommit

    @Test("`autocommit` moves `committed` to `next` before the answer goes out")
    func autocommit() throws {
        let first = try client.pull(7, ["autocommit": true, "limit": 4])
        #expect(first.indexes == [1, 2, 3, 4])
        #expect(first.integer("committed") == 4)
        #expect(first.integer("delivered") == 4)
        #expect(first.integer("lag", "messages") == 6)
        #expect(try client.get("/v1/warehouses/7").integer("committed") == 4)
        #expect(try client.pull(7, ["autocommit": true]).indexes == [5, 6, 7, 8, 9, 10])
        #expect(try client.pull(7, ["autocommit": true]).indexes == [])
    }

    @Test("`autocommit` counts as the pages do, filter and runs included")
    func autocommitCounts() throws {
        for number in 0..<4 {
            try client.publish(topic: number < 2 ? "B_Changed" : "A_Changed", wid: 7, key: "k")
        }
        let page = try client.pull(
            7, ["autocommit": true, "topics": ["B_*"], "coalesce": true])
        #expect(page.indexes == [11])
        #expect(page["count"] == ["from": 1, "to": 14, "filtered": 12, "coalesced": 1])
        #expect(page.integer("committed") == 14)
    }

    @Test("A waiting `autocommit` moves nothing until it is answered")
    func waitingAutocommit() throws {
        _ = try client.pull(7, ["autocommit": true])
        let waiter = try hub.client()
        try waiter.beginPull(7, #"{"autocommit":true,"wait":60}"#)
        #expect(try client.expectWaiting(1))
        for _ in 0..<3 { try client.publish(wid: 8) }
        #expect(try client.get("/v1/warehouses/7").integer("committed") == 10)
        try client.publish(wid: 7)
        let page = try waiter.answer()
        #expect(page.indexes == [14])
        #expect(page.integer("committed") == 14)
    }

    @Test("`autocommit` hands out each message at most once, however many pull at once")
    func autocommitOnce() throws {
        let endpoint = hub.endpoint
        _ = try client.pull(7, ["autocommit": true])
        let handed = Counted(total: 400)
        let pages = try concurrently(7) { number in
            let client = try RawClient(endpoint)
            if number == 0 {
                for _ in 0..<400 { try client.publish(wid: 7) }
                return [Int]()
            }
            var indexes: [Int] = []
            while !handed.isDone {
                let page = try client.pull(7, ["autocommit": true, "limit": 5, "wait": 1])
                #expect(page.status == 200)
                indexes += page.indexes
                handed.add(page.indexes.count)
            }
            return indexes
        }
        #expect(pages.joined().sorted() == Array(11...410))
        for indexes in pages { #expect(indexes == indexes.sorted()) }
    }

    @Test("`autocommit` beside a commit refuses what the commit refuses")
    func autocommitAndCommit() throws {
        #expect(try client.pull(7, ["autocommit": true, "limit": 2, "commit": 2]).status == 409)
        _ = try client.pull(7)
        let page = try client.pull(7, ["autocommit": true, "limit": 2, "commit": 2])
        #expect(page.indexes == [3, 4])
        #expect(page.integer("committed") == 4)
    }
}

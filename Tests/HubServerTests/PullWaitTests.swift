import Platform
import TestSupport
import Testing
import Wire

/// Pulls that wait, and what ends their waiting.
@Suite struct PullWaitTests {
    private let hub: RunningHub
    private let client: RawClient
    private let waiter: RawClient

    init() throws {
        hub = try RunningHub()
        client = try hub.client()
        waiter = try hub.client()
    }

    /// Begins a pull of `wid`, and waits until it waits.
    private func wait(_ wid: Int = 7, _ body: String = #"{"wait":60}"#) throws {
        try waiter.beginPull(wid, body)
        #expect(try client.expectWaiting(1))
    }

    @Test("A waiting pull is answered by a message of its own wid")
    func ownMessage() throws {
        try wait()
        try client.publish(wid: 7)
        let page = try waiter.answer()
        #expect(page.indexes == [1])
        #expect(page.next == 1)
    }

    @Test("A pull whose filter looks at much before it waits begins to wait once, and stays so")
    func filteredWait() throws {
        let messages = Array(
            repeating: #"{"topic":"A_B","wid":7,"body":0}"#, count: 3_000
        ).joined(separator: ",")
        let stored = try client.request("POST", "/v1/messages/batch", "[\(messages)]")
        #expect(stored.status == 201)
        try wait(7, #"{"wait":60,"topics":["X_*"]}"#)
        for _ in 0..<200 { #expect(try client.get("/healthz").status == 200) }
        #expect(try client.metric("message_center_waits_begun_total") ?? .infinity <= 2)
        #expect(try client.expectWaiting(1))
        try client.publish(topic: "X_Y", wid: 7)
        #expect(try waiter.answer().indexes == [3_001])
    }

    @Test("A waiting pull is answered by a global message")
    func globalMessage() throws {
        try wait()
        try client.publish(wid: 0)
        #expect(try waiter.answer().indexes == [1])
    }

    @Test("A message of another wid does not even wake it")
    func otherMessage() throws {
        try wait()
        for _ in 0..<30 { try client.publish(wid: 8) }
        // The wake of 7 comes behind those of 8, on whatever loop.
        try client.publish(wid: 7)
        let page = try waiter.answer()
        #expect(page.indexes == [31])
        #expect(page.ordinals == [1])
        // Once, and once more where it is the first of its loop to wait.
        #expect(try client.metric("message_center_waits_begun_total") ?? 9 <= 2)
    }

    @Test("A pull with a filter goes on waiting behind what the filter leaves out")
    func filtered() throws {
        try wait(7, #"{"wait":60,"topics":["B_*"]}"#)
        try client.publish(topic: "A_Changed", wid: 7)
        #expect(try client.expectWaiting(1))
        try client.publish(topic: "B_Changed", wid: 7)
        let page = try waiter.answer()
        #expect(page.indexes == [2])
        #expect(page["count"] == ["from": 1, "to": 2, "filtered": 1, "coalesced": 0])
    }

    @Test("After `wait` seconds a pull is answered 200 with nothing, `next` at the head")
    func timeOver() throws {
        try client.publish(wid: 8)
        let begun = MonotonicClock.now()
        try wait(7, #"{"wait":1}"#)
        try client.publish(wid: 8)
        let page = try waiter.answer()
        let milliseconds = (MonotonicClock.now() - begun) / 1_000_000
        #expect(page.status == 200)
        #expect(page.messages.isEmpty)
        #expect(page.next == 2)
        #expect((1000..<3000).contains(milliseconds))
    }

    @Test("What is there already is not waited for")
    func noWaiting() throws {
        try client.publish(wid: 7)
        #expect(try client.pull(7, ["wait": 60]).indexes == [1])
        #expect(try client.metric("message_center_waits_begun_total") == 0)
    }

    @Test("A commit in a pull is on disk before any waiting begins")
    func settledBeforeWaiting() throws {
        for _ in 0..<3 { try client.publish(wid: 7) }
        _ = try client.pull(7, ["session": "s"])
        try wait(7, #"{"wait":60,"commit":3,"session":"s"}"#)
        #expect(try client.get("/v1/warehouses/7").integer("committed") == 3)
        // Stopped without an answer to the pull; the commit stays.
        hub.stop()
        #expect(try waiter.answer().integer("committed") == 3)
        let again = try RunningHub(folder: hub.folder)
        #expect(try again.client().get("/v1/warehouses/7").integer("committed") == 3)
    }

    @Test("A commit that is refused refuses its pull, which then does not wait either")
    func refusedCommit() throws {
        for _ in 0..<3 { try client.publish(wid: 7) }
        _ = try client.pull(7, ["limit": 1])
        let answer = try client.pull(7, ["commit": 2, "wait": 60])
        #expect(answer.status == 409)
        #expect(answer.code == "not_delivered")
        #expect(answer.integer("delivered") == 1)
        #expect(try client.get("/v1/warehouses/7").integer("committed") == 0)
        #expect(try client.metric("message_center_waiting_pulls") == 0)
    }

    @Test("Waiters of many wids are each answered by their own message, and all by a global one")
    func manyWaiters() throws {
        let waiters = try (1...40).map { _ in try hub.client() }
        for (place, waiter) in waiters.enumerated() {
            try waiter.beginPull(place + 1, #"{"wait":60,"session":"s"}"#)
        }
        #expect(try client.expectWaiting(40))
        for wid in stride(from: 2, through: 40, by: 2) { try client.publish(wid: wid) }
        for wid in stride(from: 2, through: 40, by: 2) {
            #expect(try waiters[wid - 1].answer().messages.map { $0["wid"]?.integer } == [wid])
        }
        #expect(try client.expectWaiting(20))
        try client.publish(wid: 0)
        for wid in stride(from: 1, through: 39, by: 2) {
            #expect(try waiters[wid - 1].answer().messages.map { $0["wid"]?.integer } == [0])
        }
    }

    @Test("No wake-up is lost between a pull that comes and a message that is stored")
    func noLostWakeUp() throws {
        let hub = try RunningHub(loops: 3)
        let endpoint = hub.endpoint
        _ = try concurrently(6) { number in
            let (publisher, consumer) = (try RawClient(endpoint), try RawClient(endpoint))
            let message = "{\"topic\":\"A_B\",\"wid\":\(number + 1),\"body\":1}"
            for round in 1...150 {
                // Both at once: the message is stored before the pull looks, while it does, or
                // when it already waits. A lost wake-up would leave it waiting for its minute.
                if round % 2 == 0 { try publisher.begin("POST", "/v1/messages", message) }
                try consumer.beginPull(number + 1, #"{"wait":60,"autocommit":true}"#)
                if round % 2 == 1 { try publisher.begin("POST", "/v1/messages", message) }
                let page = try consumer.answer()
                guard page.messages.count == 1 else { throw Unexpected(page) }
                #expect(try publisher.answer().status == 201)
            }
        }
    }

    @Test("A client that goes away while it waits is forgotten")
    func goneClient() throws {
        var gone: RawClient? = try hub.client()
        try gone?.beginPull(7, #"{"wait":60}"#)
        #expect(try client.expectWaiting(1))
        gone = nil
        #expect(try client.expectWaiting(0))
    }

    // MARK: Operators

    @Test("Pausing answers a waiting pull with 423")
    func paused() throws {
        try wait(7, #"{"wait":60,"session":"s"}"#)
        #expect(try client.post("/v1/warehouses/7/pause").status == 200)
        let answer = try waiter.answer()
        #expect(answer.status == 423)
        #expect(answer.code == "paused")
        #expect(answer[field: "Retry-After"] != nil)
        #expect(answer["retryable"].boolean == true)
    }

    @Test("Retiring answers a waiting pull with 410")
    func retired() throws {
        try wait()
        #expect(try client.post("/v1/warehouses/7/retire").status == 200)
        let answer = try waiter.answer()
        #expect(answer.status == 410)
        #expect(answer.code == "retired")
    }

    @Test("A seek answers a waiting pull from the new place")
    func seek() throws {
        for _ in 0..<3 { try client.publish(wid: 7) }
        _ = try client.pull(7)
        try wait(7, #"{"wait":60,"commit":3}"#)
        _ = try client.post("/v1/warehouses/7/seek", ["to": 1])
        let page = try waiter.answer()
        #expect(page.indexes == [2, 3])
        #expect(page.integer("committed") == 1)
        #expect(page.integer("count", "from") == 2)
    }

    @Test("A stop answers a waiting pull empty")
    func stop() throws {
        try wait()
        hub.stop()
        let page = try waiter.answer()
        #expect(page.status == 200)
        #expect(page.messages.isEmpty)
    }

    @Test("A commit from beside does not end the waiting")
    func commitBeside() throws {
        for _ in 0..<2 { try client.publish(wid: 7) }
        _ = try client.pull(7, ["session": "s"])
        try wait(7, #"{"wait":60,"session":"s","after":2}"#)
        let commit = try client.post("/v1/warehouses/7/commit", ["index": 2, "session": "s"])
        #expect(commit.integer("committed") == 2)
        try client.publish(wid: 7)
        let page = try waiter.answer()
        #expect(page.indexes == [3])
        #expect(page.integer("committed") == 2)
    }
}

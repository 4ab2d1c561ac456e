import Platform
import TestSupport
import Testing
import Wire

/// One active client per warehouse: leases, take-overs, and what the others are told.
@Suite struct SessionTests {
    private let hub: RunningHub
    private let client: RawClient

    /// Five messages of warehouse 7.
    init() throws {
        hub = try RunningHub()
        client = try hub.client()
        for _ in 0..<5 { try client.publish(wid: 7) }
    }

    private func pull(_ session: String?, _ more: String = "") throws -> Answer {
        let session = session.map { "\"session\":\"\($0)\"" } ?? "\"session\":null"
        return try client.request("POST", "/v1/warehouses/7/pull", "{\(session)\(more)}")
    }

    private func commit(_ index: Int, _ session: String?) throws -> Answer {
        let session = session.map { ",\"session\":\"\($0)\"" } ?? ""
        return try client.request(
            "POST", "/v1/warehouses/7/commit", "{\"index\":\(index)\(session)}")
    }

    private func release(_ session: String?) throws -> Answer {
        let body = session.map { "{\"session\":\"\($0)\"}" }
        return try client.request("POST", "/v1/warehouses/7/release", body)
    }

    private func expect(
        _ answer: Answer, _ code: String, holder: String,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == 409, sourceLocation: location)
        #expect(answer.code == code, sourceLocation: location)
        #expect(answer["holder"].text == holder, sourceLocation: location)
        let expires = Timestamp.parse(answer["expires"].text ?? "")
        #expect(expires != nil, sourceLocation: location)
    }

    // MARK: Two clients

    @Test("While a lease lives another session cannot pull, commit or release")
    func secondClient() throws {
        #expect(try pull("a").indexes == [1, 2, 3, 4, 5])
        expect(try pull("b"), "session_held", holder: "a")
        expect(try commit(5, "b"), "session_held", holder: "a")
        expect(try release("b"), "session_held", holder: "a")
        #expect(try client.get("/v1/warehouses/7").integer("committed") == 0)
        #expect(try commit(5, "a").integer("committed") == 5)
    }

    @Test(
        "A call of the holder that is refused renews its lease",
        arguments: ["not_delivered", "position_ahead", "pull", "paused"])
    func refusedRenews(_ code: String) throws {
        #expect(try pull("a", ",\"limit\":2").next == 2)
        if code == "paused" { try client.post("/v1/warehouses/7/pause") }
        let first = try #require(Timestamp.parse(commit(1, "b")["expires"].text ?? ""))
        let isRenewed = try eventually {
            let refused =
                switch code {
                case "not_delivered": try commit(3, "a")
                case "position_ahead": try commit(99, "a")
                case "pull": try pull("a", ",\"commit\":3")
                default: try pull("a")
                }
            #expect([409, 423].contains(refused.status))
            let expires = Timestamp.parse(try commit(1, "b")["expires"].text ?? "") ?? 0
            return expires > first + 500
        }
        #expect(isRenewed)
    }

    @Test("While a lease lives calls without a session are refused too")
    func withoutSession() throws {
        _ = try pull("a")
        expect(try pull(nil), "session_held", holder: "a")
        expect(try commit(5, nil), "session_held", holder: "a")
        expect(try release(nil), "session_held", holder: "a")
        #expect(try client.get("/v1/warehouses/7/messages").indexes == [1, 2, 3, 4, 5])
    }

    @Test("Without `session` nothing keeps two clients apart")
    func noSessions() throws {
        let other = try hub.client()
        #expect(try client.pull(7).indexes == [1, 2, 3, 4, 5])
        #expect(try other.pull(7).indexes == [1, 2, 3, 4, 5])
        #expect(try commit(2, nil).integer("committed") == 2)
        #expect(try other.pull(7).indexes == [3, 4, 5])
        #expect(try other.pull(7)["session"] == .null)
    }

    @Test("Of many first pulls at once, each of another session, one gets the lease")
    func firstPulls() throws {
        let endpoint = hub.endpoint
        for wid in 20..<30 {
            let answers = try concurrently(8) { number in
                try RawClient(endpoint).request(
                    "POST", "/v1/warehouses/\(wid)/pull", "{\"session\":\"s\(number)\"}")
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.count { $0.code == "session_held" } == 7)
            let holder = answers.first { $0.status == 200 }?["session"].text
            #expect(answers.allSatisfy { $0.status == 200 || $0["holder"].text == holder })
        }
    }

    @Test("`expires` is when the lease ends if its holder does not call again")
    func expires() throws {
        _ = try pull("a", ",\"lease\":600")
        let answer = try pull("b")
        let rest =
            try #require(Timestamp.parse(answer["expires"].text ?? ""))
            - hub.clock.nowMilliseconds()
        #expect((590_000...600_000).contains(rest))
    }

    @Test("A lease is 60 seconds if nothing is said, and every call of its holder renews it")
    func renewed() throws {
        _ = try pull("a")
        let first = try #require(Timestamp.parse(pull("b")["expires"].text ?? ""))
        #expect((55_000...60_000).contains(first - hub.clock.nowMilliseconds()))
        _ = try pull("a", ",\"lease\":3600")
        let second = try #require(Timestamp.parse(pull("b")["expires"].text ?? ""))
        #expect(second - first > 3_000_000)
    }

    @Test("The wall clock does not touch a lease")
    func wallClock() throws {
        _ = try pull("a")
        hub.clock.offsetMilliseconds = 86_400_000
        expect(try pull("b"), "session_held", holder: "a")
        hub.clock.offsetMilliseconds = -86_400_000
        expect(try pull("b"), "session_held", holder: "a")
    }

    @Test("A refused pull takes nothing and moves nothing")
    func refusedPull() throws {
        _ = try pull("a", ",\"limit\":3")
        #expect(try pull("b", ",\"commit\":3").status == 409)
        #expect(try pull("b", ",\"autocommit\":true").status == 409)
        let seen = try client.get("/v1/warehouses/7")
        #expect(seen.integer("committed") == 0)
        #expect(seen.integer("delivered") == 3)
        #expect(seen["session"].text == "a")
    }

    // MARK: Take-over

    @Test("A take-over sets `delivered` back to `committed`; the former holder is fenced")
    func takeOver() throws {
        _ = try pull("a")
        _ = try commit(2, "a")
        let page = try pull("b", ",\"takeOver\":true,\"limit\":1")
        #expect(page.status == 200)
        #expect(page.indexes == [3])
        #expect(page.integer("delivered") == 3)
        #expect(page["session"].text == "b")
        expect(try pull("a"), "session_fenced", holder: "b")
        expect(try commit(5, "a"), "session_fenced", holder: "b")
        expect(try release("a"), "session_fenced", holder: "b")
        expect(try commit(3, "c"), "session_held", holder: "b")
        // What the former holder was handed is not the new one's to commit.
        #expect(try commit(5, "b").code == "not_delivered")
        #expect(try commit(3, "b").integer("committed") == 3)
    }

    @Test("`takeOver` needs a session to take over with")
    func takeOverWithoutSession() throws {
        _ = try pull("a")
        let answer = try client.pull(7, ["takeOver": true])
        #expect(answer.status == 422)
        #expect(answer.pointers == ["/takeOver"])
    }

    @Test("The former holder may take over again, and then is fenced no more")
    func takeBack() throws {
        _ = try pull("a")
        _ = try pull("b", ",\"takeOver\":true")
        #expect(try pull("a", ",\"takeOver\":true").indexes == [1, 2, 3, 4, 5])
        expect(try pull("b"), "session_fenced", holder: "a")
        #expect(try pull("a").status == 200)
    }

    @Test("A take-over in a pull whose commit is refused takes nothing")
    func refusedTakeOver() throws {
        _ = try pull("a")
        #expect(try pull("b", ",\"takeOver\":true,\"commit\":5").code == "not_delivered")
        #expect(try commit(5, "a").status == 200)
    }

    @Test("A take-over answers the old holder's waiting pull at once")
    func waitingPull() throws {
        let old = try hub.client()
        _ = try pull("a")
        _ = try commit(5, "a")
        try old.beginPull(7, #"{"session":"a","wait":60}"#)
        #expect(try client.expectWaiting(1))
        #expect(try pull("b", ",\"takeOver\":true").status == 200)
        expect(try old.answer(), "session_fenced", holder: "b")
    }

    @Test("A waiting pull without a session is refused when somebody takes the lease")
    func waitingWithoutSession() throws {
        let old = try hub.client()
        _ = try client.pull(7, ["autocommit": true])
        try old.beginPull(7, #"{"wait":60}"#)
        #expect(try client.expectWaiting(1))
        #expect(try pull("b").status == 200)
        expect(try old.answer(), "session_held", holder: "b")
    }

    @Test("A take-over is on disk: after a restart the former holder is still fenced")
    func takeOverIsKept() throws {
        _ = try pull("a")
        _ = try pull("b", ",\"takeOver\":true")
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        expect(try client.pull(7, ["session": "a"]), "session_fenced", holder: "b")
        expect(try client.pull(7, ["session": "c"]), "session_held", holder: "b")
        #expect(try client.pull(7, ["session": "b"]).indexes == [1, 2, 3, 4, 5])
    }

    @Test("Sessions that take over in turn, on many connections, never interleave")
    func contention() throws {
        let endpoint = hub.endpoint
        let committed = try concurrently(6) { number in
            let client = try RawClient(endpoint)
            var committed: [Int] = []
            for round in 0..<20 {
                let session = "s\(number)-\(round)"
                let page = try client.request(
                    "POST", "/v1/warehouses/7/pull",
                    "{\"session\":\"\(session)\",\"takeOver\":true,\"limit\":2}")
                guard page.status == 200, let last = page.indexes.last else { continue }
                let answer = try client.request(
                    "POST", "/v1/warehouses/7/commit",
                    "{\"session\":\"\(session)\",\"index\":\(last)}")
                if answer.status == 200 { committed.append(last) }
                try client.publish(wid: 7)
            }
            return committed
        }
        // Each commit is of a page that began where the one before had ended.
        #expect(Set(committed.joined()).count == committed.joined().count)
    }

    // MARK: One session, several pulls

    @Test("A newer pull of the same session ends an older waiting one with 200 and nothing")
    func newerPull() throws {
        let older = try (0..<4).map { _ in try hub.client() }
        _ = try pull("a")
        _ = try commit(5, "a")
        for waiter in older {
            try waiter.beginPull(7, #"{"session":"a","wait":60}"#)
            #expect(try client.expectWaiting(1))
        }
        #expect(try pull("a").status == 200)
        for waiter in older {
            let page = try waiter.answer()
            #expect(page.status == 200)
            #expect(page.messages.isEmpty)
        }
    }

    @Test("Many pulls of one session at once: each is answered, and each message handed out once")
    func manyPulls() throws {
        let clients = try (0..<8).map { _ in try hub.client() }
        for client in clients { client.timeout = .milliseconds(50) }
        _ = try pull("a", ",\"autocommit\":true")
        let publisher = try hub.client()
        var handed: [Int] = []
        for _ in 0..<20 {
            for client in clients {
                try client.beginPull(7, #"{"session":"a","wait":60,"autocommit":true}"#)
            }
            try publisher.publish(wid: 7)
            for client in clients {
                // Whichever of them waits last is ended by one that does not.
                let isAnswered = try eventually {
                    if let page = try? client.answer() {
                        #expect(page.status == 200)
                        handed += page.indexes
                        return true
                    }
                    handed += try pull("a", ",\"autocommit\":true").indexes
                    return false
                }
                #expect(isAnswered)
            }
        }
        handed += try pull("a").indexes
        #expect(handed.sorted() == Array(6...25))
    }

    // MARK: The end of a lease

    @Test("`release` ends the lease: the next session needs no take-over")
    func released() throws {
        _ = try pull("a")
        #expect(try release("a").status == 200)
        #expect(try client.get("/v1/warehouses/7")["session"] == .null)
        #expect(try pull("b").indexes == [1, 2, 3, 4, 5])
        expect(try pull("a"), "session_fenced", holder: "b")
    }

    @Test("A released holder may still commit what it was handed, and go on")
    func releasedHolder() throws {
        _ = try pull("a")
        _ = try release("a")
        expect(try commit(3, "b"), "session_held", holder: "a")
        #expect(try commit(3, "a").integer("committed") == 3)
        #expect(try pull("a").indexes == [4, 5])
        expect(try pull("b"), "session_held", holder: "a")
    }

    @Test("Once released, calls without a session are fine")
    func releasedAndNoSession() throws {
        _ = try pull("a")
        _ = try release("a")
        #expect(try commit(3, nil).integer("committed") == 3)
        #expect(try pull(nil).indexes == [4, 5])
    }

    @Test("Only a pull takes the lease")
    func onlyPull() throws {
        _ = try client.pull(7)
        #expect(try commit(2, "a").status == 200)
        #expect(try client.get("/v1/warehouses/7")["session"] == .null)
        #expect(try pull("b").status == 200)
        #expect(try release("a").status == 409)
    }

    @Test("After a restart the holder keeps its lease as if it had just called")
    func restart() throws {
        _ = try pull("a")
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        expect(try client.pull(7, ["session": "b"]), "session_held", holder: "a")
    }

    @Test("A lease that ran out: nobody took it, its holder goes on; somebody did, it is fenced")
    func lapse() throws {
        _ = try pull("a", ",\"lease\":10")
        for wid in [8, 9] {
            try client.publish(wid: wid)
            _ = try client.pull(wid, ["session": "a", "lease": 10])
        }
        // A call that is open keeps its lease, however short.
        let waiter = try hub.client()
        try client.publish(wid: 10)
        try waiter.beginPull(10, #"{"session":"a","lease":10,"wait":20,"after":8}"#)
        expect(try pull("b"), "session_held", holder: "a")
        #expect(
            try eventually(within: 15) { try client.pull(8, ["session": "b"]).status == 200 })
        #expect(
            try eventually(within: 5) {
                try client.get("/v1/warehouses/7")["session"] == .null
            })
        // 7: nobody took it.
        #expect(try commit(3, "a").status == 200)
        #expect(try pull("a").indexes == [4, 5])
        // 8: "b" did, so what "a" was handed is void.
        let fenced = try client.post("/v1/warehouses/8/commit", ["index": 6, "session": "a"])
        expect(fenced, "session_fenced", holder: "b")
        // 9: once it has run out, a little after that of 8, calls without a session are fine.
        #expect(try eventually(within: 5) { try client.pull(9).status == 200 })
        // 10: the waiting call kept it.
        expect(try client.pull(10, ["session": "b"]), "session_held", holder: "a")
    }

    // MARK: An operator's take-over

    @Test("An operator's take-over fences the holder for good, and lets the next client in at once")
    func operatorTakesOver() throws {
        #expect(try pull("a").indexes == [1, 2, 3, 4, 5])
        let answer = try client.post("/v1/warehouses/7/take-over")
        #expect(answer.status == 200)
        #expect(answer.json == ["wid": 7, "former": "a"])
        for _ in 0..<2 {
            let refused = try pull("a")
            #expect(refused.code == "session_fenced")
            #expect(refused["holder"].text == "operator")
        }
        let commit = try client.post("/v1/warehouses/7/commit", ["index": 5, "session": "a"])
        #expect(commit.code == "session_fenced")
        #expect(try pull("b").indexes == [1, 2, 3, 4, 5], "nothing was done of what a was given")
        #expect(try pull("a").code == "session_fenced")
    }

    @Test("It ends the holder's waiting pull at once")
    func operatorEndsWait() throws {
        _ = try pull("a", ",\"autocommit\":true")
        let waiting = try hub.client()
        try waiting.begin("POST", "/v1/warehouses/7/pull", #"{"session":"a","wait":30}"#)
        #expect(try eventually { try client.get("/metrics").text.contains("waiting_pulls 1") })
        try client.post("/v1/warehouses/7/take-over")
        #expect(try waiting.answer().code == "session_fenced")
    }

    @Test("Twice is once; where nobody holds it, it takes nothing; the former may take it back")
    func operatorTakesTwice() throws {
        #expect(try client.post("/v1/warehouses/7/take-over").status == 404)
        try client.pull(7)
        #expect(try client.post("/v1/warehouses/7/take-over").json == ["wid": 7, "former": .null])
        _ = try pull("a")
        for _ in 0..<2 {
            let answer = try client.post("/v1/warehouses/7/take-over")
            #expect(answer.json == ["wid": 7, "former": "a"])
        }
        #expect(try pull("a", ",\"takeOver\":true").status == 200)
        #expect(try pull("a").status == 200)
    }
}

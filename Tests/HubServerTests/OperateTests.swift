import TestSupport
import Testing
import Wire

/// An operator's hands: seek, pause, retire, describe.
@Suite struct OperateTests {
    private let hub: RunningHub
    private let client: RawClient

    /// Messages of 7 at 1, 2, 4, 5 and of 8 at 3, 6.
    init() throws {
        hub = try RunningHub()
        client = try hub.client()
        for wid in [7, 7, 8, 7, 7, 8] { try client.publish(wid: wid) }
    }

    private func post(_ operation: String, _ body: JSONValue = [:], wid: Int = 7) throws -> Answer {
        try client.post("/v1/warehouses/\(wid)/\(operation)", body)
    }

    private func seen(_ wid: Int = 7) throws -> Answer {
        try client.get("/v1/warehouses/\(wid)")
    }

    // MARK: Seek

    @Test("A seek tells from where to where, how many messages lie between, and which way")
    func seek() throws {
        _ = try client.pull(7, ["autocommit": true])
        let back = try post("seek", ["to": 1])
        #expect(back.json == ["from": 6, "to": 1, "messages": 3, "direction": "back"])
        #expect(try seen().integer("committed") == 1)
        #expect(try seen().integer("delivered") == 1)
        #expect(try client.pull(7).indexes == [2, 4, 5])
        let forward = try post("seek", ["to": 4])
        #expect(forward.json == ["from": 1, "to": 4, "messages": 2, "direction": "forward"])
        #expect(try client.pull(7).indexes == [5])
        let none = try post("seek", ["to": 4])
        #expect(none.json == ["from": 4, "to": 4, "messages": 0, "direction": "none"])
    }

    @Test("A dry run tells the same and moves nothing")
    func dryRun() throws {
        _ = try client.pull(7, ["autocommit": true, "limit": 2])
        let dry = try post("seek", ["to": 5, "dryRun": true])
        #expect(dry.json == ["from": 2, "to": 5, "messages": 2, "direction": "forward"])
        #expect(try seen().integer("committed") == 2)
        #expect(try client.pull(7).indexes == [4, 5])
    }

    @Test(
        "A seek takes every kind of position",
        arguments: [
            ("3", 3), ("\"earliest\"", 0), ("\"archive\"", 0), ("\"latest\"", 6), ("0", 0),
            ("\"2000-01-01T00:00:00Z\"", 0), ("\"2999-01-01T00:00:00Z\"", 6),
            ("\"160704133235041047000007210\"", 0),
        ])
    func positions(to: String, index: Int) throws {
        _ = try client.pull(7)
        let answer = try client.request("POST", "/v1/warehouses/7/seek", "{\"to\":\(to)}")
        #expect(answer.integer("to") == index)
    }

    @Test("A seek goes to a message by its id; one that nobody has is refused")
    func seekByID() throws {
        let id = try #require(try client.pull(7).ids.dropFirst().first)
        #expect(try post("seek", ["to": .text(id)]).integer("to") == 2)
        let unknown = try post("seek", ["to": "0199d5f0-6c00-7abc-8def-0123456789ab"])
        #expect(unknown.status == 422)
        #expect(unknown.code == "unknown_id")
    }

    @Test(
        "A seek is checked",
        arguments: [
            ("{}", "/to"), (#"{"to":-1}"#, "/to"), (#"{"to":"x"}"#, "/to"),
            (#"{"to":1,"dryRun":1}"#, "/dryRun"), (#"{"to":1,"foo":1}"#, "/foo"),
        ])
    func seekChecks(body: String, pointer: String) throws {
        _ = try client.pull(7)
        let answer = try client.request("POST", "/v1/warehouses/7/seek", body)
        #expect(answer.status == 422)
        #expect(answer.pointers == [pointer])
    }

    @Test("A seek works whoever holds the lease, and voids the pages handed out before")
    func seekVoids() throws {
        _ = try client.pull(7, ["session": "s"])
        _ = try post("commit", ["index": 4, "session": "s"])
        _ = try post("seek", ["to": 1])
        let void = try post("commit", ["index": 5, "session": "s"])
        #expect(void.status == 409)
        #expect(void.code == "not_delivered")
        #expect(try client.pull(7, ["session": "s"]).indexes == [2, 4, 5])
        #expect(try post("commit", ["index": 5, "session": "s"]).integer("committed") == 5)
    }

    @Test("After a seek forward the commit of an older page is answered 200 and moves nothing")
    func seekForward() throws {
        _ = try client.pull(7, ["session": "s", "limit": 2])
        _ = try post("seek", ["to": 4])
        let late = try post("commit", ["index": 2, "session": "s"])
        #expect(late.status == 200)
        #expect(late.integer("committed") == 4)
    }

    @Test("A seek survives a restart")
    func seekIsKept() throws {
        _ = try client.pull(7, ["autocommit": true])
        _ = try post("seek", ["to": 2])
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        #expect(try again.client().pull(7).indexes == [4, 5])
    }

    // MARK: Pause

    @Test("While paused pulls get 423, and commits still count")
    func pause() throws {
        _ = try client.pull(7, ["session": "s"])
        #expect(try post("pause")["paused"].boolean == true)
        let refused = try client.pull(7, ["session": "s"])
        #expect(refused.status == 423)
        #expect(refused.code == "paused")
        #expect(refused.integer("status") == 423)
        #expect(try post("commit", ["index": 2, "session": "s"]).integer("committed") == 2)
        // The commit in a pull counts too, though the pull is refused.
        #expect(try client.pull(7, ["session": "s", "commit": 4]).status == 423)
        #expect(try seen().integer("committed") == 4)
        #expect(try post("resume")["paused"].boolean == false)
        #expect(try client.pull(7, ["session": "s"]).indexes == [5])
    }

    @Test("Pausing, retiring and describing survive a restart", arguments: ["pause", "retire"])
    func kept(operation: String) throws {
        _ = try client.pull(7)
        _ = try post(operation)
        _ = try client.request(
            "PUT", "/v1/warehouses/7", #"{"name":"Nord","expectEverySeconds":60}"#)
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        #expect(try client.pull(7).status == (operation == "pause" ? 423 : 410))
        let seen = try client.get("/v1/warehouses/7")
        #expect(seen["state"].text == (operation == "pause" ? "paused" : "retired"))
        #expect(seen["name"].text == "Nord")
        #expect(seen.integer("expectEverySeconds") == 60)
    }

    // MARK: Retire

    @Test("A closed warehouse's pulls get 410, and it leaves the lags, until it is revived")
    func retire() throws {
        _ = try client.pull(7)
        #expect(try seen().integer("lag", "messages") == 4)
        #expect(try post("retire")["retired"].boolean == true)
        let refused = try client.pull(7)
        #expect(refused.status == 410)
        #expect(refused.code == "retired")
        #expect(try seen().integer("lag", "messages") == 0)
        #expect(try seen()["state"].text == "retired")
        #expect(!(try client.get("/metrics").text.contains("{wid=\"7\"}")))
        #expect(try post("revive")["retired"].boolean == false)
        #expect(try client.pull(7).indexes == [1, 2, 4, 5])
        #expect(try client.get("/metrics").text.contains("{wid=\"7\"} 4\n"))
    }

    // MARK: Describe

    @Test("PUT names a warehouse and says how often it should pull; what is left out stays")
    func describe() throws {
        let made = try client.request(
            "PUT", "/v1/warehouses/9", #"{"name":"Süd","expectEverySeconds":300}"#)
        #expect(made.status == 200)
        #expect(made["name"].text == "Süd")
        _ = try client.request("PUT", "/v1/warehouses/9", #"{"name":"South"}"#)
        #expect(try seen(9)["name"].text == "South")
        #expect(try seen(9).integer("expectEverySeconds") == 300)
        #expect(try seen(9)["state"].text == "never")
    }

    @Test(
        "What is sent with PUT is checked",
        arguments: [
            (#"{"name":5}"#, "/name"), (#"{"expectEverySeconds":-1}"#, "/expectEverySeconds"),
            (#"{"title":"x"}"#, "/title"),
        ])
    func describeChecks(body: String, pointer: String) throws {
        let answer = try client.request("PUT", "/v1/warehouses/9", body)
        #expect(answer.status == 422)
        #expect(answer.pointers == [pointer])
        #expect(try seen(9).status == 404)
    }

    @Test(
        "What is done to a warehouse nobody knows is refused",
        arguments: [
            "seek", "pause", "resume", "retire", "revive", "release",
        ])
    func unknown(operation: String) throws {
        let answer = try post(operation, operation == "seek" ? ["to": 0] : [:], wid: 99)
        #expect(answer.status == 404)
        #expect(answer.code == "unknown_warehouse")
    }

    @Test(
        "Operations take no members of others", arguments: ["pause", "resume", "retire", "revive"])
    func noMembers(operation: String) throws {
        _ = try client.pull(7)
        #expect(try post(operation, ["index": 1]).status == 422)
        #expect(try client.request("POST", "/v1/warehouses/7/\(operation)").status == 200)
    }
}

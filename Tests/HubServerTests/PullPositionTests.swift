import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// Where a warehouse begins, and positions that cannot be.
@Suite struct PullPositionTests {
    private let hub: RunningHub
    private let client: RawClient
    private var times: [String] = []
    private var ids: [String] = []
    /// The id that a publisher gave to message 3.
    private static let given = "0199d5f0-6c00-7abc-8def-0123456789ab"

    /// Five messages, ten seconds apart, the third with an id of its publisher.
    init() throws {
        hub = try RunningHub()
        client = try hub.client()
        for number in 0..<5 {
            hub.clock.offsetMilliseconds = Int64(number) * 10_000
            let answer = try client.publish(wid: 0, id: number == 2 ? Self.given : nil)
            times.append(answer["created"].text ?? "")
            ids.append(answer["id"].text ?? "")
        }
    }

    private func started(at start: JSONValue, wid: Int = 7) throws -> Answer {
        try client.pull(wid, ["start": start])
    }

    @Test(
        "An index is the last one done: 0 none, the head all",
        arguments: [
            (0, [1, 2, 3, 4, 5]), (1, [2, 3, 4, 5]), (4, [5]), (5, []),
        ])
    func index(start: Int, indexes: [Int]) throws {
        let page = try started(at: .number("\(start)"))
        #expect(page.indexes == indexes)
        #expect(page.integer("committed") == start)
        #expect(page.integer("count", "from") == start + 1)
    }

    @Test("An index may be given as a text of digits")
    func indexText() throws {
        #expect(try started(at: "3").indexes == [4, 5])
    }

    @Test("An id is the last one done, whoever gave it, in any case")
    func id() throws {
        #expect(try started(at: .text(Self.given)).indexes == [4, 5])
        #expect(try started(at: .text(Self.given.uppercased()), wid: 8).indexes == [4, 5])
        #expect(try started(at: .text(ids[0]), wid: 9).indexes == [2, 3, 4, 5])
        #expect(try started(at: .text(ids[4].uppercased()), wid: 10).indexes == [])
    }

    @Test(
        "An id that is no message's is refused, and nobody is registered",
        arguments: [
            "0199d5f0-6c00-7abc-8def-0123456789ac", "f81d4fae-7dec-41d0-a765-00a0c91e6bf6",
            "00000000-0000-0000-0000-000000000000",
        ])
    func unknownID(id: String) throws {
        let answer = try started(at: .text(id))
        #expect(answer.status == 422)
        #expect(answer.code == "unknown_id")
        #expect(try client.get("/v1/warehouses/7").status == 404)
    }

    @Test("An id made of one of the hub's with another index is unknown")
    func forgedID() throws {
        let forged = ids[0].dropLast() + (ids[0].hasSuffix("5") ? "4" : "5")
        #expect(try started(at: .text(String(forged))).code == "unknown_id")
    }

    @Test("A time: what was created at or after it comes next")
    func time() throws {
        #expect(try started(at: .text(times[2])).indexes == [3, 4, 5])
        let second = try #require(Timestamp.parse(times[1]))
        #expect(try started(at: JSONValue.time(second + 1), wid: 8).indexes == [3, 4, 5])
        #expect(try started(at: JSONValue.time(second - 1), wid: 9).indexes == [2, 3, 4, 5])
        #expect(try started(at: "2000-01-01T00:00:00Z", wid: 10).indexes == [1, 2, 3, 4, 5])
        #expect(try started(at: "2999-01-01T00:00:00+08:00", wid: 11).indexes == [])
    }

    @Test("A 27-digit id is a time, local to +08:00 unless the hub is told otherwise")
    func legacy() throws {
        func legacy(_ milliseconds: Int64, zoneHours: Int64) -> JSONValue {
            let local = JSONValue.time(milliseconds + zoneHours * 3_600_000).text ?? ""
            let digits = local.filter(\.isNumber).dropFirst(2)
            return .text(digits + "000" + "000007210")
        }
        let third = try #require(Timestamp.parse(times[2]))
        #expect(try started(at: legacy(third, zoneHours: 8)).indexes == [3, 4, 5])
        #expect(try started(at: legacy(third + 1, zoneHours: 8), wid: 8).indexes == [4, 5])
        #expect(
            try started(at: "160704133235041047000007210", wid: 9).indexes == [1, 2, 3, 4, 5])
        hub.stop()
        let west = try RunningHub(folder: hub.folder) { $0.legacyZoneMinutes = -3 * 60 }
        let client = try west.client()
        let start = legacy(third, zoneHours: -3)
        #expect(try client.pull(20, ["start": start]).indexes == [3, 4, 5])
    }

    @Test("`earliest`, the default, and `archive` begin at the oldest, `latest` behind the newest")
    func words() throws {
        #expect(try started(at: "earliest").indexes == [1, 2, 3, 4, 5])
        #expect(try started(at: "archive", wid: 8).indexes == [1, 2, 3, 4, 5])
        #expect(try started(at: "latest", wid: 9).indexes == [])
        #expect(try client.pull(10).indexes == [1, 2, 3, 4, 5])
        try client.publish(wid: 0)
        let late = try client.pull(9)
        #expect(late.indexes == [6])
        #expect(late.ordinals == [6])
        #expect(late.integer("count", "from") == 6)
    }

    @Test("`start` counts at the very first pull only")
    func firstPullOnly() throws {
        #expect(try started(at: 3).indexes == [4, 5])
        #expect(try started(at: 0).indexes == [4, 5])
        #expect(try started(at: "latest").indexes == [4, 5])
    }

    @Test("`start` is on disk: it counts after a restart though nothing was committed")
    func startIsKept() throws {
        _ = try started(at: "latest")
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        #expect(try client.pull(7, ["start": "earliest"]).indexes == [])
        try client.publish(wid: 7)
        #expect(try client.pull(7).indexes == [6])
    }

    @Test("A warehouse made known by PUT still has its first pull before it")
    func afterPut() throws {
        let made = try client.request("PUT", "/v1/warehouses/7", #"{"name":"North"}"#)
        #expect(made.status == 200)
        #expect(try started(at: 2).indexes == [3, 4, 5])
    }

    @Test(
        "A position beyond the head is refused with the head",
        arguments: [
            #"{"start":6}"#, #"{"after":6}"#, #"{"commit":6}"#, #"{"start":9007199254740991}"#,
        ])
    func beyondHead(body: String) throws {
        let answer = try client.request("POST", "/v1/warehouses/7/pull", body)
        #expect(answer.status == 409)
        #expect(answer.code == "position_ahead")
        #expect(answer.integer("head") == 5)
        _ = try client.pull(7)
        for path in ["/v1/warehouses/7/commit", "/v1/warehouses/7/seek"] {
            let member = path.hasSuffix("commit") ? "index" : "to"
            let answer = try client.post(path, [member: 6])
            #expect(answer.status == 409)
            #expect(answer.code == "position_ahead")
            #expect(answer.integer("head") == 5)
        }
        #expect(try client.pull(7).indexes == [1, 2, 3, 4, 5])
    }

    @Test("A position of another hub is refused with this one's id; its own is fine")
    func otherHub() throws {
        let hub = try #require(try client.pull(7)["hub"].text)
        let answer = try client.pull(7, ["hub": "0123456789abcdef", "commit": 5])
        #expect(answer.status == 409)
        #expect(answer.code == "other_hub")
        #expect(answer["hub"].text == hub)
        #expect(try client.pull(7, ["hub": .text(hub)]).integer("committed") == 0)
        self.hub.stop()
        let again = try RunningHub(folder: self.hub.folder)
        #expect(try again.client().pull(7)["hub"].text == hub)
        let other = try RunningHub()
        #expect(try other.client().pull(7)["hub"].text != hub)
    }
}

extension JSONValue {
    /// Milliseconds since 1970 as RFC 3339.
    fileprivate static func time(_ milliseconds: Int64) -> JSONValue {
        var text = ByteBuffer(capacity: 24)
        text.append(timestampMilliseconds: milliseconds)
        return .text(text.bytes.text(in: 0..<text.count))
    }
}

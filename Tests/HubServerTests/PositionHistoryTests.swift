import Archive
import Hub
import HubServer
import HubSQLite
import Platform
import SQLite
import TestSupport
import Testing
import Wire

/// Where a warehouse was over time: `GET /v1/warehouses/{wid}/history`.
@Suite("The history of a warehouse") struct PositionHistoryTests {
    private func history(_ client: RawClient, _ query: String = "") throws -> [JSONValue] {
        try client.get("/v1/warehouses/7/history" + query).json["samples"]?.elements ?? []
    }

    @Test("It tells where the warehouse was, and how far behind")
    func positions() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for _ in 0..<10 { try client.publish(wid: 7) }
        _ = try client.pull(7, ["limit": 4])
        _ = try client.post("/v1/warehouses/7/commit", ["index": 4])
        hub.clock.offsetMilliseconds = 600_000
        for _ in 0..<5 { try client.publish(wid: 0) }
        try client.publish(wid: 8)
        _ = try client.pull(7, ["limit": 3])
        _ = try client.post("/v1/warehouses/7/commit", ["index": 6])
        hub.clock.offsetMilliseconds = 1_200_000
        let samples = try history(client)
        func at(_ sample: JSONValue) -> [Int?] {
            [
                sample["committed"]?.integer, sample["delivered"]?.integer, sample["lag"]?.integer,
            ]
        }
        // Each place is told until the next: some fifty times, every twelve seconds.
        let places = samples.map(at).filter { $0[0] != 0 }
        #expect(places.first == [4, 4, 6])
        #expect(places.last == [6, 7, 9])
        #expect(places.count { $0 == [4, 4, 6] } > 40)
        #expect(places.count { $0 == [6, 7, 9] } > 40)
        #expect(places.count <= 301)
        let times = samples.compactMap { Timestamp.parse($0["at"]?.text ?? "") }
        #expect(times.count == samples.count && times == times.sorted())
        #expect(try history(client, "?range=week").count <= 301)
        #expect(try history(client, "?to=2001-01-01T00:00:00Z").isEmpty)
    }

    @Test("What is in the archive has no lag that could be told; what is nowhere is not told")
    func archived() throws {
        let hub = try RunningHub { $0.retention = Retention(age: 2_000) }
        let client = try hub.client()
        for _ in 0..<10 { try client.publish(wid: 7) }
        _ = try client.pull(7, ["limit": 4])
        _ = try client.post("/v1/warehouses/7/commit", ["index": 4])
        hub.clock.offsetMilliseconds = 60_000
        #expect(try eventually { try client.metric("message_center_border") == 10 })
        let samples = try history(client)
        #expect(samples.allSatisfy { $0["lag"] == .null })
        #expect(samples.last?["committed"]?.integer == 4)
        _ = try client.pull(7, ["commit": 4])
        _ = try client.post("/v1/warehouses/7/commit", ["index": 10])
        #expect(try history(client).last?["lag"]?.integer == 0)
    }

    @Test("Who is not known is 404, what cannot be asked 422")
    func refusals() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        expectProblem(
            try client.get("/v1/warehouses/7/history"), 404, "unknown_warehouse")
        _ = try client.request("PUT", "/v1/warehouses/7", "{}")
        #expect(try history(client).isEmpty, "it has no position yet")
        #expect(try client.get("/v1/warehouses/7/history?range=year").status == 422)
        #expect(try client.post("/v1/warehouses/7/history").status == 405)
    }

    // MARK: Bounds

    private func rows(_ folder: TemporaryFolder) throws -> Int64? {
        try Connection(path: folder.path + "/hub.db", mode: .readOnly).scalar(
            "SELECT count(*) FROM history")
    }

    @Test("A warehouse that only asks leaves no history")
    func idle() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.publish(wid: 7)
        _ = try client.pull(7)
        _ = try client.post("/v1/warehouses/7/commit", ["index": 1])
        // A start writes the first row anew.
        let before = try rows(hub.folder)
        for minute in 1...2 {
            hub.clock.offsetMilliseconds = Int64(minute) * 60_000
            _ = try client.pull(7)
            _ = try client.post("/v1/warehouses/7/commit", ["index": 1])
            let asked = hub.clock.nowMilliseconds() - 1000
            #expect(
                try eventually {
                    let last = try Connection(
                        path: hub.folder.path + "/hub.db", mode: .readOnly
                    ).scalar("SELECT last_pull FROM warehouses")
                    return last ?? 0 >= asked
                })
        }
        #expect(try rows(hub.folder) == before)
    }

    @Test("Where nothing moves to the archive, it is bounded by the retention and a day")
    func bounded() throws {
        let folder = try TemporaryFolder()
        var store = try SQLiteStore(path: folder.path + "/hub.db", freshHub: ("hub", 1))
        let lines = Lines(epochs: ReaderEpochs(readers: 1))
        _ = try store.load(into: lines)
        var warehouse = Warehouse(wid: 7)
        warehouse.hasStarted = true
        for second in 1...500 as ClosedRange<Int64> {
            warehouse.committed = second
            warehouse.delivered = second
            try store.begin()
            try store.save(warehouse, wall: second * 1000 * 1000)
            try store.commit()
        }
        #expect(try rows(folder) == 500)
        store.historyFloor = 400_000
        while try store.trim(atMost: 10, through: 0) > 0 {}
        // The newest of the old ones tells where it was then.
        #expect(try rows(folder) == 102)
        let reader = try SQLiteReader(path: folder.path + "/hub.db")
        let places = try reader.positions(of: 7, at: [398_999, 399_000, 399_999, 400_000, .max])
        #expect(places.map { $0?.committed } == [nil, 399, 399, 400, 500])
        // A journey does not guess a time that is gone.
        #expect(try reader.journey(of: 399, wid: 7, since: 0).committed == nil)
        #expect(try reader.journey(of: 450, wid: 7, since: 0).committed == 450_000_000)
    }

    @Test("The hub lets it go")
    func swept() throws {
        let folder = try TemporaryFolder()
        let clock = WallClock()
        func start() throws -> RunningHub {
            try RunningHub(folder: folder, clock: clock) { configuration in
                configuration.retention = Retention(age: 3_600_000)
                configuration.sampling.step = 20
                configuration.sampling.perFlush = 2
                // Nothing moves.
                configuration.archiveFault = { _ in .full(file: "none") }
            }
        }
        let first = try start()
        let client = try first.client()
        for _ in 0..<10 { try client.publish(wid: 7) }
        for index in 1...9 {
            clock.offsetMilliseconds += 10_000
            _ = try client.pull(7, ["limit": 1])
            _ = try client.post("/v1/warehouses/7/commit", ["index": .number("\(index)")])
        }
        first.stop()
        let written = try rows(folder) ?? 0
        #expect(written >= 9)
        clock.offsetMilliseconds += 3 * 86_400_000
        let second = try start()
        let isSwept = try eventually { try rows(folder) == 1 }
        #expect(isSwept)
        #expect(try second.client().get("/v1/warehouses/7").json["committed"]?.integer == 9)
    }
}

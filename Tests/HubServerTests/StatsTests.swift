import Foundation
import Hub
import HubServer
import HubSQLite
import Platform
import SQLite
import TestSupport
import Testing
import Wire

/// The hub's figures over time.
@Suite("The history of the hub's figures") struct StatsTests {
    private static func often(_ configuration: inout Configuration) {
        configuration.sampling.step = 50
        configuration.sampling.perFlush = 4
    }

    private func samples(_ client: RawClient, _ query: String = "") throws -> [JSONValue] {
        try client.get("/v1/stats" + query).json["samples"]?.elements ?? []
    }

    private func sum(_ samples: [JSONValue], _ rate: String, seconds: Double) -> Double {
        samples.reduce(0) { $0 + (Double($1[rate]?.number ?? "") ?? 0) * seconds }
    }

    @Test("A sample tells what was done since the one before, and how the hub is")
    func sample() throws {
        let hub = try RunningHub(configure: Self.often)
        let client = try hub.client()
        for _ in 0..<40 { try client.publish(wid: 7) }
        try client.publish(wid: 8)
        _ = try client.pull(7)
        _ = try client.post("/v1/warehouses/7/commit", ["index": 30])
        #expect(
            try eventually { try samples(client).last?["lagMessages"]?.integer == 10 })
        let stats = try client.get("/v1/stats")
        let last = try #require(stats.json["samples"]?.elements?.last)
        #expect(last["head"]?.integer == 41)
        #expect((last["storeBytes"]?.integer ?? 0) > 4096)
        #expect(last["archiveBytes"]?.integer == 0)
        #expect((last["lagSeconds"]?.integer ?? -1) >= 0)
        #expect(try eventually { (try samples(client).last?["freeBytes"]?.integer ?? 0) > 0 })
        // Rates are of the hub's own time: a step of a second or more adds up to about the count.
        let range = try samples(client)
        #expect(range.contains { ($0["publishRate"]?.number).flatMap(Double.init) ?? 0 > 0 })
        #expect(range.contains { ($0["pullRate"]?.number).flatMap(Double.init) ?? 0 > 0 })
        #expect(range.contains { ($0["commitRate"]?.number).flatMap(Double.init) ?? 0 > 0 })
        let disk = try #require(stats.json["disk"])
        #expect(disk["growthPerDay"] == .null)
        #expect(disk["fullAt"] == .null)
        #expect(disk["limitBytes"]?.integer == 0)
        #expect(stats.integer("step") == 10)
    }

    @Test("What was done adds up over a restart, and nothing is counted that was not done")
    func counts() throws {
        var hub = try RunningHub(configure: Self.often)
        var client = try hub.client()
        for _ in 0..<20 { try client.publish(wid: 7) }
        _ = try client.pull(7)
        _ = try client.post("/v1/warehouses/7/commit", ["index": 12])
        let (folder, clock) = (hub.folder, hub.clock)
        hub.stop()
        hub = try RunningHub(folder: folder, clock: clock, configure: Self.often)
        client = try hub.client()
        _ = try client.pull(7, ["commit": 15])
        // A seek is no work.
        _ = try client.post("/v1/warehouses/7/seek", ["to": .text("latest")])
        _ = try client.post("/v1/warehouses/7/seek", ["to": .text("earliest")])
        hub.stop()
        let reader = try SQLiteReader(path: folder.path + "/hub.db")
        for grain in Sample.Grain.allCases {
            var all: [Sample] = []
            try reader.samples(grain, after: 0, through: .max) { all.append($0) }
            let sum = try #require(Sample.sum(all))
            #expect(sum.published == 20, "\(grain)")
            #expect(sum.handedOut == 25)
            #expect(sum.committed == 15)
            #expect(sum.head == 20)
        }
    }

    @Test("The history outlives a restart; while the hub was down there is a gap")
    func gap() throws {
        let first = try RunningHub(configure: Self.often)
        let before = try first.client()
        #expect(try eventually { try samples(before).count >= 1 })
        let (folder, clock) = (first.folder, first.clock)
        first.stop()
        clock.offsetMilliseconds = 1_800_000
        let second = try RunningHub(folder: folder, clock: clock, configure: Self.often)
        let client = try second.client()
        #expect(try eventually { try samples(client).count >= 2 })
        let stats = try client.get("/v1/stats?range=hour")
        let times = (stats.json["samples"]?.elements ?? []).compactMap {
            Timestamp.parse($0["at"]?.text ?? "")
        }
        #expect(times == times.sorted())
        let gaps = zip(times, times.dropFirst()).filter { $1 - $0 > 1_000_000 }
        #expect(gaps.count == 1)
        #expect(gaps.allSatisfy { $1 - $0 < 1_900_000 })
        for range in ["day", "week"] {
            let coarse = try samples(client, "?range=\(range)")
            #expect(coarse.count >= 1)
        }
        #expect(try samples(client, "?from=2000-01-01T00:00:00Z&to=2001-01-01T00:00:00Z") == [])
    }

    @Test("A hub that idles writes once in several samples")
    func pace() throws {
        let hub = try RunningHub { configuration in
            configuration.sampling.step = 20
            configuration.sampling.perFlush = 1_000_000
        }
        let client = try hub.client()
        #expect(try eventually { try samples(client).count >= 1 })
        let reader = try SQLiteReader(path: hub.folder.path + "/hub.db")
        var kept = 0
        try reader.samples(.fine, after: 0, through: .max) { _ in kept += 1 }
        #expect(kept == 0)
        hub.stop()
        try reader.samples(.fine, after: 0, through: .max) { _ in kept += 1 }
        #expect(kept > 0)
    }

    @Test(
        "What cannot be asked is refused",
        arguments: [
            "range=year", "range=day&from=2026-01-01T00:00:00Z", "from=yesterday",
            "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "nonsense=1",
        ])
    func refusals(query: String) throws {
        let hub = try RunningHub()
        #expect(try hub.client().get("/v1/stats?\(query)").status == 422)
    }

    @Test("A warehouse's trend is its lag, a value a minute, and only where it is asked for")
    func trend() throws {
        let hub = try RunningHub(configure: Self.often)
        let client = try hub.client()
        for _ in 0..<3 { try client.publish(wid: 7) }
        _ = try client.request("PUT", "/v1/warehouses/7", "{}")
        func warehouse(_ query: String) throws -> JSONValue? {
            try client.get("/v1/warehouses" + query).json["warehouses"]?.elements?.first
        }
        #expect(
            try eventually {
                try warehouse("?trend=true")?["trend"]?.elements?.isEmpty == false
            })
        #expect((try warehouse("?trend=true")?["trend"]?.elements?.count ?? 99) <= 1)
        #expect(try warehouse("") != nil)
        #expect(try warehouse("")?["trend"] == nil)
        #expect(try warehouse("?trend=false")?["trend"] == nil)
    }

    @Test("A trend has at most thirty values, the newest last")
    func trendLength() {
        let trends = Trends()
        for minute in 1...100 {
            for wid in [1, 2, 9] as [UInt32] where minute > 90 || wid < 9 {
                trends.note(Int64(minute) * Int64(wid), of: wid)
            }
        }
        #expect(trends[1] == (71...100).map { UInt32($0) })
        #expect(trends[2] == (71...100).map { UInt32($0) * 2 })
        #expect(trends[9] == (91...100).map { UInt32($0) * 9 })
        #expect(trends[3] == [])
        trends.note(1 << 40, of: 3)
        #expect(trends[3] == [.max])
    }

    // MARK: The store

    @Test("Old samples go, a slice with each that come")
    func bounded() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/hub.db"
        var store = try SQLiteStore(path: path, freshHub: ("hub", 1))
        let reader = try SQLiteReader(path: path)
        func keep(_ times: [Int64], _ grain: Sample.Grain) throws {
            try store.beginUnsynced()
            try store.keep(times.map { Sample(at: $0, span: 10_000) }, grain)
            try store.commit()
        }
        let minute: Int64 = 60_000
        for grain in Sample.Grain.allCases {
            let end = grain.kept + 30 * minute
            try keep((1...30).map { $0 * minute }, grain)
            try keep([end], grain)
            var times: [Int64] = []
            try reader.samples(grain, after: 0, through: .max) { times.append($0.at) }
            #expect(times == [30 * minute, end])
        }
    }

    @Test("Samples are read in slices, none twice")
    func slices() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/hub.db"
        var store = try SQLiteStore(path: path, freshHub: ("hub", 1))
        try store.beginUnsynced()
        try store.keep((1...2500).map { Sample(at: $0, span: 1) }, .coarse)
        try store.commit()
        let reader = try SQLiteReader(path: path)
        var times: [Int64] = []
        try reader.samples(.coarse, after: 1, through: 2400) { times.append($0.at) }
        #expect(times == Array(2...2400))
    }
}

extension JSONValue {
    /// A number as it was written.
    var number: String? {
        if case .number(let text) = self { text } else { nil }
    }
}

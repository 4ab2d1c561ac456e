import Foundation
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// A warehouse whose position leaves the store is told of, before and after.
@Suite("Positions that leave the store") struct PositionTests {
    private static let day: Int64 = 86_400_000

    @Test("A warehouse is told of as leaving, then as archived, and then no more")
    func states() throws {
        let clock = WallClock()
        let hub = try RunningHub(clock: clock)
        let client = try hub.client()
        func state(_ wid: Int) throws -> String? {
            try client.get("/v1/warehouses/\(wid)")["state"].text
        }
        func counts() throws -> [Double?] {
            [
                try client.metric("message_center_warehouses_leaving"),
                try client.metric("message_center_warehouses_archived"),
            ]
        }
        for _ in 0..<4 { try client.publish(wid: 7) }
        try client.publish(wid: 8)
        try client.pull(7)
        try client.pull(8)
        try client.post("/v1/warehouses/8/commit", ["index": 5])
        try client.pull(9)
        try client.post("/v1/warehouses/7/commit", ["index": 1])

        clock.offsetMilliseconds = 5 * Self.day
        try client.pull(7)
        #expect(try state(7) == "lagging")
        #expect(try counts() == [0, 0])

        // The last fifth of seven days begins after 5.6 of them.
        clock.offsetMilliseconds = 6 * Self.day
        #expect(try eventually { try state(7) == "leaving" })
        #expect(try eventually { try counts() == [1, 0] })
        // Who needs nothing is not concerned, and neither is whose messages are others'.
        #expect(try state(8) != "leaving")
        #expect(try state(9) != "leaving")

        clock.offsetMilliseconds = 8 * Self.day
        #expect(try eventually { try state(7) == "archived" })
        #expect(try eventually { try counts() == [0, 1] })
        #expect(try client.get("/v1/warehouses/7").integer("lag", "messages") == 3)
        try client.post("/v1/warehouses/7/pause")
        #expect(try state(7) == "paused")
        try client.post("/v1/warehouses/7/resume")

        // It pulls on, out of the archive.
        #expect(try client.pull(7).indexes == [2, 3, 4])
        #expect(try client.post("/v1/warehouses/7/commit", ["index": 4]).status == 200)
        #expect(try state(7) == "ok")
        #expect(try eventually { try counts() == [0, 0] })
    }

    @Test("The log tells of each change once")
    func told() throws {
        let hub = try HubProcess(arguments: ["--retention", "4s"])
        let client = try hub.client()
        for _ in 0..<3 { try client.publish(wid: 7) }
        try client.pull(7)
        let leaving = "warehouse 7, which has committed up to 0, needs messages that leave the"
        let archived = "warehouse 7, which has committed up to 0, needs messages that are in the"
        let stored = "needs nothing any more that leaves the store"
        #expect(eventually { hub.told.contains(archived) })
        #expect(hub.told.components(separatedBy: leaving).count == 2, "\(hub.told)")
        #expect(hub.told.components(separatedBy: archived).count == 2, "\(hub.told)")
        #expect(try client.post("/v1/warehouses/7/commit", ["index": 3]).status == 200)
        #expect(eventually { hub.told.contains(stored) })
    }
}

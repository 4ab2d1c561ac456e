import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// A disk whose room a test sets.
private final class Room: Sendable {
    let free = Locked<[String: UInt64]>([:])

    func set(_ bytes: UInt64, at path: String) { free.withLock { $0[path] = bytes } }
}

@Suite("A disk that is nearly full") struct RoomTests {
    private let room = Room()
    private let elsewhere: TemporaryFolder

    init() throws {
        elsewhere = try TemporaryFolder()
    }

    private func hub() throws -> RunningHub {
        let (room, elsewhere) = (room, elsewhere.path)
        return try RunningHub { configuration in
            configuration.leastFree = 1_000_000
            configuration.archive = elsewhere + "/archive"
            let data = configuration.data
            room.set(5_000_000, at: data)
            room.set(5_000_000, at: elsewhere)
            configuration.free = { (path) throws(Errno) in
                guard let free = room.free.withLock({ $0[path] }) else { throw Errno.notFound }
                return free
            }
        }
    }

    @Test(
        "Publishes get 507 while pulls and commits go on, and it ends by itself",
        arguments: ["data", "archive"])
    func short(which: String) throws {
        let hub = try hub()
        let client = try hub.client()
        let path = which == "data" ? hub.folder.path : elsewhere.path
        for _ in 0..<3 { #expect(try client.publish(wid: 7).status == 201) }
        try client.pull(7)
        try client.report(Letter(1))
        room.set(999_999, at: path)
        #expect(try eventually { try client.get("/readyz").status == 503 })
        let notReady = try client.get("/readyz")
        #expect(notReady["reason"].text == "disk nearly full")
        #expect(try client.metric("message_center_ready") == 0)
        #expect(try client.metric("message_center_\(which)_free_bytes") == 999_999)

        let refused = try client.publish(wid: 7)
        expectProblem(refused, 507, "disk_nearly_full")
        #expect(refused["retryable"] == .boolean(true))
        #expect(refused[field: "Retry-After"] != nil)
        let batch = try client.post("/v1/messages/batch", [["topic": "A_B", "body": 1]])
        expectProblem(batch, 507, "disk_nearly_full")

        expectProblem(try client.report(Letter(2)), 507, "disk_nearly_full")
        #expect(try client.post("/v1/dead-letters/1/drop").status == 200)
        #expect(try client.report(Letter(1, state: "dropped"))["state"] == "dropped")

        #expect(try client.pull(7).indexes == [1, 2, 3])
        #expect(try client.post("/v1/warehouses/7/commit", ["index": 2]).status == 200)
        #expect(try client.pull(7, ["commit": 3]).messages.isEmpty)
        #expect(try client.pull(8).status == 200)

        // A little more than the limit is not enough, an eighth is.
        room.set(1_124_999, at: path)
        let name = "message_center_\(which)_free_bytes"
        #expect(try eventually { try client.metric(name) == 1_124_999 })
        expectProblem(try client.publish(wid: 7), 507, "disk_nearly_full")
        room.set(1_125_000, at: path)
        #expect(try eventually { try client.get("/readyz").status == 200 })
        #expect(try client.publish(wid: 7)["index"].integer == 4)
    }
}

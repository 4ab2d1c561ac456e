import Foundation
import TestSupport
import Testing
import Wire

@Suite("Failures: the disk", .enabled(if: getuid() == 0, "only root may mount a small disk"))
struct FailureDiskTests {
    @Test("A full disk is told with 507, nothing is half stored, and room mends it")
    func full() throws {
        // Where not even root may mount there is nothing to test on.
        guard let disk = try SmallDisk(megabytes: 32) else { return }
        let hub = try HubProcess(folder: disk.folder, data: disk.path)
        let client = try hub.client()
        #expect(try client.publish(wid: 5, body: "first").status == 201)
        try disk.fill(leaving: 1 << 20)
        let large = JSONValue.text(String(repeating: "x", count: 50_000))
        var stored = 1
        var last = try client.publish(wid: 5, body: large)
        while last.status == 201, stored < 1000 {
            stored += 1
            last = try client.publish(wid: 5, body: large)
        }
        expectProblem(last, 507, "disk_full")
        #expect(last["retryable"] == .boolean(true))
        #expect(last[field: "Retry-After"] != nil)
        let batch = JSONValue.array(
            Array(repeating: ["topic": "A_B", "wid": 5, "body": large], count: 30))
        expectProblem(try client.post("/v1/messages/batch", batch), 507, "disk_full")
        expectProblem(try client.get("/readyz"), 503, "not_ready")
        #expect(hub.told.contains("the disk is full"), "\(hub.told)")
        #expect(hub.told.contains(disk.path))
        // All that was acknowledged can be read.
        let page = try client.get("/v1/warehouses/5/messages?limit=1000")
        #expect(page["messages"].elements?.count == min(stored, 21) || stored > 21)
        #expect(try client.get("/v1/warehouses")["head"].integer == stored)

        try disk.makeRoom()
        let mended = try client.publish(wid: 5, body: large)
        #expect(mended.status == 201, "\(mended.text)")
        #expect(mended["index"].integer == stored + 1)
        #expect(try client.get("/readyz").status == 200)
        #expect(hub.told.contains("takes messages again"))
        hub.kill()
        let next = try HubProcess(folder: disk.folder, data: disk.path)
        #expect(try next.client().publish(wid: 5)["index"].integer == stored + 2)
        #expect(try next.stop().status == 0)
    }

    @Test("A hub stopped while its disk is full has all it acknowledged when there is room")
    func stopped() throws {
        guard let disk = try SmallDisk(megabytes: 32) else { return }
        let hub = try HubProcess(folder: disk.folder, data: disk.path)
        let client = try hub.client()
        try disk.fill(leaving: 256 << 10)
        let body = JSONValue.text(String(repeating: "y", count: 9000))
        var stored = 0
        while try client.publish(wid: 5, body: body).status == 201 { stored += 1 }
        #expect(stored > 0)
        #expect(try hub.stop().status == 0)
        try disk.makeRoom()
        let next = try HubProcess(folder: disk.folder, data: disk.path)
        let again = try next.client()
        #expect(try again.get("/v1/warehouses")["head"].integer == stored)
        #expect(try again.publish(wid: 5)["index"].integer == stored + 1)
        let page = try again.get("/v1/warehouses/5/messages?limit=1000")
        #expect(page["messages"].elements?.first?["body"] == body)
    }
}

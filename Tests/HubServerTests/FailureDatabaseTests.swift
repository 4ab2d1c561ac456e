import Foundation
import HubServer
import TestSupport
import Testing
import Wire

/// Somebody else holds or damages the database: the hub says so and loses nothing.
@Suite("Failures: the database")
struct FailureDatabaseTests {
    @Test("While another program holds the database publishes get 503, and go on afterwards")
    func held() throws {
        let hub = try RunningHub { $0.busyMilliseconds = 50 }
        let client = try hub.client()
        #expect(try client.publish(wid: 5)["index"].integer == 1)
        #expect(try client.pull(5)["messages"].elements?.count == 1)
        let holder = try DatabaseHolder(hub.folder.path + "/hub.db")
        for _ in 0..<3 {
            let answer = try client.publish(wid: 5)
            expectProblem(answer, 503, "store_busy")
            #expect(answer["retryable"] == .boolean(true))
            #expect(answer[field: "Retry-After"] != nil)
        }
        let ready = try client.get("/readyz")
        expectProblem(ready, 503, "not_ready")
        #expect(ready["reason"].text == "database held by another program")
        expectProblem(try client.post("/v1/warehouses/5/commit", ["index": 1]), 503, "store_busy")
        expectProblem(try client.report(Letter(1), wid: 5), 503, "store_busy")
        // Reading goes on: the log beside the database has no need of the lock.
        #expect(try client.pull(5)["messages"].elements?.count == 1)
        holder.letGo()
        #expect(try client.publish(wid: 5)["index"].integer == 2)
        #expect(try client.get("/readyz").status == 200)
        #expect(try client.report(Letter(1), wid: 5)["n"] == 1)
        #expect(try client.post("/v1/warehouses/5/commit", ["index": 1])["committed"].integer == 1)
    }

    @Test("Out of a database damaged while the hub runs comes an error, never wrong data")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let count = 3000
        do {
            let hub = try HubProcess(folder: folder)
            let lines = (1...count).map {
                let body = String(repeating: "\($0).", count: 1000 / "\($0).".count)
                return "{\"topic\":\"A_B\",\"wid\":5,\"body\":\"\(body)\"}\n"
            }
            let answer = try hub.client().request(
                "POST", "/v1/messages/batch", lines.joined(), type: "application/x-ndjson")
            #expect(answer.status == 201)
            try hub.stop()
        }
        let hub = try HubProcess(folder: folder)
        try damage(folder.path + "/hub.db")
        let client = try hub.client()
        var (shown, failures) = (0, 0)
        for after in stride(from: 0, to: count, by: 50) {
            let page = try client.get("/v1/warehouses/5/messages?after=\(after)&limit=50")
            guard page.status == 200 else {
                expectProblem(page, 500, "store_damaged")
                failures += 1
                continue
            }
            for message in page["messages"].elements ?? [] {
                let start = "\(message["index"]?.integer ?? -1)."
                #expect(message["body"]?.text?.hasPrefix(start) == true)
                shown += 1
            }
        }
        #expect(failures > 0)
        #expect(shown > count / 3)
        #expect(hub.told.contains("the store cannot be read"))
        #expect(hub.told.contains("malformed"), "\(hub.told.prefix(2000))")
        expectProblem(try client.get("/v1/messages/\(count / 2)"), 500, "store_damaged")
        #expect(try client.get("/healthz").status == 200)
        #expect(try hub.stop().status == 0)
    }

    /// Overwrites the pages with rows in the middle fifth of the file; those that lead to others
    /// stay, or nothing at all could be found any more (https://sqlite.org/fileformat2.html).
    private func damage(_ path: String) throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        let (size, pages) = (4096, Int(try file.seekToEnd()) / 4096)
        for page in pages * 2 / 5..<pages * 3 / 5 {
            try file.seek(toOffset: UInt64(page * size))
            guard try file.read(upToCount: 1) == Data([0x0D]) else { continue }
            try file.seek(toOffset: UInt64(page * size))
            try file.write(contentsOf: Data(repeating: 0xAA, count: size))
        }
        try file.close()
    }
}

import HubServer
import TestSupport
import Testing
import Wire

/// What operators do is written down with it.
@Suite("The audit") struct AuditTests {
    private func entries(_ client: RawClient, _ query: String = "") throws -> [JSONValue] {
        try client.get("/v1/audit\(query)")["entries"].elements ?? []
    }

    private func actions(_ client: RawClient, _ query: String = "") throws -> [String] {
        try entries(client, query).compactMap { $0["action"]?.text }
    }

    @Test("Each act of an operator is an entry: who, what, to whom, from where, by which request")
    func acts() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for _ in 0..<3 { try client.publish(wid: 7) }
        try client.pull(7, ["session": "abc"])
        for (path, body) in [
            ("seek", #"{"to":2}"#), ("pause", ""), ("resume", ""), ("take-over", ""),
            ("retire", ""), ("revive", ""),
        ] {
            let answer = try client.request(
                "POST", "/v1/warehouses/7/\(path)", body, fields: ["X-Request-Id": "r-\(path)"])
            #expect(answer.status == 200, "\(path): \(answer.text)")
        }
        _ = try client.request("PUT", "/v1/warehouses/7", #"{"name":"North \"1\""}"#)
        let entries = try entries(client)
        #expect(
            entries.compactMap { $0["action"]?.text } == [
                "describe", "revive", "retire", "take_over", "resume", "pause", "seek",
            ])
        let seek = try #require(entries.last)
        #expect(seek["detail"] == ["from": 0, "to": 2])
        #expect(seek["wid"] == 7)
        #expect(seek["name"]?.text == "")
        #expect(seek["role"]?.text == "anyone")
        #expect(seek["address"]?.text == "127.0.0.1")
        #expect(seek["requestId"]?.text == "r-seek")
        #expect(seek["n"] == 1)
        #expect(seek["at"]?.text?.count == 24)
        #expect(entries[3]["detail"] == ["former": "abc"])
        #expect(entries[0]["detail"]?["name"]?.text == "North \"1\"")
    }

    @Test("What is refused, only looked at, or done by clients, is none")
    func noActs() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.publish(wid: 7)
        try client.pull(7)
        _ = try client.post("/v1/warehouses/7/commit", ["index": 1])
        _ = try client.post("/v1/warehouses/7/release")
        #expect(try client.post("/v1/warehouses/7/seek", ["to": 0, "dryRun": true]).status == 200)
        #expect(try client.post("/v1/warehouses/7/seek", ["to": 99]).status == 409)
        #expect(try client.post("/v1/warehouses/8/pause").status == 404)
        #expect(try client.post("/v1/dead-letters/1/drop").status == 404)
        #expect(try client.post("/v1/dead-letters/drop", ["filter": [:]]).status == 200)
        #expect(try entries(client) == [])
    }

    @Test("Orders for dead letters are entries, one and in bulk")
    func letters() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        var ids = MessageIDs(seed: 1)
        try client.pull(7)
        for _ in 0..<3 {
            try client.post(
                "/v1/warehouses/7/dead-letters",
                ["id": .text(ids.next()), "index": 1, "topic": "A_B", "state": "dead"])
        }
        try client.post("/v1/dead-letters/2/retry")
        try client.post("/v1/dead-letters/drop", ["filter": ["wid": 7]])
        let entries = try entries(client)
        #expect(entries.map { $0["action"]?.text } == ["letter_drop", "letter_retry"])
        #expect(entries[0]["detail"] == ["count": 3, "letters": [1, 2, 3]])
        #expect(entries[1]["detail"] == ["n": 2])
        #expect(entries.map { $0["wid"] } == [7, 7])
        try client.pull(8)
        try client.post(
            "/v1/warehouses/8/dead-letters",
            ["id": .text(ids.next()), "index": 1, "topic": "A_B", "state": "dead"])
        try client.post("/v1/dead-letters/drop", ["filter": [:]])
        #expect(try self.entries(client).first?["wid"] == .null, "it was done to two")
    }

    @Test("Signing in and out, and failing to, are entries with the token's name")
    func signingIn() throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder, name: "anna")
        let hub = try RunningHub(folder: folder)
        let client = try hub.client()
        try client.post("/v1/session", ["token": "mc_00"])
        let answer = try client.post("/v1/session", ["token": .text(token)])
        let cookie = String((answer[field: "Set-Cookie"] ?? "").prefix { $0 != ";" })
        let page = ["Cookie": cookie, "Origin": "http://hub"]
        _ = try client.request("PUT", "/v1/warehouses/7", "{}", fields: page)
        _ = try client.request("DELETE", "/v1/session", fields: page)
        let bearer = ["Authorization": "Bearer \(token)"]
        _ = try client.request("POST", "/v1/warehouses/7/pause", fields: bearer)
        let entries =
            try client.request("GET", "/v1/audit", fields: bearer)["entries"].elements ?? []
        let told = entries.map { entry in
            ["action", "name", "role"].map { entry[$0]?.text ?? "" }.joined(separator: " ")
        }
        #expect(
            told == [
                "pause anna admin", "sign_out anna admin", "describe anna admin",
                "sign_in anna admin", "sign_in_failed  none",
            ])
        #expect(try client.get("/v1/audit").status == 401)
    }

    @Test("It is filtered and paged, newest first, without a gap or a double")
    func pages() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for wid in 1...60 {
            _ = try client.request("PUT", "/v1/warehouses/\(wid)", "{}")
            try client.post("/v1/warehouses/\(wid)/pause")
        }
        var (seen, query): ([Int], String?) = ([], "?limit=7&action=pause")
        while let asked = query {
            let page = try client.get("/v1/audit\(asked)")
            seen += (page["entries"].elements ?? []).compactMap { $0["wid"]?.integer }
            query = page["nextPageToken"].text.map { "?limit=7&action=pause&pageToken=\($0)" }
        }
        #expect(seen == Array(1...60).reversed())
        #expect(try actions(client, "?wid=9") == ["pause", "describe"])
        #expect(try entries(client, "?name=anna") == [])
        #expect(try entries(client, "?from=2100-01-01T00:00:00Z") == [])
        #expect(try entries(client, "?to=2100-01-01T00:00:00Z&limit=1000").count == 120)
        for bad in ["?action=x", "?limit=0", "?wid=0", "?from=x", "?pageToken=-1", "?who=a"] {
            #expect(try client.get("/v1/audit\(bad)").status == 422, "\(bad)")
        }
    }

    @Test("It outlives kill -9, together with what was done")
    func killed() throws {
        let folder = try TemporaryFolder()
        let first = try HubProcess(folder: folder)
        let client = try first.client()
        for wid in 1...20 { _ = try client.request("PUT", "/v1/warehouses/\(wid)", "{}") }
        first.kill()
        let second = try HubProcess(folder: folder)
        let again = try second.client()
        #expect(try actions(again).count == 20)
        #expect(try again.get("/v1/warehouses")["warehouses"].elements?.count == 20)
    }
}

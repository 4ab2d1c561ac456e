import Foundation
import Hub
import HubServer
import Platform
import SQLite
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
        try client.pull(9)
        let reports = (0..<250).map { Letter($0 + 1000).json.serialized() }
        for start in [0, 100, 200] {
            let some = reports[start..<min(start + 100, 250)].joined(separator: ",")
            let answer = try client.request(
                "POST", "/v1/warehouses/9/dead-letters/batch", "[\(some)]")
            #expect(answer.status == 200, "\(answer.text)")
        }
        try client.post("/v1/dead-letters/drop", ["filter": ["wid": 9]])
        let bulk = try self.entries(client).first?["detail"]
        #expect(bulk?["count"] == 250)
        #expect(
            bulk?["letters"]?.elements?.compactMap(\.integer) == Array(4...253),
            "all that it was done to")
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
        // The token's own entry comes when it is carried here.
        let told = entries.filter { $0["role"]?.text != "local" }.map { entry in
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

    @Test("What was done since a time is found, though the clock was set back meanwhile")
    func clockSetBack() throws {
        let clock = WallClock()
        let hub = try RunningHub(clock: clock)
        let client = try hub.client()
        let start = clock.nowMilliseconds()
        _ = try client.request("PUT", "/v1/warehouses/1", "{}")
        clock.offsetMilliseconds -= 3_600_000
        _ = try client.request("PUT", "/v1/warehouses/2", "{}")
        clock.offsetMilliseconds += 3_600_000
        _ = try client.request("PUT", "/v1/warehouses/3", "{}")
        let seconds = (start - 60_000) / 1000
        let since = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        #expect(try entries(client, "?from=\(since)").map { $0["wid"] } == [3, 1])
        #expect(try entries(client, "?to=\(since)").map { $0["wid"] } == [2])
    }

    @Test("A look through the archive is an entry, also where it says to begin at the beginning")
    func verify() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.post("/v1/archive/verify")
        try client.post("/v1/archive/verify", ["pageToken": "0"])
        try client.post("/v1/archive/verify", ["pageToken": "1"])
        #expect(
            try eventually { try actions(client) == ["archive_verify", "archive_verify"] })
    }

    @Test("What nobody waits for is kept while the store fails, and written when it works again")
    func failing() throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder, name: "anna")
        let clock = WallClock()
        let hub = try RunningHub(folder: folder, loops: 1, clock: clock) {
            $0.busyMilliseconds = 20
        }
        let client = try hub.client()
        let bearer = ["Authorization": "Bearer \(token)"]
        func newest(_ action: String) throws -> JSONValue? {
            try client.request("GET", "/v1/audit?limit=1&action=\(action)", fields: bearer)[
                "entries"
            ].elements?.first
        }
        let holder = try DatabaseHolder(folder.path + "/hub.db")
        #expect(try client.post("/v1/session", ["token": .text(token)]).status == 200)
        _ = try client.request("POST", "/v1/archive/verify", "{}", fields: bearer)
        #expect(try eventually { try client.get("/readyz").status == 503 }, "the store fails")
        let done = clock.nowMilliseconds()
        clock.offsetMilliseconds += 60_000
        // More than are kept, here and with the writer.
        let more = 3 * Limits.deedsKept
        for _ in 0..<more {
            _ = try client.request("POST", "/v1/archive/verify", "{}", fields: bearer)
        }
        holder.letGo()
        #expect(try eventually { try newest("sign_in") != nil })
        let at = try #require(Timestamp.parse(try newest("sign_in")?["at"]?.text ?? ""))
        #expect(at <= done, "when it was done")
        let last = try #require(try newest("archive_verify")?["n"]?.integer)
        #expect(last >= Limits.deedsKept && last < more, "the bound")
        // From then on all is as ever.
        _ = try client.request("POST", "/v1/archive/verify", "{}", fields: bearer)
        #expect(try eventually { try newest("archive_verify")?["n"]?.integer ?? 0 > last })
    }

    /// Number of the token, and what was done to it.
    private func tokenDeeds(_ client: RawClient, _ token: String) throws -> [String] {
        let answer = try client.request(
            "GET", "/v1/audit?limit=1000", fields: ["Authorization": "Bearer \(token)"])
        return (answer["entries"].elements ?? []).filter { $0["role"]?.text == "local" }.map {
            "\($0["detail"]?["token"]?.integer ?? 0) \($0["action"]?.text ?? "")"
        }.reversed()
    }

    @Test("What the command line does to tokens is carried here: by whom, when, in order, once")
    func tokens() throws {
        let folder = try TemporaryFolder()
        let file = try TokenFile(data: folder.path)
        // While no hub runs; and again while one does.
        let token = try file.create(
            name: "anna", role: .admin, topics: [], wids: [], by: "root", now: 1000)
        _ = try file.create(
            name: "north", role: .warehouse, topics: [], wids: [3],
            expires: .after(4_000_000_000_000),
            by: "root", now: 2000)
        let hub = try RunningHub(folder: folder)
        let client = try hub.client()
        #expect(try eventually { try tokenDeeds(client, token).count == 2 })
        let bearer = ["Authorization": "Bearer \(token)"]
        _ = try client.request("POST", "/v1/warehouses/7/pull", fields: bearer)
        _ = try client.request("POST", "/v1/warehouses/7/pause", fields: bearer)
        let later = WallClock().nowMilliseconds()
        _ = try file.rotate(2, grace: 1000, by: "ops", now: later)
        _ = try file.expire(3, .never, by: "ops", now: later)
        _ = try file.revoke(2, by: "ops", now: later)
        let expected = [
            "1 token_create", "2 token_create", "2 token_rotate", "3 token_expire",
            "2 token_revoke",
        ]
        #expect(try eventually { try tokenDeeds(client, token) == expected })
        let all =
            try client.request("GET", "/v1/audit?action=token_create", fields: bearer)["entries"]
            .elements ?? []
        let north = try #require(all.first)
        #expect(north["name"]?.text == "root")
        #expect(north["at"]?.text == "1970-01-01T00:00:02.000Z")
        #expect(
            north["detail"] == [
                "token": 2, "tokenName": "north", "role": "warehouse", "scope": "3",
                "expires": "2096-10-02T07:06:42.000Z",
            ])
        #expect(!all.description.contains(token.dropFirst(3)))
        // What is carried stays out of nobody's page, though it came later than it was done.
        let since = try client.request(
            "GET", "/v1/audit?from=2020-01-01T00:00:00Z", fields: bearer)
        #expect(since["entries"].elements?.count == 4, "\(since.text)")
        // What was carried is gone from beside it.
        #expect(
            try eventually {
                try Connection(path: folder.path + "/tokens.db").scalar(
                    "SELECT count(*) FROM deeds") == 0
            })
        hub.stop()
        let again = try RunningHub(folder: folder)
        #expect(try tokenDeeds(again.client(), token) == expected)
    }

    @Test(
        "A crash on the way loses no deed of the command line, and doubles none",
        arguments: ["deeds.carried", "deeds.forgotten"])
    func carriedThroughKill(place: String) throws {
        let folder = try TemporaryFolder()
        let file = try TokenFile(data: folder.path)
        let token = try file.create(
            name: "anna", role: .admin, topics: [], wids: [], by: "root", now: 1000)
        for number in 2...250 {
            _ = try file.create(
                name: "n\(number)", role: .admin, topics: [], wids: [], by: "root", now: 1000)
        }
        let expected = (1...250).map { "\($0) token_create" }
        for pass in 0..<2 {
            // It may be gone before it has said where it listens.
            let killed = try? HubProcess(
                folder: folder, environment: ["MESSAGE_CENTER_KILL_AT": "\(place):\(pass)"])
            guard let killed else { continue }
            #expect(eventually { !killed.isRunning }, "\(place) was never passed")
        }
        let hub = try HubProcess(folder: folder)
        let client = try hub.client()
        #expect(try eventually { try tokenDeeds(client, token).count >= 250 })
        let more = try file.revoke(250, by: "root", now: 5000)
        #expect(more)
        #expect(try eventually { try tokenDeeds(client, token).last == "250 token_revoke" })
        #expect(try tokenDeeds(client, token).dropLast() == expected[...])
    }

    @Test("The page and the document have a word for each act", arguments: Deed.Action.allCases)
    func words(action: Deed.Action) throws {
        for (file, word) in [
            ("Public/audit.js", "\n  \"\(action.rawValue)\",\n"),
            ("Public/text-en.js", "\"audit.action.\(action.rawValue)\":"),
            ("Public/text-zh.js", "\"audit.action.\(action.rawValue)\":"),
            ("docs/openapi.yaml", "        - \(action.rawValue)\n"),
            ("docs/storage.md", "`\(action.rawValue)`"),
        ] {
            let text = try String(
                contentsOf: OpenAPIDocument.repository.appending(path: file), encoding: .utf8)
            #expect(text.contains(word), "\(file)")
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

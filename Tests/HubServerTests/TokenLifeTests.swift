import Foundation
import HubServer
import Platform
import SQLite
import TestSupport
import Testing
import Wire

/// Tokens come, are used, are replaced, and end.
@Suite("The life of a token") struct TokenLifeTests {
    private let folder: TemporaryFolder
    private let tokens: TokenFile
    private let clock = WallClock()

    init() throws {
        folder = try TemporaryFolder()
        tokens = try TokenFile(data: folder.path)
    }

    private var now: Int64 { clock.nowMilliseconds() }

    private func make(
        _ role: TokenFile.Role = .admin, wids: [UInt32] = [], expires: Expiry = .never,
        name: String = "a"
    ) throws -> String {
        try tokens.create(
            name: name, role: role, topics: [], wids: wids, expires: expires, now: now)
    }

    private func bearer(_ token: String) -> [String: String] {
        ["Authorization": "Bearer \(token)"]
    }

    private func ask(
        _ client: RawClient, _ token: String, _ path: String = "/v1/topics"
    ) throws -> Answer {
        try client.request("GET", path, fields: bearer(token))
    }

    // MARK: The end

    @Test("Who says when a token ends, says it in one of these ways")
    func expiries() {
        let hour: Int64 = 3_600_000
        for (text, time) in [
            ("90d", 90 * 24 * hour), ("12h", 12 * hour), ("1s", 1000), ("1970-01-02", 24 * hour),
            ("1970-01-01T02:00:00+01:00", hour),
        ] {
            #expect(Expiry(text)?.time(now: 0) == time, "\(text)")
        }
        #expect(Expiry("never") == .never)
        for text in ["", "90", "d", "-1d", "1y", "2027-02-30", "2027-1-1", "Never", "1d ", "0s"] {
            #expect(Expiry(text) == nil, "\(text)")
        }
    }

    @Test("A token holds to its last millisecond, and then says to its holder what to do")
    func ends() throws {
        let token = try make(expires: .after(60_000))
        let hub = try RunningHub(folder: folder, clock: clock)
        let client = try hub.client()
        #expect(try ask(client, token).status == 200)
        clock.offsetMilliseconds += 61_000
        let answer = try ask(client, token)
        #expect(answer.status == 401 && answer.code == "token_expired", "\(answer.text)")
        #expect(answer["detail"].text?.contains("token create") == true)
        #expect(answer[field: "WWW-Authenticate"] != nil)
        #expect(!answer.text.contains(token))
        // Nobody else learns that there was one.
        #expect(try ask(client, String(token.dropLast())).code == "unauthorized")
        // A later end brings it back.
        #expect(try tokens.expire(1, .after(600_000), now: now))
        #expect(try eventually { try ask(client, token).status == 200 })
    }

    @Test(
        "A waiting pull ends when its token does, and when it is revoked", arguments: [false, true])
    func waiting(isRevoked: Bool) throws {
        let token = try make(.warehouse, wids: [7], expires: .after(isRevoked ? 600_000 : 1_500))
        let hub = try RunningHub(folder: folder, clock: clock)
        let client = try hub.client()
        let begun = MonotonicClock.now()
        try client.begin("POST", "/v1/warehouses/7/pull", #"{"wait":60}"#, fields: bearer(token))
        if isRevoked {
            let admin = try make()
            let other = try hub.client()
            #expect(
                try eventually {
                    let answer = try ask(other, admin, "/metrics")
                    return answer.text.contains("message_center_waiting_pulls 1")
                })
            #expect(try tokens.revoke(1))
        }
        let answer = try client.answer()
        #expect(answer.status == 401, "\(answer.text)")
        #expect(answer.code == (isRevoked ? "unauthorized" : "token_expired"))
        #expect(MonotonicClock.now() - begun < 30_000_000_000)
        // The connection goes on.
        #expect(try client.get("/healthz").status == 200)
    }

    @Test(
        "What was let in before the token was gone is not done afterwards",
        arguments: [
            ("POST", "/v1/messages", #"{"topic":"A_B","wid":7,"body":1}"#),
            ("POST", "/v1/warehouses/7/pull", #"{"wait":60}"#),
            ("POST", "/v1/warehouses/7/pause", "{}"), ("GET", "/v1/events", " "),
            ("GET", "/v1/warehouses", " "),
        ], [false, true])
    func admitted(request: (method: String, path: String, body: String), isRevoked: Bool) throws {
        let admin = try make()
        let token = try make(expires: isRevoked ? .never : .after(60_000), name: "b")
        let hub = try RunningHub(folder: folder, clock: clock)
        let (client, other) = (try hub.client(), try hub.client())
        let head = "\(request.method) \(request.path) HTTP/1.1\r\nHost: h\r\n"
        try client.send(
            head + "Authorization: Bearer \(token)\r\nExpect: 100-continue\r\n"
                + "Content-Length: \(request.body.utf8.count)\r\n\r\n")
        #expect(try client.answer().status == 100)
        if isRevoked {
            #expect(try tokens.revoke(2))
        } else {
            clock.offsetMilliseconds += 61_000
        }
        #expect(try eventually { try ask(other, token).status == 401 })
        try client.send(request.body)
        let answer = try client.answer()
        #expect(answer.status == 401, "\(answer.text)")
        #expect(answer.code == (isRevoked ? "unauthorized" : "token_expired"))
        let metrics = try ask(other, admin, "/metrics").text
        #expect(metrics.contains("message_center_head 0\n"))
        #expect(metrics.contains("message_center_event_subscribers 0\n"))
    }

    @Test("Events end with the token, and so does a session")
    func streamAndSession() throws {
        let token = try make(expires: .after(2_500))
        let hub = try RunningHub(folder: folder, clock: clock)
        let client = try hub.client()
        let signedIn = try client.post("/v1/session", ["token": .text(token)])
        let field = try #require(signedIn[field: "Set-Cookie"])
        #expect(field.contains("Max-Age=2") || field.contains("Max-Age=1"), "\(field)")
        let cookie = ["Cookie": String(field.prefix { $0 != ";" })]
        #expect(try client.request("GET", "/v1/topics", fields: cookie).status == 200)
        let stream = try EventStream(hub.endpoint, fields: bearer(token))
        #expect(stream.head.status == 200)
        while try stream.next() != nil {}
        #expect(stream.isWhole, "it ended, and in order")
        #expect(
            try eventually {
                try client.request("GET", "/v1/topics", fields: cookie).status == 401
            })
        #expect(try client.post("/v1/session", ["token": .text(token)]).code == "token_expired")
    }

    // MARK: Use

    @Test("When a token was last used is known, also after changes and after a stop")
    func lastUse() throws {
        let used = try make(name: "used")
        _ = try make(name: "idle")
        let hub = try RunningHub(folder: folder, clock: clock)
        let client = try hub.client()
        let before = now
        #expect(try ask(client, used).status == 200)
        // Another change makes another authority: what is known of the use goes on.
        let fresh = try make(name: "fresh")
        #expect(try eventually { try ask(client, fresh).status == 200 })
        hub.stop()
        let list = try tokens.list()
        #expect(list[0].lastUse >= before - 1000 && list[0].lastUse <= now)
        #expect(list[1].lastUse == 0)
        #expect(list[2].lastUse >= list[0].lastUse)
        _ = try RunningHub(folder: folder, clock: clock).stop()
        #expect(try tokens.list()[0].lastUse == list[0].lastUse, "no use, no news")
    }

    // MARK: Rotation

    @Test("A consumer pulls on through a rotation without one refusal")
    func rotation() throws {
        let first = try make(.warehouse, wids: [7], expires: .after(3_600_000), name: "north")
        let admin = try make()
        let hub = try RunningHub(folder: folder, clock: clock)
        let client = try hub.client()
        var token = first
        func pull() throws -> Int {
            try client.request(
                "POST", "/v1/warehouses/7/pull", #"{"session":"s"}"#, fields: bearer(token)
            ).status
        }
        for _ in 0..<20 { #expect(try pull() == 200) }
        let made = try tokens.rotate(1, grace: 60_000, now: now)
        // Known within a second; meanwhile, and for the grace, the old one goes on.
        let isKnown = try eventually {
            #expect(try pull() == 200)
            return try ask(client, made.token, "/v1/warehouses/7").status == 200
        }
        #expect(isKnown)
        for _ in 0..<20 { #expect(try pull() == 200) }
        token = made.token
        for _ in 0..<20 { #expect(try pull() == 200) }
        clock.offsetMilliseconds += 61_000
        #expect(try pull() == 200)
        #expect(try ask(client, first, "/v1/warehouses/7").code == "token_expired")
        let list = try tokens.list()
        #expect(list.map(\.name) == ["north", "a", "north"])
        #expect(list.map { $0.state(now: now).rawValue } == ["expired", "active", "active"])
        #expect(list[2].role == .warehouse && list[2].scope == "7")
        let length = (list[2].expires ?? 0) - list[2].created
        #expect(length == 3_600_000, "it holds as long as the former one was made for")
        #expect(throws: TokenFile.Failure.self) {
            try tokens.rotate(1, grace: 1000, now: now)
        }
        clock.offsetMilliseconds += 3_600_000
        #expect(list[2].state(now: now) == .expired)
        let expired = #expect(throws: TokenFile.Failure.self) {
            try tokens.rotate(3, grace: 1000, now: now)
        }
        #expect(expired?.description.contains("token create") == true)
        #expect(try ask(client, admin).status == 200)
    }

    @Test("A token that was replaced may end earlier, but not later")
    func replaced() throws {
        _ = try make(expires: .after(3_600_000))
        let made = try tokens.rotate(1, grace: 60_000, now: now)
        for later in [Expiry.never, .after(120_000)] {
            let error = #expect(throws: TokenFile.Failure.self) {
                try tokens.expire(1, later, now: now)
            }
            #expect(error?.description.contains("was replaced by 2") == true)
        }
        #expect(try tokens.entry(1)?.expires == made.formerEnds)
        #expect(try tokens.expire(1, .after(1000), now: now))
        #expect(try tokens.expire(2, .never, now: now), "the new one may last as it likes")
        // What was prolonged is replaced by one that lasts as long as it does now.
        let other = try make(expires: .after(1000), name: "b")
        #expect(other.hasPrefix("mc_"))
        #expect(try tokens.expire(3, .after(600_000), now: now))
        let entry = try #require(try tokens.entry(3))
        let next = try tokens.rotate(3, grace: 1000, now: now)
        let made2 = try #require(try tokens.entry(next.number))
        #expect(made2.expires! - made2.created == entry.expires! - entry.created)
    }

    @Test("A token that cannot be shown is not made, and what it was to replace goes on")
    func untold() throws {
        struct Untellable: Error {}
        func fail(_ token: String) throws { throw Untellable() }
        #expect(throws: TokenFile.Failure.self) {
            try tokens.create(
                name: "a", role: .admin, topics: [], wids: [], now: now, telling: fail)
        }
        #expect(try tokens.list().isEmpty)
        _ = try make()
        #expect(throws: TokenFile.Failure.self) {
            _ = try tokens.rotate(1, grace: 1000, now: now, telling: fail)
        }
        let list = try tokens.list()
        #expect(list.count == 1 && list[0].successor == nil && list[0].expires == nil)
        let deeds = try Connection(path: folder.path + "/tokens.db").scalar(
            "SELECT count(*) FROM deeds")
        #expect(deeds == 1)
    }

    @Test("A crash in the middle of a rotation leaves one token or both, and never half of it")
    func killedRotation() throws {
        let token = try make(name: "anna")
        let killed = try ProgramExit(
            ["token", "rotate", "1", "--data", folder.path],
            environment: ["MESSAGE_CENTER_KILL_AT": "token.told"])
        #expect(killed.status != 0)
        let told = killed.output.trimmingCharacters(in: .newlines)
        #expect(told.hasPrefix("mc_"))
        let list = try tokens.list()
        #expect(list.count == 1 && list[0].successor == nil && list[0].expires == nil)
        let hub = try RunningHub(folder: folder)
        let client = try hub.client()
        #expect(try ask(client, token).status == 200)
        #expect(try ask(client, told).status == 401, "it was shown, and is none")
        let made = try tokens.rotate(1, grace: 60_000, now: now)
        #expect(try eventually { try ask(client, made.token).status == 200 })
    }

    @Test("What nobody comes for is bounded: the oldest deeds go")
    func deedsBound() throws {
        tokens.deedsKept = 3
        for number in 1...10 { _ = try make(name: "n\(number)") }
        let file = try Connection(path: folder.path + "/tokens.db")
        #expect(try file.scalar("SELECT count(*) FROM deeds") == 3)
        #expect(try file.scalar("SELECT min(n) FROM deeds") == 8)
    }

    // MARK: The last one

    @Test("A hub whose last token is revoked lets nobody in, and is never open again by that")
    func last() throws {
        let token = try make()
        let hub = try RunningHub(folder: folder)
        let client = try hub.client()
        #expect(try ask(client, token).status == 200)
        #expect(try tokens.revoke(1))
        #expect(try eventually { try ask(client, token).status == 401 })
        #expect(try client.get("/v1/topics").status == 401)
        #expect(try client.publish(wid: 1).status == 401)
        #expect(try client.get("/v1/session")["open"].boolean == false)
        hub.stop()
        let again = try RunningHub(folder: folder)
        let other = try again.client()
        #expect(try other.get("/v1/topics").status == 401)
        let next = try make()
        #expect(try eventually { try ask(other, next).status == 200 })
    }

    @Test("A hub that had tokens is not open without their file, until that is back")
    func lost() throws {
        let token = try make()
        let path = folder.path + "/tokens.db"
        do {
            let hub = try RunningHub(folder: folder)
            let client = try hub.client()
            #expect(try eventually { try audited(client, token) == 1 })
        }
        let kept = try RawFile.bytes(path)
        try RawFile.remove(path)
        let hub = try RunningHub(folder: folder)
        let client = try hub.client()
        #expect(try client.get("/v1/topics").status == 401)
        #expect(try client.publish(wid: 1).status == 401)
        #expect(try client.get("/v1/session")["open"].boolean == false)
        #expect(try client.get("/healthz").status == 200)
        // It is put back while the hub runs.
        try RawFile.write(kept, path + ".back")
        #expect(rename(path + ".back", path) == 0)
        #expect(try eventually { try ask(client, token).status == 200 })
    }

    private func audited(_ client: RawClient, _ token: String) throws -> Int {
        try ask(client, token, "/v1/audit?action=token_create")["entries"].elements?.count ?? 0
    }

    @Test("Nor one whose tokens are older than the deeds that tell of them")
    func lostOld() throws {
        let token = try make()
        let path = folder.path + "/tokens.db"
        try Connection(path: path).execute("DELETE FROM deeds")
        do {
            let hub = try RunningHub(folder: folder)
            let client = try hub.client()
            let store = try Connection(path: folder.path + "/hub.db", mode: .readOnly)
            let mark = "SELECT value FROM meta WHERE name='carried'"
            #expect(try eventually { try store.scalar(mark) != 0 })
            #expect(try audited(client, token) == 0)
        }
        try RawFile.remove(path)
        let hub = try RunningHub(folder: folder)
        #expect(try hub.client().get("/v1/topics").status == 401)
    }

    // MARK: Another file

    @Test("A file that takes the place of the tokens' counts, and without one nobody gets in")
    func replacedFile() throws {
        let (first, second) = (try make(name: "first"), try make(name: "second"))
        let hub = try HubProcess(folder: folder)
        let client = try hub.client()
        #expect(try ask(client, first).status == 200)
        let path = folder.path + "/tokens.db"
        // A copy in which one is revoked takes the name.
        let aside = try TemporaryFolder()
        try RawFile.write(try RawFile.bytes(path), aside.path + "/tokens.db")
        let other = try TokenFile(data: aside.path)
        #expect(try other.revoke(1, by: "root", now: now))
        #expect(rename(aside.path + "/tokens.db", path) == 0)
        #expect(try eventually { try ask(client, first).status == 401 })
        #expect(try ask(client, second).status == 200)
        #expect(
            try eventually {
                let answer = try ask(client, second, "/v1/audit?action=token_revoke")
                return answer["entries"].elements?.count == 1
            }, "its deeds are carried")
        // It goes away, and comes back.
        #expect(rename(path, path + ".away") == 0)
        #expect(try eventually { try ask(client, second).status == 401 })
        #expect(eventually { hub.told.contains("tokens.db is gone from") })
        #expect(try client.get("/healthz").status == 200)
        #expect(try client.get("/readyz").status == 200)
        #expect(rename(path + ".away", path) == 0)
        #expect(try eventually { try ask(client, second).status == 200 })
        #expect(try ask(client, first).status == 401)
        // It is taken away, and another is made in its place.
        try RawFile.remove(path)
        #expect(try eventually { try ask(client, second).status == 401 })
        let fresh = try TokenFile(data: folder.path).create(
            name: "fresh", role: .admin, topics: [], wids: [], now: now)
        #expect(try eventually { try ask(client, fresh).status == 200 })
        #expect(try ask(client, second).status == 401)
    }

    @Test("What the hub cannot write there holds up nothing that it reads, and no deed is doubled")
    func unwritable() throws {
        let token = try make()
        try Connection(path: folder.path + "/tokens.db").execute(
            """
            CREATE TRIGGER stays BEFORE DELETE ON deeds BEGIN SELECT RAISE(ABORT, 'it stays'); END
            """)
        let hub = try HubProcess(folder: folder)
        let client = try hub.client()
        #expect(try eventually { try audited(client, token) == 1 })
        for number in 2...130 { _ = try make(name: "n\(number)") }
        func told() throws -> [Int] {
            let answer = try ask(client, token, "/v1/audit?action=token_create&limit=1000")
            return (answer["entries"].elements ?? []).compactMap {
                $0["detail"]?["token"]?.integer
            }
        }
        #expect(try eventually { try told() == (1...130).reversed() })
        let last = try make(name: "last")
        #expect(try eventually { try ask(client, last).status == 200 })
        #expect(try tokens.revoke(131, now: now))
        #expect(try eventually { try ask(client, last).status == 401 })
        #expect(try eventually { try told() == (1...131).reversed() })
        #expect(eventually { hub.told.contains("cannot be deleted from tokens.db: ") })
    }

    // MARK: The file

    @Test("A file of the version before is taken on: its tokens hold, and never end")
    func migration() throws {
        let folder = try TemporaryFolder()
        let token = "mc_" + String(repeating: "ab", count: 32)
        let old = try Connection(path: folder.path + "/tokens.db")
        try old.execute(
            """
            CREATE TABLE tokens(
                number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, role TEXT NOT NULL,
                scope TEXT NOT NULL, digest BLOB NOT NULL UNIQUE, created INTEGER NOT NULL);
            PRAGMA application_id = \(0x4D73_6754); PRAGMA user_version = 2;
            INSERT INTO tokens(name, role, scope, digest, created) VALUES('old', 'admin', '',
                x'1c8f4d5a7c7c7ecf6fd23dfa94ac92e4b6a2b2c4dbcf22dcf0a7f9ecc83e8ff4', 5)
            """)
        let digest = try old.prepare("UPDATE tokens SET digest=?")
        digest.bind(1, copying: Self.sha256(token))
        try digest.stepDone()
        let entry = try #require(try TokenFile(data: folder.path).list().first)
        #expect(entry.name == "old" && entry.expires == nil && entry.lastUse == 0)
        let hub = try RunningHub(folder: folder)
        #expect(try ask(hub.client(), token).status == 200)
        let rotated = try TokenFile(data: folder.path).rotate(1, grace: 60_000, now: now)
        #expect(rotated.number == 2 && rotated.expires == nil)
    }

    /// As another program computes it: sha256sum(1).
    private static func sha256(_ text: String) -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/sha256sum")
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try? process.run()
        input.fileHandleForWriting.write(Data(text.utf8))
        try? input.fileHandleForWriting.close()
        let read = output.fileHandleForReading.readDataToEndOfFile()
        let told = String(decoding: read, as: UTF8.self)
        return stride(from: 0, to: 64, by: 2).map { place in
            UInt8(told.dropFirst(place).prefix(2), radix: 16) ?? 0
        }
    }

    @Test(
        "A name shows, and is short",
        arguments: [
            "", " a", "a ", "a\nb", "a\u{7}", "a\u{200B}b", String(repeating: "a", count: 65),
        ])
    func names(name: String) throws {
        #expect(throws: TokenFile.Failure.self) { try make(name: name) }
        #expect(try tokens.list().isEmpty)
        #expect(try make(name: "仓库 Север \u{1F3ED}").hasPrefix("mc_"))
    }
}

import HubServer
import Platform
import SQLite
import TestSupport
import Testing
import Wire

/// Who may do what.
@Suite struct TokenTests {
    private let folder: TemporaryFolder
    private let hub: RunningHub
    private let client: RawClient
    private let admin: String
    private let warehouse: String
    private let publisher: String

    init() throws {
        folder = try TemporaryFolder()
        let tokens = try TokenFile(data: folder.path)
        admin = try tokens.create(name: "a", role: .admin, topics: [], wids: [], now: 0)
        warehouse = try tokens.create(
            name: "w", role: .warehouse, topics: [], wids: [7, 9], now: 0)
        publisher = try tokens.create(
            name: "p", role: .publisher, topics: ["SaleOrder_*", "A_B"], wids: [], now: 0)
        hub = try RunningHub(folder: folder)
        client = try hub.client()
    }

    private func ask(
        _ token: String?, _ method: String, _ path: String, _ body: String? = nil
    ) throws -> Answer {
        let fields = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        return try client.request(method, path, body, fields: fields)
    }

    private func message(_ topic: String, wid: Int = 7) -> String {
        "{\"topic\":\"\(topic)\",\"wid\":\(wid),\"body\":1}"
    }

    // MARK: Authentication

    @Test(
        "Without a token of this hub nothing is allowed but to ask how it is",
        arguments: [
            nil, "", "wrong", "mc_0000",
        ] as [String?])
    func unauthorized(token: String?) throws {
        for (method, path) in [
            ("POST", "/v1/messages"), ("POST", "/v1/messages/batch"),
            ("POST", "/v1/warehouses/7/pull"), ("POST", "/v1/warehouses/7/commit"),
            ("GET", "/v1/warehouses"), ("GET", "/v1/messages/1"), ("GET", "/metrics"),
            ("GET", "/v1/topics"), ("GET", "/v1/warehouses/7/messages"),
            ("POST", "/v1/warehouses/7/dead-letters"),
            ("POST", "/v1/warehouses/7/dead-letters/batch"), ("GET", "/v1/dead-letters"),
            ("GET", "/v1/dead-letters/1"), ("POST", "/v1/dead-letters/1/drop"),
            ("POST", "/v1/dead-letters/drop"),
        ] {
            let answer = try ask(token, method, path, method == "POST" ? "{}" : nil)
            #expect(answer.status == 401, "\(method) \(path)")
            #expect(answer.code == "unauthorized")
            #expect(answer[field: "WWW-Authenticate"]?.hasPrefix("Bearer") == true)
        }
        #expect(try ask(token, "GET", "/healthz").status == 200)
        #expect(try ask(token, "GET", "/readyz").status == 200)
    }

    @Test("The scheme matches in any case, and no other scheme does")
    func scheme() throws {
        for (value, status) in [
            ("bearer \(admin)", 200), ("BEARER \(admin)", 200), ("Basic \(admin)", 401),
            (admin, 401), ("Bearer\(admin)", 401),
        ] {
            let answer = try client.request(
                "GET", "/v1/topics", fields: ["Authorization": value])
            #expect(answer.status == status, "\(value)")
        }
    }

    /// What an Authorization field may look like; `$` stands for the token of an admin.
    private static let fields: [(String, Set<Int>)] = [
        ("Authorization: Bearer $", [200]), ("authorization:bearer $", [200]),
        ("AUTHORIZATION: BEARER $", [200]), ("Authorization: Bearer   $", [200]),
        ("Authorization: Bearer $   ", [200]), ("Authorization: \t Bearer $\t", [200]),
        ("Authorization: Bearer\t$", [401]), ("Authorization: Bearer \t$", [401]),
        ("Authorization: Bearer$", [401]), ("Authorization: $", [401]),
        ("Authorization: Bearer", [401]), ("Authorization: Bearer ", [401]),
        ("Authorization:", [401]), ("Authorization: ,", [401]),
        ("Authorization: Basic $", [401]), ("Authorization: Basic YTpU", [401]),
        ("Authorization: Token $", [401]), ("Authorization: Bearer $ x", [401]),
        ("Authorization: Bearer $,", [401]), ("Authorization: Bearer $, Bearer $", [401]),
        ("Authorization: Bearer \"$\"", [401]), ("Authorization: Bearer token=$", [401]),
        ("Authorization: Bearer $\u{E9}", [401]), ("Authorization: Béarer $", [401]),
        ("Authorization: Bearer \u{1F511}", [401]), ("Authorization: Bearer $\u{0}", [400]),
        ("Authorization: Bearer\u{7F}$", [400]), ("Authorization: Bearer\r\n $", [400]),
        ("Authorization : Bearer $", [400]),
        ("Authorization: Bearer $\r\nAuthorization: Bearer $", [400]),
        ("Authorization: Basic x\r\nAuthorization: Bearer $", [400]),
        ("Authorization: Bearer " + String(repeating: "a", count: 256), [401]),
        ("Authorization: Bearer " + String(repeating: "a", count: 8192), [401]),
        ("Authorization: Bearer $" + String(repeating: " ", count: 8192), [200]),
        ("Authorization: Bearer " + String(repeating: " ", count: 8192) + "$", [200]),
        ("Proxy-Authorization: Bearer $", [401]), ("X-Authorization: Bearer $", [401]),
        ("Cookie: message_center_session=$", [401]),
    ]

    @Test("The field that bears a token has one form, and any other lets nobody in")
    func authorization() throws {
        let folder = try TemporaryFolder()
        let admin = try TokenFileMaker.admin(folder)
        let hub = try HubProcess(folder: folder, arguments: ["--log-level", "debug"])
        for (field, statuses) in Self.fields {
            let client = try hub.client()
            try client.send(
                "GET /v1/topics HTTP/1.1\r\nHost: hub\r\n"
                    + field.replacing("$", with: admin) + "\r\n\r\n")
            let answer = try client.answer()
            #expect(statuses.contains(answer.status), "\(field.prefix(60)): \(answer.text)")
            #expect(!answer.text.contains(admin.dropFirst(3)))
            for (_, value) in answer.fields { #expect(!value.contains(admin.dropFirst(3))) }
        }
        // Nor does a token stand in the address, where logs would keep it.
        #expect(try hub.client().get("/v1/topics?token=\(admin)").status == 401)
        #expect(try hub.client().get("/v1/topics?access_token=\(admin)").status == 401)
        _ = try hub.client().post("/v1/session", ["token": .text(admin + "0")])
        hub.kill()
        #expect(!hub.told.contains(admin.dropFirst(3)))
        #expect(hub.told.contains("401 unauthorized"), "it told what it does: \(hub.told)")
    }

    @Test("Tokens are stored hashed")
    func hashed() throws {
        for name in ["tokens.db", "tokens.db-wal"] {
            let bytes = (try? RawFile.bytes(folder.path + "/" + name)) ?? []
            for token in [admin, warehouse, publisher] {
                #expect(bytes.firstRange(of: Array(token.utf8)) == nil)
                #expect(bytes.firstRange(of: Array(token.dropFirst(3).utf8)) == nil)
            }
        }
    }

    // MARK: Roles

    @Test("A publisher publishes to its topics only")
    func publisherTopics() throws {
        #expect(
            try ask(publisher, "POST", "/v1/messages", message("SaleOrder_Paid")).status == 201)
        #expect(try ask(publisher, "POST", "/v1/messages", message("A_B")).status == 201)
        for topic in ["A_BC", "saleorder_Paid", "Product_Changed"] {
            let answer = try ask(publisher, "POST", "/v1/messages", message(topic))
            #expect(answer.status == 403)
        }
        let mixed = "[\(message("A_B")),\(message("B_B"))]"
        #expect(try ask(publisher, "POST", "/v1/messages/batch", mixed).status == 403)
        let fine = "[\(message("A_B")),\(message("SaleOrder_X"))]"
        #expect(try ask(publisher, "POST", "/v1/messages/batch", fine).integer("firstIndex") == 3)
    }

    @Test(
        "A publisher does nothing else",
        arguments: [
            ("POST", "/v1/warehouses/7/pull"), ("POST", "/v1/warehouses/7/commit"),
            ("GET", "/v1/warehouses"), ("GET", "/v1/warehouses/7"), ("GET", "/v1/messages/1"),
            ("GET", "/v1/warehouses/7/messages"), ("GET", "/metrics"), ("GET", "/v1/topics"),
            ("POST", "/v1/warehouses/7/seek"), ("PUT", "/v1/warehouses/7"),
            ("POST", "/v1/warehouses/7/dead-letters"),
            ("POST", "/v1/warehouses/7/dead-letters/batch"), ("GET", "/v1/dead-letters?wid=7"),
            ("GET", "/v1/dead-letters/1"), ("POST", "/v1/dead-letters/1/retry"),
        ])
    func publisherElse(method: String, path: String) throws {
        _ = try ask(publisher, "POST", "/v1/messages", message("A_B"))
        let answer = try ask(publisher, method, path, method == "GET" ? nil : "{}")
        #expect(answer.status == 403)
        #expect(answer.code == "forbidden")
    }

    @Test("A warehouse pulls, commits, releases and reads as its wids")
    func warehouseOwn() throws {
        for wid in [7, 9] {
            _ = try ask(admin, "POST", "/v1/messages", message("A_B", wid: wid))
            let path = "/v1/warehouses/\(wid)"
            #expect(try ask(warehouse, "POST", path + "/pull", #"{"session":"s"}"#).status == 200)
            #expect(
                try ask(warehouse, "POST", path + "/commit", #"{"index":1,"session":"s"}"#).status
                    == 200)
            #expect(try ask(warehouse, "GET", path + "/messages").status == 200)
            #expect(try ask(warehouse, "GET", path).integer("wid") == wid)
            #expect(
                try ask(warehouse, "POST", path + "/release", #"{"session":"s"}"#).status == 200)
        }
    }

    @Test(
        "A warehouse does nothing as others, and nothing of an operator's",
        arguments: [
            ("POST", "/v1/warehouses/8/pull"), ("POST", "/v1/warehouses/8/commit"),
            ("POST", "/v1/warehouses/8/release"), ("GET", "/v1/warehouses/8"),
            ("GET", "/v1/warehouses/8/messages"), ("GET", "/v1/warehouses"),
            ("POST", "/v1/warehouses/7/seek"), ("POST", "/v1/warehouses/7/pause"),
            ("POST", "/v1/warehouses/7/resume"), ("POST", "/v1/warehouses/7/retire"),
            ("POST", "/v1/warehouses/7/revive"), ("PUT", "/v1/warehouses/7"),
            ("POST", "/v1/messages"), ("POST", "/v1/messages/batch"), ("GET", "/metrics"),
            ("GET", "/v1/topics"), ("POST", "/v1/warehouses/8/dead-letters"),
            ("POST", "/v1/warehouses/8/dead-letters/batch"),
            ("POST", "/v1/dead-letters/1/retry"), ("POST", "/v1/dead-letters/1/drop"),
            ("POST", "/v1/dead-letters/retry"), ("POST", "/v1/dead-letters/drop"),
        ])
    func warehouseElse(method: String, path: String) throws {
        let answer = try ask(warehouse, method, path, method == "GET" ? nil : "{}")
        #expect(answer.status == 403)
        let isOthers = path.contains("/8")
        let detail = answer["detail"].text ?? ""
        #expect(
            isOthers
                ? detail == "This token does not speak for warehouse 8."
                : detail.hasPrefix("This takes a token of role ") && !detail.contains("warehouse"))
    }

    @Test("A warehouse sees messages of its line, others are not found")
    func warehouseMessages() throws {
        var names: [String] = []
        for wid in [0, 7, 8, 9] {
            let answer = try ask(admin, "POST", "/v1/messages", message("A_B", wid: wid))
            names.append(answer["id"].text ?? "")
        }
        for wid in [7, 8] { _ = try ask(admin, "POST", "/v1/warehouses/\(wid)/pull") }
        for (place, status) in [200, 200, 404, 200].enumerated() {
            #expect(try ask(warehouse, "GET", "/v1/messages/\(place + 1)").status == status)
            #expect(try ask(warehouse, "GET", "/v1/messages/\(names[place])").status == status)
        }
        // Of a global message it sees its own way only.
        let journey = try ask(warehouse, "GET", "/v1/messages/1")["journey"]
        #expect(journey.elements?.map { $0["wid"]?.integer } == [7, 9])
        let others = try ask(warehouse, "GET", "/v1/messages/1?wid=8")["journey"]
        #expect(others == [])
    }

    @Test(
        "A warehouse begins at a message that it may see, and learns of no other",
        arguments: [false, true])
    func start(isArchived: Bool) throws {
        var ids: [String] = []
        for wid in [8, 0, 7, 0] {
            ids.append(
                try ask(admin, "POST", "/v1/messages", message("A_B", wid: wid))["id"].text ?? "")
        }
        hub.stop()
        if isArchived { try ArchiveMove.run(folder.path, through: 3, perFrame: 2) }
        let again = try RunningHub(folder: folder)
        func post(_ token: String, _ path: String, _ body: String) throws -> Answer {
            try again.client().request(
                "POST", path, body, fields: ["Authorization": "Bearer \(token)"])
        }
        var unknown = MessageIDs(seed: 1)
        for id in [ids[0], unknown.next()] {
            let answer = try post(warehouse, "/v1/warehouses/7/pull", "{\"start\":\"\(id)\"}")
            #expect(answer.status == 422 && answer.code == "unknown_id", "\(answer.text)")
        }
        for (wid, id, next) in [(7, ids[1], 3), (9, ids[2], 4)] {
            let answer = try post(
                warehouse, "/v1/warehouses/\(wid)/pull", "{\"start\":\"\(id)\"}")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.indexes.first == next)
        }
        let seek = "{\"to\":\"\(ids[0])\",\"dryRun\":true}"
        #expect(try post(admin, "/v1/warehouses/7/seek", seek).integer("to") == 1)
    }

    @Test("A warehouse reports and reads the dead letters of its wids; others' are not found")
    func deadLetters() throws {
        for wid in [7, 8] {
            _ = try ask(admin, "POST", "/v1/warehouses/\(wid)/pull")
            let path = "/v1/warehouses/\(wid)/dead-letters"
            _ = try ask(admin, "POST", path, Letter(wid).json.serialized())
        }
        let report = Letter(7, state: "done").json.serialized()
        #expect(
            try ask(warehouse, "POST", "/v1/warehouses/7/dead-letters", report).status == 200)
        for (path, status) in [
            ("/v1/dead-letters?wid=7", 200), ("/v1/dead-letters?wid=8", 403),
            ("/v1/dead-letters", 403), ("/v1/dead-letters/1", 200), ("/v1/dead-letters/2", 404),
        ] {
            #expect(try ask(warehouse, "GET", path).status == status, "\(path)")
        }
        #expect(try ask(admin, "GET", "/v1/dead-letters?state=all").json["deadLetters"]?[1] != nil)
        #expect(try ask(admin, "POST", "/v1/dead-letters/2/retry").status == 200)
    }

    @Test("An admin may do everything")
    func adminAll() throws {
        #expect(try ask(admin, "POST", "/v1/messages", message("Any_Topic")).status == 201)
        #expect(try ask(admin, "POST", "/v1/warehouses/7/pull").status == 200)
        for path in [
            "/v1/warehouses", "/v1/warehouses/7", "/v1/messages/1", "/metrics", "/v1/topics",
            "/v1/warehouses/8/messages",
        ] {
            #expect(try ask(admin, "GET", path).status == 200)
        }
        #expect(try ask(admin, "POST", "/v1/warehouses/7/seek", #"{"to":0}"#).status == 200)
        #expect(try ask(admin, "POST", "/v1/warehouses/7/pause").status == 200)
    }

    // MARK: Changes while the hub runs

    @Test("A token made or revoked beside the running hub counts soon")
    func changes() throws {
        let tokens = try TokenFile(data: folder.path)
        let fresh = try tokens.create(name: "f", role: .admin, topics: [], wids: [], now: 0)
        #expect(try eventually { try ask(fresh, "GET", "/v1/topics").status == 200 })
        let number = try #require(try tokens.list().last?.number)
        #expect(try tokens.revoke(number))
        #expect(try eventually { try ask(fresh, "GET", "/v1/topics").status == 401 })
        #expect(try ask(admin, "GET", "/v1/topics").status == 200)
    }

    // MARK: The file

    private func query(_ sql: String, _ folder: TemporaryFolder) throws -> Int64? {
        try Connection(path: folder.path + "/tokens.db").scalar(sql)
    }

    @Test("Tokens of before their file was marked stay, and the file is marked")
    func unmarked() throws {
        let folder = try TemporaryFolder()
        _ = try TokenFile(data: folder.path).create(
            name: "a", role: .admin, topics: [], wids: [], now: 0)
        let mark = try query("PRAGMA application_id", folder)
        #expect(mark != 0)
        try Connection(path: folder.path + "/tokens.db").execute(
            """
            ALTER TABLE tokens DROP COLUMN expires; ALTER TABLE tokens DROP COLUMN last_use;
            ALTER TABLE tokens DROP COLUMN successor; DROP TABLE deeds;
            PRAGMA application_id=0; PRAGMA user_version=1
            """)
        #expect(try TokenFile(data: folder.path).list().map(\.name) == ["a"])
        #expect(try query("PRAGMA application_id", folder) == mark)
    }

    @Test(
        "A tokens.db of another program is refused in words, and stays as it is",
        arguments: ["CREATE TABLE tokens(secret)", "PRAGMA application_id=5"])
    func foreign(making: String) throws {
        let folder = try TemporaryFolder()
        try Connection(path: folder.path + "/tokens.db").execute(making)
        let error = #expect(throws: TokenFile.Failure.self) {
            _ = try TokenFile(data: folder.path)
        }
        #expect(error?.description.contains("tokens.db is a database of another program") == true)
        #expect(try query("PRAGMA user_version", folder) == 0)
    }

    // MARK: The open hub

    @Test("With no token defined the hub is open")
    func open() throws {
        let open = try RunningHub()
        let client = try open.client()
        #expect(try client.publish(wid: 1).status == 201)
        #expect(try client.get("/v1/warehouses").status == 200)
        #expect(
            try client.request(
                "GET", "/v1/topics", fields: ["Authorization": "Bearer whatever"]
            ).status == 200)
    }

    @Test(
        "An open hub refuses to listen anywhere but on loopback",
        arguments: [
            "0.0.0.0:0", "[::]:0",
        ])
    func openBeyondLoopback(listen: String) throws {
        let endpoint = try Endpoint(listen)
        let error = #expect(throws: Server.Failure.self) {
            _ = try RunningHub { $0.listen = endpoint }
        }
        let told = error?.description ?? ""
        #expect(told.hasPrefix("no token is defined, so the hub would be open to everybody at "))
        #expect(told.contains("`message-center token create --data ") && told.contains(listen))
        let withToken = try TemporaryFolder()
        _ = try TokenFile(data: withToken.path).create(
            name: "a", role: .admin, topics: [], wids: [], now: 0)
        if listen.hasPrefix("0") {
            _ = try RunningHub(folder: withToken) { $0.listen = endpoint }
        }
    }
}

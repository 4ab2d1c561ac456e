import HubServer
import TestSupport
import Testing
import Wire

/// How operators come in with a browser, and who does not.
@Suite("Signing in") struct SignInTests {
    private let folder: TemporaryFolder
    private let tokens: TokenFile
    private let hub: RunningHub
    private let admin: String
    private let warehouse: String

    init() throws {
        folder = try TemporaryFolder()
        tokens = try TokenFile(data: folder.path)
        admin = try tokens.create(name: "anna", role: .admin, topics: [], wids: [], now: 0)
        warehouse = try tokens.create(
            name: "w", role: .warehouse, topics: [], wids: [7], now: 0)
        hub = try RunningHub(folder: folder)
    }

    private func signIn(_ token: String) throws -> Answer {
        try hub.client().post("/v1/session", ["token": .text(token)])
    }

    /// The cookie as a browser sends it back.
    private func cookie(_ answer: Answer) throws -> String {
        let field = try #require(answer[field: "Set-Cookie"])
        return String(field.prefix { $0 != ";" })
    }

    /// A request of the dashboard's page.
    private func ask(
        _ cookie: String?, _ method: String, _ path: String, _ body: String? = nil,
        origin: String? = "http://hub"
    ) throws -> Answer {
        var fields: [String: String] = [:]
        fields["Cookie"] = cookie
        fields["Origin"] = origin
        return try hub.client().request(method, path, body, fields: fields)
    }

    @Test("An admin's token is exchanged for a cookie that scripts and other sites cannot use")
    func cookieAttributes() throws {
        let answer = try signIn(admin)
        #expect(answer.status == 200)
        let field = try #require(answer[field: "Set-Cookie"])
        let parts = field.split(separator: ";").map { $0.drop { $0 == " " } }
        #expect(parts[0].hasPrefix("message_center_session="))
        #expect(parts[0].count == "message_center_session=".count + 64)
        #expect(
            parts.dropFirst() == ["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=43200"]
                + (TestTLS.isOn ? ["Secure"] : []))
        #expect(answer[field: "Cache-Control"] == "no-store")
        #expect(!answer.text.contains(parts[0].suffix(64)))
        #expect(answer["signedIn"].boolean == true)
        #expect(answer["name"].text == "anna")
        #expect(answer["role"].text == "admin")
        #expect(answer["open"].boolean == false)
    }

    @Test("With the cookie the page may do what an admin may, without it nothing")
    func allowed() throws {
        let cookie = try cookie(try signIn(admin))
        #expect(try ask(cookie, "GET", "/v1/warehouses").status == 200)
        #expect(try ask("a=b; \(cookie);c", "GET", "/metrics", origin: nil).status == 200)
        #expect(try ask(cookie, "PUT", "/v1/warehouses/7", "{\"name\":\"x\"}").status == 200)
        #expect(try ask(nil, "GET", "/v1/warehouses").status == 401)
        #expect(try ask("message_center_session=", "GET", "/v1/warehouses").status == 401)
        #expect(try ask("message_center_session=00", "GET", "/v1/warehouses").status == 401)
        #expect(try ask(cookie.uppercased(), "GET", "/v1/warehouses").status == 401)
        #expect(try ask(cookie + "0", "GET", "/v1/warehouses").status == 401)
    }

    @Test(
        "With the cookie nothing is changed for a page of another site, or one that is not known",
        arguments: ["http://evil", "http://hub.evil", "null", nil] as [String?])
    func crossSite(origin: String?) throws {
        let cookie = try cookie(try signIn(admin))
        for (method, path) in [
            ("POST", "/v1/warehouses/7/pause"), ("PUT", "/v1/warehouses/7"),
            ("DELETE", "/v1/session"), ("POST", "/v1/messages"),
        ] where origin != nil || path != "/v1/session" {
            let answer = try ask(cookie, method, path, "{}", origin: origin)
            #expect(answer.status == 403, "\(method) \(path)")
            #expect(answer.code == "cross_origin")
        }
    }

    @Test("Whoever is nobody, or no admin, is told so, and gets no cookie")
    func refused() throws {
        for (token, status, code) in [
            (warehouse, 403, "forbidden"), ("mc_00", 401, "unauthorized"),
        ] {
            let answer = try signIn(token)
            #expect(answer.status == status)
            #expect(answer.code == code)
            #expect(answer[field: "Set-Cookie"] == nil)
        }
        let client = try hub.client()
        #expect(try client.post("/v1/session").pointers == ["/token"])
        #expect(try client.post("/v1/session", ["token": ""]).status == 422)
        #expect(try client.post("/v1/session", ["token": "a", "name": "b"]).status == 422)
    }

    @Test("Who guesses is slowed down; the right token still comes in")
    func guessing() throws {
        let statuses = try (0..<12).map { try signIn("mc_\($0)").status }
        #expect(statuses == Array(repeating: 401, count: 10) + [429, 429])
        let last = try signIn("mc_13")
        #expect(last[field: "Retry-After"] == "6")
        #expect(try signIn(admin).status == 200)
    }

    @Test("A session ends when it is signed out of, and when its token is revoked")
    func ends() throws {
        let (first, second) = (try cookie(try signIn(admin)), try cookie(try signIn(admin)))
        let answer = try ask(first, "DELETE", "/v1/session")
        #expect(answer.status == 200)
        #expect(answer[field: "Set-Cookie"]?.contains("message_center_session=;") == true)
        #expect(answer[field: "Set-Cookie"]?.contains("Max-Age=0") == true)
        #expect(try ask(first, "GET", "/v1/topics").status == 401)
        #expect(try ask(second, "GET", "/v1/topics").status == 200)
        _ = try tokens.create(name: "b", role: .admin, topics: [], wids: [], now: 0)
        #expect(try tokens.revoke(1))
        #expect(try eventually { try ask(second, "GET", "/v1/topics").status == 401 })
    }

    @Test("A session is of this run of the hub, and tells who is signed in, and till when")
    func told() throws {
        let cookie = try cookie(try signIn(admin))
        let known = try ask(cookie, "GET", "/v1/session")
        #expect(known["name"].text == "anna")
        #expect(known["expires"].text?.count == 24)
        let unknown = try ask(nil, "GET", "/v1/session")
        #expect(unknown.status == 200)
        #expect(unknown["signedIn"].boolean == false)
        #expect(unknown["expires"] == .null)
        hub.stop()
        let next = try RunningHub(folder: folder)
        let fields = ["Cookie": cookie]
        #expect(try next.client().request("GET", "/v1/topics", fields: fields).status == 401)
    }

    @Test("An open hub has nobody sign in")
    func open() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        #expect(try client.get("/v1/session")["open"].boolean == true)
        let answer = try client.post("/v1/session", ["token": "x"])
        #expect(answer.status == 200)
        #expect(answer[field: "Set-Cookie"] == nil)
    }
}

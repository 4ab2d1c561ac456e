import HubServer
import TestSupport
import Testing
import Wire

/// Whoever reads the log, or keeps it, gets no way in with it, and nothing of what is published.
@Suite("The log keeps secrets")
struct LogSecretsTests {
    private static let body = "seCret-body"
    private static let wrong = "mc_seCret-wrong"

    /// Everything that can be asked, with a secret in every place where one may stand.
    private func ask(_ hub: HubProcess, _ token: String) throws {
        func begin() throws -> RawClient {
            let client = try hub.client()
            client.timeout = .seconds(5)
            return client
        }
        let message =
            "{\"topic\":\"A_B\",\"wid\":1,\"body\":\"\(Self.body)\",\"key\":\"\(Self.body)\"}"
        let cookie = "message_center_session=seCret-cookie"
        for bearer in [
            "Bearer \(token)", "Bearer \(Self.wrong)", "Basic \(Self.wrong)", Self.wrong,
        ] {
            let fields = ["Authorization": bearer, "Cookie": cookie, "X-Request-Id": token]
            for (method, path, text) in [
                ("POST", "/v1/messages", message), ("POST", "/v1/messages", message + "}"),
                ("POST", "/v1/messages", String(message.dropLast(9))),
                ("POST", "/v1/messages/batch", "[\(message),\(Self.body)]"),
                ("POST", "/v1/warehouses/1/pull", "{\"session\":\"\(Self.body)\"}"),
                ("POST", "/v1/warehouses/1/pull", "{\"limit\":\"\(Self.body)\"}"),
                ("POST", "/v1/warehouses/1/dead-letters", "{\"error\":\"\(Self.body)\"}"),
                ("POST", "/v1/session", "{\"token\":\"\(Self.wrong)\"}"),
                ("POST", "/v1/session", "{\"token\":\"\(token)\"}"),
                ("POST", "/v1/session", "{\"token\":\"\(token)"),
                ("GET", "/v1/messages?token=\(token)&text=\(Self.body)&limit=\(Self.wrong)", ""),
                ("GET", "/v1/messages/\(Self.wrong)", ""), ("GET", "/\(Self.wrong)", ""),
                ("GET", "/v1/events?access_token=\(Self.wrong)", ""), ("DELETE", "/v1/session", ""),
            ] {
                _ = try begin().request(method, path, text.isEmpty ? nil : text, fields: fields)
            }
        }
        // Heads that cannot be read, with a token in them.
        for rest in [
            "Bad Name: x", "Authorization: Bearer \(token)", "X: \u{1}", "Content-Length: x",
            "Transfer-Encoding: \(Self.wrong)", "Expect: \(Self.wrong)",
        ] {
            let client = try begin()
            try client.send(
                "GET /\(Self.wrong) HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(token)\r\n"
                    + "\(rest)\r\n\r\n")
            _ = try? client.answer()
        }
    }

    @Test("No token, cookie, path, query or body stands in it", arguments: ["text", "json"])
    func secrets(format: String) throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder)
        let hub = try HubProcess(
            folder: folder, arguments: ["--log-level", "debug", "--log-format", format])
        try ask(hub, token)
        let audit = try hub.client().request(
            "GET", "/v1/audit?limit=1000", fields: ["Authorization": "Bearer \(token)"])
        #expect(audit["entries"].elements?.contains { $0["action"] == "sign_in" } == true)
        #expect(!audit.text.contains(token))
        try hub.stop()
        let told = hub.told
        // It does tell of them.
        #expect(told.split(separator: "\n").count > 40)
        #expect(told.contains("401 unauthorized"))
        #expect(!told.contains("seCret"), "\(Self.line(of: told, with: "seCret"))")
        #expect(!told.contains(token), "\(Self.line(of: told, with: token))")
        #expect(!told.contains("mc_"), "\(Self.line(of: told, with: "mc_"))")
    }

    private static func line(of text: String, with word: String) -> Substring {
        text.split(separator: "\n").first { $0.contains(word) } ?? ""
    }

    @Test("What a name does to a terminal or a log it does not do here")
    func names() throws {
        let hub = try HubProcess(arguments: ["--log-level", "debug", "--log-format", "text"])
        let client = try hub.client()
        let evil = #"a\u001b[31mred\u0007\u009b2J\r\nFORGED\u202e\u2028x"#
        _ = try client.request("PUT", "/v1/warehouses/5", "{\"name\":\"\(evil)\"}")
        _ = try client.request("POST", "/v1/warehouses/5/pull", "{\"session\":\"\(evil)\"}")
        _ = try client.request(
            "POST", "/v1/warehouses/5/pull",
            "{\"session\":\"s\",\"client\":{\"name\":\"\(evil)\",\"version\":\"\(evil)\"}}")
        _ = try client.request(
            "POST", "/v1/messages",
            "{\"topic\":\"A_B\",\"wid\":5,\"key\":\"\(evil)\",\"body\":\"\(evil)\"}")
        for path in ["/v1/warehouses/5?a%0d%0aX-Evil:%20yes=1", "/x%0d%0aSet-Cookie:%20a=b"] {
            let answer = try client.get(path)
            #expect(answer[field: "x-evil"] == nil && answer[field: "set-cookie"] == nil)
            #expect(answer.fields.allSatisfy { !$0.value.contains("\n") })
        }
        let url = "http://\(hub.endpoint)"
        for words in [
            ["warehouse", "list"], ["warehouse", "show", "5"], ["topic", "list"],
            ["pull", "--wid", "6"], ["tail", "--wid", "5", "--once"], ["message", "show", "1"],
        ] {
            let run = try ProgramExit(words + ["--hub", url])
            for scalar in (run.output + run.errors).unicodeScalars {
                let isControl = scalar.value < 0x20 && scalar != "\n" || scalar.value == 0x7F
                #expect(!isControl && !(0x80..<0xA0).contains(scalar.value), "\(words)")
            }
            #expect(!run.output.contains("\nFORGED"), "\(words): \(run.output)")
        }
        try hub.stop()
        for line in hub.told.split(separator: "\n") { #expect(line.hasPrefix("2")) }
    }
}

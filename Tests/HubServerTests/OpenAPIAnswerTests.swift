import HubServer
import TestSupport
import Testing
import Wire

/// Real answers, good ones and refusals, are as `docs/openapi.yaml` says.
@Suite("Answers and the OpenAPI document") struct OpenAPIAnswerTests {
    private let document = OpenAPIDocument.shared

    /// The document's path that `path` is one of.
    private func operation(_ call: ScriptedCall) -> OpenAPIDocument.Operation? {
        let parts = call.path.prefix { $0 != "?" }
            .split(separator: "/", omittingEmptySubsequences: false)
        func fits(_ template: String) -> Bool {
            let wanted = template.split(separator: "/", omittingEmptySubsequences: false)
            return wanted.count == parts.count
                && zip(wanted, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        let candidates = document.operations.filter { $0.method == call.method && fits($0.path) }
        return candidates.first { !$0.path.contains("{message}") } ?? candidates.first
    }

    @Test("Every operation answers what the document says, in good cases and bad ones")
    func scenario() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        var seen: Set<String> = []
        for call in ScriptedCall.all {
            let what = "\(call.method) \(call.path) \(call.body ?? "")"
            let operation = try #require(self.operation(call), "\(what)")
            let answer = try client.request(call.method, call.path, call.body)
            let isDue = answer.status == call.status && answer.code == call.code
            #expect(isDue, "\(what): \(answer.text)")
            #expect(document.faults(answer, to: operation) == [])
            if answer.status < 300 { seen.insert("\(operation.testDescription) \(answer.status)") }
        }
        let promised = document.operations.filter { !$0.streams }.flatMap { operation in
            (operation.content["responses"]?.members ?? []).map(\.name)
                .filter { $0.hasPrefix("2") }.map { "\(operation.testDescription) \($0)" }
        }
        #expect(Set(promised) == seen)
    }

    @Test("What is too large is refused as told")
    func tooLarge() throws {
        let hub = try RunningHub()
        let body = String(repeating: "a", count: 256 * 1024)
        let message = #"{"topic":"A","wid":0,"body":1}"#
        let messages = Array(repeating: message, count: 10_001).joined(separator: ",")
        for (path, text, code) in [
            ("/v1/messages", #"{"topic":"A","wid":0,"body":"\#(body)"}"#, "body_too_large"),
            ("/v1/messages", String(repeating: " ", count: 400_000), "body_too_large"),
            (
                "/v1/messages/batch", String(repeating: " ", count: 17 * 1024 * 1024),
                "request_too_large"
            ),
            ("/v1/messages/batch", "[\(messages)]", "too_many_messages"),
            ("/v1/messages/batch", #"[{"topic":"A","wid":0,"body":"\#(body)"}]"#, "body_too_large"),
        ] {
            let answer = try hub.client().request("POST", path, text)
            #expect(answer.status == 413 && answer.code == code, "\(answer.text)")
            #expect(document.faults(answer, to: document.operation("POST", path)) == [])
        }
    }

    @Test("Lines of JSON are taken as a batch")
    func lines() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let operation = document.operation("POST", "/v1/messages/batch")
        let lines = operation.content["requestBody"]?["content"]?["application/x-ndjson"]?[
            "example"]
        let answer = try client.request(
            "POST", operation.path, lines?.text, type: "application/x-ndjson")
        #expect(answer.status == 201)
        #expect(answer["count"].integer == 2)
        #expect(document.faults(answer, to: operation) == [])
    }

    @Test(
        "What any request may meet is told as the default",
        arguments: [
            ("HTTP/1.1", 400, "malformed_request"),
            ("HTTP/2.0|Host: a", 505, "version_not_supported"),
            ("HTTP/1.1|Host: a|Transfer-Encoding: gzip", 501, "not_implemented"),
            ("HTTP/1.1|Host: a|Content-Encoding: gzip", 415, "content_encoding"),
            ("HTTP/1.1|Host: a|Expect: more", 417, "expectation_failed"),
            ("HTTP/1.1|Host: a|Content-Length: 70000", 413, "request_too_large"),
            ("HTTP/1.1|Host: a|A: \(String(repeating: "a", count: 17_000))", 431, "head_too_large"),
            ("\(String(repeating: "a", count: 9_000)) HTTP/1.1|Host: a", 414, "target_too_long"),
        ])
    func anyRequest(_ lines: String, _ status: Int, _ code: String) throws {
        let hub = try RunningHub()
        let client = try hub.client()
        // The last one brings a target of its own.
        let start = lines.hasPrefix("HTTP") ? "GET /v1/topics " : "GET /"
        try client.send(start + lines.replacing("|", with: "\r\n") + "\r\n\r\n")
        let answer = try client.answer()
        #expect(answer.status == status && answer.code == code, "\(answer.text)")
        #expect(document.faults(answer, to: document.operation("GET", "/v1/topics")) == [])
    }

    @Test("HTTP/1.0 with a body tells its length")
    func length() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.send("POST /v1/messages HTTP/1.0\r\n\r\n")
        let answer = try client.answer()
        #expect(answer.code == "length_required")
        #expect(document.faults(answer, to: document.operation("POST", "/v1/messages")) == [])
    }

    // MARK: Tokens

    /// A hub with a token of each role.
    private func guarded() throws -> (hub: RunningHub, tokens: [String: String]) {
        let folder = try TemporaryFolder()
        let file = try TokenFile(data: folder.path)
        let tokens = [
            "admin": try file.create(name: "a", role: .admin, topics: [], wids: [], now: 0),
            "publisher": try file.create(
                name: "p", role: .publisher, topics: ["A_*"], wids: [], now: 0),
            "warehouse": try file.create(
                name: "w", role: .warehouse, topics: [], wids: [3], now: 0),
        ]
        return (try RunningHub(folder: folder), tokens)
    }

    @Test("With tokens, everything but the two probes wants one, and says so as told")
    func unauthorized() throws {
        let (hub, _) = try guarded()
        let client = try hub.client()
        for operation in document.operations {
            let answer = try client.request(operation.method, operation.path())
            let isOpen = operation.content["security"]?.elements?.isEmpty == true
            #expect((answer.status == 401) == !isOpen, "\(operation.testDescription)")
            #expect(document.faults(answer, to: operation) == [])
            let challenge = answer[field: "www-authenticate"]
            #expect((challenge == nil) == isOpen, "\(operation.testDescription)")
        }
    }

    @Test(
        "What a role may not is refused as told; an admin may all",
        arguments: ["admin", "publisher", "warehouse"])
    func roles(_ role: String) throws {
        let (hub, tokens) = try guarded()
        let client = try hub.client()
        let bearer = ["Authorization": "Bearer \(tokens[role]!)"]
        for operation in document.operations {
            let answer = try client.request(
                role == "admin" ? operation.endingMethod : operation.method, operation.path(),
                fields: bearer)
            #expect(document.faults(answer, to: operation) == [])
            let isRefused = answer.status == 403
            let tags = operation.content["tags"]?.elements?.compactMap(\.text) ?? []
            let name = operation.testDescription
            switch (role, tags[0]) {
            case ("admin", _): #expect(!isRefused, "\(name)")
            case (_, "operate"): #expect(isRefused, "\(name)")
            case ("publisher", "publish"), ("warehouse", "pull"): #expect(!isRefused, "\(name)")
            case ("publisher", "pull"), ("warehouse", "publish"): #expect(isRefused, "\(name)")
            default: break
            }
        }
        guard role == "publisher" else { return }
        let body = #"{"topic":"B_Changed","wid":0,"body":1}"#
        let answer = try client.request("POST", "/v1/messages", body, fields: bearer)
        #expect(answer.code == "topic_forbidden")
        #expect(document.faults(answer, to: document.operation("POST", "/v1/messages")) == [])
    }
}

import Foundation
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// The example for nginx, before a hub with a token, as operators deploy it.
@Suite("A hub behind nginx", .timeLimit(.minutes(3)))
struct NginxTests {
    private let site: ProxiedHub
    private var hub: RunningHub { site.hub }
    private var nginx: NginxProcess { site.nginx }

    init() throws { site = try ProxiedHub() }

    private func status(_ path: String, _ words: String...) throws -> String {
        try site.curl(path, ["--output", "/dev/null", "--write-out", "%{http_code}"] + words)
            .output
    }

    @Test("Messages go in and come out")
    func publishAndPull() throws {
        let message = #"{"topic":"SaleOrder_Changed","wid":3,"body":{"OrderId":"1"}}"#
        let published = try site.curl("/v1/messages", ["--data", message, "--dump-header", "-"])
        #expect(published.output.contains("201 Created"), "\(published.errors)\(nginx.errors)")
        #expect(published.output.contains("Strict-Transport-Security: max-age=31536000"))
        #expect(!published.output.contains("Server: nginx/"))
        let pulled = try JSONValue.parse(site.curl("/v1/warehouses/3/pull", ["-X", "POST"]).bytes)
        #expect(pulled["messages"]?.elements?.count == 1)
    }

    @Test("A batch as large as a hub takes goes through, a larger one gets an answer for programs")
    func largeBatch() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/batch"
        let body = String(repeating: "x", count: 1700)
        let message = #"{"topic":"SaleOrder_Changed","wid":3,"body":"\#(body)"}"#
        let count = (16 * 1024 * 1024 - 2) / (message.utf8.count + 1)
        let batch = "[" + Array(repeating: message, count: count).joined(separator: ",") + "]"
        try batch.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(batch.utf8.count > 16_700_000)
        #expect(try status("/v1/messages/batch", "--data-binary", "@" + path) == "201")
        let twice = batch + String(repeating: " ", count: 2_000_000)
        try twice.write(toFile: path, atomically: true, encoding: .utf8)
        let refused = try site.curl(
            "/v1/messages/batch", ["--data-binary", "@" + path, "--header", "Expect:"])
        #expect(
            try JSONValue.parse(refused.bytes)["code"]?.text == "request_too_large",
            "\(refused.output.prefix(300)) \(refused.errors)")
    }

    @Test("A pull waits, and is answered as soon as there is something")
    func longPoll() throws {
        let site = site
        let hub = try site.direct()
        let answers = try concurrently(2) { number in
            if number == 0 {
                let begun = ContinuousClock.now
                let pull = try site.curl("/v1/warehouses/3/pull", ["--data", #"{"wait":20}"#])
                return (pull.output, ContinuousClock.now - begun)
            }
            let client = try site.direct()
            _ = try client.expectWaiting(1)
            try client.publish(wid: 3, body: "at last")
            return ("", .zero)
        }
        #expect(answers[0].0.contains("at last"))
        #expect(answers[0].1 < .seconds(15))
        // Until its time is over, a pull is not cut off.
        let begun = ContinuousClock.now
        let pull = try site.curl("/v1/warehouses/4/pull", ["--data", #"{"wait":3}"#])
        #expect(ContinuousClock.now - begun > .seconds(2.9))
        #expect(try JSONValue.parse(pull.bytes)["messages"]?.elements?.isEmpty == true)
        #expect(try hub.get("/readyz").status == 200)
    }

    @Test("200 pulls wait side by side, and all are answered")
    func manyPulls() throws {
        let site = site
        let results = try concurrently(2) { number in
            if number == 0 {
                let pulls = try site.nginx.curlParallel(
                    (1...200).map { "/v1/warehouses/\($0)/pull" },
                    site.bearer + ["--data", #"{"wait":20}"#, "--write-out", "%{http_code}\n"])
                return pulls.output
            }
            let client = try site.direct()
            #expect(try client.expectWaiting(200))
            try client.publish(wid: 0)
            return ""
        }
        let statuses = results[0].split(separator: "\n")
        #expect(statuses.count { $0 == "200" } == 200, "\(Set(statuses)) \(nginx.errors)")
    }

    @Test("Events come through at once")
    func events() throws {
        let site = site
        let taken = try concurrently(2) { number in
            if number == 0 {
                // Ended after five seconds: what came until then has come.
                return try site.curl("/v1/events", ["--no-buffer", "--max-time", "5"]).output
            }
            let client = try site.direct()
            #expect(
                try eventually { try client.metric("message_center_event_subscribers") == 1 })
            try client.publish(wid: 4711)
            try client.pull(4711)
            return ""
        }
        #expect(taken[0].contains("event:"), "\(taken[0].prefix(300))")
        #expect(taken[0].contains("4711"), "\(taken[0].suffix(300))")
    }

    @Test("Operators sign in over it")
    func signIn() throws {
        let (nginx, token) = (nginx, site.token)
        let jar = hub.folder.path + "/cookies"
        let page = "https://127.0.0.1:\(nginx.port)"
        func asPage(_ path: String, _ words: String..., origin: String? = nil) throws -> String {
            try nginx.curl(
                path,
                [
                    "--cookie", jar, "--cookie-jar", jar, "--output", "/dev/null", "--write-out",
                    "%{http_code}", "--header", "Origin: \(origin ?? page)",
                ] + words
            ).output
        }
        #expect(try asPage("/") == "200")
        #expect(try asPage("/v1/warehouses") == "401")
        #expect(try asPage("/v1/session", "--data", #"{"token":"\#(token)"}"#) == "200")
        #expect(try asPage("/v1/warehouses") == "200")
        // A line of the jar: domain, subdomains, path, whether for TLS only, …
        let cookie = try String(contentsOfFile: jar, encoding: .utf8).split(separator: "\n")
            .first { $0.contains("message_center_session") }?.split(separator: "\t")
        #expect(cookie?[3] == "TRUE")
        let named = ["-X", "PUT", "--data", #"{"name":"north"}"#]
        #expect(try asPage("/v1/warehouses/3", named[0], named[1], named[2], named[3]) == "200")
        let other = try asPage(
            "/v1/warehouses/3", named[0], named[1], named[2], named[3],
            origin: "https://elsewhere.example")
        #expect(other == "403")
    }

    @Test("While the hub is away clients are told to come again, and afterwards all is well")
    func restart() throws {
        let message = ["--data", #"{"topic":"SaleOrder_Changed","wid":3,"body":1}"#]
        let (folder, endpoint) = (hub.folder, hub.endpoint)
        #expect(try site.curl("/v1/messages", message).output.contains(#""index":1"#))
        hub.stop()
        let away = try site.curl("/v1/messages", message + ["--dump-header", "-"])
        #expect(away.output.contains("503 Service"), "\(away.output)")
        #expect(away.output.contains("Retry-After: 1"))
        #expect(away.output.contains("Strict-Transport-Security: max-age=31536000"))
        #expect(away.output.contains(#""code":"away""#))
        #expect(away.output.contains("Content-Type: application/problem+json"))
        let again = try RunningHub(folder: folder) {
            $0.listen = endpoint
            $0.tls = nil
        }
        #expect(try site.curl("/v1/messages", message).output.contains(#""index":2"#))
        again.stop()
    }

    @Test("The metrics are for this machine")
    func metrics() throws {
        #expect(try status("/metrics") == "404")
        #expect(try status("/readyz") == "200")
    }

    @Test("Without TLS nothing is served but what an authority asks for")
    func plain() throws {
        let port = nginx.plainPort
        func ask(_ path: String, _ words: String...) throws -> String {
            try ProgramExit(
                command: [
                    "curl", "--silent", "--write-out", " %{http_code} %{redirect_url}",
                    "http://127.0.0.1:\(port)\(path)",
                ] + words
            ).output
        }
        // Where it leads to is fixed, whatever the request says of its host.
        for host in ["hub.example.com", "elsewhere.example", "127.0.0.1:\(port)"] {
            let page = try ask("/topics?x=1", "--header", "Host: \(host)")
            #expect(page.hasSuffix(" 308 https://hub.example.com/topics?x=1"))
        }
        let told = try ask("/v1/warehouses/3/pull", "--data", "{}")
        #expect(told.hasSuffix(" 403 "), "\(told)")
        #expect(told.contains("Use https.") && told.contains(#""code":"tls_required""#))
        let folder = nginx.challenges + "/.well-known/acme-challenge"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try "proof".write(toFile: folder + "/name", atomically: true, encoding: .utf8)
        #expect(try ask("/.well-known/acme-challenge/name") == "proof 200 ")
        #expect(try ask("/.well-known/acme-challenge/other").contains(" 404 "))
    }
}

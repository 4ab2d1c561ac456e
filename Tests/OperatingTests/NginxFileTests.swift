import Foundation
import Hub
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// What the example for nginx takes care of, line by line: without it one of these would fail.
@Suite("The lines of the example for nginx", .timeLimit(.minutes(3)))
struct NginxFileTests {
    @Test("The hub hears the client's address, and believes no other")
    func address() throws {
        let site = try ProxiedHub()
        try site.direct().pull(7)
        for address in ["192.0.2.7", "2001:db8::7"] {
            let client = try site.client()
            let paused = try client.request(
                "POST", "/v1/warehouses/7/pause", "{}",
                fields: ["X-Test-Address": address, "X-Forwarded-For": "10.9.8.7"])
            #expect(paused.status == 200)
            let entry = try site.direct().get("/v1/audit")["entries"].elements?.first
            #expect(entry?["address"]?.text == address)
        }
    }

    @Test("Connections to the hub are kept, also when those of the clients are not")
    func kept() throws {
        let site = try ProxiedHub()
        let direct = try site.direct()
        let name = "message_center_connections_opened_total"
        let before = try #require(try direct.metric(name))
        for _ in 0..<40 { #expect(try site.nginx.client().get("/readyz").status == 200) }
        let opened = try #require(try direct.metric(name)) - before
        #expect(opened <= 4, "\(opened) connections for 40 requests")
    }

    @Test("A request whose connection ends before its answer is not sent a second time")
    func once() throws {
        let hub = try RunningHub(inClear: true)
        let between = try FaultyProxy(to: hub.endpoint) { $0.number == 1 ? .loseAnswer : .none }
        let nginx = try NginxProcess(hub: between.endpoint)
        let client = try nginx.client()
        #expect(try client.get("/healthz").status == 200)
        let lost = try client.request("PUT", "/v1/warehouses/3", #"{"name":"north"}"#)
        #expect(lost.status == 503 && lost.code == "away")
        #expect(between.requests == 2)
        #expect(try client.get("/healthz").status == 200)
    }

    @Test("A client has so many connections, and the one that is too many is told so")
    func connections() throws {
        let limit = ("limit_conn message_center_client 512", "limit_conn message_center_client 2")
        let site = try ProxiedHub(changes: [limit])
        let direct = try site.direct()
        // Two of a /64 wait; its others count as the same one, all else does not.
        let waiting = try (1...2).map { number in
            let client = try site.client()
            try client.begin(
                "POST", "/v1/warehouses/\(number)/pull", #"{"wait":20}"#,
                fields: ["X-Test-Address": "2001:db8:1:2::\(number)"])
            return client
        }
        #expect(try direct.expectWaiting(2))
        func ask(_ address: String) throws -> Answer {
            try site.client().request("GET", "/readyz", fields: ["X-Test-Address": address])
        }
        let refused = try ask("2001:db8:1:2:ffff::")
        #expect(refused.status == 429)
        #expect(refused.code == "too_many_connections")
        #expect(refused[field: "Retry-After"] == "1")
        #expect(refused[field: "Strict-Transport-Security"] == "max-age=31536000")
        for address in ["2001:db8:1:3::1", "2001:db8::1", "192.0.2.7", "192.0.2.8"] {
            #expect(try ask(address).status == 200, "\(address)")
        }
        try direct.publish(wid: 0)
        for client in waiting { #expect(try client.answer().status == 200) }
        #expect(try ask("2001:db8:1:2:ffff::").status == 200)
    }

    @Test("A client that takes its page slowly holds no memory of the hub")
    func slowReader() throws {
        let site = try ProxiedHub()
        let direct = try site.direct()
        let body = String(repeating: "x", count: 200_000)
        for _ in 0..<90 { #expect(try direct.publish(wid: 3, body: .text(body)).status == 201) }
        let client = try site.client()
        try client.begin(
            "POST", "/v1/warehouses/3/pull", #"{"limit":1000,"maxBytes":16777216}"#)
        // It has taken some, and so the answer is on its way; then it takes nothing for a while.
        #expect(try client.takeBytes()?.isEmpty == false)
        #expect(try eventually { try direct.metric("message_center_answer_bytes_held") == 0 })
        var rest = 0
        while rest < 16_000_000, let bytes = try client.takeBytes() { rest += bytes.count }
        #expect(rest >= 16_000_000)
    }

    @Test("It waits for longer than a pull may, and than events last")
    func timeouts() throws {
        let times = try Example.text("nginx.conf")
            .matches(of: /(?m)^ +proxy_read_timeout (\d+)s;/).compactMap { Int($0.1) }
        try #require(times.count == 2)
        #expect(times[0] >= Int(Limits.waitSeconds) + 20)
        #expect(times[1] >= Limits.streamSeconds + 60)
    }
}

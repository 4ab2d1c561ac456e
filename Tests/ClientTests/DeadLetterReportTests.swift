import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing
import Wire

/// What the hub is told of dead letters, and what it orders.
@Suite("Dead letters at the hub", .serialized) struct DeadLetterReportTests {
    private let hub: HubProcess
    private let client: RawClient
    private let folder: TemporaryFolder
    private let warehouse = Warehouse()
    private var url: String { hub.url }

    init() throws {
        hub = try HubProcess()
        client = try hub.client()
        folder = try TemporaryFolder()
    }

    private func publish(_ event: String, _ key: String, _ number: Int) throws {
        try client.publish(
            topic: "Item_\(event)", wid: 1, key: key, body: ["n": .number("\(number)")])
    }

    private func letters(_ state: String = "all") throws -> [JSONValue] {
        try client.get("/v1/dead-letters?wid=1&limit=1000&state=\(state)").json["deadLetters"]?
            .elements ?? []
    }

    private func caughtUp(_ configure: (inout ConsumeSettings) -> Void = { _ in }) async throws {
        let consumer = try warehouse.consumer(url, folder: folder.path) {
            $0.stopsWhenCaughtUp = true
            configure(&$0)
        }
        #expect(try await consumer.start() == .caughtUp)
    }

    /// A clock that goes a second at each look, from 2026-11-20T08:00:00Z.
    private static func clock() -> @Sendable () -> Date {
        let seconds = Locked(1_795_161_600.0)
        return {
            seconds.withLock { seconds in
                seconds += 1
                return Date(timeIntervalSince1970: seconds)
            }
        }
    }

    @Test("firstAt is the first try and lastAt the last; of a parked one, when it was parked")
    func times() async throws {
        warehouse.bad.withLock { _ = $0.insert("bad") }
        try publish("Changed", "bad", 1)
        try publish("Deleted", "bad", 2)
        try await caughtUp { $0.timing.now = Self.clock() }
        let letters = try letters("open")
        #expect(letters.map { $0["state"]?.text } == ["dead", "parked"])
        let times = letters.map { [$0["firstAt"]?.text ?? "", $0["lastAt"]?.text ?? ""] }
        #expect(times[0][0] < times[0][1], "ten tries lie between")
        #expect(times[1][0] == times[1][1])
        #expect(times[1][0] > times[0][1])
    }

    @Test("Of an error's words 16 KiB are kept and told, whole characters of them")
    func longError() async throws {
        try publish("Changed", "bad", 1)
        var settings = ConsumeSettings()
        settings.connection.certificateAuthority = TestTLS.authority
        settings.folder = folder.path
        settings.stopsWhenCaughtUp = true
        settings.alarm.bell = false
        let consumer = try MessageConsumer(url: url, wid: 1, settings: settings)
        consumer.on("*") { _ in throw DoNotRetry("x" + String(repeating: "é", count: 100_000)) }
        try await consumer.start()
        let kept = try #require(DeadLetters(folder: folder.path).open.first?.error)
        #expect(kept.utf8.count == 16 * 1024 - 1)
        #expect(kept.hasSuffix("éé"))
        #expect(try letters().first?["error"]?.text == kept)
    }

    @Test(
        "An order for a letter that is not here is answered with its end, and comes no more",
        arguments: ["retry", "drop"])
    func unknown(action: String) async throws {
        try await caughtUp()
        // Nobody has its body any more.
        let id = "0193aaaa-0000-7000-8000-000000000001"
        let report = try client.post(
            "/v1/warehouses/1/dead-letters",
            [
                "id": .text(id), "index": 1, "topic": "Item_Changed", "state": "dead",
                "key": "gone",
            ])
        #expect(report.status == 201)
        #expect(try client.post("/v1/dead-letters/1/\(action)").status == 200)
        try await caughtUp()
        #expect(try letters().map { $0["state"]?.text } == ["dropped"])
        #expect(warehouse.now.handled.isEmpty)
        #expect(try client.pull(1)["commands"].elements?.isEmpty == true)
    }

    @Test("An order that the hub cannot explain is answered with 'dropped'")
    func unexplained() async throws {
        let id = "0193aaaa-0000-7000-8000-000000000009"
        let reports = Locked<[String]>([])
        let proxy = try FaultyProxy(to: nil) { request in
            let body = String(decoding: request.body, as: UTF8.self)
            if request.line.contains("/pull") {
                let commands =
                    reports.withLock { $0.isEmpty }
                    ? #"{"n":7,"action":"retry","message":"\#(id)"}"# : ""
                return .answer(
                    status: 200,
                    body: """
                        {"messages":[],"next":0,"more":false,"committed":0,"hub":"H",
                        "count":{"from":1,"to":0,"filtered":0,"coalesced":0},
                        "commands":[\(commands)]}
                        """)
            }
            if request.line.contains("/v1/dead-letters/7") {
                return .answer(status: 404, body: #"{"code":"unknown_dead_letter","detail":"no"}"#)
            }
            if request.line.contains("/dead-letters") { reports.withLock { $0.append(body) } }
            return .answer(status: 200, body: "{}")
        }
        let consumer = try warehouse.consumer(proxy.url, folder: folder.path) {
            $0.stopsWhenCaughtUp = true
        }
        #expect(try await consumer.start() == .caughtUp)
        let told = reports.withLock { $0 }
        #expect(told.count == 1)
        #expect(told.first?.contains(id) == true)
        #expect(told.first?.contains(#""state":"dropped""#) == true)
    }

    @Test("Many parked letters are told in few requests")
    func many() async throws {
        warehouse.bad.withLock { _ = $0.insert("bad") }
        let lines = (1...1000).map { number in
            #"{"topic":"Item_\#(number % 2 == 0 ? "Changed" : "Deleted")","wid":1,"key":"bad","#
                + #""body":{"n":\#(number)}}"#
        }
        let answer = try client.request(
            "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
            type: "application/x-ndjson")
        #expect(answer.status == 201)
        let requests = Locked(0)
        let proxy = try FaultyProxy(to: hub.endpoint) { request in
            if request.line.contains("/dead-letters") { requests.withLock { $0 += 1 } }
            return .none
        }
        let consumer = try warehouse.consumer(proxy.url, folder: folder.path) {
            $0.stopsWhenCaughtUp = true
            $0.limit = 1000
            $0.retry.tries = 1
        }
        #expect(try await consumer.start() == .caughtUp)
        #expect(try letters("open").count == 1000)
        #expect(requests.withLock { $0 } <= 20)
    }
}

import Platform
import TestSupport
import Testing
import Wire

/// The real events, two thirds of them in the archive: each search finds what a filter over the
/// file does.
@Suite("Searching real events", .enabled(if: RealInput.isThere))
struct RealSearchTests {
    private static let archived: Int64 = 15_000

    /// A hub with all events, on six days.
    private static func hub(_ events: [RealInput.Event]) throws -> RunningHub {
        let clock = WallClock()
        let first = try RunningHub(clock: clock)
        let client = try first.client()
        for start in stride(from: 0, to: events.count, by: 1000) {
            clock.offsetMilliseconds = Int64(start / 4000 - 6) * 86_400_000
            let lines = events[start..<min(start + 1000, events.count)].map(\.line)
            let answer = try client.request(
                "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                type: "application/x-ndjson")
            guard answer.status == 201 else { throw Unexpected(answer) }
        }
        first.stop()
        try ArchiveMove.run(first.folder.path, through: archived, perFrame: 4000)
        return try RunningHub(folder: first.folder, clock: clock)
    }

    private struct Found: Equatable {
        let index: Int
        let topic: String?
        let wid: Int?
        let key: String?
        let body: String?

        init(_ message: JSONValue) {
            index = message["index"]?.integer ?? -1
            topic = message["topic"]?.text
            wid = message["wid"]?.integer
            key = message["key"]?.text
            body = message["body"]?.serialized()
        }

        init(_ place: Int, _ event: RealInput.Event) {
            (index, topic, wid) = (place + 1, event.topic, event.wid)
            (key, body) = (event.key, event.body)
        }
    }

    @Test("By topic, wid, key, text, and all of them")
    func criteria() throws {
        let events = try RealInput.events()
        let hub = try Self.hub(events)
        let client = try hub.client()
        func expect(
            _ query: String, _ fits: (RealInput.Event) -> Bool
        ) throws {
            let expected = events.enumerated().filter { fits($0.element) }.map(Found.init)
            for order in ["oldest", "newest"] {
                let found = try SearchTests.all(
                    client, query + "&limit=1000&order=\(order)"
                ).map(Found.init)
                #expect(found == (order == "oldest" ? expected : expected.reversed()), "\(query)")
            }
        }
        let sample = events[7000]
        let topic = sample.topic.prefix { $0 != "_" }
        try expect("topic=\(sample.topic)") { $0.topic == sample.topic }
        try expect("topic=\(topic)_*&wid=\(sample.wid)") {
            $0.topic.hasPrefix(topic + "_") && $0.wid == sample.wid
        }
        for wid in [0, 1, 3] { try expect("wid=\(wid)") { $0.wid == wid } }
        try expect("key=\(sample.key)") { $0.key == sample.key }
        let text = String(sample.body.dropFirst(10).prefix(12))
        let escaped = text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try expect("text=\(escaped)") { $0.body.utf8.firstRange(of: Array(text.utf8)) != nil }
        try expect("text=7&wid=\(sample.wid)&topic=*_Changed") {
            $0.body.utf8.contains(UInt8(ascii: "7")) && $0.wid == sample.wid
                && $0.topic.hasSuffix("_Changed")
        }
    }

    @Test("By time, to the millisecond, and all of it with the bodies byte for byte")
    func times() throws {
        let events = try RealInput.events()
        let hub = try Self.hub(events)
        let client = try hub.client()
        let all = try SearchTests.all(client, "limit=1000&order=oldest")
        #expect(all.map(Found.init) == events.enumerated().map(Found.init))
        let created = all.map { $0["created"]?.text ?? "" }
        for (low, high) in [(0, 4000), (3999, 15_000), (14_000, 17_000), (20_000, 21_000)] {
            let expected = created.indices.filter {
                created[$0] >= created[low] && created[$0] < created[high]
            }
            let found = try SearchTests.all(
                client, "limit=1000&order=oldest&from=\(created[low])&to=\(created[high])")
            #expect(found.map { $0["index"]?.integer } == expected.map { $0 + 1 })
        }
    }
}

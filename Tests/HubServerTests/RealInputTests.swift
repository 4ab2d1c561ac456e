import Platform
import TestSupport
import Testing
import Wire

/// All of the real events, published and pulled by all their warehouses at once.
@Suite(.serialized, .enabled(if: RealInput.isThere, "the real events are not on this machine"))
struct RealInputTests {
    // MARK: What is expected

    /// The events, and what each message must say between its ordinal and `created`.
    private struct Expected: Sendable {
        let events: [RealInput.Event]
        let contents: [[UInt8]]
        /// Places of events in the file by warehouse, and those of all.
        let lines: [Int: [Int]]

        init() throws {
            events = try RealInput.events()
            contents = events.map { event in
                Array(
                    """
                    ,"topic":"\(event.topic)","wid":\(event.wid),"key":\
                    \(JSONValue.text(event.key).serialized()),"body":\(event.body),"created":"
                    """.utf8)
            }
            let wids = Set(events.map(\.wid)).subtracting([0])
            var lines = Dictionary(uniqueKeysWithValues: wids.map { ($0, [Int]()) })
            // One that has no message of its own sees the global ones.
            lines[999] = []
            for (place, event) in events.enumerated() {
                if event.wid == 0 {
                    for wid in lines.keys { lines[wid]!.append(place) }
                } else {
                    lines[event.wid]!.append(place)
                }
            }
            self.lines = lines
        }
    }

    private static let expected = Result { try Expected() }

    /// What a warehouse saw: for each message its index, ordinal and which bytes it held.
    private struct Line: Sendable {
        var indexes: [Int] = []
        var count = 0
        /// Pages whose counts do not join, or whose ordinals are not dense.
        var holes = 0
        var pages = 0
    }

    // MARK: Pulling

    /// Pulls as `wid`, committing, until `total` messages have come; `check` gets each message's
    /// number in the line, its index, and the bytes behind its ordinal.
    private static func pull(
        _ client: RawClient, _ wid: Int, total: Int,
        _ check: (_ number: Int, _ index: Int, _ rest: ArraySlice<UInt8>) -> Bool
    ) throws -> Line {
        var line = Line()
        var commit = 0
        while line.count < total {
            let page = try client.request(
                "POST", "/v1/warehouses/\(wid)/pull",
                "{\"session\":\"s\",\"limit\":1000,\"wait\":20,\"commit\":\(commit)}")
            guard page.status == 200 else { throw Unexpected(page) }
            let scanned = PageScan(page.body)
            line.pages += 1
            if scanned.countFrom != line.count + 1 { line.holes += 1 }
            for message in scanned.messages {
                line.count += 1
                if message.ordinal != line.count { line.holes += 1 }
                if !check(line.count, message.index, page.body[message.rest]) { line.holes += 1 }
                line.indexes.append(message.index)
            }
            if scanned.countTo != line.count { line.holes += 1 }
            commit = scanned.next
        }
        return line
    }

    /// All warehouses pull at once, each on a connection of its own, while `publish` runs.
    private static func run(
        _ hub: RunningHub, _ expected: Expected,
        publish: @escaping @Sendable () throws -> Void,
        check: @escaping @Sendable (_ wid: Int, Int, Int, ArraySlice<UInt8>) -> Bool
    ) throws -> [Int: Line] {
        let endpoint = hub.endpoint
        let wids = expected.lines.keys.sorted()
        let lines = try concurrently(wids.count + 1) { number -> Line in
            guard number > 0 else {
                try publish()
                return Line()
            }
            let wid = wids[number - 1]
            let client = try RawClient(endpoint)
            return try pull(client, wid, total: expected.lines[wid]!.count) {
                check(wid, $0, $1, $2)
            }
        }
        return Dictionary(uniqueKeysWithValues: zip(wids, lines.dropFirst()))
    }

    /// Runs it with a publisher that keeps the order of the file, and checks every line.
    private func inOrder(_ publish: @escaping @Sendable (RawClient, Expected) throws -> Void) throws
    {
        let expected = try Self.expected.get()
        let hub = try RunningHub()
        let endpoint = hub.endpoint
        let lines = try Self.run(hub, expected) {
            try publish(RawClient(endpoint), expected)
        } check: { wid, number, index, rest in
            let place = expected.lines[wid]![number - 1]
            return index == place + 1 && rest.starts(with: expected.contents[place])
        }
        // Not before: over TLS a connection has ten seconds to say something.
        let client = try hub.client()
        for (wid, line) in lines {
            #expect(line.holes == 0, "warehouse \(wid)")
            #expect(line.count == expected.lines[wid]!.count)
            let last = JSONValue.number("\(line.indexes.last ?? 0)")
            let nothing = try client.pull(wid, ["session": "s", "commit": last])
            #expect(nothing.messages.isEmpty)
            #expect(nothing.integer("lag", "messages") == 0)
        }
        #expect(try client.metric("message_center_head") == Double(expected.events.count))
    }

    // MARK: The tests

    @Test("One by one, on 64 connections, the messages of a key always on the same")
    func single() throws {
        let expected = try Self.expected.get()
        let hub = try RunningHub()
        let endpoint = hub.endpoint
        let places = Dictionary(grouping: expected.events.indices) { expected.events[$0].key }
        let shares = Self.shares(of: places, count: 64)
        let cursors = Locked(
            [Int: [String: Int]](uniqueKeysWithValues: expected.lines.keys.map { ($0, [:]) }))
        let lines = try Self.run(hub, expected) {
            _ = try concurrently(shares.count) { number in
                let client = try RawClient(endpoint)
                for place in shares[number] {
                    let event = expected.events[place]
                    let answer = try client.request("POST", "/v1/messages", event.line)
                    guard answer.status == 201 else { throw Unexpected(answer) }
                }
            }
        } check: { wid, _, _, rest in
            // What is due is the next of this key in the file.
            guard let key = PageScan.key(rest) else { return false }
            let turn = cursors.withLock { cursors in
                cursors[wid]![key, default: 0] += 1
                return cursors[wid]![key]! - 1
            }
            guard let due = places[key], turn < due.count else { return false }
            return rest.starts(with: expected.contents[due[turn]])
        }
        for (wid, line) in lines {
            #expect(line.holes == 0, "warehouse \(wid)")
            #expect(line.count == expected.lines[wid]!.count)
            #expect(zip(line.indexes, line.indexes.dropFirst()).allSatisfy { $0 < $1 })
        }
        #expect(try hub.client().metric("message_center_head") == Double(expected.events.count))
    }

    /// The events of each key together, dealt out to `count` publishers, each in the file's order.
    private static func shares(of places: [String: [Int]], count: Int) -> [[Int]] {
        var shares = [[Int]](repeating: [], count: count)
        for key in places.values.sorted(by: { $0[0] < $1[0] }) {
            let least = shares.indices.min { shares[$0].count < shares[$1].count }!
            shares[least] += key
        }
        return shares.map { $0.sorted() }
    }

    @Test("In batches of a JSON array")
    func batch() throws {
        try inOrder { client, expected in
            for start in stride(from: 0, to: expected.events.count, by: 500) {
                let end = min(start + 500, expected.events.count)
                let lines = expected.events[start..<end].map(\.line)
                let answer = try client.request(
                    "POST", "/v1/messages/batch", "[" + lines.joined(separator: ",") + "]")
                #expect(answer.integer("firstIndex") == start + 1)
                #expect(answer.integer("lastIndex") == end)
            }
        }
    }

    @Test("As lines of JSON, in the largest batches there are")
    func lines() throws {
        try inOrder { client, expected in
            for start in stride(from: 0, to: expected.events.count, by: 10_000) {
                let end = min(start + 10_000, expected.events.count)
                let lines = expected.events[start..<end].map(\.line)
                let answer = try client.request(
                    "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                    type: "application/x-ndjson")
                #expect(answer.integer("count") == end - start)
                #expect(answer.integer("firstIndex") == start + 1)
            }
        }
    }

    @Test("By eight publishers at once, with ids, each sending everything it sent again")
    func manyPublishers() throws {
        let expected = try Self.expected.get()
        let hub = try RunningHub()
        let endpoint = hub.endpoint
        let count = expected.events.count
        let publishers = 8
        // Where each event was stored: what the publishers were told.
        let lines = try Self.run(hub, expected) {
            let told = try concurrently(publishers) { number in
                try Self.publishTwice(RawClient(endpoint), expected, number, of: publishers)
            }
            #expect(Set(told.joined()).count == count)
        } check: { _, _, _, rest in
            rest.starts(with: Array(",\"topic\":\"".utf8))
        }
        #expect(try hub.client().metric("message_center_head") == Double(count))
        #expect(try hub.client().metric("message_center_messages_duplicate_total") == Double(count))
        for (wid, line) in lines {
            #expect(line.holes == 0, "warehouse \(wid)")
            #expect(line.indexes == line.indexes.sorted())
            #expect(Set(line.indexes).count == line.count)
        }
        // All warehouses saw the same global messages, in the same order.
        let global = lines[999]!.indexes
        let globals = Set(global)
        for (wid, line) in lines {
            #expect(line.indexes.filter(globals.contains) == global, "warehouse \(wid)")
        }
    }

    /// Publishes every eighth event in batches of 50, each batch twice; returns the indexes.
    private static func publishTwice(
        _ client: RawClient, _ expected: Expected, _ number: Int, of publishers: Int
    ) throws -> [Int] {
        var ids = MessageIDs(seed: UInt64(number) + 1)
        let places = Array(stride(from: number, to: expected.events.count, by: publishers))
        var told: [Int] = []
        for start in stride(from: 0, to: places.count, by: 50) {
            let events = places[start..<min(start + 50, places.count)].map { expected.events[$0] }
            let lines = events.map { $0.line.dropLast() + ",\"id\":\"\(ids.next())\"}" }
            let body = lines.joined(separator: "\n")
            let type = "application/x-ndjson"
            let first = try client.request("POST", "/v1/messages/batch", body, type: type)
            let again = try client.request("POST", "/v1/messages/batch", body, type: type)
            guard let from = first.integer("firstIndex"), again.status == 200 else {
                throw Unexpected(first)
            }
            let indexes = Array(from..<from + events.count)
            #expect(again["indexes"].elements?.map { $0.integer } == indexes)
            told += indexes
        }
        return told
    }
}

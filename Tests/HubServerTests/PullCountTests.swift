import TestSupport
import Testing
import Wire

/// A client proves that nothing is missing: the counts of pages join without a hole.
@Suite struct PullCountTests {
    private static let topics = ["A_Created", "A_Changed", "B_Changed", "B_Deleted"]

    /// What is published, as the test knows it.
    private struct Published {
        let wid: Int
        let topic: String
        let key: String?
    }

    private func publish(_ client: RawClient, _ count: Int, _ random: inout SplitMix) throws
        -> [Published]
    {
        let published = (0..<count).map { _ in
            Published(
                wid: Int.random(in: 0...3, using: &random),
                topic: Self.topics.randomElement(using: &random)!,
                key: Bool.random(using: &random)
                    ? ["k", "l", "m"].randomElement(using: &random) : nil)
        }
        let lines = published.map { message in
            let key = message.key.map { "\"\($0)\"" } ?? "null"
            return
                "{\"topic\":\"\(message.topic)\",\"wid\":\(message.wid),\"key\":\(key),\"body\":1}"
        }
        let answer = try client.request(
            "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
            type: "application/x-ndjson")
        #expect(answer.status == 201)
        return published
    }

    @Test(
        "Over any sequence of pulls the counts join, and say exactly what the page stands for",
        arguments: 1...12 as ClosedRange<UInt64>)
    func counts(seed: UInt64) throws {
        var random = SplitMix(seed)
        let hub = try RunningHub()
        let client = try hub.client()
        var log = try publish(client, 150, &random)
        var (through, committed) = (0, 0)
        for _ in 0..<60 {
            if Int.random(in: 0..<4, using: &random) == 0 {
                log += try publish(client, Int.random(in: 1...40, using: &random), &random)
            }
            var ask: [JSONValue.Member] = [
                .init("limit", .number("\(Int.random(in: 1...20, using: &random))")),
                .init("after", .number("\(through)")),
            ]
            if Bool.random(using: &random) { ask.append(.init("topics", ["A_*"])) }
            if Bool.random(using: &random) {
                let modes: [JSONValue] = [true, "key", "adjacent", false]
                ask.append(.init("coalesce", modes.randomElement(using: &random)!))
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                let bytes = Int.random(in: 1...3000, using: &random)
                ask.append(.init("maxBytes", .number("\(bytes)")))
            }
            if Bool.random(using: &random) {
                ask.append(.init("commit", .number("\(through)")))
                committed = through
            }
            let page = try client.pull(2, .object(ask))
            #expect(page.status == 200, "seed \(seed): \(page.text)")
            #expect(page.integer("committed") == committed)
            expect(page, from: through, in: log, isFiltered: ask.contains { $0.name == "topics" })
            through = page.next
        }
    }

    /// Checks one page's counts and ordinals against the log.
    private func expect(_ page: Answer, from: Int, in log: [Published], isFiltered: Bool) {
        func ordinal(_ index: Int) -> Int {
            log.prefix(index).count { $0.wid == 0 || $0.wid == 2 }
        }
        let count = page["count"]
        #expect(count["from"]?.integer == ordinal(from) + 1)
        #expect(count["to"]?.integer == ordinal(page.next))
        let filtered = count["filtered"]?.integer ?? -1
        let coalesced = count["coalesced"]?.integer ?? -1
        #expect(
            ordinal(page.next) - ordinal(from) == page.messages.count + filtered + coalesced)
        let stretch = (from..<page.next).map { log[$0] }.filter { $0.wid == 0 || $0.wid == 2 }
        #expect(filtered == (isFiltered ? stretch.count { $0.topic.hasPrefix("B") } : 0))
        #expect(
            coalesced == page.messages.reduce(0) { $0 + ($1["coalesced"]?.integer ?? 0) })
        #expect(page.more == (ordinal(page.next) < ordinal(log.count)))
        #expect(page.indexes == page.indexes.sorted())
        #expect(page.next >= (page.messages.last?["lastIndex"]?.integer ?? page.indexes.last ?? 0))
        for message in page.messages {
            let index = message["index"]?.integer ?? 0
            #expect(message["ordinal"]?.integer == ordinal(index))
            let last = message["lastIndex"]?.integer ?? index
            #expect(message["topic"]?.text == log[last - 1].topic)
            #expect(message["key"]?.text == log[index - 1].key)
            #expect((from..<page.next).contains(index - 1))
        }
    }

    @Test("A seek begins a new count; a late starter's begins above 1")
    func newCounts() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for wid in [0, 7, 8, 0, 7] { try client.publish(wid: wid) }
        let late = try client.pull(7, ["start": 4])
        #expect(late["count"] == ["from": 4, "to": 4, "filtered": 0, "coalesced": 0])
        #expect(late.ordinals == [4])
        _ = try client.post("/v1/warehouses/7/seek", ["to": 1])
        let back = try client.pull(7)
        #expect(back["count"] == ["from": 2, "to": 4, "filtered": 0, "coalesced": 0])
        #expect(back.ordinals == [2, 3, 4])
    }

    @Test("Every answer tells how often the warehouse was moved, also after a restart")
    func seeks() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        for _ in 1...5 { try client.publish(wid: 7) }
        #expect(try client.pull(7).integer("seeks") == 0)
        #expect(try client.pull(7, ["commit": 3]).integer("seeks") == 0)
        for (number, index) in [1, 5, 5].enumerated() {
            try client.post("/v1/warehouses/7/seek", ["to": .number("\(index)"), "dryRun": true])
            try client.post("/v1/warehouses/7/seek", ["to": .number("\(index)")])
            #expect(try client.pull(7).integer("seeks") == number + 1)
        }
        #expect(try client.pull(8).integer("seeks") == 0)
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        #expect(try again.client().pull(7).integer("seeks") == 3)
    }
}

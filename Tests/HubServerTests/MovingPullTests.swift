import Platform
import TestSupport
import Testing
import Wire

/// Pulls beside the thread that moves messages to the archive.
@Suite("Pulling while messages move") struct MovingPullTests {
    private static let count = 9000

    /// A hub with messages of some thousand bytes for one warehouse, all of them soon due.
    private static func hub(_ clock: WallClock) throws -> RunningHub {
        let hub = try RunningHub(loops: 1, clock: clock)
        let client = try hub.client()
        let filling = String(repeating: "filling ", count: 350)
        for start in stride(from: 0, to: count, by: 1000) {
            let lines = (start..<start + 1000).map {
                #"{"topic":"\#($0 % 1000 == 999 ? "B" : "A")_C","wid":1,"body":"\#(filling)"}"#
            }
            let answer = try client.request(
                "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                type: "application/x-ndjson")
            guard answer.status == 201 else { throw Unexpected(answer) }
        }
        return hub
    }

    @Test("A filtered page that many turns read is right, though the border passes its beginning")
    func racing() throws {
        let clock = WallClock()
        let hub = try Self.hub(clock)
        let endpoint = hub.endpoint
        clock.offsetMilliseconds = 30 * 86_400_000
        let ends = try concurrently(4) { _ in
            let client = try RawClient(endpoint)
            var (border, rounds) = (0, 0)
            while border < Self.count, rounds < 2_000 {
                border = try client.get("/v1/archive").integer("border") ?? -1
                // What is next in the store is what the border passes next.
                try Self.pull(client, after: border)
                rounds += 1
            }
            return border
        }
        #expect(ends == [Self.count, Self.count, Self.count, Self.count])
    }

    /// Reads the line to its end, in pages that look at thousands of messages.
    private static func pull(_ client: RawClient, after start: Int) throws {
        var after = start
        while after < count {
            let page = try client.pull(
                1, ["after": .number("\(after)"), "topics": ["B_*"], "limit": 20])
            try #require(page.status == 200, "\(page.text)")
            #expect(page.indexes == (after + 1..<page.next + 1).filter { $0 % 1000 == 0 })
            #expect(page.integer("count", "from") == after + 1)
            #expect(page.integer("count", "to") == page.next)
            try #require(page.next > after)
            after = page.next
        }
        #expect(after == count)
    }
}

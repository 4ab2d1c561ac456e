import Platform
import TestSupport
import Testing
import Wire

/// Searches beside the thread that moves messages to the archive.
@Suite("Searching while messages move") struct MovingSearchTests {
    private static let count = 4000

    /// A hub with messages of some thousand bytes, all of them soon due.
    private static func hub(_ clock: WallClock) throws -> RunningHub {
        let hub = try RunningHub(clock: clock)
        let client = try hub.client()
        let filling = String(repeating: "filling ", count: 350)
        for start in stride(from: 0, to: count, by: 1000) {
            let lines = (start..<start + 1000).map {
                #"{"topic":"A_Changed","wid":\#($0 % 4),"key":"k\#($0 % 10)","body":"\#(filling)"}"#
            }
            let answer = try client.request(
                "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                type: "application/x-ndjson")
            guard answer.status == 201 else { throw Unexpected(answer) }
        }
        return hub
    }

    @Test(
        "Every search finds all of it, once, in order, wherever the border is",
        arguments: ["newest", "oldest"])
    func racing(_ order: String) throws {
        let clock = WallClock()
        let hub = try Self.hub(clock)
        let client = try hub.client()
        func expect(_ query: String, _ fits: (Int) -> Bool) throws {
            let rising = (1...Self.count).filter { fits($0 - 1) }
            let found = try SearchTests.all(client, "\(query)&order=\(order)&limit=1000")
            #expect(
                found.map { $0["index"]?.integer ?? -1 }
                    == (order == "oldest" ? rising : rising.reversed()), "\(query)")
            #expect(Set(found.map { $0["where"]?.text ?? "" }).count <= 3)
        }
        clock.offsetMilliseconds = 30 * 86_400_000
        var rounds = 0
        while try client.get("/v1/archive").integer("border") != Self.count || rounds < 3 {
            try expect("wid=\(rounds % 4)&key=k\(rounds % 10)") {
                $0 % 4 == rounds % 4 && $0 % 10 == rounds % 10
            }
            try expect("text=nothing") { _ in false }
            try expect("wid=1") { $0 % 4 == 1 }
            rounds += 1
            guard rounds < 500 else { break }
        }
        #expect(try client.get("/v1/archive").integer("border") == Self.count)
        #expect(try client.post("/v1/archive/verify")["damages"].elements == [])
    }
}

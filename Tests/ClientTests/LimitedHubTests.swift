import HubServer
import MessageCenterClient
import TestSupport
import Testing
import Wire

/// Clients of a hub that refuses what comes too fast: slower, and nothing else.
@Suite("Clients and limits", .serialized) struct LimitedHubTests {
    private let hub: RunningHub
    /// More than may come at once.
    private let count = TestTLS.isOn ? 60 : 20

    init() throws {
        // Ten requests at once, then two a second: slower than the slowest machine asks. Over TLS
        // a client's two handshakes count for forty.
        hub = try RunningHub {
            $0.exempt = []
            $0.requestsOfAddress = TestTLS.isOn ? 10 : 2
        }
    }

    /// Another of this machine's addresses: what looks on does not take part.
    private func onlooker() throws -> RawClient { try hub.client(from: "127.0.0.9") }

    private func limited() throws -> Double? {
        try onlooker().metric("message_center_requests_limited_total")
    }

    @Test("A publisher's messages are all stored, once, and in their order")
    func publisher() async throws {
        let publisher = try MessagePublisher(
            url: hub.url, wid: 1, settings: .quick)
        for number in 1...count {
            let result = await publisher.publish(topic: "A_B", body: number)
            #expect(result.isSuccess && result.index == number && !result.isDuplicate, "\(result)")
        }
        #expect(try #require(try limited()) > 0)
    }

    @Test("A consumer handles every message once, at its first try, and none is dead")
    func consumer() async throws {
        let feeder = try hub.client(from: "127.0.0.2")
        let messages = (1...count).map { number -> JSONValue in
            ["topic": "A_B", "wid": 1, "key": .text("k\(number)"), "body": [:]]
        }
        #expect(try feeder.post("/v1/messages/batch", .array(messages)).status == 201)
        let (folder, warehouse) = (try TemporaryFolder(), Warehouse())
        let consumer = try warehouse.consumer(
            hub.url, folder: folder.path + "/own"
        ) {
            $0.limit = 1
            $0.stopsWhenCaughtUp = true
        }
        try await consumer.start()
        let now = warehouse.now
        #expect(now.handled.map(\.index) == Array(1...count))
        #expect(now.tries.isEmpty && now.failed.isEmpty)
        #expect(now.troubles.contains { $0.status == 429 && $0.code == "rate_limited" })
        #expect(now.troubles.allSatisfy { $0.status == 429 && $0.pause == .seconds(1) })
        #expect(try #require(try limited()) > 0)
    }
}

import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing
import Wire

/// What a consumer says to the hub, and what it tells its program.
@Suite("Consumer, its start and its hooks", .serialized) struct ConsumerStartTests {
    private let hub: HubProcess
    private let client: RawClient
    private let folder: TemporaryFolder
    private let warehouse = Warehouse()
    private var own: String { folder.path + "/own" }

    init() throws {
        hub = try HubProcess()
        client = try hub.client()
        folder = try TemporaryFolder()
    }

    private func publish(_ numbers: ClosedRange<Int>) throws {
        for number in numbers {
            try client.publish(
                topic: "Item_Changed", wid: 1, key: "k\(number)", body: ["n": .number("\(number)")])
        }
    }

    @Test("A new warehouse begins where the program says, and a known one where it is")
    func begins() async throws {
        // Everybody's, so that each start is of a warehouse that the hub has never seen.
        for number in 1...4 { try client.publish(wid: 0, key: "k\(number)") }
        let line = try HubLine(hub.endpoint, wid: 1)
        // Times count whole milliseconds.
        try await Task.sleep(for: .milliseconds(5))
        let between = Date()
        try await Task.sleep(for: .milliseconds(5))
        for number in 5...6 { try client.publish(wid: 0, key: "k\(number)") }
        let starts: [(StartPosition?, Int)] = [
            (nil, 1), (.earliest, 1), (.archive, 1), (.latest, 7), (.index(0), 1), (.index(3), 4),
            (.id(line.messages[1].id), 3), (.time(between), 5),
        ]
        for (place, (start, first)) in starts.enumerated() {
            let warehouse = Warehouse()
            for again in [start, .earliest] {
                let consumer = try warehouse.consumer(
                    hub.url, folder: folder.path + "/\(place)", wid: 10 + place
                ) { $0.stopsWhenCaughtUp = true }
                try await consumer.start(from: again)
                let handled = warehouse.now.handled.map(\.index)
                #expect(handled == Array(1...6).filter { $0 >= first }, "\(place)")
            }
        }
    }

    @Test("Every pull names the hub as soon as it is known, and the one session of this start")
    func words() async throws {
        try publish(1...25)
        let pulls = Locked<[String]>([])
        let proxy = try FaultyProxy(to: hub.endpoint) { request in
            if request.line.contains("/pull") {
                pulls.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
            }
            return .none
        }
        for _ in 1...2 {
            let consumer = try warehouse.consumer(proxy.url, folder: own) {
                $0.stopsWhenCaughtUp = true
                $0.limit = 10
            }
            try await consumer.start()
        }
        let bodies = try pulls.withLock { $0 }.map { try JSONValue.parse($0) }
        let hubs = bodies.map { $0["hub"]?.text }
        #expect(hubs.first == .some(nil))
        #expect(Set(hubs.dropFirst()).count == 1 && hubs.dropFirst().first != .some(nil))
        #expect(Set(bodies.map { $0["session"]?.text }).count == 2)
        #expect(bodies.allSatisfy { $0["limit"] == 10 && $0["lease"] == 60 })
    }

    @Test("Every hook is called, with what happened")
    func hooks() async throws {
        try publish(1...3)
        warehouse.bad.withLock { _ = $0.insert("k2") }
        let told = Locked<[String]>([])
        @Sendable func tell(_ text: String) { told.withLock { $0.append(text) } }
        let proxy = try FaultyProxy(to: hub.endpoint) { request in
            request.number == 0 ? .busy(503, retryAfter: 1) : .none
        }
        let consumer = try warehouse.consumer(proxy.url, folder: own) {
            $0.stopsWhenCaughtUp = true
            $0.retry.tries = 2
        }
        consumer.onRequestError { tell("error \($0.status ?? 0)") }
        consumer.onRequestSuccess { tell("success \($0.messages) \($0.lag)") }
        consumer.onMessageDone { tell("done \($0.index)") }
        consumer.onTryFailed { tell("try \($0.tries) of \($0.message.index)") }
        consumer.onMessageFailed { tell("failed \($0.message.index) \($0.state)") }
        consumer.onBatchComplete { tell("batch \($0.done) \($0.failed) \($0.position.index)") }
        try await consumer.start()
        #expect(
            told.withLock { $0 } == [
                "error 503", "success 3 3", "done 1", "try 1 of 2", "try 2 of 2", "failed 2 dead",
                "done 3", "batch 2 1 3",
            ])
    }

    @Test("A hole between two starts is found, too, and nothing behind it is handled")
    func holeAcrossStarts() async throws {
        try publish(1...5)
        func consume(_ url: String) async throws {
            let consumer = try warehouse.consumer(url, folder: own) {
                $0.stopsWhenCaughtUp = true
            }
            try await consumer.start()
        }
        try await consume(hub.url)
        // Somebody on the way takes message 6 out, and makes all counts fit.
        let name = try client.pull(1, ["after": 5, "session": "x"])["hub"].text ?? ""
        let proxy = try FaultyProxy(to: nil) { request in
            guard request.line.contains("/pull") else { return .answer(status: 200) }
            return .answer(
                status: 200,
                body: """
                    {"messages":[{"id":"0193aaaa-0000-7000-8000-000000000007","index":7,
                    "ordinal":7,"topic":"Item_Changed","wid":1,"key":"k7","body":{},
                    "created":"2026-11-20T19:32:46.849Z"}],"next":7,"more":false,
                    "count":{"from":7,"to":7,"filtered":0,"coalesced":0},"committed":5,
                    "hub":"\(name)","commands":[]}
                    """)
        }
        let failure = await #expect(throws: ConsumerFailure.self) { try await consume(proxy.url) }
        guard case .messagesMissing(let text) = failure else {
            Issue.record("ended by \(String(describing: failure))")
            return
        }
        #expect(text.contains("message 6"))
        #expect(warehouse.now.handled.map(\.index) == Array(1...5))
    }
}

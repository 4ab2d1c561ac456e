import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing
import Wire

/// Who else moves a warehouse: an operator who seeks, another client that takes it over.
@Suite("Consumer and whoever moves its warehouse", .serialized) struct ConsumerSeekTests {
    private let hub: HubProcess
    private let client: RawClient
    private let folder: TemporaryFolder
    private let warehouse = Warehouse()
    private var own: String { folder.path + "/own" }
    private var url: String { hub.url }

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

    private static func seek(_ client: RawClient, to index: Int) throws {
        let answer = try client.post("/v1/warehouses/1/seek", ["to": .number("\(index)")])
        #expect(answer.status == 200)
    }

    private func caughtUp(_ configure: (inout ConsumeSettings) -> Void = { _ in }) async throws {
        let consumer = try warehouse.consumer(url, folder: own) {
            $0.stopsWhenCaughtUp = true
            configure(&$0)
        }
        #expect(try await consumer.start() == .caughtUp)
    }

    // MARK: Taken over

    @Test("Taken over while its very first pull waits, it ends as fenced and says by whom")
    func fencedAtFirst() async throws {
        let first = try warehouse.consumer(url, folder: own) { $0.wait = .seconds(30) }
        let task = Task { try await first.start() }
        #expect(
            try await until { try client.get("/v1/warehouses/1")["session"].text != nil })
        let second = try Warehouse().consumer(url, folder: folder.path + "/other") {
            $0.takesOver = true
            $0.stopsWhenCaughtUp = true
        }
        try await second.start()
        guard case .fenced(let by) = try await task.value else {
            Issue.record("not fenced")
            return
        }
        #expect(by.contains("-\(getpid())-"))
    }

    @Test("Taken over in the middle of a batch, it begins no further message and commits nothing")
    func fencedInBatch() async throws {
        try publish(1...5)
        let (client, endpoint) = (client, hub.endpoint)
        var settings = ConsumeSettings()
        settings.connection.certificateAuthority = TestTLS.authority
        settings.folder = own
        settings.lease = .seconds(10)
        settings.alarm.bell = false
        let consumer = try MessageConsumer(url: url, wid: 1, settings: settings)
        let handled = Locked<[Int]>([])
        consumer.on("*") { message in
            handled.withLock { $0.append(message.index) }
            guard message.index == 2 else { return }
            let other = try RawClient(endpoint)
            #expect(try other.pull(1, ["session": "thief", "takeOver": true]).status == 200)
            // It learns of that when it renews its lease.
            try await Task.sleep(for: .seconds(8))
        }
        #expect(try await consumer.start() == .fenced(by: "thief"))
        #expect(handled.withLock { $0 } == [1, 2])
        #expect(try client.get("/v1/warehouses/1").integer("committed") ?? -1 <= 1)
    }

    // MARK: Sought

    @Test("Moved back behind a commit that a crash kept from being noted here, it goes back")
    func soughtBehindLostNote() async throws {
        try publish(1...10)
        let file = own + "/position"
        let consumer = try warehouse.consumer(url, folder: own) {
            $0.stopsWhenCaughtUp = true
            $0.limit = 5
        }
        let noted = Locked<Data?>(nil)
        consumer.onBatchComplete { batch in
            guard batch.position.index == 10 else { return }
            noted.withLock { $0 = try? Data(contentsOf: URL(filePath: file)) }
        }
        try await consumer.start()
        #expect(try client.get("/v1/warehouses/1").integer("committed") == 10)
        // As a crash right after the commit leaves it.
        try #require(noted.withLock { $0 }).write(to: URL(filePath: file))
        try Self.seek(client, to: 7)
        warehouse.forget()
        try await caughtUp()
        #expect(warehouse.now.handled.map(\.index) == [8, 9, 10])
        #expect(warehouse.now.notices == [.moved(from: 10, to: 7)])
    }

    @Test("A commit that a crash has lost is made up for, and nothing is handled a second time")
    func lostCommit() async throws {
        try publish(1...10)
        let proxy = try FaultyProxy(to: hub.endpoint) { request in
            let body = String(decoding: request.body, as: UTF8.self)
            return body.contains(#""commit":10"#) || body.contains(#""index":10"#) ? .refuse : .none
        }
        let mute = try warehouse.consumer(proxy.url, folder: own) {
            $0.stopsWhenCaughtUp = true
            $0.limit = 5
        }
        mute.onBatchComplete { batch in
            if batch.position.index == 10 { mute.stop() }
        }
        #expect(try await mute.start() == .stopped)
        #expect(try client.get("/v1/warehouses/1").integer("committed") == 5)
        try await caughtUp()
        #expect(warehouse.now.handled.map(\.index) == Array(1...10))
        #expect(try client.get("/v1/warehouses/1").integer("committed") == 10)
    }

    @Test("Moved into what is done here and not committed, it goes where it was moved to")
    func soughtIntoUncommitted() async throws {
        try publish(1...10)
        let endpoint = hub.endpoint
        let isSought = Locked(false)
        let consumer = try warehouse.consumer(url, folder: own) {
            $0.wait = .seconds(30)
            $0.limit = 5
        }
        consumer.onBatchComplete { batch in
            guard batch.position.index == 10, !isSought.withLock({ $0 }) else { return }
            isSought.withLock { $0 = true }
            try? Self.seek(RawClient(endpoint), to: 7)
        }
        try await running(consumer) {
            let isBack = try await until(within: 25) { warehouse.now.handled.count >= 13 }
            #expect(isBack)
        }
        #expect(warehouse.now.handled.map(\.index) == Array(1...10) + [8, 9, 10])
        #expect(try client.get("/v1/warehouses/1").integer("committed") == 10)
    }

    @Test(
        "Moved back and killed before that is on disk, it goes back at the next start all the same")
    func killedWhileMoving() async throws {
        try publish(1...10)
        try await caughtUp()
        try Self.seek(client, to: 4)
        // It has asked, and dies with the first message in hand.
        let file = own + "/position"
        let before = try Data(contentsOf: URL(filePath: file))
        let noted = Locked<Data?>(nil)
        let consumer = try MessageConsumer(
            url: url, wid: 1,
            settings: {
                var settings = ConsumeSettings()
                settings.connection.certificateAuthority = TestTLS.authority
                settings.folder = own
                settings.alarm.bell = false
                return settings
            }())
        consumer.on("*") { _ in
            noted.withLock { $0 = try? Data(contentsOf: URL(filePath: file)) }
            consumer.stop()
        }
        #expect(try await consumer.start() == .stopped)
        for state in [before, try #require(noted.withLock { $0 })] {
            try Self.seek(client, to: 4)
            try state.write(to: URL(filePath: file))
            warehouse.forget()
            try await caughtUp()
            #expect(warehouse.now.handled.map(\.index) == Array(5...10))
        }
    }
}

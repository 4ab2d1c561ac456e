import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing
import Wire

/// A consumer and a hub in a process of its own.
@Suite("Consumer", .serialized) struct ConsumerTests {
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

    private func publish(_ event: String, _ key: String?, _ number: Int = 0) throws {
        try client.publish(
            topic: "Item_\(event)", wid: 1, key: key, body: ["n": .number("\(number)")])
    }

    private func committed() throws -> Int {
        try client.get("/v1/warehouses/1").integer("committed") ?? -1
    }

    private func openAtHub() throws -> [JSONValue] {
        try client.get("/v1/dead-letters?wid=1").json["deadLetters"]?.elements ?? []
    }

    private func consumer(
        _ configure: (inout ConsumeSettings) -> Void = { _ in }
    ) throws -> MessageConsumer {
        try warehouse.consumer(url, folder: folder.path, configure: configure)
    }

    private func caughtUp(_ configure: (inout ConsumeSettings) -> Void = { _ in }) async throws {
        let end = try await consumer { settings in
            settings.stopsWhenCaughtUp = true
            configure(&settings)
        }.start()
        #expect(end == .caughtUp)
    }

    @Test("Everything is handled once, in order, and committed; it waits for more and stops")
    func plain() async throws {
        for number in 1...250 { try publish("Changed", "k\(number)", number) }
        let consumer = try consumer { $0.wait = .seconds(60) }
        let end = try await running(consumer) {
            #expect(try await until { warehouse.now.handled.count == 250 })
            #expect(try await until { try committed() == 250 })
            // The hub wakes the waiting pull.
            try publish("Changed", "late", 251)
            #expect(try await until(within: 50) { warehouse.now.handled.count == 251 })
        }
        #expect(end == .stopped)
        #expect(warehouse.now.handled.map(\.index) == Array(1...251))
        #expect(warehouse.now.handled.map(\.ordinal) == Array(1...251))
        #expect(warehouse.now.overlaps == 0)
        #expect(warehouse.now.batches.map(\.messages).filter { $0 > 0 } == [100, 100, 50, 1])
        #expect(try committed() == 251)
        // Nothing comes a second time.
        try await caughtUp()
        #expect(warehouse.now.handled.count == 251)
    }

    @Test("Its own topics, typed bodies and typed twins; the most specific handler is called")
    func handlers() async throws {
        struct Order: Codable, Sendable {
            let orderID: String
            enum CodingKeys: String, CodingKey { case orderID = "OrderId" }
        }
        let seen = Locked<[String]>([])
        let consumer = try MessageConsumer(
            url: url, wid: 1, settings: settings { $0.coalescing = .off })
        consumer.on("*") { _ in seen.withLock { $0.append("any") } }
        consumer.on("SaleOrder_*", as: Order.self) { _, order in
            seen.withLock { $0.append("pattern \(order.orderID)") }
        }
        consumer.onSaleOrderDeleted { message in
            seen.withLock { $0.append("deleted \(message.entityID ?? "")") }
        }
        for (topic, key, body) in [
            ("SaleOrder_Created", "order:1", #"{"OrderId":"1"}"#),
            ("SaleOrder_Deleted", "order:1", "{}"), ("Other_Event", "x", "{}"),
            ("SaleOrder_Changed", "order:2", #"{"Order":2}"#),
        ] {
            try client.publish(topic: topic, wid: 1, key: key, body: .parse(body))
        }
        try await consumer.start()
        #expect(seen.withLock { $0 } == ["pattern 1", "deleted 1", "any"])
        let letters = try DeadLetters(folder: folder.path)
        #expect(letters.open.map(\.message.key) == ["order:2"])
        #expect(letters.open.first?.tries == 1, "a body of another form is not tried again")
    }

    private func settings(_ configure: (inout ConsumeSettings) -> Void) -> ConsumeSettings {
        var settings = ConsumeSettings()
        settings.connection.certificateAuthority = TestTLS.authority
        settings.folder = folder.path
        settings.stopsWhenCaughtUp = true
        settings.alarm.bell = false
        configure(&settings)
        return settings
    }

    @Test("A run is handled once, as the hub would hand it out")
    func coalescing() async throws {
        try publish("Created", "a", 1)
        try publish("Changed", "b", 2)
        try publish("Changed", "a", 3)
        try publish("Deleted", "b", 4)
        try publish("Changed", "a", 5)
        try await caughtUp()
        let handled = warehouse.now.handled
        #expect(handled.map(\.index) == [1, 2, 4])
        #expect(handled[0].topic == "Item_Changed" && handled[0].isCreatedInRun)
        #expect(handled[0].bodyText == #"{"n":5}"# && handled[0].coalesced == 2)
        #expect(warehouse.now.batches.first?.coalesced == 2)
        #expect(try committed() == 5)
    }

    // MARK: Failures

    @Test("After all its tries a message is a dead letter, its key is parked, others go on")
    func deadLetter() async throws {
        warehouse.bad.withLock { _ = $0.insert("bad") }
        try publish("Created", "bad", 1)
        try publish("Changed", "good", 2)
        try publish("Deleted", "bad", 3)
        try publish("Changed", nil, 4)
        try await caughtUp()
        #expect(warehouse.now.tries.map(\.tries) == Array(1...10))
        #expect(warehouse.now.handled.map(\.index) == [2, 4])
        // One that comes later is parked, too, and not melted with anything.
        try publish("Changed", "bad", 5)
        try publish("Changed", "bad", 6)
        try await caughtUp()
        #expect(warehouse.now.tries.count == 10)
        let letters = try DeadLetters(folder: folder.path).open
        #expect(letters.map(\.state) == [.dead, .parked, .parked, .parked])
        #expect(letters.map(\.message.index) == [1, 3, 5, 6])
        #expect(letters[0].error == "broken on purpose" && letters[0].tries == 10)
        #expect(try committed() == 6)
        #expect(try openAtHub().count == 4)
    }

    @Test("Retried, a dead letter and those behind it go in order; what is overtaken is superseded")
    func retried() async throws {
        warehouse.bad.withLock { _ = $0.insert("bad") }
        for (event, number) in [("Changed", 1), ("Changed", 2), ("Deleted", 3), ("Created", 4)] {
            try publish(event, "bad", number)
        }
        // Each in a batch of its own, so that nothing melts before it fails.
        try await caughtUp { $0.limit = 1 }
        #expect(try DeadLetters(folder: folder.path).open.count == 4)
        try publish("Changed", "bad", 5)
        warehouse.bad.withLock { $0 = [] }
        let consumer = try consumer { $0.wait = .seconds(30) }
        try await running(consumer) {
            #expect(try await until { try DeadLetters(folder: folder.path).open.count == 5 })
            #expect(warehouse.now.handled.isEmpty)
            let letters = try DeadLetters(folder: folder.path)
            try letters.order(.retry, [try #require(letters.letter("1"))])
            #expect(
                try await until(within: 25) { try DeadLetters(folder: folder.path).open.isEmpty })
        }
        let handled = warehouse.now.handled
        #expect(handled.map(\.bodyText) == [#"{"n":2}"#, #"{"n":3}"#, #"{"n":5}"#])
        #expect(handled.map(\.isCreatedInRun) == [false, false, true])
        let file = try String(contentsOfFile: folder.path + "/dead-letters.jsonl", encoding: .utf8)
        #expect(file.components(separatedBy: #""state":"superseded""#).count == 3)
        #expect(file.components(separatedBy: #""state":"done""#).count == 4)
    }

    @Test(
        "A retry that fails leaves the line as it was; dropped, it goes on behind the dropped one")
    func failsAgain() async throws {
        warehouse.bad.withLock { _ = $0.insert("bad") }
        for (event, number) in [("Changed", 1), ("Deleted", 2)] {
            try publish(event, "bad", number)
        }
        try await caughtUp { $0.limit = 1 }
        func order(_ order: DeadLetter.Order) throws {
            let letters = try DeadLetters(folder: folder.path)
            try letters.order(order, [try #require(letters.letter("1"))])
        }
        try order(.retry)
        try await caughtUp()
        let letters = try DeadLetters(folder: folder.path).open
        #expect(letters.map(\.state) == [.dead, .parked])
        #expect(letters.map(\.tries) == [20, 0])
        warehouse.bad.withLock { $0 = [] }
        try order(.drop)
        try await caughtUp()
        #expect(warehouse.now.handled.map(\.index) == [2])
        #expect(try DeadLetters(folder: folder.path).open.isEmpty)
    }

    @Test("What a failed run has swallowed is not taken for newer when it comes again")
    func comesAgain() async throws {
        warehouse.bad.withLock { _ = $0.insert("bad") }
        for (key, number) in [("bad", 1), ("good", 2), ("bad", 3), ("bad", 4)] {
            try publish("Changed", key, number)
        }
        let first = try consumer()
        // Between the run of 1, 3 and 4 and the message 2: everything from 2 on comes again.
        first.onMessageFailed { _ in first.stop() }
        #expect(try await first.start() == .stopped)
        #expect(try committed() == 1)
        try await caughtUp()
        #expect(try DeadLetters(folder: folder.path).open.map(\.message.lastIndex) == [4])
        warehouse.bad.withLock { $0 = [] }
        let letters = try DeadLetters(folder: folder.path)
        try letters.order(.retry, letters.open)
        try await caughtUp()
        #expect(warehouse.rows == ["good": #"{"n":2}"#, "bad": #"{"n":4}"#])
    }

    @Test("With more dead and parked messages than there may be it sounds the alarm and stops")
    func tooMany() async throws {
        warehouse.bad.withLock { _ = $0.insert("bad") }
        for number in 1...6 { try publish(number % 2 == 0 ? "Deleted" : "Changed", "bad", number) }
        let heard = folder.path + "/heard"
        let consumer = try consumer {
            $0.mostOpenLetters = 3
            $0.alarm.command = ["sh", "-c", "echo $MESSAGE_CENTER_OPEN >> '\(heard)'"]
        }
        let failure = await #expect(throws: ConsumerFailure.self) { try await consumer.start() }
        guard case .tooManyOpenLetters(4, _) = failure else {
            Issue.record("ended by \(String(describing: failure))")
            return
        }
        #expect(try String(contentsOfFile: heard, encoding: .utf8).hasSuffix("4\n"))
        // Nothing is lost: with more room the rest is parked, too.
        try await caughtUp()
        #expect(try DeadLetters(folder: folder.path).open.map(\.message.index) == Array(1...6))
    }

    @Test("What an operator orders at the hub is done, and the hub is told the outcome")
    func commands() async throws {
        warehouse.bad.withLock { $0 = ["bad", "worse"] }
        try publish("Changed", "bad", 1)
        try publish("Changed", "worse", 2)
        let consumer = try consumer { $0.wait = .seconds(30) }
        func letters(_ state: String) throws -> [JSONValue] {
            try client.get("/v1/dead-letters?wid=1&state=\(state)").json["deadLetters"]?.elements
                ?? []
        }
        try await running(consumer) {
            #expect(try await until { try letters("dead").count == 2 })
            warehouse.bad.withLock { $0 = [] }
            for letter in try letters("dead") {
                let action = letter["key"]?.text == "bad" ? "retry" : "drop"
                let number = letter["n"]?.integer ?? 0
                #expect(try client.post("/v1/dead-letters/\(number)/\(action)").status == 200)
            }
            #expect(try await until { try letters("open").isEmpty })
        }
        #expect(try letters("done").count == 1)
        #expect(try letters("dropped").count == 1)
        #expect(warehouse.now.handled.map(\.key) == ["bad"])
    }

    @Test("An order for a letter that was lost here is carried out by the hub's copy")
    func recovered() async throws {
        warehouse.bad.withLock { _ = $0.insert("bad") }
        try publish("Changed", "bad", 1)
        try await caughtUp()
        try FileManager.default.removeItem(atPath: folder.path + "/dead-letters.jsonl")
        warehouse.bad.withLock { $0 = [] }
        let number = try openAtHub().first?["n"]?.integer ?? 0
        #expect(try client.post("/v1/dead-letters/\(number)/retry").status == 200)
        let consumer = try consumer { $0.wait = .seconds(30) }
        try await running(consumer) {
            let isSettled = try await until { try openAtHub().isEmpty }
            #expect(isSettled)
        }
        #expect(warehouse.now.handled.map(\.bodyText) == [#"{"n":1}"#])
    }

    @Test("Reports that do not get through hold nothing up; the next start makes up for them")
    func unreported() async throws {
        warehouse.bad.withLock { _ = $0.insert("bad") }
        try publish("Changed", "bad", 1)
        try publish("Changed", "bad", 2)
        try publish("Changed", "fine", 3)
        let proxy = try FaultyProxy(to: hub.endpoint) { request in
            request.line.contains("/dead-letters") ? .refuse : .none
        }
        let deaf = try warehouse.consumer(proxy.url, folder: folder.path) {
            $0.stopsWhenCaughtUp = true
            $0.coalescing = .off
        }
        #expect(try await deaf.start() == .caughtUp)
        #expect(warehouse.now.handled.map(\.key) == ["fine"])
        #expect(try committed() == 3)
        #expect(try openAtHub().isEmpty)
        try await caughtUp()
        #expect(try openAtHub().compactMap { $0["state"]?.text }.sorted() == ["dead", "parked"])

        // How they end gets lost, too, and is told later.
        warehouse.bad.withLock { $0 = [] }
        let letters = try DeadLetters(folder: folder.path)
        try letters.order(.retry, letters.open)
        #expect(try await deaf.start() == .caughtUp)
        #expect(try openAtHub().count == 2)
        try await caughtUp()
        #expect(try openAtHub().isEmpty)
    }

    @Test("A handler that says so is not tried again; one that takes too long has failed its try")
    func endings() async throws {
        try publish("Changed", "final", 1)
        try publish("Changed", "slow", 2)
        try publish("Changed", "fine", 3)
        let calls = Locked<[String]>([])
        let consumer = try MessageConsumer(
            url: url, wid: 1,
            settings: settings {
                $0.retry = RetryPolicy(tries: 3, firstPause: .milliseconds(1))
                $0.handlerTimeout = .milliseconds(30)
            })
        consumer.on("*") { message in
            calls.withLock { $0.append(message.key ?? "") }
            if message.key == "final" { throw DoNotRetry("no use") }
            if message.key == "slow" { try await Task.sleep(for: .seconds(60)) }
        }
        try await consumer.start()
        #expect(calls.withLock { $0 } == ["final", "slow", "slow", "slow", "fine"])
        let letters = try DeadLetters(folder: folder.path).open
        #expect(letters.map(\.tries) == [1, 3])
        #expect(letters.map { $0.error ?? "" }[0] == "no use")
    }

    @Test("While handling takes long, what is done is committed, and so the lease is kept")
    func longHandling() async throws {
        try publish("Changed", "quick", 1)
        try publish("Changed", "slow", 2)
        let client = client
        let isCommitted = Locked(false)
        let consumer = try MessageConsumer(
            url: url, wid: 1, settings: settings { $0.lease = .seconds(10) })
        consumer.on("*") { message in
            guard message.key == "slow" else { return }
            let isThere = try await until {
                try client.get("/v1/warehouses/1").integer("committed") == 1
            }
            isCommitted.withLock { $0 = isThere }
        }
        try await consumer.start()
        #expect(isCommitted.withLock { $0 })
        #expect(try committed() == 2)
    }

    @Test("Without long poll it goes on at once while there is more, then waits the interval")
    func interval() async throws {
        for number in 1...25 { try publish("Changed", "k\(number)", number) }
        // Pulls by what they brought, pauses by their seconds.
        let told = Locked<[String]>([])
        let consumer = try consumer { settings in
            settings.wait = .zero
            settings.interval = .seconds(3)
            settings.timing.pause = { time in
                told.withLock { $0.append("\(time.components.seconds) s") }
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        consumer.onRequestSuccess { success in
            told.withLock { $0.append("\(success.messages)") }
        }
        let task = Task { try await consumer.start(limit: 10) }
        #expect(try await until { told.withLock { $0.count } > 7 })
        #expect(told.withLock { $0.prefix(7) } == ["10", "10", "5", "1 s", "1 s", "1 s", "0"])
        #expect(try committed() == 25, "what is done is committed before the pause")
        consumer.stop()
        #expect(try await task.value == .stopped)
    }

    @Test("Handlers that block their threads hold nothing up: their leases are kept all the same")
    func blockingHandlers() async throws {
        let wids = 1...(ProcessInfo.processInfo.activeProcessorCount + 1)
        for wid in wids {
            for number in 1...2 {
                try client.publish(
                    topic: "Item_Changed", wid: wid, key: "k\(number)",
                    body: ["n": .number("\(number)")])
            }
        }
        let endpoint = hub.endpoint
        let kept = Locked<Set<Int>>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for wid in wids {
                let consumer = try MessageConsumer(
                    url: url, wid: wid,
                    settings: settings {
                        $0.folder = folder.path + "/\(wid)"
                        $0.lease = .seconds(10)
                    })
                consumer.on("*") { message in
                    guard message.key == "k2" else { return }
                    let client = try RawClient(endpoint)
                    let isKept = try eventually(within: 15) {
                        try client.get("/v1/warehouses/\(wid)").integer("committed")
                            == message.index - 1
                    }
                    if isKept { kept.withLock { _ = $0.insert(wid) } }
                }
                group.addTask { try await consumer.start() }
            }
            try await group.waitForAll()
        }
        #expect(kept.withLock { $0 } == Set(wids))
    }

    @Test("A handler that goes on though it was cancelled ends the consumer, and its tries count")
    func hangs() async throws {
        try publish("Changed", "stuck", 1)
        let release = Locked(false)
        for run in 1...3 {
            let consumer = try MessageConsumer(
                url: url, wid: 1,
                settings: settings {
                    $0.retry.tries = 2
                    $0.retry.firstPause = .milliseconds(1)
                    $0.handlerTimeout = .milliseconds(20)
                    $0.handlerGrace = .milliseconds(20)
                })
            consumer.on("*") { _ in
                while !release.withLock({ $0 }) { await Task.yield() }
            }
            if run < 3 {
                let failure = await #expect(throws: ConsumerFailure.self) {
                    try await consumer.start()
                }
                guard case .handlerHangs = failure else {
                    Issue.record("ended by \(String(describing: failure))")
                    return
                }
            } else {
                #expect(try await consumer.start() == .caughtUp)
            }
        }
        release.withLock { $0 = true }
        #expect(try DeadLetters(folder: folder.path).open.map(\.tries) == [2])
    }
}

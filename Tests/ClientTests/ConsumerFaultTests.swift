import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing
import Wire

/// What goes wrong around a consumer: hub, network, disk, clock, other consumers.
@Suite("Consumer and faults", .serialized) struct ConsumerFaultTests {
    private let folder: TemporaryFolder
    private let warehouse = Warehouse()
    private var own: String { folder.path + "/own" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func publish(_ client: RawClient, _ numbers: ClosedRange<Int>) throws {
        for number in numbers {
            try client.publish(
                topic: "Item_Changed", wid: 1, key: "k\(number)", body: ["n": .number("\(number)")])
        }
    }

    /// What a plain replay of the events gives warehouse `wid`.
    private static func replay(_ events: [RealInput.Event], wid: Int) -> [String: String] {
        var rows: [String: String] = [:]
        for event in events where event.wid == 0 || event.wid == wid {
            rows[event.key] = event.topic.hasSuffix("_Deleted") ? nil : event.body
        }
        return rows
    }

    /// Events of few keys, with everything that may happen to one.
    private static func events(_ count: Int, _ random: inout SplitMix) -> [RealInput.Event] {
        (1...count).map { number in
            let event = ["Created", "Changed", "Changed", "Changed", "Deleted"]
                .randomElement(using: &random)!
            let thing = random.number(1...40)
            let key = "k\(thing)"
            let body = "{\"n\":\(number)}"
            // Of one thing: what is one's own and what is everybody's has no order when it melts.
            let wid = thing % 3 == 0 ? 0 : 1
            return RealInput.Event(
                topic: "Item_\(event)", wid: wid, key: key, body: body,
                line:
                    #"{"topic":"Item_\#(event)","wid":\#(wid),"key":"\#(key)","body":\#(body)}"#
            )
        }
    }

    private static func publish(_ events: [RealInput.Event], to hub: Endpoint) throws {
        let client = try RawClient(hub)
        for start in stride(from: 0, to: events.count, by: 1000) {
            let lines = events[start..<min(start + 1000, events.count)].map(\.line)
            let answer = try client.request(
                "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                type: "application/x-ndjson")
            #expect(answer.status == 201)
        }
    }

    /// Whatever a request meets on its way.
    private static func fault(
        _ random: Locked<SplitMix>, _ request: FaultyProxy.Request
    ) -> FaultyProxy.Fault {
        random.withLock { random in
            switch random.number(0...19) {
            case 0: .refuse
            case 1: .loseAnswer
            case 2: .cutAnswer(after: Int(random.number(0...3000)))
            case 3: .delay(milliseconds: Int(random.number(1...60)))
            case 4: .busy(random.oneIn(2) ? 429 : 503, retryAfter: 1)
            case 5: .answer(status: 502, body: "<html>Bad gateway</html>")
            case 6: .answer(status: 200, body: "<html>Sign in first</html>")
            default: .none
            }
        }
    }

    /// Consumes all of `events` while the network fails, the hub is killed and handlers throw.
    private func survives(_ events: [RealInput.Event], wid: Int, seed: UInt64, kills: Int)
        async throws
    {
        let data = try TemporaryFolder()
        var hub = try HubProcess(folder: data)
        try Self.publish(events, to: hub.endpoint)
        let random = Locked(SplitMix(seed))
        let proxy = try FaultyProxy(to: hub.endpoint) { Self.fault(random, $0) }
        // Handlers fail now and then, but never ten times in a row.
        let moody = Locked(SplitMix(seed &+ 1))
        var settings = ConsumeSettings()
        settings.connection.certificateAuthority = TestTLS.authority
        settings.folder = own
        settings.limit = 500
        settings.wait = .seconds(1)
        settings.alarm.bell = false
        settings.retry = RetryPolicy(
            tries: 50, firstPause: .microseconds(10), longestPause: .microseconds(50))
        settings.requestPauses = RetryPolicy(
            tries: .max, firstPause: .milliseconds(2), longestPause: .milliseconds(20))
        settings.timing.pause = { try await Task.sleep(for: min($0, .milliseconds(20))) }
        let consumer = try MessageConsumer(url: proxy.url, wid: wid, settings: settings)
        let warehouse = warehouse
        consumer.on("*") { message in
            if moody.withLock({ $0.oneIn(200) }) { throw Warehouse.Broken() }
            warehouse.apply(message)
        }
        let last = events.lastIndex { $0.wid == 0 || $0.wid == wid }.map { $0 + 1 } ?? 0
        func committed() throws -> Int {
            try RawClient(hub.endpoint).get("/v1/warehouses/\(wid)").integer("committed") ?? 0
        }
        try await running(consumer) {
            for kill in 1...max(1, kills) where kills > 0 {
                let goal = last * kill / (kills + 2)
                #expect(try await until(within: 60) { try committed() >= goal })
                hub.kill()
                proxy.cutAll()
                hub = try HubProcess(folder: data)
                proxy.retarget(to: hub.endpoint)
            }
            #expect(try await until(within: 120) { try committed() >= last })
        }
        #expect(warehouse.rows == Self.replay(events, wid: wid))
        #expect(try DeadLetters(folder: own).open.isEmpty)
    }

    @Test(
        "Through a bad network and kills of the hub the state ends as a plain replay gives it",
        arguments: [1, 2, 3] as [UInt64])
    func faults(seed: UInt64) async throws {
        var random = SplitMix(seed)
        try await survives(Self.events(3000, &random), wid: 1, seed: seed, kills: 3)
    }

    @Test(
        "The real input ends, with faults, in exactly the state that a plain replay gives",
        .enabled(if: RealInput.isThere))
    func realInput() async throws {
        let events = try RealInput.events()
        let wid = events.map(\.wid).first { $0 > 0 } ?? 1
        try await survives(events, wid: wid, seed: 7, kills: 2)
    }

    @Test("It waits as long as the hub asks", arguments: [429, 503])
    func retryAfter(status: Int) async throws {
        let hub = try HubProcess()
        try publish(hub.client(), 1...1)
        let proxy = try FaultyProxy(to: hub.endpoint) { request in
            request.number == 0 ? .busy(status, retryAfter: 7) : .none
        }
        let consumer = try warehouse.consumer(proxy.url, folder: own) {
            $0.stopsWhenCaughtUp = true
        }
        try await consumer.start()
        #expect(warehouse.now.troubles.map(\.pause) == [.seconds(7)])
        #expect(warehouse.now.troubles.map(\.status) == [status])
        #expect(warehouse.now.handled.count == 1)
    }

    @Test("Paused it waits, resumed it goes on; retired it stops")
    func paused() async throws {
        let hub = try HubProcess()
        let client = try hub.client()
        try publish(client, 1...1)
        let consumer = try warehouse.consumer(hub.url, folder: own)
        let task = Task { try await consumer.start() }
        #expect(try await until { warehouse.now.handled.count == 1 })
        #expect(try client.post("/v1/warehouses/1/pause").status == 200)
        try publish(client, 2...2)
        #expect(try await until { warehouse.now.troubles.contains { $0.code == "paused" } })
        #expect(warehouse.now.handled.count == 1)
        #expect(try client.post("/v1/warehouses/1/resume").status == 200)
        #expect(try await until { warehouse.now.handled.count == 2 })
        #expect(try client.post("/v1/warehouses/1/retire").status == 200)
        await #expect(throws: ConsumerFailure.retired) { try await task.value }
    }

    // MARK: Positions

    @Test("A restored hub is adopted where its backup has everything, else only when told to")
    func restored() async throws {
        let data = try TemporaryFolder()
        var hub = try HubProcess(folder: data)
        try publish(hub.client(), 1...5)
        func consume(_ configure: (inout ConsumeSettings) -> Void = { _ in }) async throws {
            let consumer = try warehouse.consumer(hub.url, folder: own) {
                settings in
                settings.stopsWhenCaughtUp = true
                configure(&settings)
            }
            try await consumer.start()
        }
        try await consume()
        let backup = folder.path + "/backup"
        #expect(try ProgramExit(["backup", "--data", data.path, "--to", backup]).status == 0)
        func restore(_ name: String) throws -> HubProcess {
            try hub.stop()
            let restored = folder.path + "/" + name
            let exit = try ProgramExit(["restore", "--from", backup, "--data", restored])
            #expect(exit.status == 0, "\(exit.errors)")
            return try HubProcess(data: restored)
        }
        // Everything that is done here is in the backup: adopted, told, and on it goes.
        hub = try restore("first")
        try publish(hub.client(), 6...8)
        try await consume()
        guard case .hubAdopted = warehouse.now.notices.first else {
            Issue.record("told \(warehouse.now.notices)")
            return
        }
        #expect(warehouse.now.handled.map(\.index) == Array(1...8))
        // Another restore of it has nothing of the last three: it stops, and says why.
        hub = try restore("second")
        try publish(hub.client(), 106...106)
        let failure = await #expect(throws: ConsumerFailure.self) { try await consume() }
        guard case .otherHub(_, _, _, 8) = failure else {
            Issue.record("ended by \(String(describing: failure))")
            return
        }
        #expect(warehouse.now.handled.count == 8)
        try await consume { $0.acceptsHub = true }
        #expect(warehouse.rows["k106"] == #"{"n":106}"#)
    }

    @Test("Where the data are behind the hub, it goes back to where they are")
    func goesBack() async throws {
        let hub = try HubProcess()
        try publish(hub.client(), 1...20)
        let keeper = Keeper()
        func consume(_ configure: (inout ConsumeSettings) -> Void = { _ in }) async throws {
            let consumer = try warehouse.consumer(hub.url, folder: own) {
                settings in
                settings.stopsWhenCaughtUp = true
                settings.limit = 6
                settings.keeper = keeper
                configure(&settings)
            }
            try await consumer.start()
        }
        try await consume()
        let position = try #require(keeper.kept.withLock { $0 })
        #expect(position.index == 20 && position.ordinal == 20)
        // The warehouse's database comes out of a backup, with the position in it.
        keeper.kept.withLock { $0 = Position(hub: position.hub, index: 8, ordinal: 8) }
        warehouse.forget()
        try await consume()
        #expect(warehouse.now.handled.map(\.index) == Array(9...20))
        #expect(warehouse.now.notices == [.goesBack(from: 20, to: 8)])
        keeper.kept.withLock { $0 = Position(hub: position.hub, index: 8, ordinal: 8) }
        warehouse.forget()
        try await consume { $0.followsHub = true }
        #expect(warehouse.now.handled.isEmpty)
        #expect(keeper.kept.withLock { $0?.index } == 20)
    }

    private final class Keeper: PositionKeeper {
        let kept = Locked<Position?>(nil)

        func load() -> Position? { kept.withLock { $0 } }
        func save(_ position: Position) { kept.withLock { $0 = position } }
    }

    @Test("It follows an operator who moves the warehouse, back and forward, running or not")
    func seek() async throws {
        let hub = try HubProcess()
        let client = try hub.client()
        try publish(client, 1...10)
        func seek(to index: Int) throws {
            let answer = try client.post(
                "/v1/warehouses/1/seek", ["to": .number("\(index)")])
            #expect(answer.status == 200)
        }
        let consumer = try warehouse.consumer(hub.url, folder: own) {
            $0.wait = .seconds(30)
        }
        try await running(consumer) {
            #expect(try await until { warehouse.now.handled.count == 10 })
            #expect(
                try await until { try client.get("/v1/warehouses/1").integer("committed") == 10 })
            try seek(to: 4)
            #expect(try await until { warehouse.now.handled.count == 16 })
        }
        #expect(warehouse.now.handled.dropFirst(10).map(\.index) == Array(5...10))
        try seek(to: 7)
        warehouse.forget()
        let again = try warehouse.consumer(hub.url, folder: own) {
            $0.stopsWhenCaughtUp = true
        }
        try await again.start()
        #expect(warehouse.now.handled.map(\.index) == Array(8...10))
    }

    @Test("A hole in the line stops it loudly, and nothing of that page is handled")
    func hole() async throws {
        @Sendable func message(_ index: Int, _ ordinal: Int) -> String {
            """
            {"id":"0193aaaa-0000-7000-8000-00000000000\(index)","index":\(index),
            "ordinal":\(ordinal),"topic":"A_Changed","wid":1,"key":"k\(index)","body":{},
            "created":"2026-11-20T19:32:46.849Z"}
            """
        }
        // The proxy takes message 3 out of the second page, and makes its counts fit.
        let proxy = try FaultyProxy(to: nil) { request in
            let isFirst = !String(decoding: request.body, as: UTF8.self).contains("\"commit\":2")
            guard request.line.contains("/pull") else { return .answer(status: 200) }
            let page =
                isFirst
                ? """
                "messages":[\(message(1, 1)),\(message(2, 2))],"next":2,"more":true,
                "count":{"from":1,"to":2,"filtered":0,"coalesced":0},"committed":0
                """
                : """
                "messages":[\(message(4, 4))],"next":4,"more":false,
                "count":{"from":4,"to":4,"filtered":0,"coalesced":0},"committed":2
                """
            return .answer(status: 200, body: "{\(page),\"hub\":\"H\",\"commands\":[]}")
        }
        let consumer = try warehouse.consumer(proxy.url, folder: own)
        let failure = await #expect(throws: ConsumerFailure.self) { try await consumer.start() }
        guard case .messagesMissing(let text) = failure else {
            Issue.record("ended by \(String(describing: failure))")
            return
        }
        #expect(text.contains("3"))
        #expect(warehouse.now.handled.map(\.index) == [1, 2])
    }

    // MARK: Two consumers

    @Test("A second consumer is kept off; one that takes over ends the first, which says by whom")
    func two() async throws {
        let hub = try HubProcess()
        let client = try hub.client()
        let url = hub.url
        try publish(client, 1...3)
        let first = try warehouse.consumer(url, folder: own) { $0.wait = .seconds(30) }
        let task = Task { try await first.start() }
        #expect(try await until { warehouse.now.handled.count == 3 })
        let sameFolder = try warehouse.consumer(url, folder: own)
        let inUse = await #expect(throws: ConsumerFailure.self) { try await sameFolder.start() }
        #expect(inUse?.description.contains("in use by process \(getpid())") == true)
        let other = Warehouse()
        let elsewhere = try other.consumer(url, folder: folder.path + "/other")
        let held = await #expect(throws: ConsumerFailure.self) { try await elsewhere.start() }
        guard case .held(let holder, _) = held else {
            Issue.record("ended by \(String(describing: held))")
            return
        }
        #expect(holder.contains("-\(getpid())-"))
        let taking = try other.consumer(url, folder: folder.path + "/other") {
            $0.takesOver = true
            $0.wait = .seconds(30)
        }
        try await running(taking) {
            guard case .fenced(let by) = try await task.value else {
                Issue.record("the first was not fenced")
                return
            }
            #expect(by.contains("-\(getpid())-"))
            #expect(by != holder)
            try publish(client, 4...6)
            #expect(try await until { other.now.handled.count == 3 })
        }
        #expect(warehouse.now.handled.count == 3)
    }

    @Test("One that is taken over before it was handed anything says by whom, too")
    func fencedAtOnce() async throws {
        let hub = try HubProcess()
        let client = try hub.client()
        let first = try warehouse.consumer(hub.url, folder: own) {
            $0.wait = .seconds(30)
        }
        let task = Task { try await first.start() }
        #expect(eventually { (try? client.get("/v1/warehouses/1")["session"]) ?? .null != .null })
        let taken = try client.pull(1, ["session": "the-other", "takeOver": true])
        #expect(taken.status == 200)
        guard case .fenced("the-other") = try await task.value else {
            Issue.record("it was not fenced")
            return
        }
    }

    @Test("After a kill the next start in the same folder does not wait for the lease")
    func startsAgain() async throws {
        let hub = try HubProcess()
        let client = try hub.client()
        try publish(client, 1...2)
        // A consumer that was killed: its lock is free, its session holds the lease.
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        try "77 killed-77-abc\n".write(toFile: own + "/lock", atomically: true, encoding: .utf8)
        #expect(try client.pull(1, ["session": "killed-77-abc", "lease": 600]).status == 200)
        let consumer = try warehouse.consumer(hub.url, folder: own) {
            $0.stopsWhenCaughtUp = true
        }
        #expect(try await consumer.start() == .caughtUp)
        #expect(warehouse.now.handled.count == 2)
    }

    // MARK: Disk and clock

    @Test(
        "With a full disk under the dead letters nothing is committed; with room again it goes on")
    func fullDisk() async throws {
        guard let disk = try SmallDisk(megabytes: 1) else { return }
        let hub = try HubProcess()
        let client = try hub.client()
        warehouse.bad.withLock { _ = $0.insert("bad") }
        let body = JSONValue.text(String(repeating: "x", count: 100_000))
        let consumer = try warehouse.consumer(hub.url, folder: disk.path + "/own") {
            $0.wait = .seconds(30)
        }
        func committed() throws -> Int {
            try client.get("/v1/warehouses/1").integer("committed") ?? 0
        }
        try await running(consumer) {
            try publish(client, 1...1)
            #expect(try await until { try committed() == 1 })
            try disk.fill(leaving: 0)
            try client.publish(topic: "Item_Changed", wid: 1, key: "bad", body: body)
            try publish(client, 3...3)
            #expect(
                try await until {
                    warehouse.now.troubles.contains { $0.description.contains("No space left") }
                })
            #expect(try committed() == 1)
            #expect(warehouse.now.handled.map(\.index) == [1])
            try disk.makeRoom()
            #expect(try await until { try committed() == 3 })
        }
        #expect(warehouse.now.handled.map(\.index) == [1, 3])
        #expect(try DeadLetters(folder: disk.path + "/own").open.map(\.message.key) == ["bad"])
    }

    @Test("A clock that steps, either way, changes nothing but what people read")
    func clock() async throws {
        let hub = try HubProcess()
        try publish(hub.client(), 1...30)
        warehouse.bad.withLock { _ = $0.insert("k7") }
        let steps = Locked(SplitMix(1))
        let consumer = try warehouse.consumer(hub.url, folder: own) {
            $0.stopsWhenCaughtUp = true
            $0.limit = 5
            $0.timing.now = {
                Date(timeIntervalSince1970: Double(steps.withLock { $0.number(0...4_000_000_000) }))
            }
        }
        #expect(try await consumer.start() == .caughtUp)
        #expect(warehouse.now.handled.map(\.index) == Array(1...30).filter { $0 != 7 })
        #expect(try DeadLetters(folder: own).open.count == 1)
    }

    // MARK: Alarms

    @Test("A batch with failures sounds every alarm, and a drill sounds them, too")
    func alarms() async throws {
        let hub = try HubProcess()
        let client = try hub.client()
        try publish(client, 1...2)
        warehouse.bad.withLock { _ = $0.insert("k1") }
        let posts = Locked<[String]>([])
        let webhook = try FaultyProxy(to: nil) { request in
            posts.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
            return .answer(status: 204, body: "")
        }
        let heard = folder.path + "/heard"
        let consumer = try warehouse.consumer(hub.url, folder: own) {
            $0.stopsWhenCaughtUp = true
            $0.alarm.command = [
                "sh", "-c",
                "echo \"$MESSAGE_CENTER_WID $MESSAGE_CENTER_FAILURES $MESSAGE_CENTER_KEY "
                    + "$MESSAGE_CENTER_DRILL\" >> '\(heard)'",
            ]
            $0.alarm.webhook = webhook.url + "/alarm?x=1"
        }
        try await consumer.start()
        let outcomes = await consumer.drill()
        #expect(outcomes.map(\.name) == ["command", "webhook"])
        #expect(!outcomes.contains { !$0.isGood }, "\(outcomes)")
        #expect(try String(contentsOfFile: heard, encoding: .utf8) == "1 1 k1 0\n1 0  1\n")
        let bodies = posts.withLock { $0 }
        #expect(bodies.count == 2)
        #expect(bodies.first?.contains(#""failures":1"#) == true)
        #expect(bodies.last?.contains(#""drill":true"#) == true)
    }

    @Test("An alarm that hangs is ended, and told of")
    func hangingAlarm() async throws {
        var alarm = Alarm()
        alarm.bell = false
        alarm.command = ["sleep", "600"]
        alarm.timeout = .milliseconds(100)
        let outcomes = await alarm.sound(Alarm.Cause(wid: 1, error: ""))
        #expect(outcomes.map(\.isGood) == [false])
    }
}

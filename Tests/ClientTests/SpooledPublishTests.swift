import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing
import Wire

@Suite("Publishing through a spool", .serialized)
struct SpooledPublishTests {
    private let folder: TemporaryFolder
    private var spool: String { folder.path + "/spool" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func settings(
        patience: Duration = .seconds(20), bytes: Int = 1 << 30
    ) -> PublishSettings {
        var settings = PublishSettings.quick
        settings.spool = SpoolSettings(folder: spool, bytes: bytes, patience: patience)
        return settings
    }

    private var segments: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: spool)) ?? [])
            .filter { $0.hasSuffix(".spool") }
    }

    private func refused() -> String {
        (try? String(contentsOfFile: spool + "/refused.jsonl", encoding: .utf8)) ?? ""
    }

    @Test("answers as the hub does, while it is there")
    func hubThere() async throws {
        let hub = try RunningHub()
        let publisher = try MessagePublisher(
            url: hub.url, wid: 1, settings: settings())
        let first = await publisher.publish(topic: "A_B", body: 1)
        let again = await publisher.publish(topic: "A_B", body: 1, id: first.id)
        #expect(first.isSuccess && first.index == 1 && again.isDuplicate && again.index == 1)
        #expect(await publisher.drain(within: .seconds(10)))
        await publisher.close()
    }

    @Test("keeps what the hub cannot take now, and the next process sends it")
    func hubAway() async throws {
        let hub = try RunningHub()
        let proxy = try FaultyProxy(to: nil)
        let settings = settings(patience: .milliseconds(50))
        var publisher = try MessagePublisher(url: proxy.url, wid: 1, settings: settings)
        for number in 0..<5 {
            let result = await publisher.publish(topic: "A_B", key: "k", body: number)
            #expect(result.isSuccess && result.index == nil && result.text.contains("kept"))
        }
        await publisher.close()
        #expect(await publisher.publish(topic: "A_B", body: 9).code == PublishCode.closed)
        publisher = try MessagePublisher(url: proxy.url, wid: 1, settings: settings)
        proxy.retarget(to: hub.endpoint)
        #expect(await publisher.drain(within: .seconds(20)))
        let line = try HubLine(hub.endpoint, wid: 1)
        #expect(line.messages.map(\.body) == ["0", "1", "2", "3", "4"])
        await publisher.close()
    }

    @Test("goes on after the hub was killed: nothing lost or twice, each key in order")
    func hubKilled() async throws {
        let data = try TemporaryFolder()
        var hub = try HubProcess(folder: data)
        let proxy = try FaultyProxy(to: hub.endpoint)
        let publisher = try MessagePublisher(
            url: proxy.url, wid: 1, settings: settings(patience: .milliseconds(20)))
        let calls = Task {
            await withTaskGroup(of: Bool.self) { group in
                for key in 0..<20 {
                    group.addTask {
                        for number in 0..<60 {
                            let result = await publisher.publish(
                                topic: "A_B", key: "k\(key)", body: number)
                            guard result.isSuccess else { return false }
                        }
                        return true
                    }
                }
                return await group.allSatisfy { $0 }
            }
        }
        for _ in 0..<3 {
            let seen = proxy.requests
            #expect(await becomesTrue { proxy.requests > seen + 3 })
            hub.kill()
            hub = try HubProcess(folder: data)
            proxy.retarget(to: hub.endpoint)
        }
        #expect(await calls.value)
        #expect(await publisher.drain(within: .seconds(30)))
        let line = try HubLine(hub.endpoint, wid: 1)
        #expect(Set(line.messages.map(\.id)).count == 1200 && line.messages.count == 1200)
        let expected = (0..<60).map(String.init)
        #expect(line.bodiesByKey.values.allSatisfy { $0 == expected })
        await publisher.close()
    }

    @Test("Killed at any moment: what was told to be safe is in the hub once, each key in order")
    func processKilled() async throws {
        let hub = try RunningHub()
        var random = SplitMix(UInt64.random(in: 0...UInt64.max))
        let faults: [FaultyProxy.Fault] = [
            .refuse, .loseAnswer, .cutAnswer(after: 30), .busy(503, retryAfter: 0),
        ]
        let proxy = try FaultyProxy(to: hub.endpoint) { request in
            request.number % 3 == 0 ? .none : faults[request.number % 4]
        }
        var told: [[Int]] = []
        for run in 0..<12 {
            let log = "\(folder.path)/told-\(run)"
            let process = Process()
            process.executableURL = URL(filePath: HubProcess.program)
                .deletingLastPathComponent().appending(path: "spooler")
            process.arguments = [proxy.url, spool, "\(run)", "8", log]
            process.environment = TestTLS.processEnvironment
            try process.run()
            let due = Int.random(in: 0..<60, using: &random)
            #expect(
                await becomesTrue {
                    let text = (try? Data(contentsOf: URL(filePath: log))) ?? Data()
                    return text.count { $0 == 0x0A } >= due
                })
            usleep(useconds_t.random(in: 0..<30_000, using: &random))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal)
            // Killed before it had made the file, it has told nothing.
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            told += text.split(separator: "\n").map { line in
                line.split(separator: " ").compactMap { Int($0) }
            }
        }
        let publisher = try MessagePublisher(
            url: hub.url, wid: 1, settings: settings())
        #expect(await publisher.drain(within: .seconds(30)))
        await publisher.close()
        let line = try HubLine(hub.endpoint, wid: 1)
        #expect(Set(line.messages.map(\.id)).count == line.messages.count)
        var seen: Set<[Int]> = []
        for (key, bodies) in line.bodiesByKey {
            let places = try bodies.map { body in
                let value = try JSONValue.parse(body)
                return [value["run"]?.integer ?? -1, value["number"]?.integer ?? -1]
            }
            #expect(zip(places, places.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
            let number = try #require(Int(key.dropFirst("order:".count)))
            seen.formUnion(places.map { [number] + $0 })
        }
        #expect(seen.count == line.messages.count && told.count > 100)
        #expect(told.allSatisfy(seen.contains))
        #expect(refused().isEmpty)
    }

    @Test("What the hub refuses is kept beside, with its reason, and the others go on")
    func refusedOnes() async throws {
        let hub = try RunningHub()
        let publisher = try MessagePublisher(
            url: hub.url, wid: 1, settings: settings())
        let long = String(repeating: "k", count: 300)
        let bad = await publisher.publish(topic: "A_B", key: long, body: 1)
        let good = await publisher.publish(topic: "A_B", key: "k", body: 2)
        #expect(!bad.isSuccess && bad.code == "invalid_content" && good.isSuccess)
        let line = try JSONValue.parse(refused())
        #expect(line["id"]?.text == bad.id && line["code"]?.text == "invalid_content")
        #expect(try JSONValue.parse(line["message"]?.text ?? "")["key"]?.text == long)
        #expect(await publisher.drain(within: .seconds(10)))
        await publisher.close()
    }

    @Test("A refused token loses nothing: it is told, and all goes out when it is right")
    func unauthorized() async throws {
        let hub = try RunningHub()
        let isRight = Locked(false)
        let proxy = try FaultyProxy(to: hub.endpoint) { _ in
            isRight.withLock { $0 }
                ? .none
                : .answer(
                    status: 401,
                    body: #"{"status":401,"code":"unauthorized","detail":"No.","retryable":false}"#)
        }
        let troubles = Locked<[PublishTrouble]>([])
        var settings = settings(patience: .milliseconds(20))
        settings.onTrouble = { trouble in troubles.withLock { $0.append(trouble) } }
        let publisher = try MessagePublisher(url: proxy.url, wid: 1, settings: settings)
        for number in 0..<3 {
            let result = await publisher.publish(topic: "A_B", body: number)
            #expect(result.isSuccess && result.index == nil)
        }
        let first = try #require(troubles.withLock { $0.first })
        #expect(first.code == "unauthorized" && !first.isPassing)
        isRight.withLock { $0 = true }
        #expect(await publisher.drain(within: .seconds(20)))
        #expect(try HubLine(hub.endpoint, wid: 1).messages.map(\.body) == ["0", "1", "2"])
        #expect(refused().isEmpty)
        await publisher.close()
    }

    @Test("A full spool says so, and takes again when it was drained")
    func full() async throws {
        let hub = try RunningHub()
        let proxy = try FaultyProxy(to: nil)
        let publisher = try MessagePublisher(
            url: proxy.url, wid: 1, settings: settings(patience: .zero, bytes: 2000))
        var results: [PublishResult] = []
        for number in 0..<30 {
            results.append(await publisher.publish(topic: "A_B", body: number))
        }
        let kept = results.prefix { $0.isSuccess }.count
        #expect(0 < kept && kept < 30)
        #expect(results[kept...].allSatisfy { $0.code == PublishCode.spoolFull })
        proxy.retarget(to: hub.endpoint)
        #expect(await publisher.drain(within: .seconds(20)))
        #expect(await publisher.publish(topic: "A_B", body: 99).isSuccess)
        #expect(await publisher.drain(within: .seconds(20)))
        #expect(
            try HubLine(hub.endpoint, wid: 1).messages.map(\.body)
                == (0..<kept).map(String.init) + ["99"])
        await publisher.close()
    }

    @Test("A full disk under it says so, and nothing half written goes out")
    func fullDisk() async throws {
        guard let disk = try SmallDisk(megabytes: 2) else { return }
        let hub = try RunningHub()
        let proxy = try FaultyProxy(to: nil)
        var settings = PublishSettings.quick
        settings.spool = SpoolSettings(folder: disk.path + "/spool", patience: .zero)
        let publisher = try MessagePublisher(url: proxy.url, wid: 1, settings: settings)
        #expect(await publisher.publish(topic: "A_B", body: 0).isSuccess)
        try disk.fill(leaving: 8192)
        let large = String(repeating: "x", count: 100_000)
        #expect(await publisher.publish(topic: "A_B", body: large).code == PublishCode.spoolFull)
        try disk.makeRoom()
        #expect(await publisher.publish(topic: "A_B", body: 1).isSuccess)
        proxy.retarget(to: hub.endpoint)
        #expect(await publisher.drain(within: .seconds(20)))
        #expect(try HubLine(hub.endpoint, wid: 1).messages.map(\.body) == ["0", "1"])
        await publisher.close()
    }

    @Test("A folder has one publisher at a time, and the second one is told")
    func twoOnOne() async throws {
        let first = try MessagePublisher(url: "http://127.0.0.1:1", settings: settings())
        let failure = #expect(throws: PublisherFailure.self) {
            try MessagePublisher(url: "http://127.0.0.1:1", settings: settings())
        }
        #expect(failure?.description.contains("in use by process \(getpid())") == true)
        await first.close()
        await (try MessagePublisher(url: "http://127.0.0.1:1", settings: settings())).close()
    }

    @Test(
        "The real input, with faults on the way, ends in the same sequence of each key",
        .enabled(if: RealInput.isThere))
    func realInput() async throws {
        let events = try RealInput.events()
        let hub = try RunningHub()
        let faults: [FaultyProxy.Fault] = [
            .refuse, .loseAnswer, .cutAnswer(after: 100), .busy(429, retryAfter: 0),
            .busy(503, retryAfter: 0), .none, .none, .none,
        ]
        let proxy = try FaultyProxy(to: hub.endpoint) { faults[$0.number % faults.count] }
        let publisher = try MessagePublisher(url: proxy.url, wid: 1, settings: settings())
        let lanes = 200
        let failed = await withTaskGroup(of: Int.self) { group in
            for lane in 0..<lanes {
                // Each key has one task, which waits for each of its messages.
                let own = events.filter { Self.lane($0.key, of: lanes) == lane }
                group.addTask {
                    var failed = 0
                    for event in own {
                        let result = await publisher.publish(
                            topic: event.topic, key: event.key, json: event.body.utf8)
                        if !result.isSuccess { failed += 1 }
                    }
                    return failed
                }
            }
            return await group.reduce(0, +)
        }
        #expect(failed == 0)
        #expect(await publisher.drain(within: .seconds(60)))
        await publisher.close()
        let expected = events.reduce(into: [String: [String]]()) {
            $0[$1.key, default: []].append($1.body)
        }
        let line = try HubLine(hub.endpoint, wid: 1)
        #expect(line.messages.count == events.count)
        #expect(line.bodiesByKey == expected)
    }

    private static func lane(_ key: String, of count: Int) -> Int {
        key.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % count
    }
}

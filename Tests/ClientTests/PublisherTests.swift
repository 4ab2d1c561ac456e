import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing
import Wire

@Suite("Publishing", .serialized)
struct PublisherTests {
    private let hub: RunningHub

    init() throws {
        hub = try RunningHub()
    }

    private func publisher(
        to url: String? = nil, wid: Int? = 1, settings: PublishSettings = .quick
    ) throws -> MessagePublisher {
        try MessagePublisher(url: url ?? hub.url, wid: wid, settings: settings)
    }

    private func proxy(
        _ fault: @escaping @Sendable (FaultyProxy.Request) -> FaultyProxy.Fault
    ) throws -> FaultyProxy {
        try FaultyProxy(to: hub.endpoint, fault: fault)
    }

    private struct Order: Encodable {
        let orderID: String
        let placed: Date
    }

    @Test("stores a message, and says where")
    func one() async throws {
        let publisher = try publisher()
        let result = await publisher.publish(
            topic: "SaleOrder_Changed", key: "order:7",
            body: Order(orderID: "7/8", placed: Date(timeIntervalSince1970: 1_000_000_000)),
            occurred: Date(timeIntervalSince1970: 1_000_000_000.125))
        #expect(result.isSuccess && result.index == 1 && !result.isDuplicate && result.code == nil)
        let stored = try hub.client().get("/v1/messages/\(result.id)")
        #expect(stored["topic"].text == "SaleOrder_Changed" && stored["wid"].integer == 1)
        #expect(stored["key"].text == "order:7")
        #expect(stored["occurred"].text == "2001-09-09T01:46:40.125Z")
        #expect(
            stored["body"] == ["orderID": "7/8", "placed": "2001-09-09T01:46:40Z"])
    }

    @Test("A second publish with the same id and content is the first one")
    func again() async throws {
        let publisher = try publisher()
        let id = publisher.newID()
        let first = await publisher.publish(topic: "A_B", body: 1, id: id)
        let second = await publisher.publish(topic: "A_B", body: 1, id: id)
        #expect(first.index == 1 && second.index == 1 && second.isDuplicate && second.isSuccess)
        let other = await publisher.publish(topic: "A_B", body: 2, id: id)
        #expect(!other.isSuccess && other.code == "id_conflict")
    }

    @Test("The wid is the call's, else the publisher's; without any it fails")
    func wids() async throws {
        let turning = try MessagePublisher(url: hub.url, settings: .quick) { 42 }
        let own = await turning.publish(topic: "A_B", body: 1)
        let said = await turning.publish(topic: "A_B", wid: 0, body: 1)
        let none = await (try publisher(wid: nil)).publish(topic: "A_B", body: 1)
        #expect(try hub.client().get("/v1/messages/\(own.id)")["wid"].integer == 42)
        #expect(try hub.client().get("/v1/messages/\(said.id)")["wid"].integer == 0)
        #expect(none.code == PublishCode.invalid && none.text.contains("wid"))
    }

    @Test("Bytes of JSON go out as they are; a body that is no JSON harms nobody")
    func json() async throws {
        let publisher = try publisher()
        let good = await publisher.publish(topic: "A_B", json: #"{"p": 2.50}"#.utf8)
        let bad = await publisher.publish(topic: "A_B", json: "{".utf8)
        let nan = await publisher.publish(topic: "A_B", body: Double.nan)
        #expect(
            try hub.client().get("/v1/messages/\(good.id)").text.contains(#""body":{"p":2.50}"#))
        #expect(bad.code == PublishCode.invalid && nan.code == PublishCode.invalid)
    }

    @Test("The usual events have their names", arguments: Entity.usual)
    func usual(entity: Entity) async throws {
        let publisher = try publisher()
        let made = await publisher.publish(entity, .created, id: "9")
        let stored = try hub.client().get("/v1/messages/\(made.id)")
        #expect(stored["topic"].text == "\(entity.name)_Created")
        #expect(stored["key"].text == "\(entity.keyPrefix):9")
        #expect(stored["wid"].integer == (entity.isGlobal ? 0 : 1))
        #expect(stored["body"][entity.idMember]?.text == "9")
    }

    @Test("Each usual event has its topic")
    func sugar() async throws {
        let publisher = try publisher()
        await publisher.categoryCreated(id: "1")
        await publisher.categoryChanged(id: "1")
        await publisher.categoryDeleted(id: "1")
        await publisher.productCreated(id: "1")
        await publisher.productChanged(id: "1", wid: 1)
        await publisher.productDeleted(id: "1")
        await publisher.promotionCreated(id: "1")
        await publisher.promotionChanged(id: "1")
        await publisher.promotionDeleted(id: "1")
        await publisher.orderCreated(id: "1")
        await publisher.orderChanged(id: "1")
        await publisher.orderDeleted(id: "1")
        await publisher.saleOrderCreated(id: "1", body: ["OrderId": "1", "Total": "9"])
        await publisher.saleOrderChanged(id: "1")
        await publisher.saleOrderDeleted(id: "1")
        await publisher.buyOrderCreated(id: "1")
        await publisher.buyOrderChanged(id: "1")
        await publisher.buyOrderDeleted(id: "1")
        let line = try HubLine(hub.endpoint, wid: 1)
        let names = ["Category", "Product", "Promotion", "Order", "SaleOrder", "BuyOrder"]
        #expect(
            line.messages.map(\.topic)
                == names.flatMap { name in
                    ["Created", "Changed", "Deleted"].map { "\(name)_\($0)" }
                })
        #expect(line.messages.map(\.wid) == [0, 0, 0, 0, 1, 0] + Array(repeating: 1, count: 12))
        #expect(line.messages[12].body.contains("Total"))
    }

    @Test("A thousand callers share requests, and each gets its own answer")
    func many() async throws {
        let proxy = try proxy { _ in .none }
        let publisher = try publisher(to: proxy.url)
        let results = await withTaskGroup(of: (Int, PublishResult).self) { group in
            for number in 0..<1000 {
                group.addTask {
                    (number, await publisher.publish(topic: "A_B", key: "k", body: number))
                }
            }
            return await group.reduce(into: [(Int, PublishResult)]()) { $0.append($1) }
        }
        let line = try HubLine(hub.endpoint, wid: 1)
        #expect(line.messages.count == 1000)
        for (number, result) in results {
            let place = try #require(result.index)
            #expect(line.messages[place - 1].body == "\(number)")
            #expect(line.messages[place - 1].id == result.id)
        }
        #expect(proxy.requests < 300)
    }

    @Test("One that the hub refuses does not take the others with it")
    func refused() async throws {
        let publisher = try publisher()
        let results = await withTaskGroup(of: (Int, PublishResult).self) { group in
            for number in 0..<100 {
                // The library leaves the length of a key to the hub.
                let key = number % 10 == 3 ? String(repeating: "k", count: 300) : "k"
                group.addTask {
                    (number, await publisher.publish(topic: "A_B", key: key, body: number))
                }
            }
            return await group.reduce(into: [(Int, PublishResult)]()) { $0.append($1) }
        }
        for (number, result) in results {
            #expect(result.isSuccess == (number % 10 != 3))
            if number % 10 == 3 {
                #expect(
                    result.code == "invalid_content" && result.text.contains("/key"), "\(result)")
            }
        }
        #expect(try HubLine(hub.endpoint, wid: 1).messages.count == 90)
    }

    @Test(
        "What passes is waited for, with the same id: stored once",
        arguments: [
            FaultyProxy.Fault.refuse, .loseAnswer, .cutAnswer(after: 60), .cutAnswer(after: 200),
            .delay(milliseconds: 900), .busy(429, retryAfter: 0), .busy(503, retryAfter: 0),
            .answer(status: 502, body: "<html>"), .answer(status: 200, body: "<html>log in</html>"),
        ])
    func passing(fault: FaultyProxy.Fault) async throws {
        let proxy = try proxy { $0.number < 2 ? fault : .none }
        var settings = PublishSettings.quick
        settings.requestTimeout = .milliseconds(300)
        let result = await (try publisher(to: proxy.url, settings: settings)).publish(
            topic: "A_B", body: 1)
        #expect(result.isSuccess && result.index == 1, "\(result)")
        #expect(proxy.requests >= 3)
        #expect(try HubLine(hub.endpoint, wid: 1).messages.count == 1)
    }

    @Test("The hub's wish for a pause is granted")
    func retryAfter() async throws {
        let proxy = try proxy { $0.number == 0 ? .busy(429, retryAfter: 3) : .none }
        let pauses = Locked<[Duration]>([])
        var settings = PublishSettings.quick
        settings.longestPause = .seconds(10)
        settings.onTrouble = { trouble in pauses.withLock { $0.append(trouble.nextTry) } }
        let began = ContinuousClock.now
        let result = await (try publisher(to: proxy.url, settings: settings)).publish(
            topic: "A_B", body: 1)
        #expect(result.isSuccess && pauses.withLock { $0 } == [.seconds(3)])
        #expect(ContinuousClock.now - began >= .seconds(3))
    }

    @Test("After its time a message is given up, and the text says what that means")
    func givenUp() async throws {
        let proxy = try proxy { _ in .loseAnswer }
        var settings = PublishSettings.quick
        settings.giveUpAfter = .milliseconds(300)
        let publisher = try publisher(to: proxy.url, settings: settings)
        let result = await publisher.publish(topic: "A_B", body: 1)
        #expect(!result.isSuccess && result.code == PublishCode.gaveUp)
        #expect(result.text.contains("same id"))
        // It was stored all the same; and again with the same id it is not stored twice.
        let again = await (try self.publisher()).publish(topic: "A_B", body: 1, id: result.id)
        #expect(again.isDuplicate && again.index == 1)
    }

    @Test("What does not pass is told at once")
    func notPassing() async throws {
        let proxy = try proxy { _ in
            .answer(
                status: 401,
                body: #"{"status":401,"code":"unauthorized","detail":"No.","retryable":false}"#)
        }
        let result = await (try publisher(to: proxy.url)).publish(topic: "A_B", body: 1)
        #expect(result.code == "unauthorized" && result.text == "No." && proxy.requests == 1)
    }

    @Test("More than may wait are told so, at once")
    func queueFull() async throws {
        let proxy = try proxy { _ in .busy(503, retryAfter: 60) }
        var settings = PublishSettings.quick
        settings.waitingMessages = 5
        settings.longestPause = .seconds(60)
        let publisher = try publisher(to: proxy.url, settings: settings)
        await withTaskGroup(of: PublishResult.self) { group in
            for number in 0..<6 {
                group.addTask { await publisher.publish(topic: "A_B", body: number) }
            }
            let first = await group.next()
            #expect(first?.code == PublishCode.queueFull)
            await publisher.close()
            for await result in group { #expect(result.code == PublishCode.closed) }
        }
    }

    @Test("A closed publisher answers those that wait, and whoever comes later")
    func closed() async throws {
        let proxy = try proxy { _ in .delay(milliseconds: 20_000) }
        let publisher = try publisher(to: proxy.url)
        let waiting = Task { await publisher.publish(topic: "A_B", body: 1) }
        #expect(await becomesTrue { proxy.requests == 1 })
        await publisher.close()
        let result = await waiting.value
        #expect(result.code == PublishCode.closed && result.text.contains("same id"))
        #expect(await publisher.publish(topic: "A_B", body: 1).code == PublishCode.closed)
    }

    @Test("An address or a folder that cannot work is told before anything is published")
    func unusable() throws {
        #expect(throws: PublisherFailure.self) { try MessagePublisher(url: "hub:8088") }
        #expect(throws: PublisherFailure.self) {
            var settings = PublishSettings()
            settings.spool = SpoolSettings(folder: "/proc/no/such")
            _ = try MessagePublisher(url: "http://127.0.0.1:1", settings: settings)
        }
    }
}

extension PublishSettings {
    /// For tests: what fails is tried again soon.
    static var quick: PublishSettings {
        var settings = PublishSettings()
        settings.options.certificateAuthority = TestTLS.authority
        settings.firstPause = .milliseconds(5)
        settings.longestPause = .milliseconds(50)
        return settings
    }
}

import Foundation
import MessageCenterClient
import Platform
import TestSupport
import Testing

/// A hub that answers nonsense, out of spite or broken: nothing of it is handled, nothing ends the
/// process, and somebody is told why.
@Suite("A hub that lies", .serialized) struct NonsenseTests {
    private static let id = "0193aaaa-0000-7000-8000-000000000001"

    /// An answer to a pull that is right but for `changes` of its members and those of its message.
    private static func page(
        _ changes: [String: String] = [:], message: [String: String] = [:],
        count: [String: String] = [:]
    ) -> String {
        func object(_ members: [(String, String)], _ changes: [String: String]) -> String {
            let known = members.map(\.0)
            let all =
                members.map { ($0.0, changes[$0.0] ?? $0.1) }
                + changes.filter { !known.contains($0.key) }.map { ($0.key, $0.value) }
            return "{" + all.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
        }
        let message = object(
            [
                ("id", "\"\(id)\""), ("index", "1"), ("ordinal", "1"),
                ("topic", "\"Item_Changed\""), ("wid", "1"), ("key", "\"k\""), ("body", "{}"),
                ("created", "\"2026-11-20T19:32:46.849Z\""),
            ], message)
        let count = object(
            [("from", "1"), ("to", "1"), ("filtered", "0"), ("coalesced", "0")], count)
        return object(
            [
                ("messages", "[\(message)]"), ("next", "1"), ("more", "false"), ("count", count),
                ("committed", "0"), ("lag", #"{"messages":1,"seconds":0}"#), ("hub", "\"H\""),
                ("commands", "[]"),
            ], changes)
    }

    private static let numbers = [
        "9223372036854775807", "-9223372036854775808", "9223372036854775806", "-1",
        "9007199254740992", "1e300", "99999999999999999999", "1.5", "\"1\"", "null", "NaN", "inf",
    ]

    /// The largest that a page can be made of, and what no member may be.
    private static let pages: [String] =
        numbers.flatMap { number in
            [
                page(["next": number]), page(["committed": number]), page(count: ["from": number]),
                page(count: ["to": number]), page(count: ["filtered": number]),
                page(count: ["from": number, "to": number]), page(message: ["index": number]),
                page(message: ["ordinal": number]), page(message: ["coalesced": number]),
                page(message: ["lastIndex": number]),
                page(message: ["index": number], count: ["from": number]),
                page(["next": number, "committed": number]),
                page(
                    ["next": number], message: ["index": number, "ordinal": number],
                    count: ["from": number, "to": number]),
                page(
                    message: ["lastIndex": number, "coalesced": number], count: ["to": number]),
            ]
        }
        + [
            page(message: ["id": "\"" + String(repeating: "\\u0001", count: 64) + "\""]),
            page(message: ["id": "\"" + String(repeating: "\\\"", count: 64) + "\""]),
            page(message: ["id": "\"" + String(repeating: "i", count: 65) + "\""]),
            page(message: ["id": "\"\""]), page(message: ["id": "\"a\\nb\""]),
            page(["hub": "\"" + String(repeating: "\\u0001", count: 64) + "\""]),
            page(["hub": "\"" + String(repeating: "h", count: 100_000) + "\""]),
            page(["hub": "\"\""]), page(message: ["topic": "\"\""]),
            page(message: ["body": "}"]), page(message: ["createdInRun": "true"]),
            page(["messages": String(repeating: "[", count: 100_000)]),
            page(["messages": "{}"]), page(["count": "[]"]), page(["messages": "[{}]"]),
            "{", "{}", "[]", "\"\\", "{\"hub\":\"\\u12", "{\"hub\":\"\\ud800\\u", "",
            page() + "x",
        ]

    @Test("Whatever it answers to a pull is not handled, and said to be wrong", arguments: pages)
    func pulls(page: String) async throws {
        let folder = try TemporaryFolder()
        let proxy = try FaultyProxy(to: nil) { request in
            .answer(status: 200, body: request.line.contains("/pull") ? page : "{}")
        }
        let warehouse = Warehouse()
        let consumer = try warehouse.consumer(proxy.url, folder: folder.path) {
            $0.stopsWhenCaughtUp = true
        }
        consumer.onRequestError { _ in consumer.stop() }
        do {
            let end = try await consumer.start()
            #expect(end == .stopped)
            #expect(!warehouse.now.troubles.isEmpty)
        } catch let failure as ConsumerFailure {
            #expect(!failure.description.isEmpty)
        }
        #expect(warehouse.now.handled.isEmpty)
    }

    /// An answer with some of its bytes, numbers and pieces changed.
    private static func spoilt(_ random: inout SplitMix) -> String {
        var bytes = Array(page().utf8)
        for _ in 0...random.number(0...3) {
            let place = Int(random.number(0...Int64(bytes.count - 1)))
            let end = min(bytes.count, place + Int(random.number(0...12)))
            switch random.number(0...4) {
            case 0: bytes[place] = UInt8(random.number(0...255))
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3:
                // Instead of the number that is next, any of the bad ones.
                let start = bytes[place...].firstIndex { 0x30...0x39 ~= $0 } ?? place
                let rest = bytes[start...].firstIndex { !(0x30...0x39 ~= $0) } ?? start
                let number = numbers[Int(random.number(0...Int64(numbers.count - 1)))]
                bytes.replaceSubrange(start..<max(start, rest), with: Array(number.utf8))
            default: bytes.insert(contentsOf: Array("\\ud800\"".utf8), at: place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "Whatever is changed in its answers, no message but the one that is due is handled",
        arguments: 1...60 as ClosedRange<UInt64>)
    func spoilt(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let random = Locked(SplitMix(seed))
        let proxy = try FaultyProxy(to: nil) { request in
            guard request.line.contains("/pull") else { return .answer(status: 200, body: "{}") }
            return .answer(status: 200, body: random.withLock { Self.spoilt(&$0) })
        }
        let warehouse = Warehouse()
        for _ in 1...5 {
            let consumer = try warehouse.consumer(proxy.url, folder: folder.path) {
                $0.stopsWhenCaughtUp = true
                $0.acceptsHub = true
            }
            let troubles = Locked(0)
            consumer.onRequestError { _ in
                if troubles.withLock({
                    $0 += 1; return $0
                }) > 20 {
                    consumer.stop()
                }
            }
            _ = try? await consumer.start()
        }
        for message in warehouse.now.handled {
            #expect(message.index > 0 && message.ordinal > 0 && !message.topic.isEmpty)
        }
        #expect(warehouse.now.overlaps == 0)
        #expect(try DeadLetters(folder: folder.path).flaws.isEmpty)
    }

    @Test(
        "What only people read may be anything",
        arguments: [
            page(["lag": #"{"messages":9223372036854775807,"seconds":1e300}"#]),
            page(["lag": #"{"messages":-9223372036854775808,"seconds":-1e300}"#]),
            page(["more": "false", "news": "[[[{}]]]"]),
            page(message: ["created": "\"\\u0000\"", "key": "\"\\u0000\\n\""]),
        ])
    func harmless(page: String) async throws {
        let folder = try TemporaryFolder()
        let pulls = Locked(0)
        let proxy = try FaultyProxy(to: nil) { request in
            guard request.line.contains("/pull") else { return .answer(status: 200, body: "{}") }
            return .answer(
                status: 200,
                body: pulls.withLock {
                    $0 += 1; return page
                })
        }
        let warehouse = Warehouse()
        let consumer = try warehouse.consumer(proxy.url, folder: folder.path) {
            $0.stopsWhenCaughtUp = true
        }
        #expect(try await consumer.start() == .caughtUp)
        #expect(warehouse.now.handled.count == 1)
    }

    @Test(
        "Refusals that make no sense end it or are waited out, and spoil nothing on disk",
        arguments: [
            #"{"code":"other_hub","hub":"\#(String(repeating: #"\u0001"#, count: 64))","#
                + #""forkedAt":9223372036854775807}"#,
            #"{"code":"other_hub","hub":"\#(String(repeating: "h", count: 100_000))"}"#,
            #"{"code":"other_hub","hub":"N","forkedAt":-9223372036854775808}"#,
            #"{"code":"other_hub","forkedAt":1e300}"#,
            #"{"code":"position_gone","oldest":9223372036854775807,"head":-1}"#,
            #"{"code":"session_held","holder":"\u0000","expires":7}"#,
            #"{"code":"not_delivered","delivered":-9223372036854775808}"#,
            #"{"code":["a"]}"#, #"{"code":"\ud800"}"#, #"{"code"#,
        ], [false, true])
    func refusals(body: String, accepts: Bool) async throws {
        let folder = try TemporaryFolder()
        let page = Self.page()
        func consume(_ configure: (inout ConsumeSettings) -> Void, _ answer: FaultyProxy.Fault)
            async throws -> ConsumerEnd
        {
            let proxy = try FaultyProxy(to: nil) { request in
                request.line.contains("/pull") ? answer : .answer(status: 200, body: "{}")
            }
            let consumer = try Warehouse().consumer(proxy.url, folder: folder.path) {
                $0.stopsWhenCaughtUp = true
                configure(&$0)
            }
            let troubles = Locked(0)
            consumer.onRequestError { _ in
                if troubles.withLock({
                    $0 += 1; return $0
                }) > 2 {
                    consumer.stop()
                }
            }
            return try await consumer.start()
        }
        #expect(try await consume({ _ in }, .answer(status: 200, body: page)) == .caughtUp)
        _ = try? await consume(
            { $0.acceptsHub = accepts }, .answer(status: 409, fields: [], body: body))
        // The position is still there and makes sense.
        _ = try? await consume({ _ in }, .answer(status: 409, body: #"{"code":"retired"}"#))
        let file = try String(contentsOfFile: folder.path + "/position", encoding: .utf8)
        #expect(file.contains(#""index":1"#) && file.contains(#""hub":"H""#))
    }

    @Test("Orders that make no sense are passed over")
    func orders() async throws {
        let folder = try TemporaryFolder()
        let letter = #""id":"@","topic":"A_B","state":"dead","body":{}"#
        let copies = [
            #"{"n":1,"index":1,"tries":\#(Int.max),\#(letter)}"#,
            #"{"n":\#(Int.max),"index":\#(Int.max),\#(letter)}"#,
            #"{"n":1,"id":"@","index":-1,"topic":"","state":"dead","body":{}}"#, "{}", "", "[",
        ]
        let ids = [
            Self.id, String(repeating: "\\u0001", count: 64), "",
            String(repeating: "i", count: 9999),
        ]
        let commands = copies.indices.flatMap { copy in
            ids.indices.map {
                "{\"n\":\(copy * 10 + $0),\"action\":\"retry\",\"message\":\"\(ids[$0])\"}"
            }
        }
        let page = Self.page(["commands": "[" + commands.joined(separator: ",") + "]"])
        let proxy = try FaultyProxy(to: nil) { request in
            if request.line.contains("/pull") { return .answer(status: 200, body: page) }
            if request.line.hasPrefix("GET"),
                let word = request.line.split(separator: " ").dropFirst().first,
                let number = Int(word.split(separator: "/").last ?? "")
            {
                return .answer(
                    status: 200,
                    body: copies[number / 10].replacing("@", with: ids[number % 10]))
            }
            return .answer(status: 200, body: "{}")
        }
        let warehouse = Warehouse()
        warehouse.bad.withLock { _ = $0.insert("k") }
        for _ in 1...3 {
            let consumer = try warehouse.consumer(proxy.url, folder: folder.path) {
                $0.stopsWhenCaughtUp = true
                $0.retry.tries = 2
            }
            consumer.on("A_B") { _ in throw Warehouse.Broken() }
            _ = try? await consumer.start()
        }
        #expect(try DeadLetters(folder: folder.path).flaws.isEmpty)
    }
}

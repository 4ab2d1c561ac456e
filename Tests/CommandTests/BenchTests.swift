import Foundation
import HubServer
import Platform
import TestSupport
import Testing
import Wire

@testable import message_center

@Suite("The histogram of durations")
struct HistogramTests {
    @Test("puts every value into a bucket whose bounds are close", arguments: 0..<63)
    func buckets(power: Int) {
        for value in [UInt64(1) << power, UInt64(1) << power + 1, (UInt64(3) << power) >> 1] {
            let bound = Histogram.upperBound(Histogram.bucket(value))
            #expect(bound >= value)
            #expect(Double(bound - value) <= Double(value) * 0.016)
        }
    }

    @Test("has a bucket for the largest value there is")
    func largest() {
        var histogram = Histogram()
        histogram.record(.max)
        #expect(histogram.quantile(0.5) == .max)
    }

    @Test("tells quantiles, and the greatest exactly")
    func quantiles() {
        var histogram = Histogram()
        for value in 1...1_000 { histogram.record(UInt64(value) * 1_000) }
        #expect(495_000...510_000 ~= histogram.quantile(0.5))
        #expect(985_000...1_000_000 ~= histogram.quantile(0.99))
        #expect(histogram.quantile(1) == 1_000_000)
        #expect(histogram.max == 1_000_000)
        #expect(Histogram().quantile(0.99) == 0)
    }

    @Test("adds up with others")
    func merging() {
        var one = Histogram()
        var other = Histogram()
        one.record(10)
        other.record(30)
        one.merge(other)
        #expect(one.count == 2)
        #expect(one.quantile(0.5) == 10)
        #expect(one.max == 30)
    }
}

@Suite("The reader of answers")
struct AnswerReaderTests {
    private let answer = Array(
        "HTTP/1.1 201 Created\r\ncontent-LENGTH: 11\r\nX: y\r\n\r\nhello world".utf8)

    private func take(_ reader: inout AnswerReader, _ bytes: some Sequence<UInt8>)
        -> AnswerReader.Progress
    {
        Array(bytes).withUnsafeBytes { reader.take($0) }
    }

    @Test("understands an answer wherever it is cut", arguments: 1..<60)
    func cuts(cut: Int) {
        var reader = AnswerReader()
        for _ in 0..<2 {
            let first = take(&reader, answer.prefix(cut))
            if cut < answer.count {
                #expect(first == .incomplete)
                #expect(take(&reader, answer.dropFirst(cut)) == .complete)
            } else {
                #expect(first == .complete)
            }
            #expect(reader.status == 201)
            #expect(String(decoding: reader.tail, as: UTF8.self) == "hello world")
        }
    }

    @Test("keeps the end of a long body")
    func tail() {
        var reader = AnswerReader()
        let body = (0..<5_000).map { UInt8(truncatingIfNeeded: $0) }
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n".utf8)
        var rest = (head + body)[...]
        var progress = AnswerReader.Progress.incomplete
        while !rest.isEmpty {
            progress = take(&reader, rest.prefix(700))
            rest = rest.dropFirst(700)
        }
        #expect(progress == .complete)
        #expect(reader.tail == Array(body.suffix(AnswerReader.tailBytes)))
    }

    @Test(
        "refuses what it cannot follow",
        arguments: [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
        ])
    func nonsense(text: String) {
        var reader = AnswerReader()
        #expect(take(&reader, text.utf8) == .nonsense)
    }
}

@Suite("The generator")
struct GeneratorTests {
    @Test(
        "stops at the first answer that does not know who asks, and says what to do",
        arguments: ["publish", "batch", "pull", "mixed", "client"])
    func refused(mode: String) throws {
        let folder = try TestSupport.TemporaryFolder()
        _ = try TokenFileMaker.admin(folder)
        let hub = try RunningHub(folder: folder) { $0.tls = nil }
        let begun = MonotonicClock.now()
        let run = try ProgramRun([
            "bench", "--mode", mode, "--seconds", "60", "--connections", "16", "--token", "mc_0",
            "--hub", "http://\(hub.endpoint)",
        ])
        #expect(run.status == 1)
        #expect(run.errors.contains("unauthorized") && run.errors.contains("next: give a token"))
        #expect(!run.errors.contains("mc_0"))
        #expect(MonotonicClock.now() - begun < 30_000_000_000)
    }

    @Test("stops when its token comes to its end under way")
    func ended() throws {
        let folder = try TestSupport.TemporaryFolder()
        let tokens = try TokenFile(data: folder.path)
        let token = try tokens.create(
            name: "a", role: .admin, topics: [], wids: [], expires: .after(2_500),
            now: WallClock().nowMilliseconds())
        let hub = try RunningHub(folder: folder) { $0.tls = nil }
        let begun = MonotonicClock.now()
        let run = try ProgramRun([
            "bench", "--mode", "publish", "--seconds", "60", "--connections", "4", "--threads", "2",
            "--token", token, "--hub", "http://\(hub.endpoint)",
        ])
        #expect(run.status == 1)
        #expect(run.errors.contains("token_expired") && run.errors.contains("token create"))
        #expect(!run.errors.contains(token))
        #expect(MonotonicClock.now() - begun < 30_000_000_000)
    }
}

@Suite("The generator's requests")
struct LoadTests {
    private func plan(_ mode: BenchPlan.Mode) throws -> BenchPlan {
        BenchPlan(
            mode: mode, endpoint: try .init("127.0.0.1:1"), host: "h", token: "t", connections: 8,
            threads: 1, seconds: 1, warmup: 0, size: 150, batchSize: 3, givesIDs: true,
            warehouses: 20, limit: 7, positions: .commit, rate: 100, mixedPublishers: 2)
    }

    private func body(_ load: some Load) -> [UInt8] {
        let bytes = load.request.bytes
        let head = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")[0]
        let length = head.components(separatedBy: "Content-Length: ")[1].prefix { $0.isNumber }
        let body = Array(bytes.dropFirst(head.utf8.count + 4))
        #expect(body.count == Int(length))
        #expect(head.contains("Authorization: Bearer t"))
        return body
    }

    @Test("to publish are good messages with a body of the size asked for")
    func publish() throws {
        let load = PublishLoad(try plan(.publish), connection: 5)
        var ids: Set<String> = []
        for _ in 0..<100 {
            load.prepare()
            let message = try JSONValue.parse(body(load))
            ids.insert(try #require(message["id"]?.text))
            #expect(0...20 ~= message["wid"]?.integer ?? -1)
            #expect(message["body"]?.serialized().utf8.count == 150)
        }
        #expect(ids.count == 100)
        #expect(ids.allSatisfy { Array($0)[14] == "7" && "89ab".contains(Array($0)[19]) })
    }

    @Test("to publish a batch have as many messages as asked for")
    func batch() throws {
        let load = PublishLoad(try plan(.batch), connection: 0)
        load.prepare()
        #expect(try JSONValue.parse(body(load)).elements?.count == 3)
        #expect(load.settle([]) == 3)
    }

    @Test("to pull commit the page before")
    func pull() throws {
        let load = PullLoad(try plan(.pull), wids: [4])
        load.prepare()
        #expect(try JSONValue.parse(body(load))["commit"]?.integer == 0)
        let tail = #"{"next":5}}],"next":1300,"more":true,"count":{"from":41,"to":140,"x":0}}"#
        #expect(load.settle(Array(tail.utf8)) == 100)
        load.prepare()
        #expect(try JSONValue.parse(body(load))["commit"]?.integer == 1_300)
        #expect(load.settle(Array(#""count":{"from":41,"to":40}"#.utf8)) == 0)
    }

    @Test("share the warehouses among the connections")
    func sharing() throws {
        var plan = try plan(.mixed)
        #expect(plan.publishers == 2)
        #expect(plan.interval == 20_000_000)
        plan.warehouses = 3
        for connection in 0..<8 {
            #expect((plan.load(connection: connection) is PublishLoad) == (connection < 2))
        }
    }
}

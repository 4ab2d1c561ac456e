import Foundation
import MessageCenterClient
import Platform
import SQLite
import TestSupport
import Testing
import Wire

@testable import WarehouseTool

@Suite("Rows of many messages by one request") struct RowsAheadTests {
    private let notes = Locked<[String]>([])

    /// The rules of a warehouse that fetches from `url`, with these members of `byIds`.
    private func configuration(
        _ url: String, _ byIDs: String = ""
    ) throws -> WarehouseConfiguration {
        try WarehouseConfiguration.read(
            Array(
                """
                {"hub":"http://h","wid":3,"database":"w.db","data":{"url":"\(url)"},
                 "create":["CREATE TABLE IF NOT EXISTS goods(id TEXT PRIMARY KEY, price REAL)"],
                 "rules":[{"topics":["Product_*"],
                   "fetch":{"url":"/one/{id}","notFound":"delete",
                     "byIds":{"url":"/many?wid={wid}&ids={ids}","key":"/id"\(byIDs)}},
                   "upsert":{"table":"goods","key":{"id":"{id}"},"columns":["price"]}},
                  {"topics":["*"],"ignore":true}]}
                """.utf8), folder: "/nowhere"
        ) { _ throws(SQLiteError) in try Connection(path: ":memory:") }
    }

    private func ahead(_ configuration: WarehouseConfiguration) throws -> RowsAhead {
        RowsAhead(configuration, try RowFetcher(configuration)) { note in
            notes.withLock { $0.append(note) }
        }
    }

    private static func message(
        _ index: Int, _ id: String, topic: String = "Product_Changed", wid: Int = 3
    ) -> Message {
        Message(
            id: "m\(index)", index: index, topic: topic, wid: wid, key: "product:\(id)",
            body: Array("{}".utf8))
    }

    /// What the messages got, in their order: a price; nil where it is to be asked for alone.
    private func prices(
        _ ahead: RowsAhead, _ configuration: WarehouseConfiguration, _ messages: [Message]
    ) async throws -> [Int?] {
        var prices: [Int?] = []
        for message in messages {
            let fetch = try #require(configuration.rule(for: message.topic)?.fetch)
            prices.append(try await ahead.row(fetch, for: MessageView(message))?["price"]?.integer)
        }
        return prices
    }

    /// An interface that gives each request's rows a price of its own: 1, 2, …
    private func source(
        _ change: @escaping @Sendable ([String]) -> [String] = { $0 }
    ) throws -> FakeSource {
        try FakeSource { target, count in
            let list = target.split(separator: "ids=").last ?? ""
            let ids = list.split(separator: ",").map { String($0).removingPercentEncoding ?? "" }
            let rows = change(ids).map { #"{"id":"\#($0)","price":\#(count + 1)}"# }
            return .init(body: #"{"rows":[\#(rows.joined(separator: ","))]}"#)
        }
    }

    @Test("A batch costs one request; each row is given once")
    func once() async throws {
        let source = try source()
        let configuration = try configuration(source.url)
        let ahead = try ahead(configuration)
        let batch = (1...5).map { Self.message($0, "p\($0) ü") }
        ahead.begin(batch)
        #expect(try await prices(ahead, configuration, batch) == [1, 1, 1, 1, 1])
        #expect(source.targets.count == 1)
        #expect(source.targets[0].hasPrefix("/many?wid=3&ids=p1%20%C3%BC,p2%20%C3%BC,"))
        // Tried again, a message wants a row of its own; so does one of another batch.
        #expect(try await prices(ahead, configuration, [batch[0]]) == [nil])
        ahead.begin([])
        #expect(try await prices(ahead, configuration, [Self.message(9, "x")]) == [nil])
        #expect(source.targets.count == 1)
    }

    @Test("What a batch before has left is not given to this one")
    func left() async throws {
        let source = try source()
        let configuration = try configuration(source.url)
        let ahead = try ahead(configuration)
        let batch = (1...3).map { Self.message($0, "p\($0)") }
        ahead.begin(batch)
        #expect(try await prices(ahead, configuration, [batch[0]]) == [1])
        ahead.begin([])
        #expect(try await prices(ahead, configuration, [batch[1]]) == [nil])
    }

    @Test("Only messages that one address and one rule fit go together, of a thing only the first")
    func together() async throws {
        let source = try source()
        let configuration = try configuration(source.url)
        let ahead = try ahead(configuration)
        let batch = [
            Self.message(1, "a"), Self.message(2, "b", wid: 0), Self.message(3, "a"),
            Self.message(4, "c"), Self.message(5, "d", topic: "Other_Changed"),
            Self.message(6, "e", wid: 0), Self.message(7, "c"), Self.message(8, "a,b"),
        ]
        ahead.begin(batch)
        let asked = batch.filter { $0.topic != "Other_Changed" }
        // The second of a thing is never older than the first.
        #expect(try await prices(ahead, configuration, asked) == [1, 2, 3, 1, 2, 3, nil])
        #expect(
            source.targets == [
                "/many?wid=3&ids=a,c", "/many?wid=0&ids=b,e", "/many?wid=3&ids=a,c",
            ])
    }

    @Test("A message alone, and what is missing or there twice, is asked for by itself")
    func alone() async throws {
        let source = try source { $0.filter { $0 != "b" }.flatMap { $0 == "c" ? [$0, $0] : [$0] } }
        let configuration = try configuration(source.url)
        let ahead = try ahead(configuration)
        let batch = ["a", "b", "c", "d"].enumerated().map { Self.message($0, $1) }
        ahead.begin(batch)
        #expect(try await prices(ahead, configuration, batch) == [1, nil, nil, 1])
        ahead.begin([batch[0]])
        #expect(try await prices(ahead, configuration, [batch[0]]) == [nil])
        #expect(source.targets.count == 1)
    }

    @Test("A request has no more ids than it may, and no longer an address")
    func bounds() async throws {
        let source = try source()
        let few = try configuration(source.url, #","limit":4"#)
        var ahead = try ahead(few)
        let batch = (0..<10).map { Self.message($0, "p\($0)") }
        ahead.begin(batch)
        #expect(try await prices(ahead, few, batch) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3])
        let many = try configuration(source.url)
        ahead = try self.ahead(many)
        let long = (0..<40).map { Self.message($0, String(repeating: "ü", count: 100) + "\($0)") }
        ahead.begin(long)
        #expect(try await prices(ahead, many, long).allSatisfy { $0 != nil })
        #expect(source.targets.allSatisfy { $0.utf8.count <= 4000 })
        #expect(source.targets.dropFirst(3).count == 7)
    }

    @Test(
        "Where a request fails, its messages are asked for one by one, and that is told once",
        arguments: [
            (404, "{}"), (500, "{}"), (503, "{}"), (414, ""), (200, "no JSON"), (200, "{}"),
        ])
    func failing(status: Int, body: String) async throws {
        let source = try FakeSource { _, _ in .init(status: status, body: body) }
        let configuration = try configuration(source.url, #","limit":2"#)
        let ahead = try ahead(configuration)
        let batch = (0..<4).map { Self.message($0, "p\($0)") }
        ahead.begin(batch)
        #expect(try await prices(ahead, configuration, batch) == [nil, nil, nil, nil])
        #expect(source.targets.count == 2)
        #expect(notes.withLock { $0 }.count == 1)
    }

    @Test(
        "A slip in the rule is told with its place",
        arguments: [
            (#"{"url":"/many","key":"/id"}"#, "/rules/0/fetch/byIds/url has no gap {ids}"),
            (
                #"{"url":"/{id}?ids={ids}","key":"/id"}"#,
                "/rules/0/fetch/byIds/url has a gap that is another for each message"
            ),
            (#"{"url":"/many?ids={ids}"}"#, "/rules/0/fetch/byIds/key is missing"),
            (#"{"url":"/many?ids={ids}","key":"/id","limit":0}"#, "/rules/0/fetch/byIds/limit"),
        ])
    func mistakes(byIDs: String, mistake: String) throws {
        let text = """
            {"hub":"http://h","wid":3,"database":"w.db","data":{"url":"http://d"},
             "create":["CREATE TABLE IF NOT EXISTS goods(id TEXT PRIMARY KEY)"],
             "rules":[{"topics":["A"],"fetch":{"url":"/one/{id}","byIds":\(byIDs)},
               "upsert":{"table":"goods","key":{"id":"{id}"}}}]}
            """
        let mistakes = #expect(throws: Declaration.Mistakes.self) {
            try WarehouseConfiguration.read(Array(text.utf8), folder: "/nowhere") {
                _ throws(SQLiteError) in try Connection(path: ":memory:")
            }
        }
        let told = (mistakes?.all ?? []).map { "\($0)" }
        #expect(told.contains { $0.hasPrefix(mistake) }, "\(told)")
    }
}

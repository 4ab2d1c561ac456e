import Foundation
import SQLite
import TestSupport
import Testing
import Wire

@testable import WarehouseTool

@Suite("Fetching details over HTTP", .serialized) struct FetchTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A warehouse with one rule for `Item_Changed`, after one such message was published.
    private func consume(
        _ hub: HubProcess, data: String, rule: String
    ) throws -> (exit: ProgramExit, rows: [String]) {
        try hub.client().publish(
            topic: "Item_Changed", wid: 4, key: "item:a/1", body: ["Shop": "s 2", "Ref": 7])
        let path = folder.path + "/w.json"
        try """
        {"hub":"\(hub.url)",\(TestTLS.member)"wid":4,"database":"w.db","folder":"state",
         "create":["CREATE TABLE IF NOT EXISTS t(id TEXT PRIMARY KEY, name TEXT)"],
         "data":{"url":"\(data)","token":{"environment":"DATA_TOKEN"},
           "headers":{"X-Tenant":"north"}},
         "consume":{"tries":1},"alarm":{"bell":false},
         "rules":[{"topics":["Item_*"],"fetch":\(rule),
           "upsert":{"table":"t","key":{"id":"{id}"},"columns":{"name":"/name"}}}]}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        let exit = try ProgramExit(
            ["consume", "--config", path, "--once"],
            environment: ["DATA_TOKEN": "secret1", "SHOP_KEY": "secret2"])
        let statement = try Connection(path: folder.path + "/w.db").prepare("SELECT name FROM t")
        var rows: [String] = []
        while try statement.step() { rows.append(statement.text(0)) }
        return (exit, rows)
    }

    @Test(
        "A request is made of key and body, with fields and token; the row is where the rule says",
        arguments: [
            (#"{"name":"n"}"#, ""), (#"{"data":[0,{"name":"n"}]}"#, "/data/1"),
            (#"{"a/b":{"name":"n"}}"#, "/a~1b"),
        ])
    func request(answer: String, select: String) throws {
        let source = try FakeSource { _, _ in .init(body: answer) }
        let (exit, rows) = try consume(
            HubProcess(), data: source.url,
            rule: """
                {"url":"/v1/{body/Shop}/{id}?wid={wid}&ref={body/Ref}","select":"\(select)",
                 "headers":{"X-Key":{"environment":"SHOP_KEY"}}}
                """)
        #expect(exit.status == 0 && rows == ["n"], "\(exit.errors)")
        #expect(source.targets == ["/v1/s%202/a%2F1?wid=4&ref=7"])
        let fields = source.heads[0].split(separator: "\r\n")
        for field in ["Authorization: Bearer secret1", "X-Tenant: north", "X-Key: secret2"] {
            #expect(fields.contains { $0 == field }, "\(fields)")
        }
    }

    @Test("The token and the fields of data go to data and to nobody else")
    func otherSource() throws {
        let data = try FakeSource { _, _ in .init(body: "{}") }
        let other = try FakeSource { _, _ in .init(body: #"{"name":"theirs"}"#) }
        let (exit, rows) = try consume(
            HubProcess(), data: data.url, rule: #"{"url":"\#(other.url)/x/{id}"}"#)
        #expect(exit.status == 0 && rows == ["theirs"], "\(exit.errors)")
        #expect(data.targets == [] && other.targets == ["/x/a%2F1"])
        #expect(!other.heads[0].contains("secret1") && !other.heads[0].contains("X-Tenant"))
    }

    @Test(
        "Nothing at the place of the row is the row not found", arguments: ["fail", "ignore"])
    func nothingThere(notFound: String) throws {
        let source = try FakeSource { _, _ in .init(body: #"{"data":null}"#) }
        let (exit, rows) = try consume(
            HubProcess(), data: source.url,
            rule: #"{"url":"/{id}","select":"/data","notFound":"\#(notFound)"}"#)
        #expect(exit.status == (notFound == "fail" ? 1 : 0), "\(exit.errors)")
        #expect(rows == [])
    }
}

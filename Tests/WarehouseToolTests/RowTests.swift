import MessageCenterClient
import SQLite
import TestSupport
import Testing
import Wire

@testable import WarehouseTool

@Suite("Rows made of messages") struct RowTests {
    private let message = Message(
        id: "0193-id", index: 7, topic: "Product_Changed", wid: 5, key: "product:A/1 ü",
        body: Array(#"{"ProductId":"A1","n":3,"deep":{"list":[true,"x"]},"none":null}"#.utf8))

    @Test(
        "The gaps of a text are filled from the message",
        arguments: [
            ("/v1/{id}?wid={wid}", "/v1/A/1 ü?wid=5"), ("{key}", "product:A/1 ü"),
            ("{topic}/{message}", "Product_Changed/0193-id"), ("{body/ProductId}", "A1"),
            ("{body/n}{body/deep/list/0}", "3true"), ("plain", "plain"),
        ])
    func templates(text: String, filled: String) throws {
        let view = try MessageView(message)
        #expect(try Template(text).filled(by: view) == filled)
    }

    @Test("In an address, whatever fills a gap stays within it")
    func escaping() throws {
        let view = try MessageView(message)
        let path = try Template("/v1/{id}").filled(by: view, escape: HTTPTransport.escape)
        #expect(path == "/v1/A%2F1%20%C3%BC")
    }

    @Test(
        "A gap that the message cannot fill is a failure, and says which",
        arguments: [
            ("{body/nothing}", "the body has no text or number at /nothing"),
            ("{body/none}", "the body has no text or number at /none"),
            ("{body/deep}", "the body has no text or number at /deep"),
        ])
    func unfilled(text: String, reason: String) throws {
        let view = try MessageView(message)
        #expect(throws: RowFailure(reason)) { try Template(text).filled(by: view) }
        var keyless = message
        keyless.key = nil
        let none = try MessageView(keyless)
        #expect(throws: RowFailure("the message has no key")) {
            try Template("{id}").filled(by: none)
        }
    }

    @Test(
        "A JSON value becomes what SQLite has for it",
        arguments: [
            ("null", Value.null), ("true", .integer(1)), ("false", .integer(0)), ("7", .integer(7)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .real(0x1p63)),
            ("2.55", .real(2.55)), ("3.0", .real(3)), ("1e3", .real(1000)), (#""ü""#, .text("ü")),
            (#"[1, {"a":null}]"#, .text(#"[1,{"a":null}]"#)),
        ])
    func values(json: String, value: Value) throws {
        #expect(Value(try JSONValue.parse(json)) == value)
    }

    /// A database with one table, and a target on it.
    private func place() throws -> (folder: TemporaryFolder, path: String, target: TableTarget) {
        let folder = try TemporaryFolder()
        let path = folder.path + "/w.db"
        let connection = try WarehouseDatabase.open(path)
        try connection.execute("CREATE TABLE t(a TEXT, b INTEGER, c, d, PRIMARY KEY (a, b))")
        let target = try Declaration.read(
            Array(
                """
                {"table":"T","key":{"A":"{id}","b":"/n"},
                 "columns":{"c":"/deep/list","d":{"pointer":"/nothing","default":"-"}}}
                """.utf8)
        ) { TableTarget($0, isDelete: false, connection) }
        return (folder, path, target)
    }

    @Test("A row is inserted, changed, left as it is and deleted; all of it twice is the same")
    func table() async throws {
        let (folder, path, target) = try place()
        defer { withExtendedLifetime(folder) {} }
        let database = try WarehouseDatabase(path: path, wid: 5)
        let other = try Connection(path: path)
        func content() throws -> [[Value]] {
            let rows = try other.prepare("SELECT * FROM t")
            var all: [[Value]] = []
            while try rows.step() { all.append(rows.row) }
            return all
        }
        let view = try MessageView(message)
        var values = try target.values(view, row: view.body)
        #expect(values == [.text("A/1 ü"), .integer(3), .text(#"[true,"x"]"#), .text("-")])
        for _ in 0..<2 { try await database.apply(.upsert(target, values), of: message) }
        #expect(try content() == [values])
        values[3] = .null
        try await database.apply(.upsert(target, values), of: message)
        #expect(try content() == [values])
        let keys = try target.keyValues(view, row: view.body)
        for _ in 0..<2 { try await database.apply(.delete(target, keys), of: message) }
        #expect(try content() == [])
    }

    @Test("What was applied is known after a crash, until the position is saved")
    func known() async throws {
        let (folder, path, target) = try place()
        defer { withExtendedLifetime(folder) {} }
        let values: [Value] = [.text("a"), .integer(1), .null, .null]
        var database = try WarehouseDatabase(path: path, wid: 5)
        #expect(await database.load() == nil)
        try await database.apply(.upsert(target, values), of: message)
        database = try WarehouseDatabase(path: path, wid: 5)
        #expect(await database.has(message))
        var longer = message
        longer.id = "another"
        #expect(await !database.has(longer), "a run that has become longer is handled again")
        let position = Position(hub: "h", index: 9, ordinal: 4)
        try await database.save(position)
        database = try WarehouseDatabase(path: path, wid: 5)
        #expect(await database.load() == position)
        #expect(await !database.has(message))
        // Another warehouse in the same file has a place of its own.
        #expect(await (try WarehouseDatabase(path: path, wid: 6)).load() == nil)
    }

    @Test("A key that would be NULL is no key")
    func nullKey() throws {
        let (folder, _, target) = try place()
        defer { withExtendedLifetime(folder) {} }
        let view = try MessageView(message)
        #expect(throws: RowFailure("the key t.b would be NULL")) {
            try target.values(view, row: ["n": nil, "deep": ["list": 1]])
        }
        #expect(throws: RowFailure("b: the row has nothing at /n")) {
            try target.values(view, row: [:])
        }
    }
}

import Platform
import SQLite
import TestSupport
import Testing
import Wire

@testable import DataAPI

@Suite("The configuration of the data interface") struct DataConfigurationTests {
    @Test(
        "Every mistake is told with its pointer",
        arguments: [
            ("{", ["the file is no JSON: the JSON text ends too early, line 1, column 2"]),
            ("[]", ["the file must be an object"]),
            ("{}", ["/resources is missing"]),
            (
                #"{"resources":{},"x":1}"#,
                [
                    "/x is unknown here; known are resources",
                    "/resources names no resource",
                ]
            ),
            (
                #"{"resources":{"a b":{"table":"products","key":"product_id"}}}"#,
                ["/resources/a b must have a name of 1 to 64 of a-z 0-9 - _"]
            ),
            (
                #"{"resources":{"a":{"table":"nothing","key":"k"}}}"#,
                ["/resources/a/table is no table or view of the database"]
            ),
            (
                #"{"resources":{"a":{"table":"sqlite_schema; --","key":"k"}}}"#,
                ["/resources/a/table is no table or view of the database"]
            ),
            (#"{"resources":{"a":{"table":"products"}}}"#, ["/resources/a/key is missing"]),
            (
                #"{"resources":{"a":{"table":"orders","key":"wid\" --"}}}"#,
                [
                    "/resources/a/key is no column of orders, which has order_id, wid, body, "
                        + "updated_at"
                ]
            ),
            (
                #"{"resources":{"a":{"table":"products","key":"name"}}}"#,
                ["/resources/a/key must be the primary key of products, or have a unique index"]
            ),
            (
                #"{"resources":{"a":{"table":"twice","key":"k"}}}"#,
                ["/resources/a/key has the value 1 more than once in twice"]
            ),
            (
                #"{"resources":{"a":{"table":"orders","key":"order_id","updated":1,"wid":"w"}}}"#,
                [
                    "/resources/a/updated must be a string that is not empty",
                    "/resources/a/wid is no column of orders, which has order_id, wid, body, "
                        + "updated_at",
                ]
            ),
            (
                #"{"resources":{"a":{"table":"orders","key":"order_id","columns":["x",{"as":"y"},"#
                    + #"{"column":"body","json":1},"wid",{"column":"body","as":"wid"}]}}}"#,
                [
                    "/resources/a/columns/0 is no column of orders, which has order_id, wid, body, "
                        + "updated_at",
                    "/resources/a/columns/1/column is missing",
                    "/resources/a/columns/2/json must be true or false",
                    "/resources/a/columns/4 tells wid once more",
                ]
            ),
            (
                #"{"resources":{"a":{"table":"orders","key":"order_id","columns":[]}}}"#,
                ["/resources/a/columns must be an array of at least one element"]
            ),
            (
                #"{"resources":{"a":{"table":"orders","key":"order_id","key":"wid"}}}"#,
                ["/resources/a/key is given twice"]
            ),
        ])
    func mistakes(text: String, expected: [String]) throws {
        let folder = try TemporaryFolder()
        let database = try Connection(path: folder.path + "/shop.db")
        try database.execute(Place.schema)
        try database.execute("CREATE VIEW twice AS SELECT 1 AS k UNION ALL SELECT 1")
        do {
            _ = try DataConfiguration.read(Array(text.utf8), database: database)
            Issue.record("it was taken")
        } catch {
            #expect(error.all.map(\.description) == expected)
        }
    }

    @Test("Names that look like SQL are names")
    func oddNames() throws {
        let odd = #"a "b"; --"#
        let quoted = Value.quoted(name: odd)
        let place = try Place(
            rows: "INSERT INTO \(quoted) VALUES (1, 2)",
            schema: "CREATE TABLE \(quoted)(\(quoted) INTEGER PRIMARY KEY, \"select\" INTEGER)",
            configuration: #"{"resources":{"odd":{"table":"a \"b\"; --","key":"a \"b\"; --"}}}"#)
        let client = try place.client()
        #expect(try client.get("/v1/odd/1").text == #"{"a \"b\"; --":1,"select":2}"#)
        #expect(try client.get("/v1/odd?limit=1")["more"] == false)
    }

    @Test("Without a token only this machine is listened to")
    func openness() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/shop.db"
        let database = try Connection(path: path)
        try database.execute(Place.schema)
        #expect(throws: DataServer.Failure.self) {
            _ = try DataServer(
                database: path, configuration: Array(Place.configuration.utf8),
                listen: .init("0.0.0.0:0"))
        }
    }
}

import SQLite
import TestSupport
import Testing
import Wire

@testable import WarehouseTool

@Suite("The configuration of a warehouse tool") struct ConfigurationTests {
    private static let tables = """
        CREATE TABLE products(product_id TEXT PRIMARY KEY, name TEXT NOT NULL, price REAL,
          cents INTEGER AS (price * 100));
        CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT, UNIQUE (customer));
        CREATE VIEW cheap AS SELECT * FROM products;
        """

    private func read(_ text: String) throws(Declaration.Mistakes) -> WarehouseConfiguration {
        try WarehouseConfiguration.read(Array(text.utf8), folder: "/etc/shop") {
            _ throws(SQLiteError) in
            let database = try Connection(path: ":memory:")
            try database.execute(Self.tables)
            return database
        }
    }

    /// A configuration in which one rule is as given.
    private static func rule(_ text: String) -> String {
        """
        {"hub":"http://127.0.0.1:1","wid":3,"database":"w.db",
         "data":{"url":"http://127.0.0.1:2"},"rules":[\(text)]}
        """
    }

    private static let upsert =
        #""upsert":{"table":"products","key":{"product_id":"{id}"},"#
        + #""columns":{"name":"/name","price":"/price"}}"#

    @Test("A good one says what it says")
    func good() throws {
        let configuration = try read(
            """
            {"hub":"http://127.0.0.1:8088/","wid":105,"database":"./w.db","folder":"state",
             "data":{"url":"http://127.0.0.1:8090","timeoutSeconds":5,"patienceSeconds":60,
               "headers":{"Accept":"application/json"}},
             "consume":{"limit":50,"waitSeconds":0,"tries":3,"coalesce":"adjacent"},
             "alarm":{"bell":false,"command":["mail","-s","x"],"webhook":"http://127.0.0.1:9/a"},
             "rules":[
               {"topics":["Product_*"],"fetch":{"url":"/v1/products/{id}","notFound":"delete"},
                \(Self.upsert)},
               {"topics":["Other_Changed"],"fetch":{"url":"https://other/x?k={key}"},
                \(Self.upsert)},
               {"topics":["Product_Deleted"],
                "delete":{"table":"products","key":{"product_id":"{body/ProductId}"}}},
               {"topics":["Promotion_*"],"ignore":true}],
             "bootstrap":[{"url":"/v1/products?limit=1000","more":"/more",
               "upsert":{"table":"products","key":["product_id"],"columns":["name","price"]}}]}
            """)
        #expect(configuration.hub == "http://127.0.0.1:8088")
        #expect(configuration.database == "/etc/shop/./w.db")
        #expect(configuration.folder == "/etc/shop/state")
        #expect(configuration.sources.map(\.base) == ["http://127.0.0.1:8090", "https://other"])
        #expect(configuration.rule(for: "Product_Deleted")?.fetch != nil, "the first that fits")
        #expect(configuration.rule(for: "Order_Deleted") == nil)
        #expect(configuration.consumption.tries == 3)
        #expect(configuration.topics.count == 4)
        #expect(configuration.bootstrap.count == 1)
    }

    @Test(
        "Every mistake is told with its pointer",
        arguments: [
            (
                "{\n  \"hub\": x",
                [
                    "the file is no JSON: a character stands where JSON does not "
                        + "allow it, line 2, column 10"
                ]
            ),
            ("{}", ["/hub is missing", "/wid is missing", "/database is missing"]),
            (
                #"{"hub":"h","wid":0,"token":"secret","database":"w","rules":[],"x":1}"#,
                [
                    "/x is unknown here; known are hub, wid, token, tls, folder, database, create, "
                        + "data, rules, bootstrap, consume, alarm",
                    "/hub cannot be used: 'h' cannot be the hub's address: it does not begin with "
                        + "http:// (like http://127.0.0.1:8088)",
                    "/wid must be a whole number from 1 to 2147483647",
                    #"/token must not stand here: say where it is, {"environment":"NAME"} or "#
                        + #"{"file":"path"}"#,
                    "/rules must be an array of at least one element",
                ]
            ),
            (
                #"{"hub":"http://h","wid":1,"database":"w","token":{"environment":"NOT_SET_HERE"},"#
                    + #""create":["DROP TABLE x","CREATE TABLE IF NOT EXISTS y(a"],"#
                    + #""consume":{"tries":0,"coalesce":"on"},"#
                    + #""rules":[{"topics":["A"],"ignore":true}]}"#,
                [
                    "/token/environment names NOT_SET_HERE, which is not set",
                    "/consume/coalesce must be one of off, adjacent, key",
                    "/consume/tries must be a whole number from 1 to 1000",
                    "/create/0 must begin with CREATE TABLE IF NOT EXISTS, or the same for an "
                        + "index: it is run at every start",
                    "/create/0 fails: incomplete input",
                ]
            ),
            (
                rule("{}"),
                [
                    "/rules/0/topics is missing",
                    "/rules/0 must have one of upsert, delete and ignore",
                ]
            ),
            (
                rule(#"{"topics":["A b"],"ignore":1,"then":0}"#),
                [
                    "/rules/0/then is unknown here; known are topics, fetch, upsert, delete, "
                        + "ignore",
                    "/rules/0/topics/0 is no topic: it has letters besides A-Z a-z 0-9 _ . - *",
                    "/rules/0/ignore must be true, or left out",
                ]
            ),
            (
                rule(#"{"topics":["A"],"delete":{"table":"nothing","key":{"a":"{id}"}}}"#),
                ["/rules/0/delete/table is no table of the database"]
            ),
            (
                rule(#"{"topics":["A"],"delete":{"table":"cheap","key":{"a":"{id}"}}}"#),
                ["/rules/0/delete/table is no table of the database"]
            ),
            (
                rule(
                    #"{"topics":["A"],"upsert":{"table":"products","key":{"name":"{id}"},"#
                        + #""columns":{"cents":"/c","nothing":"/n","price":"price","#
                        + #""NAME":"/x"}}}"#),
                [
                    #"/rules/0/upsert/columns/price is neither a place in the row ("/price"), nor "#
                        + #"a text of the message ("{id}"); a fixed value is written "#
                        + #"{"value":"price"}"#,
                    "/rules/0/upsert/columns/cents cents is no column of products that can be "
                        + "written; it has product_id, name, price",
                    "/rules/0/upsert/columns/nothing nothing is no column of products that can be "
                        + "written; it has product_id, name, price",
                ]
            ),
            (
                rule(
                    #"{"topics":["A"],"upsert":{"table":"products","key":{"name":"{id}"},"#
                        + #""columns":{"NAME":"/x"}}}"#),
                [
                    "/rules/0/upsert/columns/name is in the key already",
                    "/rules/0/upsert/key must be the primary key of products, or the columns of a "
                        + "unique index",
                ]
            ),
            (
                rule(
                    #"{"topics":["A"],"upsert":{"table":"products","key":{"product_id":"{id}"}}}"#),
                ["/rules/0/upsert/columns leave out name, which must not be NULL"]
            ),
            (
                rule(
                    #"{"topics":["A"],"upsert":{"table":"products","key":{"product_id":"{ids}"},"#
                        + #""columns":{"name":"/a~2","price":{"pointer":"/p","value":1}}}}"#),
                [
                    "/rules/0/upsert/key/product_id has the unknown gap {ids}; known are {key}, "
                        + "{id}, {wid}, {topic}, {message}, {body/…}",
                    "/rules/0/upsert/columns/name must be a JSON pointer: empty, or such as "
                        + "/rows/0/name",
                    "/rules/0/upsert/columns/price has either a pointer or a value",
                ]
            ),
            (
                rule(#"{"topics":["A"],"fetch":{"url":"v1/{id","notFound":"forget"},\#(upsert)}"#),
                ["/rules/0/fetch/url has a brace without the other one"]
            ),
            (
                rule(#"{"topics":["A"],"fetch":{"url":"http://{id}/x","select":"a"},\#(upsert)}"#),
                [
                    "/rules/0/fetch/url must begin with http://host/ or https://host/, or be a "
                        + "path such as /v1/…"
                ]
            ),
            (
                rule(
                    #"{"topics":["A"],"fetch":{"url":"/v1/{id}","notFound":"delete","#
                        + #""headers":{"X":{"environment":"NOT_SET_HERE"}}},"#
                        + #""upsert":{"table":"products","key":["product_id"],"columns":["name"]}}"#
                ),
                [
                    "/rules/0/fetch/headers/X/environment names NOT_SET_HERE, which is not set",
                    "/rules/0/fetch/notFound cannot be delete while the key comes from the row "
                        + "that was not found: take it from the message, as {id} or {body/…}",
                ]
            ),
            (
                rule(
                    #"{"topics":["A"],"fetch":{"url":"/v1/{id}"},"delete":{"table":"orders","#
                        + #""key":{"id":"{id}"}}}"#), ["/rules/0/fetch is of no use without upsert"]
            ),
            (
                #"{"hub":"http://h","wid":1,"database":"w","#
                    + #""rules":[{"topics":["A"],"ignore":true}],"#
                    + #""bootstrap":[{"url":"/v1/a","upsert":{"table":"orders","key":["id"]}},"#
                    + #"{"url":"http://h/{id}","upsert":{"table":"orders","key":{"id":"{id}"}}}]}"#,
                [
                    "/bootstrap/0/url is a path, and there is no data to say whose: write it in "
                        + "full",
                    "/bootstrap/1/url has a gap, and there is no message to fill it",
                    "/bootstrap/1/upsert takes id from a message, and there is none",
                ]
            ),
        ] as [(String, [String])])
    func mistakes(text: String, expected: [String]) throws {
        do {
            _ = try read(text)
            Issue.record("it was taken")
        } catch {
            #expect(error.all.map(\.description) == expected)
        }
    }

    @Test(
        "A topic fits a pattern, or does not",
        arguments: [
            ("A_B", "A_B", true), ("A_B", "A_b", false), ("A_*", "A_", true), ("*", "", true),
            ("*_Deleted", "SaleOrder_Deleted", true), ("A*A", "A", false), ("A*A", "AA", true),
            ("a*b*c", "aXbYc", true), ("a*b*c", "acb", false), ("a**c", "abc", true),
            ("*b*b*", "b", false), ("*ab*ab", "abab", true), ("*ab*ab", "aab", false),
        ])
    func globs(pattern: String, topic: String, fits: Bool) {
        #expect(TopicGlob(pattern).matches(topic) == fits)
    }
}

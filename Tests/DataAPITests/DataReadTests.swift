import SQLite
import TestSupport
import Testing
import Wire

@testable import DataAPI

@Suite("What the data interface answers") struct DataReadTests {
    private static let rows = """
        INSERT INTO products VALUES
          ('A1', 'it''s "small"', 2.55, 3, x'00ff', '["a",1.0]', '2026-01-01'),
          ('B/2', 'ü,%', 3.0, NULL, NULL, 'no json', '2026-01-02'),
          ('C', NULL, 0.5, -1, NULL, NULL, NULL);
        INSERT INTO orders VALUES (1, 7, '{}', 10), (2, 8, '{}', 10), (3, 7, '{}', 5);
        """

    @Test(
        "A request gets what it asks for",
        arguments: [
            (
                "/v1/products/A1",
                #"{"product_id":"A1","name":"it's \"small\"","Price":2.55,"stock":3,"#
                    + #""picture":"AP8","tags":["a",1.0],"updated_at":"2026-01-01"}"#
            ),
            (
                "/v1/products/B%2F2",
                #"{"product_id":"B/2","name":"ü,%","Price":3.0,"stock":null,"picture":null,"#
                    + #""tags":"no json","updated_at":"2026-01-02"}"#
            ),
            ("/v1/orders/2", #"{"order_id":2,"wid":8,"body":"{}","updated_at":10}"#),
            ("/v1/orders/1?wid=7", #"{"order_id":1,"wid":7,"body":"{}","updated_at":10}"#),
            ("/v1/cheap/C", #"{"product_id":"C","price":0.5}"#),
            (
                "/v1/orders?ids=3,9,1",
                #"{"rows":[{"order_id":3,"wid":7,"body":"{}","updated_at":5},"#
                    + #"{"order_id":1,"wid":7,"body":"{}","updated_at":10}],"missing":["9"]}"#
            ),
            (
                "/v1/orders?ids=3,2&wid=8",
                #"{"rows":[{"order_id":2,"wid":8,"body":"{}","updated_at":10}],"missing":["3"]}"#
            ),
            ("/v1", #"{"resources":["products","orders","cheap"]}"#),
            ("/healthz", #"{"status":"ready"}"#),
        ])
    func answers(path: String, body: String) throws {
        let place = try Place(rows: Self.rows)
        let answer = try place.client().get(path)
        #expect(answer.status == 200)
        #expect(answer.text == body)
        #expect(answer[field: "content-type"] == "application/json")
    }

    @Test(
        "A request that cannot be answered is refused, with the reason",
        arguments: [
            ("GET", "/", 404, "not_found"),
            ("GET", "/v1/products/A1/x", 404, "not_found"),
            ("GET", "/v1/nothing", 404, "no_such_resource"),
            ("GET", "/v1/products/zzz", 404, "no_such_row"),
            ("GET", "/v1/orders/2?wid=7", 404, "no_such_row"),
            ("POST", "/v1/products", 405, "method_not_allowed"),
            ("DELETE", "/v1/products/A1", 405, "method_not_allowed"),
            ("GET", "/v1/products?limit=0", 422, "invalid_parameter"),
            ("GET", "/v1/products?limit=1001", 422, "invalid_parameter"),
            ("GET", "/v1/products?limit=9&limit=9", 422, "invalid_parameter"),
            ("GET", "/v1/products?wid=7", 422, "invalid_parameter"),
            ("GET", "/v1/orders?wid=x", 422, "invalid_parameter"),
            ("GET", "/v1/products?after=nonsense", 422, "invalid_parameter"),
            ("GET", "/v1/cheap?since=1", 422, "invalid_parameter"),
            ("GET", "/v1/products?ids=", 422, "invalid_parameter"),
            ("GET", "/v1/products?ids=a&limit=1", 422, "invalid_parameter"),
            ("GET", "/v1/products?order=name", 422, "invalid_parameter"),
            ("GET", "/v1/products/%ZZ", 400, "malformed_path"),
            ("GET", "/v1/products?ids=%00", 400, "malformed_query"),
        ])
    func refusals(method: String, path: String, status: Int, code: String) throws {
        let place = try Place(rows: Self.rows)
        let answer = try place.client().request(method, path)
        #expect(answer.status == status)
        #expect(answer.code == code)
        #expect(answer[field: "content-type"] == "application/problem+json")
        #expect(answer["status"].integer == status)
    }

    @Test("HEAD has the fields of GET and no body; a request's own id comes back")
    func head() throws {
        let place = try Place(rows: Self.rows)
        let client = try place.client()
        let whole = try client.get("/v1/products/A1")
        let head = try client.request("HEAD", "/v1/products/A1", fields: ["X-Request-Id": "mine"])
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head[field: "content-length"] == whole[field: "content-length"])
        #expect(head[field: "x-request-id"] == "mine")
    }

    @Test("With a token, only who presents it reads; anybody may ask for health")
    func token() throws {
        let place = try Place(rows: Self.rows, token: "secret")
        let client = try place.client()
        func status(_ fields: [String: String]) throws -> Int {
            try client.request("GET", "/v1/products/A1", fields: fields).status
        }
        #expect(try status([:]) == 401)
        #expect(try status(["Authorization": "Bearer secreT"]) == 401)
        #expect(try status(["Authorization": "Basic secret"]) == 401)
        #expect(try status(["Authorization": "bearer secret"]) == 200)
        #expect(try client.get("/healthz").status == 200)
    }

    @Test("What a client sends is never SQL", arguments: Self.injections)
    func injection(text: String) throws {
        let place = try Place(rows: Self.rows)
        let client = try place.client()
        let escaped = text.utf8.map { byte in
            "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let before = try client.get("/v1/products").text
        #expect([400, 404].contains(try client.get("/v1/products/\(escaped)").status))
        #expect([400, 404].contains(try client.get("/v1/\(escaped)/A1").status))
        let several = try client.get("/v1/products?ids=\(escaped)")
        #expect(several.status == 400 || several["rows"].elements?.isEmpty == true || text == "A1,")
        #expect(try client.get("/v1/products?after=\(escaped)").status >= 400)
        #expect(try client.get("/v1/products?\(escaped)=1").status >= 400)
        #expect(try client.get("/v1/products?limit=\(escaped)").status >= 400)
        #expect(try client.get("/v1/orders?wid=\(escaped)").status >= 400)
        // Compared as a value: after all of it, or before.
        #expect([200, 400].contains(try client.get("/v1/products?since=\(escaped)").status))
        #expect(try client.get("/v1/products").text == before)
    }

    static let injections = [
        "A1' OR '1'='1", "A1'; DROP TABLE products; --", "' UNION SELECT * FROM sqlite_schema --",
        "\" OR \"\"=\"", "A1\0", "1 OR 1=1", "../../etc/passwd", "products;--", "?1", ":wid", "@x",
        "%", "_", "*", "x'41'", "1e999", "ü' --",
    ]

    @Test("Nothing can be written, even by what the configuration names")
    func readOnly() throws {
        let place = try Place(rows: Self.rows)
        let connection = try DataReader.open(place.path)
        #expect(throws: (any Error).self) { try connection.execute("DELETE FROM products") }
        #expect(throws: (any Error).self) { try connection.execute("CREATE TABLE t(a)") }
    }
}

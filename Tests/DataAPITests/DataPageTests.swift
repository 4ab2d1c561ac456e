import Platform
import SQLite
import TestSupport
import Testing
import Wire

@testable import DataAPI

@Suite("Pages of the data interface") struct DataPageTests {
    /// Walks over all pages from `start` on, as a client does.
    private func walk(
        _ client: RawClient, _ path: String, limit: Int, between: () throws -> Void = {}
    ) throws -> [JSONValue] {
        var rows: [JSONValue] = []
        var after = ""
        while true {
            let page = try client.get("\(path)?limit=\(limit)\(after)")
            #expect(page.status == 200)
            let got = try #require(page["rows"].elements)
            #expect(got.count <= limit)
            rows += got
            guard page["more"] == true else { return rows }
            #expect(!got.isEmpty)
            after = "&after=" + (try #require(page["next"].text))
            try between()
        }
    }

    @Test("Pages go by update time, then key, each row once", arguments: [1, 2, 3, 7, 1000])
    func order(limit: Int) throws {
        let place = try Place(
            rows: """
                INSERT INTO products(product_id, updated_at) VALUES
                  ('d', '2'), ('c', '1'), ('a', '2'), ('z', NULL), ('b', '2'), ('y', NULL),
                  ('e', '3');
                """)
        let rows = try walk(try place.client(), "/v1/products", limit: limit)
        #expect(rows.compactMap { $0["product_id"]?.text } == ["y", "z", "c", "a", "b", "d", "e"])
    }

    @Test("Keys and times of any kind have cursors that come back as they were")
    func cursors() throws {
        let place = try Place(
            schema: "CREATE TABLE t(k PRIMARY KEY, u)",
            configuration: #"{"resources":{"t":{"table":"t","key":"k","updated":"u"}}}"#)
        let kinds = [
            "NULL", "1", "-9223372036854775808", "1.5", "1e300", "9e999", "''", "'x\"'",
            "x''", "x'ff00'",
        ]
        for (u, time) in kinds.enumerated() {
            for (k, key) in kinds.dropFirst().enumerated() {
                // A number and a text of the same look are not the same key.
                try place.database.execute(
                    "INSERT OR IGNORE INTO t VALUES "
                        + "(CASE WHEN \(u) % 2 = 0 THEN \(key) ELSE '\(u).\(k)' END, \(time))")
            }
        }
        let count = try #require(try place.database.scalar("SELECT count(*) FROM t"))
        let rows = try walk(try place.client(), "/v1/t", limit: 1)
        #expect(rows.count == Int(count))
        #expect(count > 40)
    }

    @Test("A cursor of one resource is none of another, and is good after a restart")
    func cursorScope() throws {
        let place = try Place(
            rows: "INSERT INTO orders(order_id, updated_at) VALUES (1, 1), (2, 2)")
        let client = try place.client()
        let next = try #require(try client.get("/v1/orders?limit=1")["next"].text)
        #expect(try client.get("/v1/products?after=\(next)").status == 422)
        #expect(try client.get("/v1/cheap?after=\(next)").status == 422)
        let again = try DataServer(
            database: place.path, configuration: Array(Place.configuration.utf8),
            listen: .init("127.0.0.1:0"))
        defer { again.stop() }
        let page = try RawClient(again.endpoint, tls: nil).get("/v1/orders?limit=9&after=\(next)")
        #expect(page["rows"].elements?.compactMap { $0["order_id"]?.integer } == [2])
    }

    @Test("The last page's next goes on with what came later, and since begins at a time")
    func following() throws {
        let place = try Place(
            rows: "INSERT INTO orders(order_id, updated_at) VALUES (1, 1), (2, 2)")
        let client = try place.client()
        func keys(_ query: String) throws -> [Int] {
            try client.get("/v1/orders?\(query)")["rows"].elements?.compactMap {
                $0["order_id"]?.integer
            } ?? []
        }
        let last = try #require(try client.get("/v1/orders")["next"].text)
        #expect(try keys("after=\(last)") == [])
        #expect(try client.get("/v1/orders?after=\(last)")["next"].text == last)
        try place.database.execute("INSERT INTO orders(order_id, updated_at) VALUES (3, 2), (4, 9)")
        #expect(try keys("after=\(last)") == [3, 4])
        #expect(try keys("since=2") == [2, 3, 4])
        #expect(try client.get("/v1/cheap")["next"].isNull)
    }

    /// What pages promise: while the clock of the rows does not go back, every row that is there
    /// from the first page to the last is in one of them, and the last time it is told it is told
    /// as it was then or later. Rows that come, change and go between pages, at times that often
    /// are the same, must not push others out.
    @Test("No row that stays is missed, whatever changes between pages", arguments: 0..<40)
    func property(seed: UInt64) throws {
        var random = SplitMix(seed)
        let place = try Place()
        let database = place.database
        var clock = 0
        var version = 0
        func write(_ id: Int) throws {
            // Ticks of the clock are rare: many rows share a time.
            if random.oneIn(4) { clock += 1 }
            version += 1
            try database.execute(
                "INSERT OR REPLACE INTO products(product_id, stock, updated_at) "
                    + "VALUES ('p\(id)', \(version), \(1000 + clock))")
        }
        for id in 0..<Int(random.number(1...60)) where random.oneIn(2) { try write(id) }
        let begun = version
        var lasting: [String: Int] = [:]
        let all = try database.prepare("SELECT product_id, stock FROM products")
        while try all.step() { lasting[all.text(0)] = Int(all.int64(1)) }
        all.reset()
        let rows = try walk(
            try place.client(), "/v1/products", limit: Int(random.number(1...7))
        ) {
            for _ in 0..<Int(random.number(0...4)) where version < begun + 100 {
                let id = Int(random.number(0...60))
                if random.oneIn(5) {
                    try database.execute("DELETE FROM products WHERE product_id = 'p\(id)'")
                    lasting["p\(id)"] = nil
                } else {
                    try write(id)
                }
            }
        }
        var told: [String: Int] = [:]
        for row in rows {
            told[row["product_id"]?.text ?? ""] = row["stock"]?.integer ?? 0
        }
        for (id, version) in lasting {
            #expect((told[id] ?? -1) >= version, "\(id) of seed \(seed)")
        }
        // Each time a row is told, it is of a later state: pages go forward only.
        var seen: [String: Int] = [:]
        for row in rows {
            let (id, version) = (row["product_id"]?.text ?? "", row["stock"]?.integer ?? 0)
            #expect(version > seen[id] ?? 0)
            seen[id] = version
        }
    }

    @Test("A page that is large ends early, and the next goes on")
    func largePage() throws {
        let place = try Place()
        for id in 10..<22 {
            try place.database.execute(
                "INSERT INTO products(product_id, name, updated_at) "
                    + "VALUES ('p\(id)', hex(zeroblob(500000)), '1')")
        }
        let client = try place.client()
        let page = try client.get("/v1/products?limit=1000")
        #expect(page["more"] == true)
        #expect((page["rows"].elements?.count ?? 0) < 12)
        #expect(try walk(client, "/v1/products", limit: 1000).count == 12)
    }

    @Test("Letters and bytes go back and forth", arguments: 0..<50)
    func base64(seed: UInt64) throws {
        var random = SplitMix(seed)
        let bytes = (0..<Int(seed)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let text = Base64URL.encode(bytes)
        #expect(Base64URL.decode(text) == bytes)
        #expect(Base64URL.decode(text + "A") != bytes)
        #expect(Base64URL.decode(text + "=") == nil)
    }
}

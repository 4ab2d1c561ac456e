import DataAPI
import SQLite
import TestSupport
import Testing
import Wire

@Suite("What clients of the data interface cannot do to it") struct DataBoundsTests {
    @Test("More clients than there is room for get 503, and the others go on")
    func tooMany() throws {
        let place = try Place { limits in
            limits.threads = 1
            limits.connections = 3
        }
        let clients = try (0..<3).map { _ in try place.client() }
        for client in clients { #expect(try client.get("/v1").status == 200) }
        let fourth = try place.client()
        let answer = try fourth.answer()
        #expect(answer.status == 503)
        #expect(answer.code == "too_many_connections")
        #expect(answer[field: "retry-after"] != nil)
        #expect(try fourth.isClosed())
        for client in clients { #expect(try client.get("/v1").status == 200) }
    }

    @Test("A client that sends its request slowly is told 408, and holds up nobody")
    func slowHead() throws {
        let place = try Place { limits in
            limits.threads = 1
            limits.headMilliseconds = 300
        }
        let slow = try place.client()
        try slow.send("GET /v1 HTTP/1.1\r\nHost:")
        let other = try place.client()
        #expect(try other.get("/v1").status == 200)
        let answer = try slow.answer()
        #expect(answer.status == 408)
        #expect(try slow.isClosed())
    }

    @Test("A client that does not take its answer is cut off, and holds up nobody")
    func slowAnswer() throws {
        let place = try Place { limits in
            limits.threads = 1
            limits.connections = 2
            limits.answerMilliseconds = 500
        }
        try place.database.execute(
            "INSERT INTO products(product_id, name) VALUES ('big', hex(zeroblob(8000000)))")
        let slow = try place.client()
        // More than sockets buffer: it is not read here.
        try slow.begin("GET", "/v1/products/big")
        try slow.begin("GET", "/v1/products/big")
        let other = try place.client()
        #expect(try other.get("/v1").status == 200)
        // Its place is free when it is cut off. Looking at its own connection would be taking.
        let isFree = try eventually {
            let third = try place.client()
            try? third.begin("GET", "/v1")
            return (try? third.answer().status) == 200
        }
        #expect(isFree)
        #expect(try other.get("/v1").status == 200)
    }

    @Test("A whole large answer arrives where it is taken")
    func largeAnswer() throws {
        let place = try Place()
        try place.database.execute(
            "INSERT INTO products(product_id, name) VALUES ('big', hex(zeroblob(8000000)))")
        let client = try place.client()
        #expect(try client.get("/v1/products/big").body.count > 16_000_000)
        #expect(try client.get("/v1").status == 200)
    }

    @Test("Requests sent at once are answered in their order")
    func pipeline() throws {
        let place = try Place(rows: "INSERT INTO orders(order_id) VALUES (1), (2), (3)")
        let client = try place.client()
        for id in 1...3 { try client.begin("GET", "/v1/orders/\(id)") }
        for id in 1...3 { #expect(try client.answer()["order_id"].integer == id) }
    }

    @Test(
        "What is no request is refused, and the connection ends",
        arguments: [
            ("nonsense\r\n\r\n", 400),
            ("GET /v1 HTTP/1.1\r\n\r\n", 400),
            ("GET /v1 HTTP/3.0\r\nHost: x\r\n\r\n", 505),
            ("GET /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 413),
            ("GET /v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413),
            ("GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\n", 414),
            (
                "GET /v1 HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "x", count: 17_000))\r\n",
                431
            ),
        ])
    func malformed(bytes: String, status: Int) throws {
        let place = try Place()
        let client = try place.client()
        try client.send(bytes)
        #expect(try client.answer().status == status)
        #expect(try client.isClosed())
        #expect(try place.client().get("/v1").status == 200)
    }

    @Test("A database that somebody holds is told as busy, and read again when it is free")
    func busy() throws {
        // In the old journal mode, a writer keeps readers out.
        let place = try Place(journal: "DELETE")
        try place.database.execute("BEGIN EXCLUSIVE")
        let client = try place.client()
        let answer = try client.get("/v1/orders")
        #expect(answer.status == 503)
        #expect(answer.code == "database_busy")
        #expect(answer["retryable"] == true)
        try place.database.execute("COMMIT")
        #expect(try client.get("/v1/orders").status == 200)
    }
}

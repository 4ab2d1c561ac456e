import Hub
import HubServer
import TestSupport
import Testing
import Wire

/// All connections together hold a bounded amount of requests and of answers.
@Suite("HTTP: what all connections hold", .serialized)
struct HTTPHeldTests {
    private static let batch = "POST /v1/messages/batch HTTP/1.1\r\nHost: h\r\n"
    private static let blanks = [UInt8](repeating: 0x20, count: 14 << 20)

    /// A hub whose one loop has the least share of both.
    ///
    /// - Parameter page: milliseconds that a page waits for room; half of it without a byte, and a
    ///   client is idle.
    private func hub(page: Int = 300) throws -> RunningHub {
        try RunningHub(loops: 1) {
            ($0.requestBytesHeld, $0.answerBytesHeld) = (0, 0)
            $0.deadlines.page = Deadlines.milliseconds(page)
        }
    }

    private func held(_ what: String, _ client: RawClient) throws -> Int {
        Int(try client.metric("message_center_\(what)_bytes_held") ?? -1)
    }

    @Test(
        "Large requests that do not end are refused when they are too many, small ones never",
        arguments: [
            "Content-Length: 15000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nE00000\r\n",
        ])
    func requests(_ framing: String) throws {
        // Nobody is idle here.
        let hub = try hub(page: 60_000)
        let observer = try hub.client()
        var clients: [RawClient] = []
        var refused = 0
        for _ in 0..<6 {
            let client = try hub.client()
            try client.send(Self.batch + framing)
            try? client.send(Self.blanks)
            clients.append(client)
            // What was sent has come, or was refused.
            client.timeout = .milliseconds(500)
            guard let answer = try? client.answer() else { continue }
            refused += 1
            expectProblem(answer, 503, "overloaded")
            #expect(answer[field: "Retry-After"] == "1")
            #expect(answer[field: "Connection"] == "close")
        }
        #expect((1...5).contains(refused))
        #expect(try held("request", observer) > 14 << 20)
        #expect(try held("request", observer) <= Limits.leastShare + Limits.batchBytes)
        // A small one goes through, also in pieces.
        let body = #"{"topic":"A_B","wid":1,"body":1}"#
        let pieces = try hub.client()
        let head = "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 32\r\n\r\n"
        for byte in (head + body).utf8 { try pieces.send([byte]) }
        #expect(try pieces.answer().status == 201)
        clients.removeAll()
        let isFree = try eventually { try held("request", observer) == 0 }
        #expect(isFree)
        let large = try hub.client()
        try large.send(Self.batch + "Content-Length: \(Self.blanks.count)\r\n\r\n")
        try large.send(Self.blanks)
        #expect(try large.answer().status == 400)
    }

    @Test("Who takes nothing of its answers goes when others need the room; publishes never wait")
    func answers() throws {
        let hub = try hub()
        let publisher = try hub.client()
        for _ in 0..<64 {
            try publisher.publish(wid: 0, body: .text(String(repeating: "x", count: 250_000)))
        }
        let wish = #"{"limit":1000,"maxBytes":16777216}"#
        var lazy: [RawClient] = []
        for wid in 1...16 {
            let client = try hub.client()
            try client.beginPull(wid, wish)
            lazy.append(client)
        }
        let isFull = try eventually { try held("answer", publisher) >= Limits.leastShare }
        #expect(isFull)
        #expect(try held("answer", publisher) <= Limits.leastShare + 3 * Limits.pullBytes)
        // Where nobody has been idle for long enough, others wait, and then are told so.
        let look = try publisher.get("/v1/warehouses/5/messages")
        #expect(look.code == "overloaded" || look.status == 200)
        for _ in 0..<3 { try publisher.begin("POST", "/v1/messages", Self.small) }
        for _ in 0..<3 { #expect(try publisher.answer().status == 201) }
        #expect(try eventually { try hub.client().pull(100, ["limit": 1]).messages.count == 1 })
        #expect(try publisher.metric("message_center_connections_cut_off_total") ?? 0 >= 1)
        // Not one more than was needed.
        #expect(try held("answer", publisher) >= Limits.leastShare - 2 * Limits.pullBytes)
        // Who reads at last gets its page, or was cut off, or told to come again.
        for client in lazy {
            if let answer = try? client.answer() { #expect([200, 503].contains(answer.status)) }
        }
        let isFree = try eventually { try held("answer", publisher) == 0 }
        #expect(isFree)
    }

    @Test("Large requests that have stopped coming make room for those that come")
    func stalled() throws {
        let hub = try hub()
        let observer = try hub.client()
        var stalled: [RawClient] = []
        for _ in 0..<6 {
            let client = try hub.client()
            try client.send(Self.batch + "Content-Length: 15000000\r\n\r\n")
            try? client.send(Self.blanks)
            stalled.append(client)
        }
        let whole = Self.batch + "Content-Length: \(Self.blanks.count)\r\n\r\n"
        let isTaken = eventually {
            guard let client = try? hub.client(), (try? client.send(whole)) != nil else {
                return false
            }
            try? client.send(Self.blanks)
            return (try? client.answer())?.status == 400
        }
        #expect(isTaken)
        #expect(try observer.metric("message_center_connections_cut_off_total") ?? 0 >= 1)
    }

    @Test("What one client does not take, or sends in pieces, leaves half of the room to others")
    func payers() throws {
        let folder = try TemporaryFolder()
        func warehouse(_ wids: [UInt32]) throws -> String {
            try TokenFile(data: folder.path).create(
                name: "w", role: .warehouse, topics: [], wids: wids, now: 0)
        }
        let greedy = try warehouse(Array(1...8))
        let modest = try warehouse([100])
        let admin = try TokenFileMaker.admin(folder)
        // Nobody is idle here, and none of the answers taken: the greedy one alone is held back.
        let hub = try RunningHub(folder: folder, loops: 1) {
            ($0.requestBytesHeld, $0.answerBytesHeld) = (0, 0)
            $0.deadlines.page = Deadlines.milliseconds(60_000)
        }
        let observer = try hub.client()
        func bearer(_ token: String) -> [String: String] { ["Authorization": "Bearer \(token)"] }
        for _ in 0..<64 {
            let text = String(repeating: "x", count: 250_000)
            let body = "{\"topic\":\"A_B\",\"wid\":0,\"body\":\"\(text)\"}"
            let answer = try observer.request(
                "POST", "/v1/messages", body, fields: bearer(admin))
            #expect(answer.status == 201)
        }
        func held(_ what: String) throws -> Int {
            let text = try observer.request("GET", "/metrics", fields: bearer(admin)).text
            let line = text.split(separator: "\n").first {
                $0.hasPrefix("message_center_\(what)_bytes_held ")
            }
            return line.flatMap { Int($0.split(separator: " ")[1]) } ?? -1
        }
        let wish = #"{"limit":1000,"maxBytes":16777216}"#
        let clients = try (1...8).map { wid in
            let client = try hub.client()
            try client.begin(
                "POST", "/v1/warehouses/\(wid)/pull", wish, fields: bearer(greedy))
            return client
        }
        let isHalfFull = try eventually { try held("answer") >= Limits.leastShare / 2 }
        #expect(isHalfFull)
        for _ in 0..<20 {
            let page = try observer.request(
                "POST", "/v1/warehouses/100/pull", #"{"limit":1}"#, fields: bearer(modest))
            #expect(page.messages.count == 1)
        }
        #expect(try held("answer") <= Limits.leastShare / 2 + 2 * Limits.pullBytes)
        for client in clients {
            #expect(try client.answer().status == 200, "and each gets its page when it reads")
        }
    }

    private static let small = #"{"topic":"A_B","wid":1,"body":1}"#

    @Test("A page that is held back for the writer is counted, and counts no more afterwards")
    func heldPages() throws {
        let hub = try hub()
        let client = try hub.client()
        for _ in 0..<8 {
            try client.publish(wid: 0, body: .text(String(repeating: "x", count: 250_000)))
        }
        for wid in 1...20 {
            let page = try client.pull(wid, ["autocommit": true, "maxBytes": 16_777_216])
            #expect(page.messages.count == 8)
        }
        #expect(try held("answer", client) == 0)
        #expect(try held("request", client) == 0)
    }
}

import Foundation
import Platform
import TestSupport
import Testing
import Wire

/// kill -9 of the hub again and again under load.
@Suite(.serialized) struct KillTests {
    /// What the publishers were told, and must find again.
    private struct Book {
        /// By id: the index that the hub acknowledged.
        var acknowledged: [String: Int] = [:]
        /// By id: what was sent.
        var sent: [String: Sent] = [:]
        var mistakes: [String] = []
    }

    private struct Sent {
        let wid: Int
        let number: Int
    }

    /// By warehouse: what its client was handed and committed.
    private struct Progress {
        var committed = 0
        var mistakes: [String] = []
    }

    private static let wids = [0, 1, 2, 3]
    private static let rounds = 8

    @Test("Every acknowledged message is there once, indexes are dense, commits are kept")
    func killedAgainAndAgain() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("KillTests: seed \(seed)")
        var random = SplitMix(seed)
        let folder = try TemporaryFolder()
        let book = Locked(Book())
        let progress = Locked([1: Progress(), 2: Progress(), 3: Progress()])
        let waiting = Locked([[(id: String, text: String)]](repeating: [], count: 4))
        for round in 0..<Self.rounds {
            let hub = try HubProcess(folder: folder)
            let endpoint = hub.endpoint
            let isOver = Locked(false)
            let seeds = (0..<7).map { _ in random.next() }
            let milliseconds = UInt32.random(in: 20...400, using: &random)
            let killer = try OSThread.start(name: "killer") {
                usleep(milliseconds * 1000)
                hub.kill()
                isOver.withLock { $0 = true }
            }
            _ = try concurrently(7) { number in
                if number < 4 {
                    let rest = waiting.withLock { $0[number] }
                    let left = Self.publish(
                        endpoint, number, round, seeds[number], again: rest, book, isOver)
                    waiting.withLock { $0[number] = left }
                } else {
                    Self.consume(endpoint, number - 3, round, progress, isOver)
                }
            }
            killer.join()
        }
        try verify(folder, book.withLock { $0 }, progress.withLock { $0 }, seed)
    }

    // MARK: Load

    /// Publishes until the hub is gone, first again what was not acknowledged last time; returns
    /// what is not acknowledged now.
    private static func publish(
        _ endpoint: Endpoint, _ number: Int, _ round: Int, _ seed: UInt64,
        again: [(id: String, text: String)], _ book: Locked<Book>, _ isOver: Locked<Bool>
    ) -> [(id: String, text: String)] {
        var random = SplitMix(seed)
        var ids = MessageIDs(seed: seed, from: 1_790_000_000_000 + UInt64(round) * 1_000_000)
        var pending = again
        var count = 0
        do {
            let client = try RawClient(endpoint)
            if !pending.isEmpty {
                try send(client, pending, book)
                pending = []
            }
            while !isOver.withLock({ $0 }) {
                let size = number.isMultiple(of: 2) ? 1 : Int.random(in: 1...60, using: &random)
                pending = (0..<size).map { _ in
                    let id = ids.next()
                    let wid = wids.randomElement(using: &random)!
                    count += 1
                    let mark = number * 1_000_000 + round * 100_000 + count
                    book.withLock { $0.sent[id] = Sent(wid: wid, number: mark) }
                    let text =
                        "{\"topic\":\"A_Changed\",\"wid\":\(wid),\"body\":\(mark),\"id\":\"\(id)\"}"
                    return (id, text)
                }
                try send(client, pending, book)
                pending = []
            }
        } catch {}
        return pending
    }

    /// Sends one message alone, several as a batch, and notes what the hub says.
    private static func send(
        _ client: RawClient, _ messages: [(id: String, text: String)], _ book: Locked<Book>
    ) throws {
        if messages.count == 1 {
            let answer = try client.request("POST", "/v1/messages", messages[0].text)
            note([messages[0].id], [answer.integer("index")], answer, book)
        } else {
            let text = messages.map(\.text).joined(separator: "\n")
            let answer = try client.request(
                "POST", "/v1/messages/batch", text, type: "application/x-ndjson")
            var indexes = answer["indexes"].elements?.map { $0.integer } ?? []
            if indexes.isEmpty, let first = answer.integer("firstIndex") {
                indexes = messages.indices.map { first + $0 }
            }
            note(messages.map(\.id), indexes, answer, book)
        }
    }

    private static func note(
        _ ids: [String], _ indexes: [Int?], _ answer: Answer, _ book: Locked<Book>
    ) {
        book.withLock { book in
            guard answer.status == 200 || answer.status == 201, ids.count == indexes.count else {
                book.mistakes.append(answer.text)
                return
            }
            for (id, index) in zip(ids, indexes) {
                let before = book.acknowledged.updateValue(index ?? -1, forKey: id)
                if before != nil, before != index { book.mistakes.append("\(id) moved") }
            }
        }
    }

    /// Pulls and commits as `wid` until the hub is gone.
    private static func consume(
        _ endpoint: Endpoint, _ wid: Int, _ round: Int, _ progress: Locked<[Int: Progress]>,
        _ isOver: Locked<Bool>
    ) {
        var mine = progress.withLock { $0[wid]! }
        var commit = mine.committed
        defer { progress.withLock { $0[wid] = mine } }
        do {
            let client = try RawClient(endpoint)
            var isFirst = true
            while !isOver.withLock({ $0 }) {
                let page = try client.request(
                    "POST", "/v1/warehouses/\(wid)/pull",
                    """
                    {"session":"round\(round)","takeOver":true,"limit":50,"wait":1,\
                    "commit":\(isFirst ? 0 : commit)}
                    """)
                guard page.status == 200, let committed = page.integer("committed") else {
                    mine.mistakes.append(page.text)
                    return
                }
                // What was acknowledged is kept; one commit more may be, whose answer was lost.
                if committed < mine.committed {
                    mine.mistakes.append("committed \(mine.committed), found \(committed)")
                }
                if let first = page.indexes.first, first <= committed {
                    mine.mistakes.append("\(first) was handed out below \(committed)")
                }
                mine.committed = max(mine.committed, committed)
                commit = page.next
                isFirst = false
            }
        } catch {}
    }

    // MARK: Afterwards

    private func verify(
        _ folder: TemporaryFolder, _ book: Book, _ progress: [Int: Progress], _ seed: UInt64
    ) throws {
        let hub = try HubProcess(folder: folder)
        let client = try hub.client()
        #expect(book.mistakes.isEmpty, "seed \(seed)")
        #expect(book.acknowledged.count > 50, "seed \(seed): the hub was hardly under load")
        let head = try #require(try client.get("/v1/warehouses").integer("head"))
        // Who sees everything: the lines of all wids together.
        var found: [String: Int] = [:]
        var indexes: [Int: (wid: Int, body: Int)] = [:]
        for wid in 1...3 {
            #expect(progress[wid]?.mistakes == [], "seed \(seed)")
            let kept = try client.get("/v1/warehouses/\(wid)").integer("committed") ?? -1
            #expect(kept >= progress[wid]!.committed, "seed \(seed)")
            try read(client, wid) { message, ordinal in
                let index = message["index"]?.integer ?? -1
                #expect(message["ordinal"]?.integer == ordinal, "seed \(seed)")
                let id = message["id"]?.text ?? ""
                if let before = found[id] { #expect(before == index, "seed \(seed): \(id) twice") }
                found[id] = index
                indexes[index] = (message["wid"]?.integer ?? -1, message["body"]?.integer ?? -1)
            }
        }
        #expect(indexes.keys.sorted() == Array(1...head), "seed \(seed)")
        #expect(found.count == head, "seed \(seed)")
        for (id, index) in book.acknowledged {
            #expect(found[id] == index, "seed \(seed): \(id) was acknowledged")
        }
        for (id, index) in found {
            let sent = try #require(book.sent[id])
            #expect(indexes[index]! == (sent.wid, sent.number), "seed \(seed)")
        }
        try expectOrder(book, found, seed)
    }

    /// What one publisher sent after another was acknowledged lies behind it.
    private func expectOrder(_ book: Book, _ found: [String: Int], _ seed: UInt64) throws {
        var last: [Int: (number: Int, index: Int)] = [:]
        for (id, index) in found.sorted(by: { $0.value < $1.value }) {
            let number = book.sent[id]!.number
            let publisher = number / 1_000_000
            if let before = last[publisher] {
                #expect(before.number < number, "seed \(seed): order of \(publisher) at \(index)")
            }
            last[publisher] = (number, index)
        }
    }

    /// Reads the whole line of `wid`.
    private func read(
        _ client: RawClient, _ wid: Int, _ visit: (JSONValue, _ ordinal: Int) throws -> Void
    ) throws {
        var (after, ordinal, more) = (0, 0, true)
        while more {
            let page = try client.get("/v1/warehouses/\(wid)/messages?after=\(after)&limit=1000")
            for message in page.messages {
                ordinal += 1
                try visit(message, ordinal)
            }
            (after, more) = (page.next, page.more ?? false)
        }
    }

    // MARK: Single promises

    @Test("A retry after the kill, with the same ids, makes no second message")
    func retry() throws {
        let folder = try TemporaryFolder()
        var ids = MessageIDs()
        let lines = (0..<200).map {
            "{\"topic\":\"A_Changed\",\"wid\":1,\"body\":\($0),\"id\":\"\(ids.next())\"}"
        }
        let text = lines.joined(separator: "\n")
        let path = "/v1/messages/batch"
        let first = try HubProcess(folder: folder)
        let told = try first.client().request("POST", path, text, type: "application/x-ndjson")
        first.kill()
        let second = try HubProcess(folder: folder)
        let client = try second.client()
        let again = try client.request("POST", path, text, type: "application/x-ndjson")
        #expect(told.status == 201)
        #expect(again.status == 200)
        #expect(again["ids"] == told["ids"])
        #expect(again["indexes"].elements?.map { $0.integer } == Array(1...200))
        #expect(try client.publish(wid: 1).integer("index") == 201)
    }

    @Test(
        "A first position, a take-over, a commit, a pause and a seek outlive the kill that follows")
    func kept() throws {
        let folder = try TemporaryFolder()
        let first = try HubProcess(folder: folder)
        var client = try first.client()
        for _ in 0..<10 { try client.publish(wid: 0) }
        _ = try client.pull(1, ["start": 4, "session": "a"])
        _ = try client.pull(2, ["session": "a"])
        _ = try client.pull(2, ["session": "b", "takeOver": true])
        _ = try client.pull(3)
        _ = try client.post("/v1/warehouses/3/commit", ["index": 7])
        _ = try client.pull(4)
        _ = try client.post("/v1/warehouses/4/pause")
        _ = try client.pull(5)
        _ = try client.post("/v1/warehouses/5/seek", ["to": 9])
        first.kill()
        let second = try HubProcess(folder: folder)
        client = try second.client()
        #expect(try client.pull(1, ["session": "a"]).indexes == Array(5...10))
        #expect(try client.pull(2, ["session": "a"]).code == "session_fenced")
        #expect(try client.pull(2, ["session": "b"]).status == 200)
        #expect(try client.pull(3).indexes == [8, 9, 10])
        #expect(try client.pull(4).status == 423)
        #expect(try client.pull(5).indexes == [10])
    }

    @Test("`autocommit` hands out nothing twice, whenever the hub is killed")
    func autocommitOnce() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("KillTests: autocommit seed \(seed)")
        var random = SplitMix(seed)
        let folder = try TemporaryFolder()
        var handed: [Int] = []
        var count = 0
        for _ in 0..<6 {
            let hub = try HubProcess(folder: folder)
            let client = try hub.client()
            let lines = (0..<300).map { _ in #"{"topic":"A_Changed","wid":1,"body":1}"# }
            _ = try client.request(
                "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                type: "application/x-ndjson")
            count += 300
            let endpoint = hub.endpoint
            let microseconds = UInt32.random(in: 1000...60_000, using: &random)
            let killer = try OSThread.start(name: "killer") {
                usleep(microseconds)
                hub.kill()
            }
            let pages = try concurrently(3) { _ in
                var indexes: [Int] = []
                do {
                    let client = try RawClient(endpoint)
                    while true {
                        indexes += try client.pull(1, ["autocommit": true, "limit": 3]).indexes
                    }
                } catch {}
                return indexes
            }
            killer.join()
            handed += pages.joined()
        }
        #expect(!handed.isEmpty, "seed \(seed)")
        #expect(Set(handed).count == handed.count, "seed \(seed)")
        let hub = try HubProcess(folder: folder)
        let client = try hub.client()
        var rest: [Int] = []
        var more = true
        while more {
            let page = try client.pull(1, ["autocommit": true, "limit": 1000])
            rest += page.indexes
            more = page.more ?? false
        }
        // At most once: what was on its way when the hub was killed is lost, and that is bounded.
        #expect(Set(handed).isDisjoint(with: rest), "seed \(seed)")
        #expect(rest.isEmpty || rest == Array(rest[0]...count), "seed \(seed)")
        #expect(count - handed.count - rest.count <= 6 * 3 * 3, "seed \(seed)")
    }

    @Test("A stop by SIGTERM answers waiting pulls and exits 0")
    func terminated() throws {
        let hub = try HubProcess()
        let client = try hub.client()
        try client.publish(wid: 1)
        let waiter = try hub.client()
        try waiter.beginPull(2, #"{"wait":60}"#)
        #expect(try client.expectWaiting(1))
        let ended = try hub.stop()
        #expect(ended.status == 0)
        #expect(try waiter.answer().messages.isEmpty)
        let again = try HubProcess(folder: hub.folder)
        #expect(try again.client().pull(1).indexes == [1])
    }
}

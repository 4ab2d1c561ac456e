import Foundation
import Platform
import TestSupport
import Testing
import Wire

/// kill -9 of the hub while dead letters are reported and ordered.
@Suite(.serialized) struct LetterKillTests {
    /// What one client and its operator were told of the letters.
    private struct Book {
        /// By message: the number, and the state that was acknowledged.
        var letters: [String: (number: Int, state: String)] = [:]
        /// Orders acknowledged and not done.
        var orders: [Int: String] = [:]
        /// The message and the order whose answer was lost.
        var unsure: Set<Int> = []
        var unsureMessage: String?
        var mistakes: [String] = []
    }

    private func report(
        _ client: RawClient, _ id: String, _ state: String, _ book: inout Book
    ) throws {
        book.unsureMessage = id
        let answer = try client.post(
            "/v1/warehouses/7/dead-letters",
            ["id": .text(id), "index": 1, "topic": "A_B", "state": .text(state), "body": [1]])
        book.unsureMessage = nil
        guard let number = answer.integer("n"), answer["state"].text == state else {
            return book.mistakes.append(answer.text)
        }
        if let before = book.letters[id], before.number != number {
            book.mistakes.append("\(id) was \(before.number) and is \(number)")
        }
        book.letters[id] = (number, state)
        if state == "done" { book.orders[number] = nil }
    }

    private func order(_ client: RawClient, _ number: Int, _ book: inout Book) throws {
        book.unsure.insert(number)
        let answer = try client.post("/v1/dead-letters/\(number)/retry")
        book.unsure.remove(number)
        guard answer["action"].text == "retry" else { return book.mistakes.append(answer.text) }
        book.orders[number] = "retry"
    }

    @Test("What was acknowledged of reports and orders outlives every kill")
    func killedAgainAndAgain() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("LetterKillTests: seed \(seed)")
        var random = SplitMix(seed)
        var ids = MessageIDs(seed: seed)
        let folder = try TemporaryFolder()
        var book = Book()
        for _ in 0..<6 {
            let hub = try HubProcess(folder: folder)
            let client = try hub.client()
            try client.pull(7)
            let orders = try check(client, book, seed)
            for number in book.unsure { book.orders[number] = orders[number] }
            book.unsure = []
            let microseconds = UInt32.random(in: 5000...120_000, using: &random)
            let killer = try OSThread.start(name: "killer") {
                usleep(microseconds)
                hub.kill()
            }
            do {
                if let id = book.unsureMessage { try report(client, id, "done", &book) }
                while true {
                    let open = book.letters.filter { $0.value.state == "dead" }.keys.sorted()
                    switch open.randomElement(using: &random) {
                    case let id? where random.oneIn(3): try report(client, id, "done", &book)
                    case let id? where random.oneIn(2):
                        try order(client, book.letters[id]!.number, &book)
                    default: try report(client, ids.next(), "dead", &book)
                    }
                }
            } catch {}
            killer.join()
        }
        #expect(book.mistakes == [], "seed \(seed)")
        #expect(book.letters.count > 10, "seed \(seed): it was hardly under load")
        let hub = try HubProcess(folder: folder)
        try check(hub.client(), book, seed)
    }

    /// Compares what the hub has with what was acknowledged.
    ///
    /// - Returns: the orders that the hub has, by number: so what became of one whose answer was
    ///   lost is known from then on.
    @discardableResult
    private func check(_ client: RawClient, _ book: Book, _ seed: UInt64) throws -> [Int: String] {
        var found: [String: (number: Int, state: String, action: String?)] = [:]
        var token: String? = "0"
        while let from = token {
            let page = try client.get("/v1/dead-letters?state=all&limit=1000&pageToken=\(from)")
            for letter in page["deadLetters"].elements ?? [] {
                found[letter["id"]!.text!] = (
                    letter["n"]!.integer!, letter["state"]!.text!, letter["action"]!.text
                )
            }
            token = page["nextPageToken"].text
        }
        for (id, told) in book.letters {
            let letter = try #require(found[id], "seed \(seed): \(id) was acknowledged")
            #expect(letter.number == told.number, "seed \(seed)")
            guard id != book.unsureMessage, !book.unsure.contains(told.number) else { continue }
            #expect(letter.state == told.state, "seed \(seed)")
            #expect(letter.action == book.orders[told.number], "seed \(seed)")
        }
        let strangers = found.keys.filter { book.letters[$0] == nil && $0 != book.unsureMessage }
        #expect(strangers == [], "seed \(seed)")
        let open = found.values.count { $0.state == "dead" }
        #expect(try client.get("/v1/warehouses/7").integer("deadLetters") ?? 0 == open)
        let orders = found.values.compactMap { letter in letter.action.map { (letter.number, $0) } }
        return Dictionary(uniqueKeysWithValues: orders)
    }
}

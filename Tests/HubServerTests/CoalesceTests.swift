import Hub
import Platform
import TestSupport
import Testing
import Wire

/// Runs melted together within a page.
@Suite struct CoalesceTests {
    private let hub: RunningHub
    private let client: RawClient

    init() throws {
        hub = try RunningHub()
        client = try hub.client()
    }

    /// Publishes `Created:k`, `Changed:k` … of entity E to wid 1; the body is the index.
    private func publish(_ words: String) throws {
        for (place, word) in words.split(separator: " ").enumerated() {
            let parts = word.split(separator: ":", omittingEmptySubsequences: false).map(
                String.init)
            let topic = parts[0].contains("_") ? parts[0] : "E_\(parts[0])"
            let wid = parts.count > 2 ? Int(parts[2]) ?? 1 : 1
            let key = parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil
            let body = JSONValue.number("\(place + 1)")
            #expect(
                try client.publish(topic: topic, wid: wid, key: key, body: body).status == 201)
        }
    }

    /// A page as `index(lastIndex)`, with `c` where a Created is in the run.
    private func page(_ mode: JSONValue, _ more: [JSONValue.Member] = []) throws -> String {
        let answer = try client.pull(1, .object([.init("coalesce", mode)] + more))
        for message in answer.messages {
            // Of its last: id, topic, body.
            #expect(message["body"]?.integer == message["lastIndex"]?.integer)
        }
        return answer.messages.map { message in
            let index = message["index"]?.integer ?? -1
            let last = message["lastIndex"]?.integer ?? -1
            let created = message["createdInRun"]?.boolean == true ? "c" : ""
            return index == last ? "\(index)\(created)" : "\(index)-\(last)\(created)"
        }.joined(separator: " ")
    }

    @Test("A page ends when 16 MiB of messages were looked at, though few of them are shown")
    func looksAtBytes() throws {
        let large = JSONValue.text(String(repeating: "x", count: 250_000))
        for _ in 0..<100 { try client.publish(topic: "A_Changed", wid: 1, key: "k", body: large) }
        let page = try client.pull(1, ["limit": 1000, "coalesce": true])
        let looked = try #require(page.messages.first?["coalesced"]?.integer) + 1
        #expect(page.messages.count == 1)
        let most = Limits.coalesceLooks / 250_000
        #expect((most - 1...most).contains(looked))
        #expect(page.next == looked)
        #expect(page.more == true)
        let rest = try client.pull(
            1, ["limit": 1000, "coalesce": true, "commit": .number("\(looked)")])
        #expect(rest.next == 100)
        #expect(rest.integer("count", "coalesced") == 100 - looked - 1)
    }

    @Test(
        "What a run is, per key and adjacent",
        arguments: [
            // Changed after Changed melts; other keys do not end a run, unless adjacent.
            ("Changed:a Changed:a Changed:a", "1-3", "1-3"),
            ("Changed:a Changed:b Changed:a", "1-3 2", "1 2 3"),
            ("Changed:a Changed:b Changed:b Changed:a", "1-4 2-3", "1 2-3 4"),
            // A Created may be first, and only first.
            ("Created:a Changed:a Changed:a", "1-3c", "1-3c"),
            ("Changed:a Created:a Changed:a", "1 2-3c", "1 2-3c"),
            ("Created:a Created:a", "1c 2c", "1c 2c"),
            ("Created:a Changed:b Changed:a", "1-3c 2", "1c 2 3"),
            // Any other message of the key ends it, and is never swallowed.
            ("Changed:a Deleted:a Changed:a", "1 2 3", "1 2 3"),
            ("Changed:a Deleted:a", "1 2", "1 2"),
            ("Deleted:a Deleted:a", "1 2", "1 2"),
            ("Created:a Changed:a Deleted:a Created:a Changed:a", "1-2c 3 4-5c", "1-2c 3 4-5c"),
            ("Changed:a Paid:a Changed:a", "1 2 3", "1 2 3"),
            ("Changed:a Deleted:b Changed:a", "1-3 2", "1 2 3"),
            // Without a key: never; but it does not end others' runs.
            ("Changed: Changed:", "1 2", "1 2"),
            ("Changed:a Changed: Changed:a", "1-3 2", "1 2 3"),
            // Another entity, or another wid, is another run.
            ("E_Changed:a F_Changed:a E_Changed:a", "1-3 2", "1 2 3"),
            ("F_Deleted:a E_Changed:a F_Deleted:a E_Changed:a", "1 2-4 3", "1 2 3 4"),
            ("Changed:a:1 Changed:a:0 Changed:a:1", "1-3 2", "1 2 3"),
            ("Changed:a:1 Deleted:a:0 Changed:a:1", "1-3 2", "1 2 3"),
            // The entity is what stands before the last bar.
            ("X_E_Changed:a E_Changed:a X_E_Changed:a", "1-3 2", "1 2 3"),
            ("E_changed:a E_changed:a", "1 2", "1 2"),
            // Keys are compared byte for byte: these two look alike.
            ("Changed:\u{E9} Changed:e\u{301} Changed:\u{E9}", "1-3 2", "1 2 3"),
        ])
    func runs(published: String, perKey: String, adjacent: String) throws {
        try publish(published)
        #expect(try page(true) == perKey)
        #expect(try page("key") == perKey)
        #expect(try page("adjacent") == adjacent)
        let off = try client.pull(1, ["coalesce": false])
        #expect(off.messages.count == published.split(separator: " ").count)
        #expect(off.messages.first?["lastIndex"] == nil)
    }

    @Test("A run has id, topic, body and created of its last, index and ordinal of its first")
    func members() throws {
        try client.publish(wid: 2)
        try client.publish(topic: "A_Created", wid: 1, key: "k", body: 1)
        hub.clock.offsetMilliseconds = 10_000
        try client.publish(topic: "A_Changed", wid: 1, key: "k", body: 2)
        let last = try client.publish(topic: "A_Changed", wid: 1, key: "k", body: 3)
        let page = try client.pull(1, ["coalesce": true])
        let run = try #require(page.messages.first)
        #expect(page.messages.count == 1)
        #expect(run["id"] == last["id"])
        #expect(run["created"] == last["created"])
        #expect(run["topic"]?.text == "A_Changed")
        #expect(run["body"]?.integer == 3)
        #expect(run["index"]?.integer == 2)
        #expect(run["ordinal"]?.integer == 1)
        #expect(run["lastIndex"]?.integer == 4)
        #expect(run["coalesced"]?.integer == 2)
        #expect(run["createdInRun"]?.boolean == true)
        #expect(page["count"] == ["from": 1, "to": 3, "filtered": 0, "coalesced": 2])
        #expect(page.next == 4)
    }

    @Test("A message that `topics` leaves out ends its key's run all the same")
    func filteredEnds() throws {
        try publish("Changed:a Deleted:a Changed:a Deleted:b Changed:a")
        let topics = JSONValue.Member("topics", ["E_Changed"])
        #expect(try page(true, [topics]) == "1 3-5")
        #expect(try page("adjacent", [topics]) == "1 3 5")
    }

    @Test("A Created that `topics` leaves out begins no run that is shown")
    func filteredCreated() throws {
        try publish("Changed:a Created:a Changed:a Changed:a")
        #expect(try page(true, [.init("topics", ["E_Changed"])]) == "1 3-4")
    }

    @Test("`limit` counts before coalescing, and nothing beyond the page melts into it")
    func limit() throws {
        try publish("Changed:a Changed:a Changed:a Changed:b Changed:a")
        let page = try client.pull(1, ["coalesce": true, "limit": 2])
        #expect(page.indexes == [1])
        #expect(page.next == 2)
        #expect(page.more == true)
        #expect(page["count"] == ["from": 1, "to": 2, "filtered": 0, "coalesced": 1])
        #expect(page.messages.first?["body"]?.integer == 2)
        let rest = try client.pull(1, ["coalesce": true, "commit": 2])
        #expect(rest.indexes == [3, 4])
        #expect(rest.messages.map { $0["lastIndex"]?.integer } == [5, 4])
    }

    @Test("`next` is never lower than the last index of a run shown, and may be committed")
    func next() throws {
        try publish("Changed:a Changed:b Changed:a")
        let page = try client.pull(1, ["coalesce": true])
        #expect(page.indexes == [1, 2])
        #expect(page.next == 3)
        #expect(try client.pull(1, ["commit": 3]).messages.isEmpty)
    }

    @Test("`maxBytes` bounds a coalesced page by what is shown")
    func maxBytes() throws {
        try publish((0..<50).map { _ in "Changed:a" }.joined(separator: " ") + " Changed:b")
        let page = try client.pull(1, ["coalesce": true, "maxBytes": 400])
        #expect(page.messages.map { $0["lastIndex"]?.integer } == [50])
        #expect(page.next == 50)
        let one = try client.pull(1, ["coalesce": true, "maxBytes": 1])
        #expect(one.indexes == [1])
        #expect(one.next == 1)
    }

    @Test("A run that a large last body would make too large ends before it")
    func largeLast() throws {
        try client.publish(topic: "E_Changed", wid: 1, key: "a", body: 1)
        try client.publish(topic: "E_Changed", wid: 1, key: "b", body: 2)
        let large = JSONValue.text(String(repeating: "x", count: 1000))
        try client.publish(topic: "E_Changed", wid: 1, key: "a", body: large)
        let page = try client.pull(1, ["coalesce": true, "maxBytes": 800])
        #expect(page.messages.map { $0["body"]?.integer } == [1, 2])
        #expect(page.next == 2)
        #expect(page.more == true)
    }
}

import Platform
import TestSupport
import Testing
import Wire

/// A publisher's retry: the same id makes no second message.
@Suite struct PublishAgainTests {
    private let hub: RunningHub
    private let client: RawClient
    private let id = "0199d5f0-6c00-7abc-8def-0123456789ab"

    init() throws {
        hub = try RunningHub()
        client = try hub.client()
    }

    private func text(_ changes: [String: String] = [:]) -> String {
        var members = [
            "topic": "\"A_Changed\"", "wid": "1", "key": "\"k\"", "body": #"{"a":1}"#,
            "occurred": "\"2026-11-20T08:00:00Z\"", "id": "\"\(id)\"",
        ]
        for (name, value) in changes { members[name] = value.isEmpty ? nil : value }
        return "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    private func post(_ changes: [String: String] = [:]) throws -> Answer {
        try client.request("POST", "/v1/messages", text(changes))
    }

    @Test("The same id with the same content gets the first answer, marked as a duplicate")
    func again() throws {
        let first = try post()
        try client.publish(wid: 1)
        hub.clock.offsetMilliseconds = 60_000
        let second = try post()
        #expect(first.status == 201)
        #expect(second.status == 200)
        #expect(second["duplicate"].boolean == true)
        for member in ["id", "index", "created"] { #expect(first[member] == second[member]) }
        #expect(second[field: "Location"] == first[field: "Location"])
        #expect(try client.pull(1).indexes == [1, 2])
    }

    @Test(
        "Content is what it says, not how it is written",
        arguments: [
            ["body": "{ \"a\" : 1 }"], ["occurred": "\"2026-11-20T16:00:00.000+08:00\""],
            ["key": #""\u006b""#], ["id": "\"0199D5F0-6C00-7ABC-8DEF-0123456789AB\""],
        ])
    func writtenOtherwise(changes: [String: String]) throws {
        #expect(try post().status == 201)
        let answer = try post(changes)
        #expect(answer.status == 200)
        #expect(answer["id"].text == id)
    }

    @Test(
        "The same id with other content is a conflict, and nothing is stored",
        arguments: [
            ["topic": "\"A_Created\""], ["wid": "2"], ["wid": "0"], ["key": "\"K\""], ["key": ""],
            ["body": #"{"a":2}"#], ["body": #"{"a":1.0}"#], ["occurred": ""],
            ["occurred": "\"2026-11-20T08:00:01Z\""],
        ])
    func conflict(changes: [String: String]) throws {
        #expect(try post().status == 201)
        let answer = try post(changes)
        #expect(answer.status == 409)
        #expect(answer.code == "id_conflict")
        #expect(answer.pointers == ["/id"])
        #expect(try client.pull(1).indexes == [1])
        #expect(try client.pull(2).indexes == [])
        #expect(try client.publish(wid: 1).integer("index") == 2)
    }

    @Test("An id is known after a restart")
    func afterRestart() throws {
        let first = try post()
        hub.stop()
        let again = try RunningHub(folder: hub.folder)
        let client = try again.client()
        let second = try client.request("POST", "/v1/messages", text())
        #expect(second.status == 200)
        #expect(second["created"] == first["created"])
        let other = try client.request("POST", "/v1/messages", text(["wid": "9"]))
        #expect(other.status == 409)
    }

    @Test("An id in capitals is given back in small letters")
    func lowerCase() throws {
        let answer = try post(["id": "\"\(id.uppercased())\""])
        #expect(answer["id"].text == id)
        #expect(answer[field: "Location"] == "/v1/messages/\(id)")
        #expect(try client.pull(1).ids == [id])
        #expect(try client.get("/v1/messages/\(id.uppercased())").integer("index") == 1)
    }

    @Test("A message sent again under the id that the hub gave it makes no second one")
    func hubGiven() throws {
        let first = try client.publish(wid: 1, key: "k", body: 1)
        let id = first["id"].text ?? ""
        #expect(try client.publish(wid: 1, key: "k", body: 1, id: id).status == 200)
        #expect(try client.publish(wid: 1, key: "k", body: 2, id: id).status == 409)
        #expect(try client.pull(1).indexes == [1])
    }

    @Test("Many connections retrying the same message at once make one")
    func concurrent() throws {
        let endpoint = hub.endpoint
        let text = text()
        let answers = try concurrently(16) { _ in
            try RawClient(endpoint).request("POST", "/v1/messages", text)
        }
        #expect(answers.count { $0.status == 201 } == 1)
        #expect(answers.count { $0.status == 200 } == 15)
        #expect(Set(answers.map { $0.integer("index") }) == [1])
        #expect(try client.pull(1).indexes == [1])
    }

    @Test("A refused message is not half stored: its id can still be used")
    func refusedIsForgotten() throws {
        #expect(try post(["wid": "-1"]).status == 422)
        #expect(try post(["body": "2"]).status == 201)
    }
}

import TestSupport
import Wire

/// A report of a dead letter, as a client sends it.
struct Letter {
    var id: String
    var index = 1
    var topic = "SaleOrder_Changed"
    var state = "dead"
    var key: String?
    var body: JSONValue? = ["OrderId": "1"]
    var error: String? = "no such order"
    var tries: Int? = 10
    var firstAt: String? = "2026-11-20T08:00:00.000Z"
    var lastAt: String? = "2026-11-20T08:05:00.000Z"

    /// The id of a message by a number.
    static func id(_ number: Int) -> String {
        let digits = String(number)
        return "0193aaaa-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count)
            + digits
    }

    init(_ number: Int, state: String = "dead", key: String? = nil) {
        id = Self.id(number)
        index = number
        self.state = state
        self.key = key
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("id", .text(id)), .init("index", .number(String(index))),
            .init("topic", .text(topic)), .init("state", .text(state)),
        ]
        if let key { members.append(.init("key", .text(key))) }
        if let body { members.append(.init("body", body)) }
        if let error { members.append(.init("error", .text(error))) }
        if let tries { members.append(.init("tries", .number(String(tries)))) }
        if let firstAt { members.append(.init("firstAt", .text(firstAt))) }
        if let lastAt { members.append(.init("lastAt", .text(lastAt))) }
        return .object(members)
    }
}

extension RawClient {
    /// Reports `letter` as the client of `wid`.
    @discardableResult
    func report(_ letter: Letter, wid: Int = 7) throws -> Answer {
        try post("/v1/warehouses/\(wid)/dead-letters", letter.json)
    }

    /// Reports them in one request.
    func reportAll(_ letters: [Letter], wid: Int = 7) throws -> Answer {
        try post("/v1/warehouses/\(wid)/dead-letters/batch", .array(letters.map(\.json)))
    }

    /// Numbers of the dead letters that are listed.
    func letters(_ query: String = "") throws -> [Int] {
        let answer = try get("/v1/dead-letters" + query)
        return (answer["deadLetters"].elements ?? []).map { $0["n"]?.integer ?? -1 }
    }

    /// The commands in an answer to a pull of `wid`, as numbers and actions.
    func commands(_ wid: Int = 7) throws -> [String] { try pull(wid).commands }
}

extension Answer {
    /// Commands of a pull's answer, as numbers and actions.
    var commands: [String] {
        (self["commands"].elements ?? []).map {
            "\($0["action"]?.text ?? "?") \($0["n"]?.integer ?? -1)"
        }
    }
}

import Hub
import HubServer
import TestSupport
import Testing
import Wire

/// Ids that may be in many frames, because a publisher's clock is far off: each search for one has
/// an end, and the next goes on.
@Suite("Old ids that may be anywhere") struct ArchiveLookupTests {
    private static let frames = 30

    /// A message whose id is of 1970 but for `number`, as a machine without a clock makes it, or of
    /// the year 2100.
    private static func message(_ number: Int, isAhead: Bool = false) -> JSONValue {
        let digits = String(1000 + number)
        let time = isAhead ? "03bb2cc3" : "00000000"
        return [
            "topic": "A_Changed", "wid": 7, "body": .number("\(number)"),
            "id": .text("\(time)-\(digits)-7000-8000-00000000\(digits)"),
        ]
    }

    /// A hub whose every archived frame holds both kinds.
    private func archive() throws -> TemporaryFolder {
        let hub = try RunningHub()
        let client = try hub.client()
        for number in 0..<Self.frames {
            let pair = JSONValue.array([
                Self.message(number), Self.message(number, isAhead: true),
            ])
            let answer = try client.request("POST", "/v1/messages/batch", pair.serialized())
            try #require(answer.status == 201, "\(answer.text)")
        }
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: Int64(Self.frames) * 2, perFrame: 2)
        return hub.folder
    }

    /// Asks again as long as it is told to; returns the answer, and how often it was told so.
    private func insist(_ ask: () throws -> Answer) throws -> (answer: Answer, refusals: Int) {
        for refusals in 0...Self.frames * 4 {
            let answer = try ask()
            guard answer.status == 503 else { return (answer, refusals) }
            #expect(answer.code == "overloaded")
            #expect(answer[field: "Retry-After"] == "1")
        }
        throw Unexpected(try ask())
    }

    @Test("Where time is short a publish is told to come again, and gets through by that")
    func short() throws {
        let hub = try RunningHub(folder: try archive()) { $0.lookupMilliseconds = 0 }
        let client = try hub.client()
        let fresh = try insist { try client.post("/v1/messages", Self.message(999)) }
        #expect(fresh.answer.status == 201, "\(fresh.answer.text)")
        #expect(fresh.refusals > Self.frames / 2)
        let known = try insist { try client.post("/v1/messages", Self.message(20)) }
        #expect(known.answer["duplicate"] == true, "\(known.answer.text)")
        #expect(known.answer.integer("index") == 41)
        let batch = JSONValue.array([Self.message(21), Self.message(998), Self.message(5)])
        let several = try insist {
            try client.request("POST", "/v1/messages/batch", batch.serialized())
        }
        #expect(several.answer.status == 201, "\(several.answer.text)")
        #expect(several.answer["indexes"].elements?.map(\.integer) == [43, 62, 11])
        // What is known once is known.
        #expect(try client.post("/v1/messages", Self.message(20)).status == 200)
        let start = Self.message(25)["id"]!
        let sought = try insist {
            try client.post("/v1/warehouses/7/seek", ["to": start, "dryRun": true])
        }
        #expect(sought.answer.code == "unknown_warehouse" || sought.answer.integer("to") == 51)
    }

    @Test("With the usual time it is answered at once, and others are served meanwhile")
    func usual() throws {
        let hub = try RunningHub(folder: try archive())
        let client = try hub.client()
        #expect(try client.post("/v1/messages", Self.message(999)).status == 201)
        #expect(try client.post("/v1/messages", Self.message(12)).integer("index") == 25)
        #expect(try client.pull(7, ["start": "archive"]).indexes.first == 1)
        let seen = try client.get("/v1/messages/\(Self.message(12)["id"]!.text!)")
        #expect(seen.integer("index") == 25, "\(seen.text)")
    }
}

import Foundation
import TestSupport
import Testing
import Wire

/// kill -9 amid a replay: asked for again by the same id it makes no copy twice and misses none.
@Suite(.serialized) struct ReplayKillTests {
    private static let id = "0193aaaa-0000-7000-8000-0000000000aa"
    private static let messages = 3600
    /// Messages of wids 0 and 3, which copies for warehouse 3 are made of.
    private static var sources: [Int] { (1...messages).filter { ($0 - 1) % 4 % 3 == 0 } }

    /// Half of it is in the archive.
    private func data() throws -> TemporaryFolder {
        let hub = try RunningHub()
        let client = try hub.client()
        for start in stride(from: 0, to: Self.messages, by: 900) {
            let lines = (start..<start + 900).map {
                #"{"topic":"A_Changed","wid":\#($0 % 4),"body":{"n":\#($0)}}"#
            }
            let answer = try client.request(
                "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                type: "application/x-ndjson")
            try #require(answer.status == 201, "\(answer.text)")
        }
        hub.stop()
        try ArchiveMove.run(hub.folder.path, through: Int64(Self.messages / 2), perFrame: 700)
        return hub.folder
    }

    /// Asks for slice after slice, from the beginning, to the end.
    private func replay(_ client: RawClient) throws {
        var body: [JSONValue.Member] = [
            .init("filter", [:]), .init("wid", 3), .init("id", .text(Self.id)),
        ]
        while true {
            let answer = try client.post("/v1/archive/replay", .object(body))
            guard answer.status == 200 else { throw Unexpected(answer) }
            guard let token = answer["nextPageToken"].text else { return }
            body.removeAll { $0.name == "pageToken" }
            body.append(.init("pageToken", .text(token)))
        }
    }

    /// The copies in warehouse 3's line, by what they are copies of.
    private func copies(_ client: RawClient) throws -> [Int] {
        var (copies, after, more): ([Int], Int, Bool?) = ([], 0, true)
        while more == true {
            let page = try client.get("/v1/warehouses/3/messages?after=\(after)&limit=1000")
            copies += page.messages.compactMap { $0["replayOf"]?["index"]?.integer }
            (after, more) = (page.next, page.more)
        }
        return copies
    }

    @Test(
        "Killed when its copies are made, within their transaction, behind it, before the answer",
        arguments: [
            "replay.copied", "replay.copied:1", "replay.inserted:500", "replay.inserted:1500",
            "replay.stored", "replay.stored:1",
        ], [[], ["--retention", "1s"]])
    func killed(place: String, arguments: [String]) throws {
        let folder = try data()
        let hub = try HubProcess(
            folder: folder, arguments: arguments,
            environment: ["MESSAGE_CENTER_KILL_AT": place])
        #expect(throws: (any Error).self) { try replay(try hub.client()) }
        #expect(eventually { !hub.isRunning }, "\(place) was never passed: \(hub.told)")
        // What was not stored whole is not there at all, and nothing is there twice.
        let stored = try Holdings(folder.path).all.count - Self.messages
        #expect(stored == 0 || stored == 1000 || stored == Self.sources.count, "\(stored)")

        let again = try HubProcess(folder: folder, arguments: arguments)
        let client = try again.client()
        try replay(client)
        #expect(try copies(client) == Self.sources)
        try replay(client)
        let count = Self.messages + Self.sources.count
        #expect(try client.get("/v1/archive").integer("head") == count)
        #expect(try again.stop().status == 0)
        #expect(try Holdings(folder.path).all.count == count)
    }
}

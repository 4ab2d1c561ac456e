import Foundation
import HubServer
import Platform
import TestSupport
import Wire

/// A hub with something of everything, all of it known: what its pages must show.
///
/// | warehouse | is |
/// | --- | --- |
/// | 105 | ok: all done, with a session that has a name and a version |
/// | 106 | behind, with three dead letters and one parked behind the first |
/// | 107 | paused |
/// | 108 | retired |
/// | 109 | known by name, never seen |
///
/// Of the 60 messages 40 are in the archive.
final class Scene {
    static let messages = 60
    static let archived = 40
    static let wids = [105, 106, 107, 108, 109]
    /// What would do harm if any page took it for markup.
    static let hostile = "<img src=x onerror=\"window.harmed=1\"><script>window.harmed=2</script>"
    static let longName = String(repeating: "Umschlagplatz ", count: 9).prefix(120) + "Nord"

    private(set) var hub: RunningHub
    private(set) var client: RawClient
    let folder: TemporaryFolder

    /// - Parameter archives: whether the oldest messages are moved to the archive.
    init(archives: Bool = true) throws {
        folder = try TemporaryFolder()
        hub = try RunningHub(folder: folder)
        client = try hub.client()
        try publish()
        try warehouses()
        try letters()
        guard archives else { return }
        hub.stop()
        try ArchiveMove.run(folder.path, through: Int64(Self.archived), perFrame: 10)
        hub = try RunningHub(folder: folder)
        client = try hub.client()
        // Leases do not outlive the hub.
        try expect(client.pull(105, ["limit": 10, "session": "north-1", "client": Self.program]))
    }

    private static let program: JSONValue = [
        "name": "shop-sync", "version": "2.7.1", "host": "north-7",
    ]

    private func expect(_ answer: Answer) throws {
        guard answer.status < 300 else { throw Unexpected(answer) }
    }

    private func publish() throws {
        let topics = ["SaleOrder_Changed", "Product_Created", "Promotion_Deleted"]
        let drafts = (1...Self.messages).map { number -> JSONValue in
            let body: JSONValue =
                number % 10 == 0
                ? ["Note": .text(Self.hostile)]
                : ["OrderId": .text("\(10_000 + number)"), "Total": .number("\(number).50")]
            return [
                "topic": .text(topics[number % 3]), "wid": number % 4 == 0 ? 106 : 0,
                "key": .text(number % 10 == 0 ? Self.hostile : "order:\(10_000 + number)"),
                "body": body,
            ]
        }
        try expect(client.post("/v1/messages/batch", .array(drafts)))
    }

    private func warehouses() throws {
        let names = [
            105: "North", 106: String(Self.longName), 107: Self.hostile, 108: "Closed",
            109: "Not yet here",
        ]
        for (wid, name) in names {
            try expect(
                client.request(
                    "PUT", "/v1/warehouses/\(wid)",
                    JSONValue.object([
                        .init("name", .text(name)), .init("expectEverySeconds", 3600),
                    ]).serialized()))
        }
        for wid in [105, 106, 107, 108] {
            let page = try client.pull(
                wid, ["limit": wid == 105 ? 1000 : 8, "session": "north-1", "client": Self.program])
            try expect(page)
            try expect(
                client.post(
                    "/v1/warehouses/\(wid)/commit",
                    ["index": .number("\(page.next)"), "session": "north-1"]))
        }
        try expect(client.pull(106, ["limit": 5, "session": "north-1"]))
        try expect(client.post("/v1/warehouses/106/release", ["session": "north-1"]))
        try expect(client.post("/v1/warehouses/107/pause"))
        try expect(client.post("/v1/warehouses/108/retire"))
    }

    private func letters() throws {
        let line = try client.get("/v1/warehouses/106/messages?after=0&limit=4").messages
        let errors = ["no such order", "no such order", Self.hostile, ""]
        for (number, message) in line.enumerated() {
            let state = number == 3 ? "parked" : "dead"
            try expect(
                client.post(
                    "/v1/warehouses/106/dead-letters",
                    [
                        "id": message["id"] ?? "", "index": message["index"] ?? 0,
                        "topic": message["topic"] ?? "",
                        "key": number == 3 ? line[0]["key"] ?? "" : message["key"] ?? "",
                        "body": message["body"] ?? [:], "error": .text(errors[number]),
                        "tries": number == 3 ? 0 : 10, "firstAt": "2026-11-20T08:00:00.000Z",
                        "lastAt": "2026-11-20T08:05:00.000Z", "state": .text(state),
                    ]))
        }
    }

    // MARK: What the hub says

    func get(_ path: String) throws -> JSONValue {
        let answer = try client.get(path)
        try expect(answer)
        return answer.json
    }

    func warehouse(_ wid: Int) throws -> JSONValue { try get("/v1/warehouses/\(wid)") }

    /// Names of the actions in the audit, the newest first.
    func deeds(_ query: String = "") throws -> [String] {
        try get("/v1/audit\(query)")["entries"]?.elements?.map { $0["action"]?.text ?? "" } ?? []
    }

    // MARK: Away and back

    /// Stops the hub, and returns what starts it again at the same address.
    func leave() -> () throws -> Void {
        let endpoint = hub.endpoint
        hub.stop()
        return { [self] in
            hub = try RunningHub(folder: folder) { $0.listen = endpoint }
            client = try hub.client()
        }
    }
}

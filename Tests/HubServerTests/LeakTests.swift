import Foundation
import HubServer
import Platform
import TestSupport
import Testing
import Wire

/// What an answer must not tell: where the hub's files are, what its store is made of, what it runs
/// on. All of that is for the log, where the request's name leads to it.
@Suite("Answers leak nothing")
struct LeakTests {
    /// Words of the hub's insides, in lower case.
    private static let inner = [
        "sqlite", "select ", "insert ", "pragma", "begin immediate", "no such table", "disk image",
        "i/o error", "errno", "eacces", "enospc", "enoent", ".swift", "swift.", "hubserver",
        "hub.db", "tokens.db", "/tmp", "/proc", "/usr", "openssl", "libcurl", "zlib", "zstd:",
        "fatal", "precondition", "optional(", "thread ", "backtrace",
    ]

    private func expectNothingTold(
        _ answer: Answer, of hub: String = "", _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let told = (answer.fields.map { "\($0.name): \($0.value)" } + [answer.text])
            .joined(separator: "\n").lowercased()
        for word in Self.inner + (hub.isEmpty ? [] : [hub.lowercased()]) {
            #expect(!told.contains(word), "\(what): \(told)", sourceLocation: sourceLocation)
        }
        for field in ["server", "x-powered-by", "via"] {
            #expect(answer[field: field] == nil, sourceLocation: sourceLocation)
        }
        #expect(answer[field: "x-content-type-options"] == "nosniff", "\(what)")
        #expect(answer[field: "cross-origin-resource-policy"] == "same-origin", "\(what)")
    }

    /// Requests of every kind that reads or writes.
    private static let requests: [(method: String, path: String, body: String?)] = [
        ("POST", "/v1/messages", #"{"topic":"A_B","wid":1,"body":1}"#),
        ("POST", "/v1/messages/batch", #"[{"topic":"A_B","wid":1,"body":1}]"#),
        ("POST", "/v1/warehouses/1/pull", #"{"limit":1000}"#),
        ("POST", "/v1/warehouses/1/commit", #"{"index":1}"#),
        ("POST", "/v1/warehouses/1/release", "{}"), ("POST", "/v1/warehouses/1/pause", "{}"),
        ("POST", "/v1/warehouses/1/resume", "{}"), ("POST", "/v1/warehouses/1/retire", "{}"),
        ("POST", "/v1/warehouses/1/revive", "{}"), ("POST", "/v1/warehouses/1/take-over", "{}"),
        ("POST", "/v1/warehouses/1/seek", #"{"to":"earliest"}"#),
        ("PUT", "/v1/warehouses/1", #"{"name":"x"}"#),
        ("POST", "/v1/warehouses/1/dead-letters", #"{"index":1,"state":"dead","error":"x"}"#),
        ("GET", "/v1/warehouses", nil), ("GET", "/v1/warehouses/1", nil),
        ("GET", "/v1/warehouses/1/messages?after=0&limit=1000", nil),
        ("GET", "/v1/warehouses/1/history", nil), ("GET", "/v1/messages?limit=1000", nil),
        ("GET", "/v1/messages/1", nil), ("GET", "/v1/messages/60", nil),
        ("GET", "/v1/messages/01a1fb33-1c9d-7445-a180-000000000001", nil),
        ("GET", "/v1/topics", nil), ("GET", "/v1/stats", nil), ("GET", "/v1/audit", nil),
        ("GET", "/v1/dead-letters", nil), ("GET", "/v1/dead-letters/1", nil),
        ("GET", "/v1/archive", nil), ("POST", "/v1/archive/verify", "{}"),
        ("POST", "/v1/archive/replay", #"{"wid":1,"from":"2020-01-01T00:00:00Z","dryRun":true}"#),
        ("POST", "/v1/archive/prune", #"{"before":1,"dryRun":true}"#),
        ("POST", "/v1/dead-letters/retry", "{}"), ("GET", "/healthz", nil), ("GET", "/readyz", nil),
        ("GET", "/nowhere", nil), ("DELETE", "/v1/topics", nil), ("POST", "/v1/session", "{}"),
        ("POST", "/v1/messages", "{"), ("GET", "/v1/messages?limit=%zz", nil),
        ("GET", "/v1/messages?limit=-1&x=y", nil), ("GET", "/v1/warehouses/0/pull", nil),
    ]

    /// Asks for everything; answers the codes of the refusals.
    private func askAll(_ endpoint: Endpoint, of folder: String) throws -> Set<String> {
        var codes: Set<String> = []
        for (method, path, body) in Self.requests {
            let answer = try RawClient(endpoint).request(method, path, body)
            expectNothingTold(answer, of: folder, "\(method) \(path)")
            if let code = answer.code { codes.insert(code) }
        }
        return codes
    }

    @Test("A sound hub, asked for the wrong things")
    func sound() throws {
        let hub = try RunningHub()
        #expect(try askAll(hub.endpoint, of: hub.folder.path).contains("malformed_json"))
        for head in ["G", "GET / HTTP/3.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}"] {
            let client = try hub.client()
            try client.send(head)
            client.endSending()
            if let answer = try? client.answer() { expectNothingTold(answer, head) }
        }
    }

    @Test("A database that another program holds")
    func held() throws {
        let hub = try RunningHub { $0.busyMilliseconds = 20 }
        try hub.client().publish(wid: 1)
        let holder = try DatabaseHolder(hub.folder.path + "/hub.db")
        #expect(try askAll(hub.endpoint, of: hub.folder.path).isSuperset(of: ["store_busy"]))
        holder.letGo()
    }

    @Test("A database that is damaged, and one that is gone: the log has the words")
    func damaged() throws {
        let folder = try TemporaryFolder()
        do {
            let hub = try HubProcess(folder: folder)
            let line =
                "{\"topic\":\"A_B\",\"wid\":1,\"body\":\"\(String(repeating: "x", count: 900))\"}\n"
            try hub.client().request(
                "POST", "/v1/messages/batch", String(repeating: line, count: 1500))
            try hub.stop()
        }
        let hub = try HubProcess(folder: folder)
        // All but the first pages, which the hub has read, and will not look at again.
        let path = folder.path + "/hub.db"
        var bytes = try RawFile.bytes(path)
        for place in 4096 * 4..<bytes.count { bytes[place] = 0xAA }
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.write(contentsOf: Data(bytes))
        try file.close()
        let codes = try askAll(hub.endpoint, of: folder.path)
        #expect(codes.contains("store_damaged"))
        #expect(eventually { hub.told.contains("malformed") })
    }

    @Test("Files of the archive that are damaged, or gone", arguments: [true, false])
    func archive(isGone: Bool) throws {
        let folder = try TemporaryFolder()
        let first = try RunningHub(folder: folder)
        for number in 1...100 { try first.client().publish(wid: 1, key: "k\(number)") }
        first.stop()
        try ArchiveMove.run(folder.path, through: 90, perFrame: 10)
        let hub = try RunningHub(folder: folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/archive")
        for name in names {
            let path = folder.path + "/archive/" + name
            if isGone {
                try FileManager.default.removeItem(atPath: path)
                continue
            }
            var bytes = try RawFile.bytes(path)
            for place in stride(from: 40, to: bytes.count, by: 50) { bytes[place] ^= 0x55 }
            try RawFile.write(bytes, path)
        }
        let codes = try askAll(hub.endpoint, of: folder.path)
        #expect(codes.contains("archive_damaged") || codes.contains("position_gone"))
    }

    @Test("A disk that is full", .enabled(if: getuid() == 0, "only root may mount a small disk"))
    func full() throws {
        guard let disk = try SmallDisk(megabytes: 16) else { return }
        let hub = try HubProcess(folder: disk.folder, data: disk.path)
        try disk.fill(leaving: 0)
        let large = JSONValue.text(String(repeating: "x", count: 200_000))
        var isFull = false
        for _ in 0..<100 where !isFull {
            let answer = try hub.client().publish(wid: 1, body: large)
            expectNothingTold(answer, of: disk.path, "publish")
            isFull = answer.code == "disk_full"
        }
        #expect(isFull)
        _ = try askAll(hub.endpoint, of: disk.path)
        try disk.makeRoom()
    }

    @Test("An unknown name comes back shortened")
    func names() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let long = String(repeating: "n", count: 30_000)
        for body in ["{\"\(long)\":1}", "{\"\(long)\":1,\"\(long)\":2}"] {
            for path in ["/v1/messages", "/v1/warehouses/1/pull"] {
                let answer = try client.request("POST", path, body)
                #expect([400, 422].contains(answer.status))
                #expect(answer.body.count < 2_000)
            }
        }
    }

    @Test("A stranger is not told which hub it is, nor its version")
    func strangers() throws {
        let folder = try TemporaryFolder()
        let token = try TokenFileMaker.admin(folder)
        let hub = try RunningHub(folder: folder) { $0.version = "9.8.7-test" }
        let client = try hub.client()
        let origin = ["Origin": "http://hub"]
        let known = try client.request(
            "POST", "/v1/session", "{\"token\":\"\(token)\"}", fields: origin)
        let name = try #require(known["hub"].text)
        #expect(known["version"].text == "9.8.7-test")
        for (method, path, body) in Self.requests {
            let answer = try hub.client().request(method, path, body)
            let told = (answer.fields.map(\.value) + [answer.text]).joined(separator: "\n")
            #expect(!told.contains(name) && !told.contains("9.8.7"), "\(path): \(told)")
        }
        let session = try client.get("/v1/session")
        #expect(session["hub"] == .null && session["version"] == .null)
    }
}

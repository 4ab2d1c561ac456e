import Foundation
import MessageCenterClient
import SQLite
import TestSupport
import Testing

@testable import message_center

@Suite("Publishing an outbox", .serialized)
struct OutboxTests {
    private let folder: TemporaryFolder
    private let path: String
    private let database: Connection

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/shop.db"
        let made = try ProgramExit(["publish", "--outbox", path, "--init"])
        #expect(made.status == 0, "\(made.errors)")
        database = try Connection(path: path)
    }

    private func insert(
        _ numbers: Range<Int>, topic: String = "A_B", key: String = "k", body: String? = nil
    ) throws {
        try database.transaction { () throws(SQLiteError) in
            for number in numbers {
                try database.execute(
                    "INSERT INTO message_outbox (topic, wid, key, body) VALUES "
                        + "('\(topic)', 1, '\(key)', '\(body ?? String(number))')")
            }
        }
    }

    private func drain(_ url: String, _ words: [String] = []) throws -> ProgramExit {
        try ProgramExit(["publish", "--outbox", path, "--once", "--hub", url] + words)
    }

    private var left: Int64? {
        get throws { try database.scalar("SELECT count(*) FROM message_outbox") }
    }

    @Test("Its ids are UUIDs of version 7")
    func ids() throws {
        try insert(0..<500)
        let rows = try database.prepare("SELECT id FROM message_outbox ORDER BY seq")
        var ids: Set<String> = []
        while try rows.step() { ids.insert(rows.text(0)) }
        #expect(ids.count == 500)
        for id in ids {
            #expect(
                id.wholeMatch(
                    of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
                    != nil, "\(id)")
        }
        let milliseconds = ids.compactMap {
            UInt64($0.replacing("-", with: "").prefix(12), radix: 16)
        }
        let now = UInt64(Date.now.timeIntervalSince1970 * 1000)
        #expect(milliseconds.allSatisfy { now - 60_000...now + 1 ~= $0 })
    }

    @Test("Rows go out in order, each once, whatever happens on the way")
    func order() throws {
        let hub = try HubProcess()
        let faults: [FaultyProxy.Fault] = [
            .refuse, .loseAnswer, .cutAnswer(after: 40), .busy(503, retryAfter: 0), .none,
        ]
        let proxy = try FaultyProxy(to: hub.endpoint) { faults[$0.number % 5] }
        try insert(0..<300)
        let run = try drain(proxy.url, ["--batch", "50"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("published 300 messages"))
        #expect(
            try HubLine(hub.endpoint, wid: 1).messages.map(\.body) == (0..<300).map(String.init))
        #expect(try left == 0)
    }

    @Test("What the hub or this side refuses is set aside with its reason, and the others go on")
    func refused() throws {
        let hub = try HubProcess()
        try insert(0..<2)
        try insert(2..<3, key: String(repeating: "k", count: 300))
        try insert(3..<4, topic: "A B")
        try insert(4..<5, body: "{")
        try insert(5..<6)
        let run = try drain(hub.url)
        #expect(run.status == 1 && run.output.contains("3 messages, 3 refused"), "\(run.output)")
        #expect(try HubLine(hub.endpoint, wid: 1).messages.map(\.body) == ["0", "1", "5"])
        #expect(try left == 0)
        let rows = try database.prepare(
            "SELECT seq, code, reason FROM message_outbox_refused ORDER BY seq")
        var told: [String] = []
        while try rows.step() {
            told.append("\(rows.int64(0)) \(rows.text(1))")
            #expect(!rows.text(2).isEmpty)
        }
        #expect(told == ["3 invalid_content", "4 invalid", "5 invalid"])
    }

    @Test("A hub that is away leaves the rows where they are")
    func away() throws {
        try insert(0..<3)
        let run = try drain("http://127.0.0.1:1", ["--tries", "2"])
        #expect(run.status == 1 && run.errors.contains("ended early"), "\(run.errors)")
        #expect(try left == 3)
    }

    @Test("Killed at any moment, and started again: each row once, in order")
    func killed() throws {
        let hub = try HubProcess()
        try insert(0..<3000)
        for _ in 0..<6 {
            let process = Process()
            process.executableURL = URL(filePath: HubProcess.program)
            process.arguments = [
                "publish", "--outbox", path, "--hub", hub.url, "--batch", "40",
            ]
            process.environment = TestTLS.processEnvironment
            process.standardError = FileHandle.nullDevice
            let before = try left
            try process.run()
            #expect(try eventually { try left != before })
            usleep(useconds_t.random(in: 0..<20_000))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        #expect(try drain(hub.url).status == 0)
        #expect(
            try HubLine(hub.endpoint, wid: 1).messages.map(\.body) == (0..<3000).map(String.init))
    }

    @Test("It takes the proxy that is named")
    func proxy() throws {
        let hub = try HubProcess()
        let proxy = try FaultyProxy(to: hub.endpoint) { request in
            request.line.hasPrefix("POST http://hub.example/v1/messages/batch ") ? .none : .refuse
        }
        try insert(0..<3)
        let run = try drain("http://hub.example", ["--tries", "1", "--proxy", proxy.url])
        #expect(run.status == 0 && run.output.contains("published 3 messages"), "\(run.errors)")
        #expect(try HubLine(hub.endpoint, wid: 1).messages.count == 3)
    }

    @Test(
        "It trusts a private authority and shows its certificate, and without them gets nowhere",
        .enabled(if: TLSServer.canRun), arguments: [true, false])
    func tls(isGiven: Bool) throws {
        let (hub, authority) = (try HubProcess(inClear: true), try TLSServer())
        let front = try TLSFront(authority, before: hub.endpoint)
        try insert(0..<3)
        let words = [
            "--tls-authority", authority.file("ca.pem"), "--tls-certificate",
            authority.file("client.pem"), "--tls-key", authority.file("client.key"),
        ]
        let run = try drain(front.url, ["--tries", "1"] + (isGiven ? words : []))
        #expect(run.status == (isGiven ? 0 : 1), "\(run.errors)")
        #expect(try left == (isGiven ? 0 : 3))
        #expect(try HubLine(hub.client(), wid: 1).messages.count == (isGiven ? 3 : 0))
    }

    @Test("It stays, and publishes rows as they come")
    func stays() throws {
        let hub = try HubProcess()
        let process = Process()
        process.executableURL = URL(filePath: HubProcess.program)
        process.arguments = ["publish", "--outbox", path, "--hub", hub.url]
        process.environment = TestTLS.processEnvironment
        try process.run()
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        for number in 0..<3 {
            try insert(number..<number + 1)
            #expect(try eventually { try left == 0 })
        }
        #expect(try HubLine(hub.endpoint, wid: 1).messages.map(\.body) == ["0", "1", "2"])
    }

    @Test(
        "One signal ends it in order: what the hub has is settled, what waits stays",
        arguments: [SIGINT, SIGTERM])
    func stopped(signal: Int32) throws {
        let hub = try HubProcess()
        let process = try OutboxProcess(path, hub: hub.url)
        try insert(0..<20)
        #expect(try eventually { try left == 0 })
        let end = process.end(by: signal)
        #expect(end.status == 0 && end.said.contains("published 20 messages"), "\(end)")
        // Also where the hub is away, and asks for a long pause.
        let proxy = try FaultyProxy(to: hub.endpoint) { _ in .busy(503, retryAfter: 60) }
        let held = try OutboxProcess(path, hub: proxy.url)
        try insert(20..<23)
        #expect(eventually { held.said.contains("trying again") })
        #expect(held.end(by: signal).status == 0)
        #expect(try left == 3)
        // Whoever wants it empty is told that it is not.
        let once = try OutboxProcess(path, hub: proxy.url, ["--once"])
        #expect(eventually { once.said.contains("trying again") })
        let early = once.end(by: signal)
        #expect(early.status == 1 && early.said.contains("before the outbox was empty"), "\(early)")
    }

    @Test("A path where nothing is makes no database, unless it is told to")
    func nothingThere() throws {
        let slip = folder.path + "/slip.db"
        let run = try ProgramExit(["publish", "--outbox", slip, "--once"])
        #expect(run.status == 1 && run.errors.contains("--init"), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: slip))
    }

    @Test("A database without the tables is told what to do")
    func noTables() throws {
        let other = folder.path + "/other.db"
        _ = try Connection(path: other)
        let run = try ProgramExit(["publish", "--outbox", other, "--once"])
        #expect(run.status == 1 && run.errors.contains("--init"))
        let mixed = try ProgramExit(["publish", "--outbox", other, "--sample"])
        #expect(mixed.status == 2 && mixed.errors.contains("does not go together"))
        #expect(try ProgramExit(["publish", "--once", "--sample"]).status == 2)
    }
}

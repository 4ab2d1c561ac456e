import Foundation
import Platform
import SQLite
import TestSupport
import Testing
import Wire

/// The program as a service manager sees it.
@Suite("The hub as a service", .timeLimit(.minutes(2)))
struct ServiceTests {
    private let manager: ManagerSocket

    init() throws {
        manager = try ManagerSocket()
    }

    private func hub(
        _ folder: TemporaryFolder? = nil, loops: Int = 2, environment: [String: String] = [:]
    ) throws -> HubProcess {
        try HubProcess(
            folder: folder, arguments: ["--loops", "\(loops)"],
            environment: ["NOTIFY_SOCKET": manager.name].merging(environment) { $1 },
            // Who hangs does not shake hands.
            inClear: true)
    }

    @Test("Ready is told once it answers, with its number; the end when it begins")
    func readyAndStop() throws {
        let hub = try hub()
        let start = try #require(manager.through("READY="))
        #expect(start.dropLast().joined().contains { $0.hasPrefix("EXTEND_TIMEOUT_USEC=") })
        #expect(start.dropLast().joined().contains { $0.hasPrefix("STATUS=reads ") })
        let ready = try #require(start.last)
        #expect(ready.contains("READY=1"))
        #expect(ready.contains("MAINPID=\(hub.processID)"))
        #expect(ready.contains("STATUS=listens on \(hub.url), head 0, 0 warehouses"))
        #expect(try hub.client().get("/readyz").status == 200)

        #expect(try hub.stop().status == 0)
        let end = try #require(manager.through("STOPPING="))
        #expect(!end.joined().contains { $0.hasPrefix("EXTEND_TIMEOUT_USEC=") })
        #expect(!end.joined().contains("WATCHDOG=1"), "no watchdog was asked for")
    }

    @Test("A start that fails tells why, and is never ready")
    func failedStart() throws {
        let first = try HubProcess()
        let second = try ProgramExit(
            ["serve", "--data", first.folder.path, "--listen", "127.0.0.1:0"],
            environment: ["NOTIFY_SOCKET": manager.name])
        #expect(second.status == 1)
        let told = try #require(manager.through("STATUS=another hub"))
        #expect(told.last?.joined().contains("runs on \(first.folder.path)") == true)
        #expect(!told.joined().contains("READY=1"))
    }

    @Test("A hang-up leaves it serving, and is told as a reload")
    func hangUp() throws {
        let hub = try hub()
        _ = try #require(manager.through("READY="))
        for _ in 0..<3 {
            kill(hub.processID, SIGHUP)
            let reload = try #require(manager.through("RELOADING="))
            let time = try #require(reload.last?.last?.split(separator: "=").last)
            #expect(UInt64(time).map { $0 <= MonotonicClock.now() / 1000 } == true)
            #expect(manager.through("READY=") != nil)
            #expect(try hub.client().publish(wid: 3).status == 201)
        }
        #expect(hub.isRunning)
    }

    @Test("Without a manager a hang-up leaves it serving too")
    func hangUpAlone() throws {
        let hub = try HubProcess()
        kill(hub.processID, SIGHUP)
        #expect(try hub.client().publish(wid: 3).status == 201)
        #expect(try hub.stop().status == 0)
    }

    @Test("An upgrade tells what it is at")
    func upgrade() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/hub.db"
        try Connection(path: path).execute(OldStore.version1)
        let hub = try hub(folder)
        let told = try #require(manager.through("READY=")).joined().filter {
            $0.hasPrefix("STATUS=")
        }
        try #require(told.count >= 4)
        #expect(told[0] == "STATUS=copies \(path), schema version 1, 0 MB, before it is upgraded")
        #expect(told[1].hasPrefix("STATUS=upgrades \(path) to schema version "))
        #expect(told[1].contains("copy \(path).v1-"))
        #expect(told[2] == "STATUS=reads \(path)")
        // Who looks for the copy later finds its name in the log.
        #expect(hub.told.contains("copy \(path).v1-"))
    }

    // MARK: The watchdog

    /// Half of it is what a thread may pause, on a machine that runs other tests beside.
    private static let watchdog = ["WATCHDOG_USEC": "2000000"]

    @Test("While it turns the watchdog hears of it, also under load")
    func watchdog() throws {
        let hub = try hub(environment: Self.watchdog)
        _ = try #require(manager.through("READY="))
        let batch = JSONValue.array(
            (0..<5000).map { ["topic": "SaleOrder_Changed", "wid": 3, "body": .number("\($0)")] })
        for _ in 0..<10 {
            #expect(try hub.client().post("/v1/messages/batch", batch).status == 201)
        }
        for _ in 0..<4 { #expect(manager.through("WATCHDOG=1") != nil) }
        #expect(!hub.told.contains("has not turned"))
    }

    @Test(
        "When a thread hangs the watchdog hears no more, and the log says which",
        arguments: [
            ("loop.accepted", "the loop 0 has not turned"),
            ("writer.committed", "the writer has not turned"),
        ])
    func hang(place: String, told: String) throws {
        var environment = Self.watchdog
        environment["MESSAGE_CENTER_HANG_AT"] = place
        let hub = try hub(loops: 1, environment: environment)
        for _ in 0..<2 { #expect(manager.through("WATCHDOG=1") != nil) }
        let client = try hub.client()
        let body = #"{"topic":"SaleOrder_Created","wid":3,"body":1}"#
        try client.send(
            "POST /v1/messages HTTP/1.1\r\nHost: hub\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body)
        #expect(eventually(within: 20) { hub.told.contains(told) }, "\(hub.told)")
        // What was on its way when it was noticed.
        _ = manager.all(within: 0.2)
        let later = manager.all(within: 2.5).joined()
        #expect(!later.contains("WATCHDOG=1"))
        #expect(later.contains { $0.hasPrefix("STATUS=") }, "the rest of it goes on")
        hub.kill()
    }

    @Test("A watchdog of another process is none of its business")
    func othersWatchdog() throws {
        let hub = try hub(environment: ["WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"])
        _ = try #require(manager.through("READY="))
        #expect(!manager.all(within: 0.5).joined().contains("WATCHDOG=1"))
        #expect(hub.isRunning)
    }
}

import Foundation
import SQLite
import TestSupport
import Testing

/// A reader that stays in a transaction, as a backup does while it copies the store.
@Suite("A reader that stays") struct HeldReaderTests {
    private let hub: HubProcess
    private let reader: Connection

    init() throws {
        hub = try HubProcess()
        try hub.client().publish(wid: 1)
        reader = try Connection(path: hub.folder.path + "/hub.db", mode: .readOnly)
    }

    @Test("costs the checkpoints no processor, and once it goes the log begins anew")
    func held() throws {
        let client = try hub.client()
        try reader.execute("BEGIN")
        _ = try reader.scalar("SELECT max(idx) FROM log")
        while try frames(client) < 12_000 { try publishMuch(client) }
        // It looks ever more seldom: so it gets some time to find that out.
        #expect(try eventually(within: 20) { try share(client) < 0.2 })
        try reader.execute("COMMIT")
        #expect(
            try eventually(within: 20) {
                try client.publish(wid: 1)
                return try frames(client) < 8_000
            })
    }

    private func frames(_ client: RawClient) throws -> Double {
        try client.metric("message_center_wal_frames") ?? 0
    }

    private func publishMuch(_ client: RawClient) throws {
        let body = String(repeating: "b", count: 4_000)
        let line = #"{"topic":"A_Changed","wid":1,"body":"\#(body)"}"#
        let answer = try client.request(
            "POST", "/v1/messages/batch",
            Array(repeating: line, count: 500).joined(separator: "\n"),
            type: "application/x-ndjson")
        #expect(answer.status == 201)
    }

    /// Of half a second with publishes, how much the thread that copies the log was at work.
    private func share(_ client: RawClient) throws -> Double {
        let (before, begun) = (try ticks(), ContinuousClock.now)
        while ContinuousClock.now - begun < .milliseconds(500) { try client.publish(wid: 1) }
        let passed = (ContinuousClock.now - begun) / .seconds(1)
        return Double(try ticks() - before) / Double(sysconf(Int32(_SC_CLK_TCK))) / passed
    }

    /// Processor time of that thread; proc_pid_stat(5), fields 14 and 15.
    private func ticks() throws -> Int {
        let tasks = "/proc/\(hub.processID)/task"
        for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
            let stat = try String(contentsOfFile: "\(tasks)/\(task)/stat", encoding: .utf8)
            guard stat.contains("(checkpoint)") else { continue }
            let fields = stat.split(separator: ")").last!.split(separator: " ")
            return Int(fields[11])! + Int(fields[12])!
        }
        Issue.record("no thread copies the log")
        return 0
    }
}

import Foundation
import TestSupport
import Testing
import Wire

/// A pull that waits behind archived messages which its filter leaves out.
@Suite(.serialized) struct ArchiveWaitTests {
    @Test("It waits without looking again and again, and is woken by what fits")
    func waits() throws {
        let first = try RunningHub()
        for _ in 0..<20 { #expect(try first.client().publish(wid: 5).status == 201) }
        first.stop()
        try ArchiveMove.run(first.folder.path, through: 20, perFrame: 5)
        let hub = try HubProcess(folder: first.folder)
        let client = try hub.client()
        let ask: JSONValue = ["start": "archive", "topics": ["B_*"], "wait": 2]
        let before = try processorSeconds(hub)
        let page = try client.pull(5, ask)
        let used = try processorSeconds(hub) - before
        #expect(page.status == 200 && page.messages.isEmpty, "\(page.text)")
        #expect(page.next == 20)
        #expect(used < 0.5, "\(used) s of processor time in 2 s of waiting")

        try client.send(
            "POST /v1/warehouses/5/pull HTTP/1.1\r\nHost: hub\r\nContent-Length: 30\r\n\r\n"
                + #"{"topics":["B_*"],"wait":60}  "#)
        let other = try hub.client()
        #expect(
            try eventually { try other.metric("message_center_waiting_pulls") == 1 })
        let published = try other.post(
            "/v1/messages", ["topic": "B_Changed", "wid": 5, "body": 1])
        #expect(published.status == 201)
        var woken = try client.answer()
        // A page ends at the border at the latest.
        if woken.messages.isEmpty {
            #expect(woken.more == true)
            woken = try client.pull(5, ["topics": ["B_*"], "commit": .number("\(woken.next)")])
        }
        #expect(woken.indexes == [21], "\(woken.text)")
    }

    /// What the process has used so far: proc_pid_stat(5), in hundredths of a second.
    private func processorSeconds(_ hub: HubProcess) throws -> Double {
        let stat = try String(contentsOfFile: "/proc/\(hub.processID)/stat", encoding: .utf8)
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        return Double((Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)) / 100
    }
}

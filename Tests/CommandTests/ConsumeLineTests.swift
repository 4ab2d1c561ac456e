import Foundation
import TestSupport
import Testing

@testable import message_center

@Suite("The line that lives while a warehouse is kept up to date")
struct ConsumeLineTests {
    private static func rules(_ hub: String) -> String {
        """
        {"hub":"\(hub)",\(TestTLS.member)"wid":7,"database":"w.db","folder":"state",
         "create":["CREATE TABLE IF NOT EXISTS t(id TEXT PRIMARY KEY, n INTEGER)"],
         "rules":[{"topics":["Item_*"],
           "upsert":{"table":"t","key":{"id":"{id}"},"columns":{"n":"/n"}}}],
         "consume":{"tries":1},"alarm":{"bell":false}}
        """
    }

    @Test(
        "tells what is done, the lag and the failures, and never wraps", arguments: [40, 70, 120])
    func line(columns: UInt16) throws {
        let (hub, folder) = (try HubProcess(), try TemporaryFolder())
        let url = hub.url
        for number in 1...30 {
            let body = number == 30 ? "{}" : "{\"n\":\(number)}"
            let key = "item:\(String(repeating: "long", count: 20))-\(number)"
            let published = try ProgramRun([
                "publish", "--topic", "Item_Changed", "--wid", "7", "--key", key, "--body", body,
                "--hub", url,
            ])
            #expect(published.status == 0, "\(published.errors)")
        }
        let config = folder.path + "/w.json"
        try Self.rules(url).write(toFile: config, atomically: true, encoding: .utf8)
        let run = try TerminalRun(
            ["consume", "--config", config], environment: [:], columns: columns)
        // It waits for more then; what is cut off of the line is its end.
        #expect(run.wait(for: "\r29 done, "), "\(run.shown)")
        if columns > 60 {
            #expect(run.wait(for: "lag 0, 1 failed, 1 dead or parked"), "\(run.shown)")
            #expect(run.wait(for: " a second"), "\(run.shown)")
        }
        run.interrupt()
        let (status, output) = try run.end()
        #expect(status == 0 && output == "")
        #expect(run.shown.contains("29 done, 1 failed, 1 dead or parked, in "), "\(run.shown)")
        let drawn = run.shown.split(separator: "\r").filter { $0.hasSuffix("\u{1B}[K") }
            .map { $0.dropLast(3) }
        #expect(drawn.contains { $0.contains(" done, ") })
        for line in drawn { #expect(columns > line.count, "\(line)") }
    }
}

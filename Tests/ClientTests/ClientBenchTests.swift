import Foundation
import TestSupport
import Testing
import Wire

@Suite("Measuring the client library")
struct ClientBenchTests {
    @Test("Many callers publish, and none of them fails", arguments: [false, true])
    func run(hasSpool: Bool) throws {
        let (hub, folder) = (try HubProcess(inClear: true), try TemporaryFolder())
        let spool = folder.path + "/spool"
        let run = try ProgramExit(
            [
                "bench", "--mode", "client", "--connections", "50", "--seconds", "1", "--warmup",
                "0", "--json", "--hub", hub.url,
            ] + (hasSpool ? ["--spool", spool] : []))
        let result = try JSONValue.parse(run.output)
        #expect(run.status == 0 && result["mode"]?.text == "client", "\(run.errors)")
        #expect(result["publish"]?["errors"]?.integer == 0)
        #expect(result["publish"]?["messages"]?.integer ?? 0 > 50)
        // A call that ended after the last second was not counted, but published.
        let line = try HubLine(hub.client(), wid: 1)
        #expect(!line.messages.isEmpty)
        #expect(FileManager.default.fileExists(atPath: spool) == hasSpool)
    }

    @Test("A spool is the client library's")
    func notOfClient() throws {
        let run = try ProgramExit(["bench", "--mode", "publish", "--spool", "x"])
        #expect(run.status == 2 && run.errors.contains("--mode client"), "\(run.errors)")
    }
}

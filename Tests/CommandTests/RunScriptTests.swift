import Foundation
import TestSupport
import Testing

@testable import message_center

@Suite("What make run starts")
struct RunScriptTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "scripts/run").path

    /// Runs the script to its end; true if it ended with 0.
    private func run(listen: String, data: String) throws -> (succeeded: Bool, said: String) {
        let said = try TemporaryFile("")
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = [Self.script, ProgramRun.program.path, listen, data]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: said.path)
        process.standardError = FileHandle(forWritingAtPath: said.path)
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus == 0, try String(contentsOfFile: said.path, encoding: .utf8)
        )
    }

    @Test("is not the hub that answers at the address already, which gets no sample")
    func otherHub() throws {
        let ready = FakeHub.Answer(body: "ready")
        let hub = try FakeHub([ready, ready, .init(body: #"{"head":0}"#)])
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        let result = try run(listen: String(hub.url.dropFirst("http://".count)), data: data)
        #expect(!result.succeeded)
        #expect(result.said.contains("a hub runs at \(hub.url) already"), "\(result.said)")
        #expect(hub.requests.map(\.line) == ["GET /readyz HTTP/1.1"])
        #expect(!FileManager.default.fileExists(atPath: data))
    }
}

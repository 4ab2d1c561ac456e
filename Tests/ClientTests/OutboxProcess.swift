import Foundation
import TestSupport

/// `publish --outbox`, running, with what it says kept in a file.
final class OutboxProcess {
    private let process = Process()
    private let folder: TemporaryFolder

    init(_ database: String, hub: String, _ words: [String] = []) throws {
        folder = try TemporaryFolder()
        process.executableURL = URL(filePath: HubProcess.program)
        process.arguments = ["publish", "--outbox", database, "--hub", hub] + words
        process.environment = TestTLS.processEnvironment
        let path = folder.path + "/said"
        try Data().write(to: URL(filePath: path))
        process.standardOutput = FileHandle(forWritingAtPath: path)
        process.standardError = FileHandle(forWritingAtPath: path)
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// What it has told so far.
    var said: String { (try? String(contentsOfFile: folder.path + "/said", encoding: .utf8)) ?? "" }

    /// Its exit status when it ends by this signal in time; else nil, and it is killed.
    func end(by signal: Int32) -> (status: Int32?, said: String) {
        kill(process.processIdentifier, signal)
        let isOver = eventually(within: 20) { !process.isRunning }
        if !isOver { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        let hasExited = isOver && process.terminationReason == .exit
        return (hasExited ? process.terminationStatus : nil, said)
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}

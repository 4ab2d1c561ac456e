import Foundation
import TestSupport

/// The built program, running, with what it says kept in a file.
final class ToolProcess: @unchecked Sendable {
    // Unchecked: used by one thread at a time; killing is safe from any.
    private let process = Process()
    private let folder: TemporaryFolder

    init(_ words: [String], environment: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [HubProcess.program] + words
        process.environment = TestTLS.processEnvironment.merging(["PATH": "/usr/bin:/bin"]) { $1 }
            .merging(environment) { $1 }
        let path = folder.path + "/said"
        try Data().write(to: URL(filePath: path))
        process.standardOutput = FileHandle(forWritingAtPath: path)
        process.standardError = FileHandle(forWritingAtPath: path)
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// What it has told so far.
    var said: String { (try? String(contentsOfFile: folder.path + "/said", encoding: .utf8)) ?? "" }
    var isRunning: Bool { process.isRunning }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Its exit status; nil, and ended, when it does not end in time.
    func end(within seconds: UInt64 = 60) -> Int32? {
        let isOver = eventually(within: seconds) { !process.isRunning }
        guard isOver else {
            kill()
            return nil
        }
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -1
    }

    func interrupt() { process.interrupt() }

    deinit {
        if process.isRunning { kill() }
    }
}

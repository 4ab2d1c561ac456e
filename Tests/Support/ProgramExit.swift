import Foundation

/// The built program, run to its end.
package struct ProgramExit: Sendable {
    package let status: Int32
    package let output: String
    package let errors: String

    /// - Parameters:
    ///   - environment: all that it gets of one.
    ///   - wrapper: a command to run the program under.
    package init(
        _ words: [String], environment: [String: String] = [:], wrapper: [String] = []
    ) throws {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = wrapper + [HubProcess.program] + words
        process.environment = environment.merging(
            ["SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin"]) { own, _ in own }
        // Files, not pipes: a pipe that nobody empties while the other is read could fill up.
        let files = try ["output", "errors"].map { name in
            let path = "\(folder.path)/\(name)"
            try Data().write(to: URL(filePath: path))
            return path
        }
        process.standardOutput = FileHandle(forWritingAtPath: files[0])
        process.standardError = FileHandle(forWritingAtPath: files[1])
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // What does not end by itself is ended, and its status tells so.
        let deadline = ContinuousClock.now + .seconds(30)
        while process.isRunning, ContinuousClock.now < deadline { usleep(2000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        status = process.terminationStatus
        output = try String(contentsOfFile: files[0], encoding: .utf8)
        errors = try String(contentsOfFile: files[1], encoding: .utf8)
    }
}

import Foundation

/// A program, run to its end; one that does not end by itself is ended, and its status tells so.
package struct ProgramExit: Sendable {
    package let status: Int32
    package let bytes: [UInt8]
    package let errors: String

    package var output: String { String(decoding: bytes, as: UTF8.self) }

    /// How long it may take.
    private static let patience = Duration.seconds(30)

    /// Whether this machine has these programs.
    package static func has(_ paths: String...) -> Bool {
        paths.allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs the built program.
    ///
    /// - Parameters:
    ///   - environment: all that it gets of one, beside the path.
    ///   - wrapper: a command to run the program under.
    package init(
        _ words: [String], environment: [String: String] = [:], wrapper: [String] = []
    ) throws {
        try self.init(
            command: wrapper + [HubProcess.program] + words,
            environment: TestTLS.processEnvironment.merging(environment) { $1 })
    }

    /// Runs a program of the system.
    package init(command: [String], environment: [String: String] = [:]) throws {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
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
        let deadline = ContinuousClock.now + Self.patience
        while process.isRunning, ContinuousClock.now < deadline { usleep(2000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        status = process.terminationStatus
        bytes = try RawFile.bytes(files[0])
        errors = try String(contentsOfFile: files[1], encoding: .utf8)
    }
}

import Foundation
import Glibc
import TestSupport

/// The built program, run as somebody would run it.
struct ProgramRun {
    let status: Int32
    let output: String
    let errors: String

    /// The program stands beside the tests in the build directory.
    static var program: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "message-center")
    }

    /// Runs it to its end. The environment has nothing but `environment`.
    init(
        _ words: [String], input: String = "", environment: [String: String] = [:]
    ) throws {
        try self.init(words, input: input, environment: environment) { process, _ in
            process.waitUntilExit()
        }
    }

    /// Runs it until it has printed so many lines, and stops it then; gives up after ten seconds.
    init(_ words: [String], untilLines count: Int, environment: [String: String]) throws {
        try self.init(words, input: "", environment: environment) { process, output in
            let deadline = ContinuousClock.now + .seconds(10)
            while ContinuousClock.now < deadline, process.isRunning {
                let lines = try String(contentsOfFile: output, encoding: .utf8).split(
                    separator: "\n")
                if lines.count >= count { break }
                usleep(2_000)
            }
            // SIGTERM could be held back: a child inherits the mask of the thread that starts it,
            // and the threads that tests run on block nearly everything.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    private init(
        _ words: [String], input: String, environment: [String: String],
        wait: (Process, _ output: String) throws -> Void
    ) throws {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = words
        process.environment = TestTLS.environment.merging(environment) { $1 }
        // Files, not pipes: a pipe that nobody empties while the other is read could fill up.
        let (given, said, told) = (
            try TemporaryFile(input), try TemporaryFile(""), try TemporaryFile("")
        )
        process.standardInput = FileHandle(forReadingAtPath: given.path)
        process.standardOutput = FileHandle(forWritingAtPath: said.path)
        process.standardError = FileHandle(forWritingAtPath: told.path)
        try process.run()
        try wait(process, said.path)
        status = process.terminationStatus
        output = try String(contentsOfFile: said.path, encoding: .utf8)
        errors = try String(contentsOfFile: told.path, encoding: .utf8)
    }
}

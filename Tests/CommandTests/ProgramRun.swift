import Foundation

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
        let process = Process()
        process.executableURL = Self.program
        process.arguments = words
        process.environment = environment
        // Files, not pipes: a pipe that nobody empties while the other is read could fill up.
        let (given, said, told) = (
            try TemporaryFile(input), try TemporaryFile(""), try TemporaryFile("")
        )
        process.standardInput = FileHandle(forReadingAtPath: given.path)
        process.standardOutput = FileHandle(forWritingAtPath: said.path)
        process.standardError = FileHandle(forWritingAtPath: told.path)
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = try String(contentsOfFile: said.path, encoding: .utf8)
        errors = try String(contentsOfFile: told.path, encoding: .utf8)
    }
}

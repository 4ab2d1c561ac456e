import Foundation
import TestSupport

/// A program of the system, run to its end.
struct ToolRun {
    let status: Int32
    let output: [UInt8]
    let errors: String

    /// Where Debian has Python, with the modules of its packages.
    static let python = "/usr/bin/python3"

    /// The reader written from the format's page.
    static let reader = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "read-archive.py").path

    static func isThere(_ tool: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: tool)
    }

    init(_ tool: String, _ words: [String]) throws {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: tool)
        process.arguments = words
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
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
        process.waitUntilExit()
        status = process.terminationStatus
        output = try RawFile.bytes(files[0])
        errors = try String(contentsOfFile: files[1], encoding: .utf8)
    }
}

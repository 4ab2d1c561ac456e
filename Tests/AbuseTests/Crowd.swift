import Foundation
import Platform
import TestSupport

/// Many connections from one address, opened by the program `crowd`; they go when it does. They
/// send bytes as they are: who speaks no TLS does not get through to a hub that does.
final class Crowd {
    private let process = Process()
    private let input = Pipe()
    private let output: String
    private let folder: TemporaryFolder

    /// Opens `count` connections from `source`, another address of loopback than the others have,
    /// and sends `bytes` on each.
    convenience init(
        of count: Int, at endpoint: Endpoint, from source: String = "127.0.0.2",
        sending text: String = ""
    ) throws {
        try self.init(of: count, at: endpoint, from: source, sending: Array(text.utf8))
    }

    init(
        of count: Int, at endpoint: Endpoint, from source: String = "127.0.0.2",
        sending content: [UInt8]
    ) throws {
        folder = try TemporaryFolder()
        output = folder.path + "/output"
        let bytes = folder.path + "/bytes"
        try Data(content).write(to: URL(filePath: bytes))
        try Data().write(to: URL(filePath: output))
        process.executableURL = URL(filePath: HubProcess.program).deletingLastPathComponent()
            .appending(path: "crowd")
        process.arguments = [String(endpoint.port), source, String(count), bytes]
        process.standardInput = input
        process.standardOutput = FileHandle(forWritingAtPath: output)
        try process.run()
    }

    private var lines: [Substring] {
        (try? String(contentsOfFile: output, encoding: .utf8))?.split(separator: "\n") ?? []
    }

    /// How many connections took the bytes; waits until all have tried. Nil: not in time.
    func opened(within seconds: UInt64 = 40) -> Int? {
        var first: Substring?
        _ = eventually(within: seconds) {
            first = lines.first
            return first != nil
        }
        return first.flatMap { Int($0) }
    }

    /// Whether the hub has closed them all.
    func isSentHome(within seconds: UInt64 = 40) -> Bool {
        eventually(within: seconds) { lines.count > 1 }
    }

    /// Closes what is open.
    func leave() {
        try? input.fileHandleForWriting.close()
    }

    deinit {
        leave()
    }
}

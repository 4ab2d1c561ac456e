import Foundation
import Wire

/// The real events that lie beside the project where it is developed: 21,610 of a real shop. They
/// are not part of it; tests that need them say so where they are missing.
package enum RealInput {
    package struct Event: Sendable {
        package let topic: String
        package let wid: Int
        package let key: String
        /// The body without white space between its tokens, as the hub keeps it.
        package let body: String
        /// The line as it stands in the file.
        package let line: String

        package init(topic: String, wid: Int, key: String, body: String, line: String) {
            self.topic = topic
            self.wid = wid
            self.key = key
            self.body = body
            self.line = line
        }
    }

    /// Where it is looked for: `MESSAGE_CENTER_REAL_INPUT`, or beside the repository.
    package static let path: String? = {
        let named = ProcessInfo.processInfo.environment["MESSAGE_CENTER_REAL_INPUT"]
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let beside = root.appending(
            path: "../shared/data/online-retail-2010-12.events.jsonl.gz"
        ).standardized.path
        let path = named ?? beside
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    package static var isThere: Bool { path != nil }

    /// All events, in the order of the file.
    package static func events() throws -> [Event] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", path ?? ""]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try String(decoding: data, as: UTF8.self).split(separator: "\n").map { line in
            let value = try JSONValue.parse(String(line))
            return Event(
                topic: value["topic"]?.text ?? "", wid: value["wid"]?.integer ?? -1,
                key: value["key"]?.text ?? "", body: value["body"]?.serialized() ?? "",
                line: String(line))
        }
    }
}

import Foundation
import Platform
import SQLite
import TestSupport
import Testing
import Wire

/// What the examples are run with.
private enum Shell {
    static let canRun = ["/bin/bash", "/usr/bin/curl", "/usr/bin/python3"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }
}

/// What the pages on the data interface and on the warehouse tool show is what these do: their
/// examples are run, each page in one shell, and their answers compared.
@Suite("The examples of the pages on warehouses", .enabled(if: Shell.canRun))
struct DocumentTests {
    private struct Example {
        let command: String
        let answer: String?
    }

    private static func examples(in page: String) throws -> [Example] {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: page), encoding: .utf8)
        let pattern = /```sh\n(.*?)```\n(?:\n```(?:json|text)\n(.*?)```\n)?/.dotMatchesNewlines()
        return text.matches(of: pattern).map {
            Example(command: String($0.1), answer: $0.2.map(String.init))
        }
    }

    /// Runs all examples of a page in one shell and one folder; what each printed.
    private func run(_ examples: [Example], replacing: [String: String]) throws -> [String] {
        let folder = try TemporaryFolder()
        let program = HubProcess.program
        // By its name, not by a function: what runs in the background is then the program itself.
        var script = """
            cd '\(folder.path)' && mkdir bin && ln -s '\(program)' bin/message-center
            PATH=$PWD/bin:$PATH

            """
        for (place, example) in examples.enumerated() {
            script += "{\n\(example.command)} > '\(folder.path)/answer.\(place)'\n"
        }
        script += "kill $(jobs -p) 2>/dev/null\nexit 0\n"
        for (old, new) in replacing { script = script.replacing(old, with: new) }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", script]
        process.environment = ["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return try examples.indices.map {
            try String(contentsOfFile: "\(folder.path)/answer.\($0)", encoding: .utf8)
        }
    }

    /// An answer without what differs from run to run.
    private func likeness(_ answer: String) -> JSONValue {
        let text = answer.replacing(/urn:request:[0-9a-f]+/, with: "urn:request:ID")
        return (try? JSONValue.parse(text)) ?? .text(text)
    }

    @Test("The page on the data interface")
    func dataInterface() throws {
        let examples = try Self.examples(in: "docs/data-interface.md")
        #expect(examples.count { $0.answer != nil } >= 6)
        let port = try Self.freePort()
        let answers = try run(examples, replacing: ["127.0.0.1:8090": "127.0.0.1:\(port)"])
        for (example, answer) in zip(examples, answers) {
            guard let shown = example.answer else { continue }
            #expect(likeness(answer) == likeness(shown), "\(example.command)\n\(answer)")
        }
    }

    @Test("The page on the warehouse tool")
    func warehouseTool() throws {
        // The page says http://.
        let hub = try RunningHub(inClear: true)
        let examples = try Self.examples(in: "docs/warehouse-tool.md")
        #expect(examples.count { $0.answer != nil } >= 3)
        let answers = try run(examples, replacing: ["127.0.0.1:8088": "\(hub.endpoint)"])
        for (example, answer) in zip(examples, answers) {
            guard let shown = example.answer else { continue }
            #expect(answer == shown, "\(example.command)")
        }
    }

    /// A port that nobody listens on now.
    private static func freePort() throws -> UInt16 {
        try Listener(Endpoint("127.0.0.1:0")).localEndpoint.port
    }
}

import Foundation
import HubServer
import TestSupport
import Testing
import Wire

/// What the pages show is what the hub does: their examples are run, and their answers compared.
@Suite("The examples of the pages", .enabled(if: ShellExample.canRun))
struct DocumentExampleTests {
    @Test("Every example of the page on HTTP answers as shown")
    func httpPage() throws {
        // The pages say http://.
        let hub = try RunningHub { $0.tls = nil }
        let examples = try ShellExample.all(in: "docs/http-api.md")
        #expect(examples.count > 20)
        for example in examples {
            let answer = try example.run(on: hub.endpoint)
            guard let shown = example.answer else { continue }
            #expect(Likeness(answer) == Likeness(shown), "\(example.command)")
        }
    }

    @Test("The examples of the first page are such as a hub takes")
    func readme() throws {
        let hub = try RunningHub { $0.tls = nil }
        for example in try ShellExample.all(in: "README.md") {
            for command in example.commands where command.hasPrefix("curl") {
                let answer = try ShellExample(command: command, answer: nil).run(on: hub.endpoint)
                let status = try JSONValue.parse(answer)["status"]?.integer
                #expect(status == nil, "\(command): \(answer)")
            }
        }
    }

    @Test("Every code of a refusal is explained, with its status")
    func codes() throws {
        let page = try ShellExample.text(of: "docs/http-api.md")
        let rows = page.matches(of: /\| (\d{3}) \| `(\w+)` \|/).map { "\($0.1) \($0.2)" }
        let listed = OpenAPIDocument.shared.codes
        #expect(Set(rows.map { String($0.split(separator: " ")[1]) }) == listed)
        #expect(rows.count == listed.count)
    }
}

/// A block of shell in a page, and the answer shown below it.
struct ShellExample {
    let command: String
    let answer: String?

    static let canRun = ["/bin/bash", "/usr/bin/curl"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static func text(of page: String) throws -> String {
        try String(contentsOf: OpenAPIDocument.repository.appending(path: page), encoding: .utf8)
    }

    /// The blocks of `page` that call curl, in their order.
    static func all(in page: String) throws -> [ShellExample] {
        let pattern = /```sh\n(.*?)```\n(?:\n```(?:json|text|http)\n(.*?)```\n)?/
            .dotMatchesNewlines()
        return try text(of: page).matches(of: pattern).filter { $0.1.contains("curl ") }.map {
            ShellExample(command: String($0.1), answer: $0.2.map(String.init))
        }
    }

    /// The commands of the block, each with its continued lines.
    var commands: [String] {
        command.replacing("\\\n", with: " ").split(separator: "\n").map(String.init)
    }

    /// Runs it by bash, the hub's address put in. Returns what it printed.
    func run(on endpoint: some CustomStringConvertible) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = [
            "-c", command.replacing("127.0.0.1:8088", with: endpoint.description),
        ]
        process.environment = ["PATH": "/usr/bin:/bin", "TOKEN": "mc_none"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(command)")
        return String(decoding: data, as: UTF8.self)
    }
}

/// An answer without what differs from run to run: ids, times, names of hubs and of requests, how
/// old things are, bytes on disks and samples of them. Of a head only the status and the names of
/// the fields count.
struct Likeness: Equatable {
    private let head: [String]
    private let body: JSONValue

    init(_ answer: String) {
        let text = answer.replacing("\r\n", with: "\n")
            .replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "ID")
            .replacing(/\d{4}-\d{2}-\d{2}T[0-9:.]+Z/, with: "TIME")
            .replacing(/"(urn:request:)?[0-9a-f]{16}"/, with: "\"NAME\"")
            .replacing(/"(seconds|ratePerSecond|drainSeconds|\w+Bytes)": ?([0-9.]+|null)/) {
                "\"\($0.1)\":0"
            }
            .replacing(/"samples": ?\[[^\]]*\]/, with: "\"samples\":[]")
        let parts = text.split(separator: "\n\n", maxSplits: 1)
        let hasHead = text.hasPrefix("HTTP/1.1 ") && parts.count == 2
        let lines = hasHead ? parts[0].split(separator: "\n") : []
        head = lines.enumerated().map { number, line in
            String(number == 0 ? line : line.prefix { $0 != ":" })
        }
        let rest = String(hasHead ? parts[1] : text[...])
        body = (try? JSONValue.parse(rest)) ?? .text(rest.trimmingCharacters(in: .newlines))
    }
}

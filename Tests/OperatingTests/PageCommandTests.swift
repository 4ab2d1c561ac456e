import Foundation
import HubServer
import Platform
import TestSupport
import Testing

@testable import message_center

/// What operators are told to type is what the program takes.
@Suite("The commands of the pages for operators", .timeLimit(.minutes(1)))
struct PageCommandTests {
    private static func text(_ page: String) throws -> String {
        try String(contentsOf: Example.repository.appending(path: page), encoding: .utf8)
    }

    /// The lines of the page's blocks of shell, each with its continued ones; of one section, if
    /// one is named.
    private static func lines(of page: String, under heading: String? = nil) throws -> [String] {
        var text = try text(page)
        if let heading {
            let section = try #require(text.components(separatedBy: "\n\(heading)\n").last)
            text = section.components(separatedBy: "\n## ")[0]
        }
        return text.matches(of: /```sh\n(.*?)```/.dotMatchesNewlines())
            .flatMap { $0.1.replacing(/\\\n\s*/, with: "").split(separator: "\n").map(String.init) }
            .filter { !$0.hasPrefix("#") }
    }

    /// The program's words in a line, whatever stands before and behind them.
    private static func words(_ line: String) -> (command: Command, words: [String])? {
        for range in line.ranges(of: "message-center ") {
            let rest = line[range.upperBound...].prefix(
                upTo: line[range.upperBound...].firstRange(of: #/ (&&|\||\#) /#)?.lowerBound
                    ?? line.endIndex)
            // What a shell puts in is one word here, whatever is in it.
            let words = rest.replacing(/\$\([^)]*\)/, with: "…").split(separator: " ").map {
                $0.trimmingCharacters(in: ["'", "\""])
            }
            for count in [2, 1] where words.count >= count {
                let name = words[..<count].joined(separator: " ")
                if let command = Program.commands.first(where: { $0.name == name }) {
                    return (command, Array(words[count...]))
                }
            }
        }
        return nil
    }

    @Test(
        "Each command is one, with options that it has",
        arguments: [
            ("README.md", 10), ("docs/operating.md", 15), ("docs/performance.md", 0),
        ])
    func parsed(page: String, least: Int) throws {
        var found = 0
        for line in try Self.lines(of: page) where line.contains("message-center ") {
            guard let (command, words) = Self.words(line) else { continue }
            found += 1
            #expect(throws: Never.self, "\(line)") {
                _ = try Arguments(words, of: command, environment: [:])
            }
        }
        #expect(found >= least)
    }

    @Test("Within a text too, what is called a command is one")
    func mentioned() throws {
        for page in ["docs/operating.md", "docs/security.md"] {
            let named = try Self.text(page).matches(of: /`message-center ([^`]+)`/)
            #expect(!named.isEmpty)
            for match in named {
                let text = "message-center \(match.1)".replacing("\n", with: " ")
                #expect(Self.words(text) != nil, "\(text)")
            }
        }
    }

    @Test("From the first token to a restored backup: every line of it works")
    func flow() throws {
        let folder = try TemporaryFolder()
        let port = try Listener(Endpoint("127.0.0.1:0")).localEndpoint.port
        let page = "docs/operating.md"
        let sections = try ["### By hand", "## Tokens", "## Backup", "## Restore"].map {
            try Self.lines(of: page, under: $0)
        }
        #expect(sections.allSatisfy { !$0.isEmpty })
        // A day would pass, and the line would fail from then on.
        for match in sections.joined().joined(separator: "\n").matches(of: /--expires (\S+)/) {
            #expect(match.1.wholeMatch(of: /\d+[hd]|never/) != nil, "\(match.0)")
        }
        var script = """
            set -e; cd '\(folder.path)'; mkdir bin; ln -s '\(HubProcess.program)' bin/message-center
            PATH=$PWD/bin:$PATH; trap 'kill $(jobs -p)' EXIT
            export MESSAGE_CENTER_MIN_FREE=off MESSAGE_CENTER_LISTEN=127.0.0.1:0

            """
        for line in sections.joined() where line.hasPrefix("message-center ") {
            let line = line.replacing(":8088", with: ":\(port)")
            script += "echo '+' \(line)\n"
            if line.hasPrefix("message-center serve") {
                script += """
                    \(line) 2>log &
                    for try in $(seq 300); do
                        ! grep -q 'listens on' log || break; kill -0 $!; sleep 0.1
                    done
                    grep 'listens on' log

                    """
            } else {
                script += line + "\n"
            }
        }
        let run = try ProgramExit(
            command: ["/bin/bash", "-c", script], environment: ["SWIFT_BACKTRACE": "enable=no"])
        #expect(run.status == 0, "\(run.output)\n\(run.errors)")
        #expect(run.output.contains("+ message-center restore"))
    }
}

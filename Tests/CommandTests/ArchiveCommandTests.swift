import Foundation
import Platform
import TestSupport
import Testing
import Wire

@testable import message_center

/// The commands about the archive, against a hub that runs.
@Suite("The commands of the archive")
struct ArchiveCommandTests {
    private let hub: RunningHub

    /// 30 messages, 20 of them archived.
    init() throws {
        let first = try RunningHub()
        let client = try first.client()
        for number in 0..<30 {
            try client.publish(
                wid: number % 3, key: "order:\(number)",
                body: ["n": .number("\(number).50"), "text": .text("äöü \(number)")])
        }
        first.stop()
        try ArchiveMove.run(first.folder.path, through: 20, perFrame: 5)
        hub = try RunningHub(folder: first.folder)
    }

    private func run(_ words: [String]) throws -> ProgramRun {
        try ProgramRun(words, environment: ["MESSAGE_CENTER_URL": hub.url])
    }

    private var file: String {
        get throws {
            try hub.client().get("/v1/archive")["files"][0]?["name"]?.text ?? ""
        }
    }

    @Test("list shows the files, and the hub's own JSON")
    func list() throws {
        let table = try run(["archive", "list"])
        #expect(table.status == 0)
        #expect(table.output.contains(try file))
        #expect(table.output.contains("STATE"))
        #expect(table.errors.contains("20 messages up to index 20"))
        let json = try JSONValue.parse(try run(["archive", "list", "--json"]).output)
        #expect(json["files"]?[0]?["messages"]?.integer == 20)
    }

    @Test("verify says that all is sound; with damage it names it, and the status is 1")
    func verify() throws {
        let sound = try run(["archive", "verify"])
        #expect(sound.status == 0)
        #expect(sound.output == "")
        #expect(sound.errors == "4 frames with 20 messages are sound\n")
        let path = "\(hub.folder.path)/archive/\(try file)"
        var bytes = try RawFile.bytes(path)
        bytes[bytes.count - 20] ^= 1
        try RawFile.write(bytes, path)
        let damaged = try run(["archive", "verify", "--file", try file])
        #expect(damaged.status == 1)
        #expect(damaged.output.hasPrefix("damaged  \(try file)  messages 16 to 20"))
        #expect(damaged.errors.contains("1 damage"))
        let json = try run(["archive", "verify", "--json"])
        #expect(json.status == 1)
        #expect(
            try JSONValue.parse(json.output)["damages"]?[0]?["first"]?.integer == 16)
        let unknown = try run(["archive", "verify", "--file", "nothing"])
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("archive list"))
    }

    @Test("search prints a table, newest first, or a message a line")
    func search() throws {
        let table = try run(["archive", "search", "--wid", "1", "--limit", "8"])
        #expect(table.status == 0, "\(table.errors)")
        let rows = table.output.split(separator: "\n")
        #expect(rows.count == 9)
        #expect(rows[0].hasPrefix("INDEX"))
        #expect(rows[1].contains("order:28") && rows[8].contains("order:7"))
        let lines = try run([
            "archive", "search", "--text", "äöü 1", "--oldest", "--limit", "100", "--json",
        ])
        let keys = try lines.output.split(separator: "\n").map {
            try JSONValue.parse(String($0))["key"]?.text
        }
        #expect(keys == [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19].map { "order:\($0)" })
        let none = try run(["archive", "search", "--key", "nothing"])
        #expect(none.status == 0 && none.errors == "nothing was found\n")
    }

    @Test("A part of the archive that cannot be read is told, and the status is 1")
    func unreadable() throws {
        let name = try file
        try RawFile.remove("\(hub.folder.path)/archive/\(name)")
        let found = try run(["archive", "search", "--json", "--limit", "100"])
        #expect(found.status == 1)
        #expect(found.output.split(separator: "\n").count == 10)
        #expect(
            found.errors
                == "messages 1 to 20 could not be read: archive file \(name) is missing\n")
    }

    @Test(
        "export writes a message a line, byte for byte, oldest first; a file only when it is whole")
    func export() throws {
        let printed = try run(["archive", "export"])
        #expect(printed.status == 0)
        let lines = printed.output.split(separator: "\n")
        #expect(lines.count == 30)
        for (number, line) in lines.enumerated() {
            #expect(line.contains("\"body\":{\"n\":\(number).50,\"text\":\"äöü \(number)\"}"))
        }
        let folder = try TemporaryFolder()
        let path = folder.path + "/out.jsonl"
        let written = try run(["archive", "export", "--output", path, "--quiet"])
        #expect(written.status == 0 && written.output == "" && written.errors == "")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == printed.output)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.jsonl"])
        let nowhere = try run(["archive", "export", "--output", folder.path + "/a/b"])
        #expect(nowhere.status == 1 && nowhere.errors.contains("a/b.part"))
    }

    @Test("replay counts first, needs --yes where nobody can be asked, and goes on with its id")
    func replay() throws {
        let refused = try run(["archive", "replay", "--wid", "1"])
        #expect(refused.status == 2 && refused.errors.contains("--yes"))
        let preview = try run(["archive", "replay", "--wid", "1", "--dry-run"])
        #expect(preview.status == 0)
        #expect(
            preview.output == """
                warehouse 1 gets 20 copies of messages between index 1 and 29; \
                10 of other wids are left out\n
                """)
        #expect(try hub.client().get("/v1/archive").integer("head") == 30)
        let id = "0193aaaa-0000-7000-8000-0000000000aa"
        let words = ["archive", "replay", "--wid", "1", "--of", "1", "--yes", "--id", id]
        let done = try run(words)
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output == "warehouse 1 has 10 copies more to pull\n")
        #expect(done.errors == "replay \(id)\n")
        #expect(try hub.client().get("/v1/archive").integer("head") == 40)
        let again = try run(words + ["--json"])
        #expect(try JSONValue.parse(again.output)["duplicates"]?.integer == 10)
        #expect(try hub.client().get("/v1/archive").integer("head") == 40)
    }

    @Test("A refusal is told in words, with exit status 1; a wrong option with 2")
    func refusals() throws {
        let time = try run(["archive", "search", "--from", "yesterday"])
        #expect(time.status == 1 && time.errors.contains("/from must be a time"))
        #expect(try run(["archive", "search", "--wid", "x"]).status == 2)
        #expect(try run(["archive", "nothing"]).status == 2)
    }

    @Test("prune shows what would go, needs --yes where nobody can be asked, and deletes")
    func prune() throws {
        let refused = try run(["archive", "prune", "--before", "21"])
        #expect(refused.status == 2)
        let preview = try run(["archive", "prune", "--before", "21", "--dry-run"])
        #expect(preview.output.hasPrefix("1 file with 20 messages up to 20, "))
        let name = try file
        let done = try run(["archive", "prune", "--before", "21", "--yes"])
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output == "the archive now begins behind message 20\n")
        #expect(throws: (any Error).self) {
            try RawFile.bytes("\(hub.folder.path)/archive/\(name)")
        }
        let nothing = try run(["archive", "prune", "--before", "21", "--yes"])
        #expect(nothing.output == "no whole file lies before that\n")
    }
}

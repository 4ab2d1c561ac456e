import Foundation
import TestSupport
import Testing
import Wire

@testable import message_center

/// Long work of the archive at a terminal: a bar, and Ctrl-C.
@Suite("Long work of the archive", .serialized) struct CancelTests {
    private static let id = "0193aaaa-0000-7000-8000-0000000000aa"

    /// A slice of whatever is asked for, a tenth of it done, more to come.
    private static let slice = FakeHub.Answer(
        body: """
            {"verified":{"frames":2,"messages":20,"bytes":300},"damages":[],"count":20,\
            "firstIndex":1,"lastIndex":20,"skipped":0,"messages":[],"unreadable":[],\
            "copies":{"firstIndex":91,"lastIndex":110,"duplicates":0},\
            "progress":{"looked":10,"of":100},"nextPageToken":"11"}
            """)

    private static let end = FakeHub.Answer(
        body: slice.body.replacing("\"nextPageToken\":\"11\"", with: "\"nextPageToken\":null"))

    private func run(_ words: [String], at url: String) throws -> TerminalRun {
        try TerminalRun(words, environment: ["MESSAGE_CENTER_URL": url])
    }

    @Test(
        "Ctrl-C ends it between two slices, takes the bar away, and says what was done",
        arguments: [
            (["verify"], "frames", ["frames with", "are sound", "cancelled: the rest was not"]),
            (["search"], "found", ["cancelled: that is what was found so far"]),
            (["export"], "found", ["cancelled: 0 messages were written, there are more"]),
            (
                ["replay", "--wid", "1", "--dry-run"], "copies to make",
                ["cancelled: nothing was copied"]
            ),
        ] as [([String], String, [String])])
    func cancelled(words: [String], note: String, told: [String]) throws {
        let hub = try FakeHub(Array(repeating: Self.slice, count: 200_000))
        let run = try run(["archive"] + words, at: hub.url)
        #expect(run.wait(for: "[###                           ]  10% "), "\(run.shown)")
        #expect(run.wait(for: note), "\(run.shown)")
        run.interrupt()
        let (status, output) = try run.end()
        #expect(status == 130)
        let last = run.shown.split(separator: "\u{1B}[K").last ?? ""
        for text in told { #expect(last.contains(text), "\(last)") }
        #expect(!last.contains("%") && output == "")
    }

    @Test("A replay that was cancelled tells how it goes on", arguments: [false, true])
    func replay(isJSON: Bool) throws {
        let hub = try FakeHub([Self.end] + Array(repeating: Self.slice, count: 200_000))
        let run = try run(
            ["archive", "replay", "--wid", "1", "--yes", "--id", Self.id]
                + (isJSON ? ["--json"] : []), at: hub.url)
        #expect(run.wait(for: "copies\u{1B}[K"), "\(run.shown)")
        run.interrupt()
        let (status, output) = try run.end()
        #expect(status == 130)
        #expect(
            run.shown.contains("cancelled: the same command with --id \(Self.id) goes on"),
            "\(run.shown)")
        if isJSON {
            #expect(try (JSONValue.parse(output)["count"]?.integer ?? 0) >= 20)
        } else {
            #expect(output.hasPrefix("warehouse 1 has ") && output.hasSuffix("more to pull\n"))
        }
    }

    @Test("An export that is cancelled leaves no file behind")
    func export() throws {
        let hub = try FakeHub(Array(repeating: Self.slice, count: 200_000))
        let folder = try TemporaryFolder()
        let run = try run(
            ["archive", "export", "--output", folder.path + "/out.jsonl"], at: hub.url)
        #expect(run.wait(for: "10%"), "\(run.shown)")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/out.jsonl.part"))
        run.interrupt()
        #expect(try run.end().status == 130)
        #expect(run.shown.contains("cancelled: no file was made"), "\(run.shown)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test("Ctrl-C ends it too while the hub is away, and twice at once")
    func away() throws {
        let hub = try FakeHub([Self.slice])
        let run = try run(["archive", "verify"], at: hub.url)
        #expect(run.wait(for: "trying again"), "\(run.shown)")
        run.interrupt()
        run.interrupt()
        #expect(try run.end().status == 130)
    }

    @Test("The bar comes to its end and goes; --quiet, or no terminal, shows none")
    func bars() throws {
        let hub = try FakeHub([Self.slice, Self.end, Self.slice, Self.end])
        let shown = try run(["archive", "verify"], at: hub.url)
        #expect(try shown.end().status == 0)
        #expect(shown.shown.contains(" 10% 2 frames"), "\(shown.shown)")
        #expect(
            shown.shown.hasSuffix("\r\u{1B}[K4 frames with 40 messages are sound\r\n"),
            "\(shown.shown)")
        let quiet = try run(["archive", "verify", "--quiet"], at: hub.url)
        #expect(try quiet.end().status == 0)
        #expect(quiet.shown == "4 frames with 40 messages are sound\r\n", "\(quiet.shown)")
    }

    @Test("A replay that was cancelled amid its copies goes on, and copies nothing twice")
    func again() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let count = 40_000
        for start in stride(from: 0, to: count, by: 5000) {
            let lines = (start..<start + 5000).map {
                #"{"topic":"A_Changed","wid":1,"body":{"n":\#($0)}}"#
            }
            let answer = try client.request(
                "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                type: "application/x-ndjson")
            try #require(answer.status == 201, "\(answer.text)")
        }
        let words = ["archive", "replay", "--wid", "1", "--yes", "--id", Self.id]
        let first = try run(
            words + ["--last", "\(count)"], at: hub.url)
        func head() throws -> Int { try client.get("/v1/archive").integer("head") ?? 0 }
        #expect(try eventually { try head() > count })
        first.interrupt()
        #expect(try first.end().status == 130, "\(first.shown)")
        let stored = try head() - count
        #expect(stored % 1000 == 0 && stored < count)
        let second = try run(
            words + ["--last", "\(count)"], at: hub.url)
        let (status, output) = try second.end()
        #expect(status == 0, "\(second.shown)")
        #expect(
            output
                == "warehouse 1 has \(grouped(count - stored)) copies more to pull; "
                + "\(grouped(stored)) it had\n")
        #expect(try head() == count * 2)
    }
}

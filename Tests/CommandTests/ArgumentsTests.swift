import Testing

@testable import message_center

/// A table with one option of each kind.
private let sample = Command(
    name: "sample", summary: "stand for all commands",
    options: [Rows.wid, Rows.limit, Rows.topic, Rows.list, Rows.size, Rows.loud],
    operands: [Operand(placeholder: "WHAT", help: "what it is about")],
    run: { _ in .done })

private enum Rows {
    static let wid = Option(required: "wid", .integer(1...100), environment: "T_WID", "a number")
    static let limit = Option("limit", .integer(1...10), default: 5, "a number with a default")
    static let topic = Option(optional: "topic", .text("NAME"), "a text")
    static let list = Option(optional: "list", .list("A,B"), "some words")
    static let size = Option(optional: "size", .size(1...1_048_576), "bytes")
    static let loud = Flag("loud", "a flag")
}

@Suite("A command line")
struct ArgumentsTests {
    private func read(
        _ line: String, environment: [String: String] = [:]
    ) throws -> Arguments {
        try Arguments(
            line.split(separator: " ").map(String.init), of: sample, environment: environment)
    }

    private func mistakes(_ line: String, environment: [String: String] = [:]) -> [String] {
        do {
            _ = try read(line, environment: environment)
            return []
        } catch {
            return (error as? UsageError)?.mistakes ?? ["\(error)"]
        }
    }

    @Test("is read by its table, values before or after an equals sign")
    func values() throws {
        let arguments = try read("--wid=7 x --topic A_B --list a,b --size 2k --loud")
        #expect(arguments[Rows.wid] == 7)
        #expect(arguments[Rows.limit] == 5)
        #expect(arguments[Rows.topic] == "A_B")
        #expect(arguments[Rows.list] == ["a", "b"])
        #expect(arguments[Rows.size] == 2_048)
        #expect(arguments[Rows.loud])
        #expect(arguments.operands == ["x"])
    }

    @Test("leaves absent what is not given")
    func absence() throws {
        let arguments = try read("--wid 1 x")
        #expect(arguments[Rows.topic] == nil)
        #expect(!arguments[Rows.loud])
        #expect(!arguments.has(Rows.limit))
    }

    @Test("takes every word behind -- as an operand")
    func doubleDash() throws {
        #expect(try read("--wid 1 -- --wid").operands == ["--wid"])
    }

    @Test("goes over the environment, which goes over nothing")
    func environment() throws {
        #expect(try read("x", environment: ["T_WID": "3"])[Rows.wid] == 3)
        #expect(try read("--wid 4 x", environment: ["T_WID": "3"])[Rows.wid] == 4)
        #expect(
            mistakes("x", environment: ["T_WID": "much"]) == [
                "T_WID (for --wid) expects a whole number from 1 to 100, not 'much'"
            ])
    }

    @Test(
        "tells what is wrong with it",
        arguments: [
            ("x", "--wid N is missing"),
            ("--wid 1", "WHAT is missing: what it is about"),
            ("--wid 0 x", "--wid expects a whole number from 1 to 100, not '0'"),
            ("--wid 1x x", "--wid expects a whole number from 1 to 100, not '1x'"),
            ("x --wid", "--wid expects a value: --wid N"),
            ("--wid --loud x", "--wid expects a value: --wid N"),
            ("--wid 1 --wid 2 x", "--wid is given twice"),
            ("--wid 1 --loud=yes x", "--loud takes no value"),
            ("--wid 1 x y", "unexpected 'y'"),
            ("--wid 1 --lmit 3 x", "unknown option --lmit; did you mean --limit?"),
            ("--wid 1 --zzzzzz x", "unknown option --zzzzzz"),
            ("--wid 1 -l x", "unknown option -l; options have two dashes and a full name"),
            (
                "--wid 1 --list a,,b x",
                "--list expects words with one comma between them, not 'a,,b'"
            ),
        ])
    func mistake(line: String, expected: String) {
        #expect(mistakes(line).first == expected)
    }

    @Test("tells all its mistakes at once")
    func allMistakes() {
        #expect(mistakes("--wid 0 --limit 99 --lod").count == 4)
    }

    @Test("that asks for help is right whatever else it says", arguments: ["--help", "-h --wid 0"])
    func help(line: String) throws {
        #expect(try read(line)[Command.help])
    }
}

@Suite("The nearest word")
struct NearestTests {
    private let known = ["limit", "wid", "topics", "take-over", "token", "token-file"]

    @Test(
        "is found where there is one",
        arguments: [
            ("lmit", "limit"), ("topic", "topics"), ("wdi", "wid"), ("takeover", "take-over"),
            ("tok", "token"), ("LIMIT", "limit"),
        ])
    func near(word: String, expected: String) {
        #expect(nearest(to: word, among: known) == expected)
    }

    @Test("is not made up where there is none", arguments: ["zebra", "", "x"])
    func far(word: String) {
        #expect(nearest(to: word, among: known) == nil)
    }

    @Test("goes by letters put in, left out, changed or swapped")
    func distances() {
        #expect(edits(from: "abc", to: "abc") == 0)
        #expect(edits(from: "abc", to: "acb") == 1)
        #expect(edits(from: "", to: "abc") == 3)
        #expect(edits(from: "kitten", to: "sitting") == 3)
    }
}

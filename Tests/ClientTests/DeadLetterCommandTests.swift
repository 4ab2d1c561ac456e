import Foundation
import MessageCenterClient
import TestSupport
import Testing
import Wire

@Suite("The command dead-letter")
struct DeadLetterCommandTests {
    private let folder: TemporaryFolder

    /// A dead letter with one parked behind it, and one without key.
    init() throws {
        folder = try TemporaryFolder()
        let lines = [
            ("dead", 1, #""key":"order:1","#), ("parked", 2, #""key":"order:1","#), ("dead", 3, ""),
        ]
        .map { state, number, key in
            """
            {"at":"T","state":"\(state)","n":\(number),"id":"m\(number)","index":1\(number),\
            "topic":"SaleOrder_Changed","wid":1,\(key)"body":{"x":\(number)},"created":"C",\
            "error":"no room","tries":10,"firstAt":"A","lastAt":"B"}\n
            """
        }
        try lines.joined().write(
            toFile: folder.path + "/dead-letters.jsonl", atomically: true, encoding: .utf8)
    }

    private func run(_ words: String...) throws -> ProgramExit {
        try ProgramExit(["dead-letter", words[0], "--folder", folder.path] + words.dropFirst())
    }

    private func orders() throws -> [Int: DeadLetter.Order] {
        try DeadLetters(folder: folder.path).open.reduce(into: [:]) { $0[$1.number] = $1.order }
    }

    @Test("It lists them, for people and for programs")
    func list() throws {
        let table = try run("list")
        #expect(table.status == 0, "\(table.errors)")
        #expect(table.output.split(separator: "\n").count == 4)
        #expect(table.output.contains("order:1") && table.output.contains("no room"))
        let lines = try run("list", "--json").output.split(separator: "\n")
        #expect(try lines.map { try JSONValue.parse(String($0))["n"]?.integer } == [1, 2, 3])
    }

    @Test("It shows one, and what waits behind it")
    func show() throws {
        let shown = try run("show", "1").output
        #expect(shown.contains("m1") && shown.contains("behind it:"))
        #expect(try !run("show", "m3").output.contains("behind it"))
        let missing = try run("show", "9")
        #expect(missing.status == 2 && missing.errors.contains("no dead letter '9'"))
    }

    @Test("It orders by number, by id, or all dead ones")
    func order() throws {
        #expect(try run("retry", "1,m3").status == 0)
        #expect(try orders() == [1: .retry, 3: .retry])
        #expect(try run("drop", "2").status == 0)
        #expect(try orders() == [1: .retry, 2: .drop, 3: .retry])
        #expect(try run("drop", "all").status == 0)
        #expect(try orders() == [1: .drop, 2: .drop, 3: .drop])
        #expect(try run("drop", "1,9").status == 2)
    }

    @Test("One that is parked is not retried before the one it waits for")
    func parked() throws {
        let refused = try run("retry", "2")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("it waits behind 1"))
        #expect(try orders().isEmpty)
    }

    @Test("A folder in which nobody has consumed is told")
    func noFolder() throws {
        let other = try TemporaryFolder()
        let exit = try ProgramExit(["dead-letter", "list", "--folder", other.path])
        #expect(exit.status == 1)
        #expect(exit.errors.contains("no consumer has worked in this folder"))
    }
}

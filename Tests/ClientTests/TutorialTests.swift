import Foundation
import MessageCenterClient
import SQLite
import TestSupport
import Testing

@testable import message_center

/// What `docs/client.md` shows is compiled with these tests, and run against a real hub.
@Suite("The tutorial")
struct TutorialTests {
    @Test("Every block of Swift in the page stands in a file of these tests")
    func blocks() throws {
        let known = try Set(Tutorial.compiled())
        let shown = try Tutorial.blocks("swift")
        for block in shown where !known.contains(block) {
            Issue.record("not compiled and run by any test:\n\(block)")
        }
        #expect(shown.count >= 7)
    }

    @Test("Everything that is compiled for the page is shown there")
    func shown() throws {
        let shown = try Set(Tutorial.blocks("swift"))
        for block in try Tutorial.compiled() where !shown.contains(block) {
            Issue.record("not in the page:\n\(block)")
        }
    }

    @Test("The part on publishing does what it says")
    func publish() async throws {
        // The example names nobody whom to trust.
        let hub = try HubProcess(inClear: true)
        let folder = try TemporaryFolder()
        let url = hub.url
        let tutorial = PublishTutorial(hub: url, spool: folder.path + "/spool")
        let publisher = try MessagePublisher(url: url, wid: 105)
        try await tutorial.first()
        await tutorial.place(
            PublishTutorial.SaleOrder(orderId: "10002", total: 9.5), for: 105, with: publisher)
        await tutorial.usual(publisher)
        await tutorial.again(publisher)
        let line = try HubLine(hub.client(), wid: 105)
        #expect(
            line.messages.map(\.topic) == [
                "SaleOrder_Changed", "SaleOrder_Created", "Product_Changed", "SaleOrder_Created",
                "Promotion_Deleted", "Parcel_Created", "Stock_Counted",
            ])
        #expect(line.messages[1].body == #"{"orderId":"10002","total":9.5}"#)
        await tutorial.many(publisher)
        #expect(try HubLine(hub.client(), wid: 105).messages.count == 1007)
        try await tutorial.spooled()
        #expect(try HubLine(hub.client(), wid: 105).messages.count == 1008)
        // The certificates that it names are nobody's.
        #expect(throws: PublisherFailure.self) { try tutorial.secure() }
        await publisher.close()
    }

    @Test("The outbox's tables in the page are those that --init makes")
    func tables() throws {
        func words(_ text: String) -> [Substring] { text.split(whereSeparator: \.isWhitespace) }
        let shown = try #require(try Tutorial.blocks("sql").first)
        #expect(words(shown) == words(Outbox.schema))
    }

    @Test("The outbox's SQL does what it says")
    func outbox() throws {
        let hub = try HubProcess()
        let folder = try TemporaryFolder()
        let path = folder.path + "/shop.db"
        let blocks = try Tutorial.blocks("sql")
        #expect(blocks.count == 3)
        let database = try Connection(path: path)
        for block in blocks { try database.execute(block) }
        let run = try ProgramExit([
            "publish", "--outbox", path, "--once", "--hub", hub.url,
        ])
        #expect(run.status == 0, "\(run.errors)")
        let line = try HubLine(hub.endpoint, wid: 105)
        #expect(line.messages.map(\.topic) == ["SaleOrder_Created", "SaleOrder_Changed"])
        #expect(line.messages.map(\.key) == ["order:10001", "order:10001"])
        #expect(try database.scalar("SELECT count(*) FROM message_outbox") == 0)
    }
}

/// The page, and the code that is compiled for it.
private enum Tutorial {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    private static var root: URL {
        tests.deletingLastPathComponent().deletingLastPathComponent()
    }

    /// What the page has in place of a test's own values.
    private static let values = [
        "\"http://127.0.0.1:8088\"": "hub", "\"/var/lib/shop/spool\"": "spool",
        "\"/var/lib/shop/consumer\"": "folder",
    ]

    /// The blocks of a language in the page, in their order. Imports stand at the top of a file.
    static func blocks(_ language: String) throws -> [String] {
        let page = try String(
            contentsOf: root.appending(path: "docs/client.md"), encoding: .utf8)
        let blocks = try Regex("```\(language)\n(.*?)```").dotMatchesNewlines()
        return page.matches(of: blocks).map { match in
            var block = String(match.output[1].substring ?? "")
            for (shown, own) in values { block = block.replacing(shown, with: own) }
            return trimmed(block.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    /// What stands between the marks in the files of the tutorial.
    static func compiled() throws -> [String] {
        let folder = tests.appending(path: "Tutorial")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return try names.flatMap { name in
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            return text.split(separator: "// docs/client.md\n").dropFirst().map { part in
                let block = part.split(separator: "// end\n", maxSplits: 1)[0]
                return trimmed(block.split(separator: "\n", omittingEmptySubsequences: false))
            }
        }
    }

    /// Without imports, without the indentation that all lines share, without empty ends.
    private static func trimmed(_ lines: [Substring]) -> String {
        let kept = lines.filter { !$0.hasPrefix("import ") }
        let indent =
            kept.filter { !$0.allSatisfy(\.isWhitespace) }
            .map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return kept.map { $0.allSatisfy(\.isWhitespace) ? "" : String($0.dropFirst(indent)) }
            .joined(separator: "\n").trimmingCharacters(in: .newlines)
    }
}

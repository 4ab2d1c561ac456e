import Foundation
import Hub
import HubServer
import TestSupport
import Testing

/// The pages for operators tell of every setting, metric and bound there is.
@Suite("The pages for operators") struct OperatingPageTests {
    private let page = try! ShellExample.text(of: "docs/operating.md")

    @Test("Every setting stands in the table, with its variable and its default")
    func settings() {
        for setting in Settings.all {
            let isOfTheMachine = setting.name == "loops"
            let standard =
                isOfTheMachine
                ? "one a processor, 16 at most"
                : setting.isDescribed ? setting.standard : "`\(setting.standard)`"
            let row = "| `--\(setting.name)` | `\(setting.environmentName)` | \(standard) |"
            #expect(page.contains(row), "\(row)")
        }
        let rows = page.matches(of: /\| `--([a-z-]+)` \|/).map { String($0.1) }
        #expect(Set(rows) == Set(Settings.all.map(\.name) + ["config"]))
    }

    @Test("Every metric is explained, and no other")
    func metrics() throws {
        let hub = try RunningHub { $0.tls = TestTLS.files }
        let client = try hub.client()
        try client.publish(wid: 3)
        try client.pull(3)
        let text = try client.get("/metrics").text
        let told = text.matches(of: /(?m)^# TYPE (\S+)/).map { String($0.1) }
        let named = page.matches(of: /`((?:message_center|process)_\w+)`/).map { String($0.1) }
        #expect(told.count > 15)
        #expect(Set(told) == Set(named))
    }

    /// What the tables of messages quote.
    private var quoted: [String] {
        let section = page.split(separator: "## Messages, and what to do")[1]
            .split(separator: "A warehouse that does not follow")[0]
        return section.matches(of: /(?m)^\| (`.*?`) \|/).flatMap {
            $0.1.matches(of: /`([^`]+)`/).map { String($0.1) }
        }
    }

    @Test("Every warning and every error of the hub is quoted, by its words")
    func warnings() throws {
        // Where what is told was made before.
        let elsewhere = [
            "EventLoop+Limits.swift": [
                "requests of … are limited: it sends more than … a second",
                "connections of … are turned away: … are open", "tokens from … are not looked at",
            ],
            "Server.swift": ["the last token is gone: nobody may do anything until …"],
            "TokenWatch.swift": [
                "the tokens cannot be read, they stay as they were: …",
                "deeds of the command line stay in tokens.db, the audit lacks them: …",
                "deeds that are in the audit cannot be deleted from tokens.db: …",
                "when tokens were last used cannot be kept in tokens.db: …",
                "the last token is gone: nobody may do anything until …",
            ],
            "EventLoop+TLS.swift": ["TLS with … failed: …"],
            "AdminReader.swift": ["the archive cannot be read: …"],
            "ArchiveDesk.swift": ["the archive cannot be read: …"],
            "EventLoop+Pull.swift": ["the store cannot be read: …"],
        ]
        let folder = OpenAPIDocument.repository.appending(path: "Sources/HubServer")
        let quotes = quoted.map { quote in
            quote.split(separator: "…").map { $0.trimmingCharacters(in: [" "]) }
        }
        var found = 0
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        where file.hasSuffix(".swift") {
            let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            let calls = LogTexts(source)
            #expect(calls.withoutText == 0 || elsewhere[file] != nil, "\(file): what does it tell?")
            // Without a word of its own it is a request's refusal, by its status and code.
            for text in calls.texts + (elsewhere[file] ?? [])
            where text.contains(where: \.isLetter) {
                found += 1
                let isQuoted = quotes.contains { parts in
                    parts.joined().count > 8 && parts.allSatisfy { text.contains($0) }
                }
                #expect(isQuoted, "\(file): the page does not say what to do on: \(text)")
            }
        }
        #expect(found > 35)
    }

    @Test("The messages quoted are those that the hub tells")
    func messages() throws {
        let folder = OpenAPIDocument.repository.appending(path: "Sources")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        let sources = try files.filter { $0.hasSuffix(".swift") }.map {
            try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
        }
        // Texts are broken over lines in the sources.
        let told = sources.joined().replacing(/\\\n\s+/, with: "").replacing(
            /"\s*\+ "/, with: "")
        #expect(quoted.count > 12)
        for message in quoted {
            for part in message.split(separator: "…").map({ $0.trimmingCharacters(in: [" "]) })
            where part.count > 3 {
                let isTold = told.contains(part)
                #expect(isTold, "\(part)")
            }
        }
    }

    @Test("The bounds are those of the code")
    func bounds() throws {
        let storage = try ShellExample.text(of: "docs/storage.md")
        let http = try ShellExample.text(of: "docs/http-api.md")
        for (number, pages) in [
            (Limits.warehouses, [page, storage, http]), (Limits.topics, [page, storage, http]),
            (Limits.lines, [page, storage, http]), (Limits.batchMessages, [http]),
            (Limits.filterLooks, [http]),
        ] {
            let text = number.formatted(.number.locale(Locale(identifier: "en_US")))
            for page in pages { #expect(page.contains(text), "\(text)") }
        }
        #expect(storage.contains("\(Limits.bodyBytes / 1024) KiB"))
        #expect(storage.contains("| a topic | \(Limits.topicBytes) characters |"))
        #expect(storage.contains("| a key | \(Limits.keyCharacters) characters |"))
    }
}

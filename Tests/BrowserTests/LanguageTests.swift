import Foundation
import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// Both languages have every word.
    @Suite("Languages") struct LanguageTests {
        /// The tables as the page has them.
        private func tables(_ page: Page) throws -> (
            english: [String: String], chinese: [String: String]
        ) {
            let found = try page.runLater(
                """
                const done = arguments[arguments.length - 1]
                Promise.all([import("/text-en.js"), import("/text-zh.js")])
                    .then(([en, zh]) => done([en.english, zh.chinese]), problem => done(String(problem)))
                """)
            func table(_ value: JSONValue?) throws -> [String: String] {
                let members = try #require(value?.members)
                return Dictionary(
                    uniqueKeysWithValues: members.map { ($0.name, $0.value.text ?? "") })
            }
            return (try table(found[0]), try table(found[1]))
        }

        /// What is to be filled in, in whatever order.
        private func blanks(_ text: String) -> Set<String> {
            Set(text.matches(of: /\{(\w+)\}/).map { String($0.output.1) })
        }

        @Test("The tables have the same keys, with the same blanks, and none is left in English")
        func tables() throws {
            let hub = try RunningHub()
            let page = try Page(hub.endpoint, "help")
            try page.settled("help")
            let (english, chinese) = try tables(page)
            #expect(Set(english.keys).symmetricDifference(chinese.keys) == [])
            for (key, text) in english {
                let other = chinese[key] ?? ""
                #expect(!text.isEmpty && !other.isEmpty, "\(key)")
                #expect(blanks(text) == blanks(other), "\(key)")
                if text.contains(/[a-z]{3,} [a-z]{3,}/) {
                    #expect(other.contains(/\p{Han}/), "\(key): \(other)")
                }
            }
        }

        @Test("Every text that a page asks for is in the tables")
        func asked() throws {
            let hub = try RunningHub()
            let page = try Page(hub.endpoint, "help")
            try page.settled("help")
            let english = try tables(page).english
            let folder = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Public").standardized
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
            where name.hasSuffix(".js") && !name.hasPrefix("text") {
                let source = try String(
                    contentsOf: folder.appending(path: name), encoding: .utf8)
                for match in source.matches(of: /\btext\("([^"]+)"/) {
                    #expect(english[String(match.output.1)] != nil, "\(name): \(match.output.1)")
                }
            }
        }

        /// What the page says of itself: no data, no code, nothing that is nobody's language.
        private static let own = """
            const data = "bdi, code, pre, kbd, .code, .topic, .key, .cut, script, style, noscript,"
                + "[data-field=client], [data-field=session], [data-field=host], [lang=en],"
                + "[data-field=where], .errors .chip, [data-field=target], [data-field=requestId], .links, datalist"
            const words = []
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
            while (walker.nextNode()) {
                const node = walker.currentNode
                if (!node.parentElement.closest(data)) words.push(node.textContent.trim())
            }
            for (const node of document.querySelectorAll("[title], [aria-label], [placeholder]")) {
                if (node.closest(data) || node.closest("[data-wid]")) continue
                for (const name of ["title", "aria-label", "placeholder"]) {
                    if (node.getAttribute(name)) words.push(node.getAttribute(name))
                }
            }
            return words.filter(Boolean)
            """

        @Test("In Chinese no page has an English sentence left, nor a key", arguments: Pages.all)
        func chinese(name: String) throws {
            let scene = try Scene()
            let page = try Page(scene.hub.endpoint, name, view: View(language: .chinese))
            try page.settled()
            let words = try page.run(Self.own).elements?.compactMap(\.text) ?? []
            #expect(words.contains { $0.contains(/\p{Han}/) })
            for word in words {
                #expect(!word.contains(/[A-Za-z]{2,} [A-Za-z]{2,}/), "\(name): \(word)")
                #expect(!word.contains(/\b[a-z]+\.[a-z]+(\.[a-z]+)?\b/), "\(name): \(word)")
            }
            #expect(try page.attribute("lang", of: "html") == "zh-CN")
            #expect(try page.faults() == [])
        }

        @Test("The language is that of the browser, until another is chosen, which is kept")
        func chosen() throws {
            let scene = try Scene(archives: false)
            let page = try Page(scene.hub.endpoint, view: View(language: .chinese))
            try page.settled("fleet")
            #expect(try page.text("[data-nav=messages]") == "消息")
            try page.click("[data-action=language]")
            try page.settled("fleet")
            #expect(try page.text("[data-nav=messages]") == "Messages")
            #expect(try page.attribute("lang", of: "html") == "en")
            try page.reload()
            try page.settled("fleet")
            #expect(try page.text("[data-nav=messages]") == "Messages")
        }

        @Test("The colours are those of the system, until others are chosen, which are kept")
        func colours() throws {
            let scene = try Scene(archives: false)
            let page = try Page(scene.hub.endpoint, view: View(theme: .dark))
            try page.settled("fleet")
            #expect(try page.attribute("data-theme", of: "html") == "dark")
            try page.click("[data-action=theme]")
            #expect(try page.attribute("data-theme", of: "html") == "light")
            try page.reload()
            try page.settled("fleet")
            #expect(try page.attribute("data-theme", of: "html") == "light")
        }
    }
}

import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// Dead letters, retried and given up by the page.
    @Suite("An operator's hands on dead letters") struct LetterActionTests {
        private let scene: Scene
        private let page: Page

        init() throws {
            scene = try Scene(archives: false)
            page = try Page(scene.hub.endpoint, "dead-letters")
            try page.settled("dead-letters")
        }

        private func letter(_ n: Int) throws -> JSONValue {
            try scene.get("/v1/dead-letters/\(n)")
        }

        private func results() throws -> [String] {
            try page.until("the results", "return document.querySelector('dialog [data-result]')")
            let found = try page.run(
                """
                return [...document.querySelectorAll("dialog tr[data-letter]")].map(row =>
                    `${row.dataset.letter} ${row.querySelector("[data-result]").dataset.result}`)
                """)
            return found.elements?.compactMap(\.text) ?? []
        }

        @Test("One is ordered, told to its client, and written down", arguments: ["retry", "drop"])
        func one(action: String) throws {
            try page.click("tr[data-letter='1'] [data-action=\(action)]")
            try page.click("dialog [data-action=confirm-\(action)]")
            #expect(try results() == ["1 ordered"])
            try page.click("dialog [data-action=close]")
            #expect(try letter(1)["action"]?.text == action)
            let commands = try scene.client.pull(106)["commands"].elements ?? []
            #expect(commands.map { $0["action"]?.text } == [action])
            let entry = try scene.get("/v1/audit?limit=1")["entries"]![0]!
            #expect(entry["action"]?.text == "letter_\(action)")
            #expect(entry["detail"] == ["n": 1])
            try page.until(
                "the row to say so",
                """
                return document.querySelector(`tr[data-letter='1'] [data-action=${arguments[0]}]`)
                    ?.disabled
                """, .text(action))
            #expect(try page.faults() == [])
        }

        @Test("Those that are chosen are ordered, with a result for each, the refused first")
        func chosen() throws {
            for n in 1...3 { try page.click("tr[data-letter='\(n)'] input[type=checkbox]") }
            #expect(try page.text("[data-action=retry-chosen]") == "Retry 3 chosen")
            // Meanwhile its client has got one done.
            let second = try letter(2)
            let done = try scene.client.post(
                "/v1/warehouses/106/dead-letters",
                [
                    "id": second["id"]!, "index": second["index"]!, "topic": second["topic"]!,
                    "state": "done",
                ])
            #expect(done.status < 300, "\(done.text)")
            try page.click("[data-action=retry-chosen]")
            try page.click("dialog [data-action=confirm-retry]")
            let results = try results()
            #expect(results.first == "2 dead_letter_settled")
            #expect(Set(results) == ["1 ordered", "2 dead_letter_settled", "3 ordered"])
            #expect(try page.text("dialog [data-field=ordered]")!.hasPrefix("2 of 3"))
            #expect(try letter(1)["action"]?.text == "retry")
            #expect(try letter(2)["state"]?.text == "done")
            #expect(
                try scene.deeds("?action=letter_retry").count == 2,
                "what is refused has not been done")
            #expect(try page.faults(refusals: [409]) == [])
        }

        @Test("All that fit are counted, then ordered")
        func fitting() throws {
            try page.write("[name=wid]", "106")
            try page.click("[data-action=search]")
            try page.settled("dead-letters")
            try page.click("[data-action=drop-all]")
            try page.until(
                "the count",
                "return document.querySelector('dialog p')?.textContent.startsWith('3 messages')"
                    + " || document.querySelector('dialog p')?.textContent.startsWith('4 messages')"
            )
            #expect(try letter(1)["action"] == .null, "counting does nothing")
            try page.click("dialog [data-action=confirm-drop]")
            let ordered = try results().filter { $0.hasSuffix(" ordered") }
            #expect(ordered.count >= 3)
            for n in 1...3 { #expect(try letter(n)["action"]?.text == "drop") }
            #expect(try scene.deeds("?action=letter_drop").isEmpty == false)
            #expect(try page.faults() == [])
        }

        @Test("An error is picked from the commonest, and only its letters are shown")
        func byError() throws {
            try page.click(".errors .chip")
            try page.until(
                "two letters", "return document.querySelectorAll('tr[data-letter]').length === 2")
            #expect(
                try page.run("return document.querySelector('[data-action=retry-all]').disabled")
                    == false, "all with this error can be ordered at once")
        }
    }
}

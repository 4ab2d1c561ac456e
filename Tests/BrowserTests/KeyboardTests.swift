import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// Without a mouse.
    @Suite("By keys alone") struct KeyboardTests {
        private static let tab = "\u{E004}"
        private static let enter = "\u{E007}"
        private static let escape = "\u{E00C}"
        private static let down = "\u{E015}"

        private let scene: Scene

        init() throws {
            scene = try Scene(archives: false)
        }

        /// Presses Tab until what has the focus fits.
        private func tab(_ page: Page, to selector: String) throws {
            for _ in 1...60 {
                try page.press(Self.tab)
                let there = try page.run(
                    "return document.activeElement.matches(arguments[0])", .text(selector))
                if there == true { return }
            }
            Issue.record("Tab does not reach \(selector)")
        }

        @Test("Keys go from page to page, to the search, and are told")
        func keys() throws {
            let page = try Page(scene.hub.endpoint)
            try page.settled("fleet")
            for (letter, name) in [
                ("m", "messages"), ("d", "dead-letters"), ("t", "traffic"), ("a", "archive"),
                ("u", "audit"), ("f", "fleet"),
            ] {
                try page.press("g", letter)
                try page.settled(name)
                #expect(
                    try page.attribute("data-nav", of: "[aria-current=page]") == name)
            }
            try page.press("/")
            #expect(try page.run("return document.activeElement.type") == "search")
            try page.press("n", "o", "r", "t", "h")
            try page.until(
                "one row",
                "return document.querySelectorAll('tbody tr[data-wid]').length < arguments[0]",
                .number("\(Scene.wids.count)"))
            try page.run("document.activeElement.blur()")
            try page.press("?")
            try page.until("the keys", "return document.querySelector('dialog .keys')")
            try page.press(Self.escape)
            try page.until("it to close", "return !document.querySelector('dialog')")
            #expect(try page.faults() == [])
        }

        @Test("The first stop leads past the bar")
        func skip() throws {
            let page = try Page(scene.hub.endpoint)
            try page.settled("fleet")
            try page.press(Self.tab)
            #expect(try page.run("return document.activeElement.className") == "skip")
            try page.press(Self.enter)
            #expect(try page.run("return document.activeElement.id") == "main")
        }

        @Test("A warehouse is found in the table, opened and paused")
        func act() throws {
            let page = try Page(scene.hub.endpoint, "fleet?sort=warehouse&order=rising")
            try page.settled("fleet")
            try tab(page, to: "tbody a")
            try page.press(Self.down)
            #expect(
                try page.run("return document.activeElement.closest('tr').dataset.wid") == "106")
            try page.press(Self.enter)
            try page.settled("warehouse")
            try tab(page, to: "[data-action=pause]")
            #expect(
                try page.run("return getComputedStyle(document.activeElement).outlineStyle")
                    != "none", "one sees where one is")
            try page.press(Self.enter)
            try page.until(
                "the focus to be in the dialog",
                "return document.activeElement.closest('dialog') !== null")
            try tab(page, to: "[data-action=confirm-pause]")
            try page.press(Self.enter)
            try page.until("the dialog to close", "return !document.querySelector('dialog')")
            #expect(try scene.warehouse(106)["state"]?.text == "paused")
            #expect(try page.faults() == [])
        }
    }
}

import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// What must hold of every page, in every language and in all colours.
    @Suite("Every page") struct EveryPageTests {
        @Test(
            "No page has an error, breaks its policy, or keeps anybody out",
            arguments: View.all)
        func sound(view: View) throws {
            let scene = try Scene()
            let page = try Page(scene.hub.endpoint, view: view)
            try Accessibility.bring(to: page)
            for name in Pages.all {
                try page.go(name)
                #expect(try page.faults() == [], "\(name) \(view)")
                #expect(try Accessibility.violations(page) == [], "\(name) \(view)")
            }
            #expect(try page.run("return window.harmed ?? null") == .null)
        }

        @Test("What messages and names hold is shown as text", arguments: Pages.all)
        func hostile(name: String) throws {
            let scene = try Scene()
            let shown = [
                "fleet": "fleet", "warehouse/106": "warehouse/107?after=0",
                "message/12": "message/10",
            ][name, default: name]
            let page = try Page(scene.hub.endpoint, shown)
            try page.settled()
            #expect(try page.run("return window.harmed ?? null") == .null)
            #expect(try page.count("main script, main img[onerror]") == 0)
            if !["traffic", "archive", "help"].contains(name) {
                try page.until(
                    "the hostile words",
                    """
                    return document.querySelector("main").innerHTML.includes("&lt;img src=x")
                        || document.querySelector("main").innerHTML.includes("&lt;script")
                    """)
            }
            #expect(try page.faults() == [])
        }

        @Test("Nothing is wider than a telephone", arguments: Pages.all)
        func narrow(name: String) throws {
            let scene = try Scene()
            let page = try Page(scene.hub.endpoint, name, view: .phone)
            try page.settled()
            let sizes = try page.run(
                """
                return [document.documentElement.scrollWidth, document.documentElement.clientWidth]
                """)
            #expect(sizes[1] == 360)
            let wide = try page.wide()
            #expect(sizes[0] == sizes[1], "\(wide)")
            #expect(try page.faults() == [])
        }

        @Test("Dialogs keep nobody out, and fit a telephone", arguments: View.Theme.allCases)
        func dialogs(theme: View.Theme) throws {
            let scene = try Scene()
            var view = View.phone
            view.theme = theme
            let page = try Page(scene.hub.endpoint, "warehouse/105", view: view)
            try page.settled()
            try Accessibility.bring(to: page)
            for action in ["seek", "pause", "take-over", "describe", "retire"] {
                try page.click("main [data-action=\(action)]")
                try page.until("the dialog", "return document.querySelector('dialog[open]')")
                #expect(try Accessibility.violations(page) == [], "\(action) \(theme)")
                #expect(
                    try page.run(
                        "const one = document.querySelector('dialog'); return one.scrollWidth <= one.clientWidth"
                    ) == true, "\(action)")
                try page.press("\u{E00C}")
                try page.until("it to close", "return !document.querySelector('dialog')")
            }
            #expect(try scene.deeds("?wid=105") == ["describe"])
        }
    }
}

extension Page {
    /// What reaches beyond the right side: for the message of a test that failed.
    fileprivate func wide() throws -> String {
        try run(
            """
            const edge = document.documentElement.clientWidth
            return [...document.querySelectorAll("body *")]
                .filter(one => one.getBoundingClientRect().right > edge + 1)
                .slice(0, 5).map(one => `${one.tagName}.${one.className}`).join(", ")
            """
        ).text ?? ""
    }
}

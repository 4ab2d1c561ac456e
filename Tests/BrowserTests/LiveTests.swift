import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// What the page shows changes with the hub, and survives it.
    @Suite("As it happens") struct LiveTests {
        private let scene: Scene

        init() throws {
            scene = try Scene(archives: false)
        }

        private func openFleet() throws -> Page {
            let page = try Page(scene.hub.endpoint)
            try page.settled("fleet")
            try page.run("window.sameLoad = true")
            return page
        }

        private static let live = "return document.querySelector('.live').dataset.state === 'live'"

        @Test("What is published changes the fleet within seconds, without a reload")
        func published() throws {
            let page = try openFleet()
            try page.until("the stream", Self.live)
            let lag = try scene.warehouse(105)["lag"]!["messages"]!.integer!
            for _ in 1...3 { try scene.client.publish(wid: 105) }
            try page.until(
                "the lag to grow", within: .seconds(10),
                """
                return document.querySelector("tr[data-wid='105'] [data-field=lag]").title
                    === arguments[0]
                """, .text("\(lag + 3)"))
            #expect(try page.run("return window.sameLoad") == true)
            #expect(try page.faults() == [])
        }

        @Test("Where the hub has no stream to give, the page asks again and again, and says so")
        func polls() throws {
            let others = try (0..<64).map { _ in try EventStream(scene.hub.endpoint) }
            #expect(others.allSatisfy { $0.head.status == 200 })
            let page = try openFleet()
            try page.until(
                "the fallback", within: .seconds(30),
                "return document.querySelector('.live').dataset.state === 'polling'")
            let lag = try scene.warehouse(105)["lag"]!["messages"]!.integer!
            try scene.client.publish(wid: 105)
            try page.until(
                "the lag to grow", within: .seconds(30),
                """
                return document.querySelector("tr[data-wid='105'] [data-field=lag]").title
                    === arguments[0]
                """, .text("\(lag + 1)"))
            #expect(try page.run("return window.sameLoad") == true)
        }

        @Test("A warehouse that is seen for the first time appears")
        func appears() throws {
            let page = try openFleet()
            try page.until("the stream", Self.live)
            try scene.client.pull(200, ["limit": 1])
            try page.until(
                "the row", within: .seconds(10),
                "return document.querySelector(\"tr[data-wid='200']\")")
            #expect(try page.count(".heat-cells a") == Scene.wids.count + 1)
        }

        @Test(
            "When the hub is away the page says so, keeps what it shows, and comes back by itself")
        func restart() throws {
            let page = try openFleet()
            try page.until("the stream", Self.live)
            let back = scene.leave()
            try page.until(
                "the page to notice",
                "return document.querySelector('.live').dataset.state === 'away'")
            #expect(try page.count("tr[data-wid]") == Scene.wids.count)
            #expect(try page.text(".live") == "✕No answer")
            try back()
            try scene.client.publish(wid: 109)
            try page.until("it to come back", within: .seconds(60), Self.live)
            try page.until(
                "what has changed meanwhile",
                """
                return Number(document.querySelector("[data-field=head]").title.replaceAll(",", ""))
                    === arguments[0]
                """, .number("\(Scene.messages + 1)"))
            #expect(try page.run("return window.sameLoad") == true)
            let faults = try page.faults().filter { !$0.contains("net::ERR_") }
            #expect(faults == [])
        }

        @Test("A hub that nobody uses yet says how to begin")
        func empty() throws {
            let hub = try RunningHub()
            let page = try Page(hub.endpoint)
            try page.settled("fleet")
            try page.until(
                "the advice",
                "return document.querySelector('main pre')?.textContent.includes(location.origin)")
            for name in ["messages", "dead-letters", "traffic", "archive", "audit"] {
                try page.go(name)
                try page.until("\(name) to say so", "return document.querySelector('.nothing')")
            }
            #expect(try page.faults() == [])
        }
    }
}

import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// What an operator does with a warehouse: at the page, at the hub, and in the audit.
    @Suite("An operator's hands on a warehouse") struct WarehouseActionTests {
        private let scene: Scene

        init() throws {
            scene = try Scene()
        }

        private func open(_ wid: Int) throws -> Page {
            let page = try Page(scene.hub.endpoint, "warehouse/\(wid)")
            try page.settled("warehouse")
            return page
        }

        /// Presses a button of the page, then the one of the question that it asks.
        private func confirm(_ page: Page, _ action: String) throws {
            try page.click("main [data-action=\(action)]")
            try page.click("dialog [data-action=confirm-\(action)]")
        }

        private func closed(_ page: Page) throws {
            try page.until("the dialog to close", "return !document.querySelector('dialog')")
        }

        private func newest(_ wid: Int) throws -> JSONValue {
            try scene.get("/v1/audit?wid=\(wid)&limit=1")["entries"]?[0] ?? .null
        }

        struct Change: Sendable, CustomTestStringConvertible {
            let wid: Int
            let action: String
            let state: String
            /// The action that is offered in its place afterwards.
            let then: String
            var testDescription: String { action }
        }

        @Test(
            "Holding up, closing and opening change the hub at once, and are written down",
            arguments: [
                Change(wid: 105, action: "pause", state: "paused", then: "resume"),
                Change(wid: 107, action: "resume", state: "archived", then: "pause"),
                Change(wid: 105, action: "retire", state: "retired", then: "revive"),
                Change(wid: 108, action: "revive", state: "archived", then: "retire"),
            ])
        func state(change: Change) throws {
            let page = try open(change.wid)
            try confirm(page, change.action)
            try closed(page)
            let state = try scene.warehouse(change.wid)["state"]?.text
            #expect(state == change.state)
            try page.until(
                "the page to tell it",
                "return document.querySelector(`main [data-action=${arguments[0]}]`)"
                    + " && document.querySelector('.top .state').dataset.state === arguments[1]",
                .text(change.then), .text(state ?? ""))
            let entry = try newest(change.wid)
            #expect(entry["action"]?.text == change.action)
            #expect(entry["role"]?.text == "anyone")
            #expect(try page.faults() == [])
        }

        @Test("A question that is closed changes nothing")
        func closing() throws {
            let page = try open(105)
            let before = try scene.deeds()
            for action in ["pause", "retire", "take-over", "describe", "seek"] {
                try page.click("main [data-action=\(action)]")
                try page.click("dialog [data-action=close]")
                try closed(page)
            }
            #expect(try scene.deeds() == before)
            #expect(try scene.warehouse(105)["state"]?.text == "ok")
        }

        @Test("The session that holds the lease is ended, and told who it was")
        func takeOver() throws {
            let page = try open(105)
            try confirm(page, "take-over")
            try page.until(
                "the outcome",
                "return document.querySelector('dialog .done')?.textContent.includes('north-1')")
            try page.click("dialog [data-action=close]")
            #expect(try scene.warehouse(105)["session"] == .null)
            let late = try scene.client.pull(105, ["session": "north-1"])
            #expect(late.code == "session_fenced")
            #expect(late["holder"].text == "operator")
            let entry = try newest(105)
            #expect(entry["action"]?.text == "take_over")
            #expect(entry["detail"]?.serialized().contains("north-1") == true)
            try page.until(
                "the button to rest",
                "return document.querySelector('main [data-action=take-over]').disabled")
            #expect(try page.faults() == [])
        }

        @Test("A name and an interval are given", arguments: ["Süd 仓库", Scene.hostile])
        func describe(name: String) throws {
            let page = try open(109)
            try page.click("main [data-action=describe]")
            try page.write("dialog [name=name]", name)
            try page.write("dialog [name=expect]", "900")
            try page.click("dialog [data-action=confirm-describe]")
            try closed(page)
            let now = try scene.warehouse(109)
            #expect(now["name"]?.text == name)
            #expect(now["expectEverySeconds"] == 900)
            try page.until(
                "the name", "return document.querySelector('h1 bdi').textContent === arguments[0]",
                .text(name))
            #expect(try newest(109)["action"]?.text == "describe")
            #expect(try page.run("return window.harmed ?? null") == .null)
            #expect(try page.faults() == [])
        }

        @Test("An interval that is none is refused in its field, and nothing is sent")
        func badInterval() throws {
            let page = try open(109)
            try page.click("main [data-action=describe]")
            try page.write("dialog [name=expect]", "-5")
            try page.click("dialog [data-action=confirm-describe]")
            #expect(try page.count("dialog[open]") == 1)
            #expect(try scene.warehouse(109)["expectEverySeconds"] == 3600)
        }

        struct Move: Sendable, CustomTestStringConvertible {
            let wid: Int
            let kind: String
            var value = ""
            let to: Int
            let direction: String
            var testDescription: String { "\(wid) \(kind) \(value)" }
        }

        @Test(
            "A move is shown before it is made, and is made as it was shown",
            arguments: [
                Move(wid: 106, kind: "index", value: "45", to: 45, direction: "forward"),
                Move(wid: 105, kind: "index", value: "3", to: 3, direction: "back"),
                Move(wid: 105, kind: "archive", to: 0, direction: "back"),
                Move(wid: 105, kind: "earliest", to: Scene.archived, direction: "back"),
                Move(wid: 106, kind: "latest", to: Scene.messages, direction: "forward"),
                Move(
                    wid: 105, kind: "time", value: "2020-01-01T00:00:00", to: 0, direction: "back"),
            ])
        func seek(move: Move) throws {
            let before = try scene.warehouse(move.wid)["committed"]!.integer!
            let dry = try scene.client.post(
                "/v1/warehouses/\(move.wid)/seek",
                ["to": .number("\(move.to)"), "dryRun": true])
            let messages = try #require(dry["messages"].integer)
            let page = try open(move.wid)
            try page.click("main [data-action=seek]")
            #expect(
                try page.run(
                    "return document.querySelector('[data-action=confirm-seek]').disabled") == true)
            switch move.kind {
            case "index":
                try page.write("dialog input[type=text]", move.value)
                try page.click("dialog [data-action=preview]")
            case "time":
                try page.set("dialog input[type=datetime-local]", move.value)
                try page.click("dialog [data-action=preview]")
            default: try page.click("dialog [value=\(move.kind)]")
            }
            try page.until(
                "the preview", "return document.querySelector('dialog [data-direction]')")
            #expect(try page.attribute("data-direction", of: "[data-direction]") == move.direction)
            #expect(try page.text("dialog [data-field=to]") == "\(move.to)")
            #expect(try page.text("dialog [data-field=messages]")!.hasPrefix("\(messages) "))
            #expect(try scene.warehouse(move.wid)["committed"] == .number("\(before)"))
            try page.click("dialog [data-action=confirm-seek]")
            try page.until("the outcome", "return document.querySelector('dialog p.done')")
            #expect(try page.text("dialog p.done") == "Moved from \(before) to \(move.to).")
            let now = try scene.warehouse(move.wid)
            #expect(now["committed"]!.integer! == move.to)
            #expect(now["delivered"]!.integer! == move.to)
            let entry = try newest(move.wid)
            #expect(entry["action"]?.text == "seek")
            try page.until(
                "the figure",
                "return document.querySelector('[data-field=committed]').textContent === arguments[0]",
                .text("\(move.to)"))
            #expect(try page.faults() == [])
        }

        @Test("\"Go on here\" in a row of the line moves behind its message")
        func seekHere() throws {
            let page = try open(106)
            let index = try page.attribute("data-index", of: "[data-page] tbody tr:nth-child(3)")!
            try page.click("[data-page] tbody tr:nth-child(3) [data-action=seek-here]")
            try page.until(
                "the preview", "return document.querySelector('dialog [data-direction]')")
            #expect(try page.text("dialog [data-field=messages]")!.hasPrefix("3 "))
            try page.click("dialog [data-action=confirm-seek]")
            try page.until("the outcome", "return document.querySelector('dialog p.done')")
            #expect(try scene.warehouse(106)["committed"] == .number(index))
            try page.click("dialog [data-action=close]")
            // The line begins behind it now.
            try page.until(
                "the line to go on behind it",
                "return Number(document.querySelector('[data-page] tbody tr').dataset.index) > Number(arguments[0])",
                .text(index))
        }

        @Test(
            "What the hub refuses is told with what to do, and the question stays",
            arguments: [("999999", "position_ahead"), ("north", "invalid_content")])
        func refused(to: String, code: String) throws {
            let page = try open(105)
            try page.click("main [data-action=seek]")
            try page.write("dialog input[type=text]", to)
            try page.click("dialog [data-action=preview]")
            try page.until("the refusal", "return document.querySelector('dialog .problem')")
            #expect(try page.attribute("data-code", of: "dialog .problem") == code)
            #expect(
                try page.run(
                    "return document.querySelector('[data-action=confirm-seek]').disabled") == true)
            #expect(try page.faults(refusals: [409, 422]) == [])
        }
    }
}

import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// Every figure of the pages beside what the hub's interface says.
    @Suite("Figures") struct FigureTests {
        private let scene: Scene

        init() throws {
            scene = try Scene()
        }

        /// What must be true of a page, and is not; empty when all is.
        private func expectEventually(
            _ page: Page, _ what: String, _ differences: () throws -> [String]
        ) throws {
            var last: [String] = []
            do {
                try page.wait(what) {
                    last = try differences()
                    return last.isEmpty
                }
            } catch {
                Issue.record("\(what): \(last.joined(separator: "; "))")
            }
        }

        private static let states = [
            "ok": "✓ok", "lagging": "▲lagging", "paused": "‖paused", "retired": "–retired",
            "never": "○never seen", "silent": "✕silent", "archived": "■archived",
            "leaving": "◆leaving",
        ]

        /// Where a row and a warehouse differ; what goes with time is compared loosely.
        private func differences(
            _ row: [String: Page.Field], _ warehouse: JSONValue
        ) -> [String] {
            func whole(_ name: String) -> Int { warehouse[name]?.integer ?? -1 }
            let client = warehouse["client"].map {
                [$0["name"]?.text, $0["version"]?.text].compactMap(\.self)
                    .filter { !$0.isEmpty }.joined(separator: " ")
            }
            let parked = whole("parked")
            let told: [(String, String?, String)] = [
                ("warehouse", row["warehouse"]?.text, "\(whole("wid"))\(warehouse["name"]!.text!)"),
                ("state", row["state"]?.text, Self.states[warehouse["state"]!.text!]!),
                (
                    "lag", row["lag"]?.title,
                    Written.exact(warehouse["lag"]!["messages"]!.integer!)
                ),
                ("committed", row["committed"]?.title, Written.exact(whole("committed"))),
                ("delivered", row["delivered"]?.title, Written.exact(whole("delivered"))),
                (
                    "dead", row["dead"]?.text,
                    Written.exact(whole("deadLetters"))
                        + (parked > 0 ? " + \(Written.exact(parked))" : "")
                ),
                ("session", row["session"]?.text, warehouse["session"]?.text ?? "–"),
                ("client", row["client"]?.text, client.flatMap { $0.isEmpty ? nil : $0 } ?? "–"),
            ]
            return told.compactMap { name, seen, wanted in
                seen == wanted ? nil : "\(name) is \(seen ?? "not there"), not \(wanted)"
            }
        }

        @Test("The fleet shows of each warehouse what the hub says of it, and the sums of all")
        func fleet() throws {
            let page = try Page(scene.hub.endpoint)
            try page.settled("fleet")
            try expectEventually(page, "the fleet to be true") {
                let all = try scene.get("/v1/warehouses")["warehouses"]!.elements!
                #expect(all.map { $0["wid"]!.integer! } == Scene.wids)
                var found: [String] = []
                for warehouse in all {
                    let wid = warehouse["wid"]!.integer!
                    let row = try page.fields("tbody tr[data-wid='\(wid)']").first ?? [:]
                    found += differences(row, warehouse).map { "\(wid): \($0)" }
                }
                let counted = all.filter { $0["state"]!.text != "retired" }
                let sums = try page.fields("dl.figures").first ?? [:]
                let lag = counted.reduce(0) { $0 + $1["lag"]!["messages"]!.integer! }
                let dead = all.reduce(0) { $0 + $1["deadLetters"]!.integer! }
                for (name, wanted) in [
                    "lagMessages": lag, "deadLetters": dead, "head": Scene.messages,
                ] where sums[name]?.title != Written.exact(wanted) {
                    found.append("\(name) is \(sums[name]?.title ?? "?"), not \(wanted)")
                }
                for (state, number) in Dictionary(grouping: all, by: { $0["state"]!.text! })
                    .mapValues(\.count)
                {
                    let chip = try page.text(".chip[data-state='\(state)'] .number")
                    if chip != "\(number)" { found.append("\(state): \(chip ?? "?")") }
                }
                return found
            }
            #expect(try page.count(".heat-cells a") == Scene.wids.count)
            #expect(try page.attribute("data-dead", of: ".heat-cells a[data-wid='106']") != nil)
            #expect(try page.faults() == [])
        }

        @Test("Lag is told with its age, and the sums of traffic are the stream's own")
        func ages() throws {
            let page = try Page(scene.hub.endpoint)
            try page.settled("fleet")
            try expectEventually(page, "the age of the lag to be true") {
                let now = try scene.warehouse(106)["lag"]!["seconds"]!.integer!
                let row = try page.fields("tbody tr[data-wid='106']").first ?? [:]
                // The stream tells what only time changes every ten seconds.
                let near = (max(0, now - 14)...now + 1).map(Written.span)
                let seen = row["lagTime"]?.text ?? "?"
                return near.contains(seen) ? [] : ["\(seen) at \(now) s"]
            }
            try expectEventually(page, "bytes and rates") {
                let sums = try page.fields("dl.figures").first ?? [:]
                let samples = try scene.get("/v1/stats?range=hour")
                let free = samples["disk"]!["freeBytes"]!.integer!
                let seen = Int(sums["freeBytes"]?.title.filter(\.isNumber) ?? "") ?? 0
                var found: [String] = []
                if abs(free - seen) > 1 << 30 { found.append("free is \(seen), not \(free)") }
                if sums["publishRate"]?.text.hasSuffix("/s") != true { found.append("no rate") }
                return found
            }
        }

        @Test("A warehouse's page shows what the hub says of it", arguments: Scene.wids)
        func warehouse(wid: Int) throws {
            let page = try Page(scene.hub.endpoint, "warehouse/\(wid)")
            try page.settled("warehouse")
            try expectEventually(page, "warehouse \(wid) to be true") {
                let now = try scene.warehouse(wid)
                let seen = try page.fields("dl.figures").first ?? [:]
                var wanted = [
                    "lag": Written.exact(now["lag"]!["messages"]!.integer!),
                    "committed": Written.exact(now["committed"]!.integer!),
                    "delivered": Written.exact(now["delivered"]!.integer!),
                    "head": Written.exact(Scene.messages),
                ].filter { seen[$0.key]?.title != $0.value }
                let parked = now["parked"]!.integer!
                let dead = "\(now["deadLetters"]!.integer!)" + (parked > 0 ? " + \(parked)" : "")
                for (name, text) in [
                    "dead": dead, "session": now["session"]?.text ?? "nobody",
                    "expected": "every 1 h",
                    "host": now["client"]?["host"]?.text.flatMap { $0.isEmpty ? nil : $0 } ?? "–",
                ] where seen[name]?.text != text {
                    wanted[name] = text
                }
                let name = try page.text("h1 [data-field=name]")
                if name != now["name"]?.text { wanted["name"] = now["name"]?.text }
                return wanted.map { "\($0.key) is \(seen[$0.key]?.text ?? "?"), not \($0.value)" }
            }
            let line = try scene.get("/v1/warehouses/\(wid)/messages?limit=50")["messages"]!
            let rows = try page.fields(".pages tbody tr")
            #expect(
                rows.map { $0["index"]?.text ?? "" }
                    == line.elements!.map { Written.exact($0["index"]!.integer!) })
            for (row, message) in zip(rows, line.elements!) {
                #expect(row["ordinal"]?.text == Written.exact(message["ordinal"]!.integer!))
                #expect(row["topic"]?.text == message["topic"]?.text)
                #expect(row["key"]?.text == message["key"]?.text)
                #expect(row["body"]?.text == message["body"]?.serialized())
                #expect(row["for"]?.text == (message["wid"] == 0 ? "all" : "this one"))
            }
            #expect(try page.faults() == [])
        }

        @Test("A search shows what the hub finds, page by page")
        func messages() throws {
            let page = try Page(scene.hub.endpoint, "messages")
            try page.settled("messages")
            try compare(page, "")
            for (name, value) in [("topic", "SaleOrder_*"), ("key", "order:10007"), ("wid", "106")]
            {
                try page.write("[name=\(name)]", value)
                try page.click("[data-action=search]")
                let query = "\(name)=\(value.replacing(":", with: "%3A"))"
                try page.until(
                    "the search to be in the address",
                    "return decodeURIComponent(location.hash).includes(arguments[0])",
                    .text("\(name)=\(value)"))
                try page.settled("messages")
                try compare(page, query)
                try page.click("[data-action=clear]")
                try page.settled("messages")
            }
        }

        private func compare(_ page: Page, _ query: String) throws {
            let found = try scene.get("/v1/messages?limit=100&\(query)")["messages"]!.elements!
            #expect(!found.isEmpty)
            try expectEventually(page, "the search for \(query) to be true") {
                let rows = try page.fields(".pages tbody tr")
                guard rows.count == found.count else { return ["\(rows.count) rows"] }
                return zip(rows, found).compactMap { row, message in
                    let seen = ["index", "topic", "key", "body", "where", "wid"]
                        .map { row[$0]?.text ?? "?" }
                    let wid = message["wid"]!.integer!
                    let wanted = [
                        Written.exact(message["index"]!.integer!), message["topic"]!.text!,
                        message["key"]!.text!, message["body"]!.serialized(),
                        message["where"]!.text == "store" ? "store" : "archive",
                        wid == 0 ? "all" : "\(wid)",
                    ]
                    return seen == wanted ? nil : "\(seen) is not \(wanted)"
                }
            }
        }

        @Test(
            "A message's page shows what it holds, where it is and each warehouse's part",
            arguments: [1, 4, 10, 50, 60])
        func message(index: Int) throws {
            let page = try Page(scene.hub.endpoint, "message/\(index)")
            try page.settled("message")
            let message = try scene.get("/v1/messages/\(index)?limit=100")
            let facts = try page.fields("dl.facts").first ?? [:]
            #expect(facts["index"]?.text == Written.exact(index))
            #expect(facts["topic"]?.text == message["topic"]?.text)
            #expect(facts["key"]?.text == message["key"]?.text)
            #expect(facts["id"]?.text == message["id"]?.text)
            #expect(facts["where"]?.text == message["where"]?.text)
            let body = try page.text(".body-box pre") ?? ""
            #expect(try JSONValue.parse(body) == message["body"])
            let rows = try page.fields(".pages tbody tr")
            let journey = message["journey"]!.elements!
            #expect(
                rows.map { $0["wid"]?.text } == journey.map { "\($0["wid"]!.integer!)" })
            let steps = try page.run(
                "return [...document.querySelectorAll('.pages [data-step]')].map(e => e.dataset.step)"
            )
            #expect(steps.elements == journey.map { $0["state"]! })
            #expect(try page.faults() == [])
        }

        @Test("Dead letters are shown with their errors, and grouped by them")
        func letters() throws {
            let page = try Page(scene.hub.endpoint, "dead-letters")
            try page.settled("dead-letters")
            let letters = try scene.get("/v1/dead-letters?limit=100")["deadLetters"]!.elements!
            #expect(letters.count == 4)
            let rows = try page.fields("[data-page] tbody tr")
            for (row, letter) in zip(rows, letters) {
                #expect(row["n"]?.text == Written.exact(letter["n"]!.integer!))
                #expect(row["wid"]?.text == "106")
                #expect(row["index"]?.text == Written.exact(letter["index"]!.integer!))
                #expect(row["topic"]?.text == letter["topic"]?.text)
                #expect(row["tries"]?.text == "\(letter["tries"]!.integer!)")
                #expect(row["state"]?.text.hasSuffix(letter["state"]!.text!) == true)
                let error = letter["error"]!.text!
                #expect(row["error"]?.text == (error.isEmpty ? "–" : error))
            }
            #expect(rows.count == letters.count)
            #expect(try page.text(".errors .chip .number") == "2")
            try page.click("[data-letter] [data-action=letter]")
            try page.until("the letter", "return document.querySelector('dialog .facts')")
            let facts = try page.fields("dialog dl.facts").first ?? [:]
            #expect(facts["wid"]?.text == "106")
            #expect(facts["lastAt"]?.text == "2026-11-20 08:05:00")
            #expect(try page.faults() == [])
        }

        @Test("Traffic counts every topic, and draws a line for each figure")
        func traffic() throws {
            let page = try Page(scene.hub.endpoint, "traffic")
            try page.settled("traffic")
            let topics = try scene.get("/v1/topics")["topics"]!.elements!
            let rows = try page.fields("[data-page] tbody tr")
            #expect(rows.count == topics.count)
            for topic in topics {
                let row = rows.first { $0["topic"]?.text == topic["topic"]?.text }
                #expect(row?["count"]?.title == Written.exact(topic["count"]!.integer!))
                #expect(row?["lastIndex"]?.text == Written.exact(topic["lastIndex"]!.integer!))
            }
            #expect(try page.count("svg.chart") == 4)
            try page.until(
                "the disk's figures", "return document.querySelector('[data-field=forecast]')")
            try expectEventually(page, "the disk's figures to be true") {
                let disk = try scene.get("/v1/stats?range=hour")["disk"]!
                let facts = try page.fields("dl.facts").first ?? [:]
                return ["storeBytes", "archiveBytes", "limitBytes"].compactMap { name in
                    let wanted = Written.bytes(disk[name]!.integer!)
                    let seen = facts["disk-\(name)"]?.text
                    return seen == wanted ? nil : "\(name) is \(seen ?? "?"), not \(wanted)"
                }
            }
            for range in ["day", "week", "hour"] {
                try page.click("[data-range=\(range)]")
                try page.until(
                    "the \(range)",
                    "return document.querySelector(`[data-range=${arguments[0]}][aria-pressed=true]`)",
                    .text(range))
            }
            #expect(try page.faults() == [])
        }

        @Test("The archive shows each of its files")
        func archive() throws {
            let page = try Page(scene.hub.endpoint, "archive")
            try page.settled("archive")
            let archive = try scene.get("/v1/archive")
            let sums = try page.fields("dl.figures").first ?? [:]
            #expect(sums["messages"]?.title == Written.exact(Scene.archived))
            #expect(sums["border"]?.text == Written.exact(Scene.archived))
            #expect(sums["head"]?.text == Written.exact(Scene.messages))
            #expect(sums["bytes"]?.text == Written.bytes(archive["bytes"]!.integer!))
            #expect(sums["rawBytes"]?.text == Written.bytes(archive["rawBytes"]!.integer!))
            #expect(
                sums["retention"]?.text
                    == Written.span(archive["retention"]!["seconds"]!.integer!))
            let files = archive["files"]!.elements!
            let rows = try page.fields("[data-page] tbody tr")
            #expect(rows.map { $0["name"]?.text } == files.map { $0["name"]!.text! })
            for (row, file) in zip(rows, files) {
                #expect(row["messages"]?.text == Written.exact(file["messages"]!.integer!))
                #expect(row["first"]?.text == Written.exact(file["first"]!.integer!))
                #expect(row["last"]?.text == Written.exact(file["last"]!.integer!))
                #expect(row["bytes"]?.text == Written.bytes(file["bytes"]!.integer!))
            }
            #expect(try page.faults() == [])
        }

        @Test("The audit shows who did what")
        func audit() throws {
            let page = try Page(scene.hub.endpoint, "audit")
            try page.settled("audit")
            let entries = try scene.get("/v1/audit")["entries"]!.elements!
            #expect(entries.count == Scene.wids.count + 2, "each name, a pause, a retirement")
            let rows = try page.fields("[data-page] tbody tr")
            #expect(rows.map { $0["n"]?.text } == entries.map { "\($0["n"]!.integer!)" })
            #expect(rows.map { $0["wid"]?.text } == entries.map { "\($0["wid"]!.integer!)" })
            #expect(rows.map { $0["action"]?.text }.prefix(2) == ["retired", "paused"])
            try page.set("[name=action]", "pause")
            try page.until(
                "one entry", "return document.querySelectorAll('[data-page] tbody tr').length === 1"
            )
            #expect(try page.faults() == [])
        }
    }
}

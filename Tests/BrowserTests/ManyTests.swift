import Foundation
import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// Many, large and nothing.
    @Suite("Great numbers") struct ManyTests {
        @Test(
            "A thousand warehouses are all there, in sum and one by one, and only the seen are drawn"
        )
        func thousand() throws {
            let hub = try RunningHub()
            let client = try hub.client()
            try client.post(
                "/v1/messages/batch",
                .array(
                    (1...100).map {
                        ["topic": "Product_Changed", "wid": 0, "body": ["N": .number("\($0)")]]
                    }))
            for wid in 1...1000 {
                try client.begin(
                    "POST", "/v1/warehouses/\(wid)/pull", "{\"limit\":\(wid % 100 + 1)}")
            }
            var next: [Int] = []
            for _ in 1...1000 { next.append(try client.answer().next) }
            for (wid, index) in zip(1...1000, next) {
                try client.begin(
                    "POST", "/v1/warehouses/\(wid)/commit", "{\"index\":\(index)}")
            }
            for _ in 1...1000 { _ = try client.answer() }
            let page = try Page(hub.endpoint, "fleet?sort=lag")
            try page.settled("fleet")
            #expect(try page.count(".heat-cells a") == 1000)
            #expect(try page.count("tbody tr[data-wid]") < 100)
            let lag = (1...1000).reduce(0) { $0 + 100 - ($1 % 100 + 1) }
            try page.until(
                "the sum",
                "return document.querySelector('[data-field=lagMessages]').title === arguments[0]",
                .text(Written.exact(lag)))
            #expect(try page.text("tbody tr[data-wid] [data-field=lag]") == "99")
            // Another row comes into sight as one scrolls to the end.
            try page.run(
                "const box = document.querySelector('.table-box'); box.scrollTop = box.scrollHeight"
            )
            try page.until(
                "the end of the list",
                "return document.querySelector(\"tr[aria-rowindex='1001']\")")
            #expect(try page.text("tr[aria-rowindex='1001'] [data-field=lag]") == "0")
            try page.write("[data-search]", "77")
            try page.until(
                "those whose number begins so",
                "return document.querySelector('[data-field=shown]').textContent === '11 of 1,000'")
            #expect(try page.faults() == [])
        }

        @Test(
            "The real events of a shop are counted as the hub counts them",
            .enabled(if: RealInput.isThere))
        func real() throws {
            let events = try RealInput.events()
            let hub = try RunningHub()
            let client = try hub.client()
            for start in stride(from: 0, to: events.count, by: 5000) {
                let lines = events[start..<min(start + 5000, events.count)].map(\.line)
                let answer = try client.request(
                    "POST", "/v1/messages/batch", lines.joined(separator: "\n"),
                    type: "application/x-ndjson")
                guard answer.status == 201 else { throw Unexpected(answer) }
            }
            let wids = Set(events.map(\.wid)).subtracting([0]).sorted()
            for wid in wids.prefix(20) { try client.pull(wid, ["limit": 1]) }
            let page = try Page(hub.endpoint, "fleet?sort=lag")
            try page.settled("fleet")
            for wid in wids.prefix(20) {
                let line = events.count { $0.wid == wid || $0.wid == 0 }
                #expect(
                    try page.attribute("title", of: "tr[data-wid='\(wid)'] [data-field=lag]")
                        == Written.exact(line))
            }
            try page.until(
                "the head",
                "return document.querySelector('[data-field=head]').title === arguments[0]",
                .text(Written.exact(events.count)))
            try page.go("traffic")
            let rows = try page.fields("[data-page] tbody tr")
            let counts = Dictionary(grouping: events, by: \.topic).mapValues(\.count)
            #expect(rows.count == counts.count)
            for row in rows {
                #expect(
                    row["count"]?.title == Written.exact(counts[row["topic"]?.text ?? ""] ?? -1))
            }
            #expect(try page.faults() == [])
        }
    }
}

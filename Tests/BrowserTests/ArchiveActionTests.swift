import Foundation
import TestSupport
import Testing
import Wire

extension BrowserTests {
    /// The archive, verified and replayed by the page.
    @Suite("An operator's hands on the archive") struct ArchiveActionTests {
        private let scene: Scene

        init() throws {
            scene = try Scene()
        }

        @Test("The whole archive or one file is found sound", arguments: ["verify", "verify-file"])
        func sound(action: String) throws {
            let page = try Page(scene.hub.endpoint, "archive")
            try page.settled("archive")
            try page.click("main [data-action=\(action)]")
            try page.until("the verdict", "return document.querySelector('[data-field=damages]')")
            #expect(
                try page.text("[data-field=sound]")!.hasPrefix("Sound: \(Scene.archived) messages"))
            #expect(try page.text("[data-field=damages]") == "No damage was found.")
            #expect(try scene.deeds("?limit=1") == ["archive_verify"])
            try page.click("dialog [data-action=close]")
            try page.until(
                "the time of it",
                "return document.querySelector('[data-page] td[data-field=verified] time')")
            #expect(try page.faults() == [])
        }

        @Test("A damaged file is named, with what to do")
        func damaged() throws {
            let folder = scene.folder.path + "/archive"
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: folder)
                    .first { $0.hasSuffix(".zst") || $0.contains("jsonl") })
            var bytes = try RawFile.bytes("\(folder)/\(name)")
            bytes[bytes.count / 2] ^= 0xFF
            try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
            let page = try Page(scene.hub.endpoint, "archive")
            try page.settled("archive")
            try page.click("main [data-action=verify]")
            try page.until(
                "the damage", "return document.querySelector('dialog p.bad[data-field=damages]')")
            #expect(try page.text("dialog td[data-field=file]") == name)
            #expect(try page.count("dialog td[data-field=kind]") >= 1)
            #expect(try page.faults() == [])
        }

        @Test("A replay is counted first, then done once, and written down")
        func replay() throws {
            let page = try Page(scene.hub.endpoint, "messages?topic=SaleOrder_Changed")
            try page.settled("messages")
            try page.click("main [data-action=replay]")
            try page.write("dialog [name=wid]", "105")
            #expect(
                try page.run(
                    "return document.querySelector('[data-action=confirm-replay]').disabled")
                    == true)
            try page.click("dialog [data-action=preview]")
            try page.until("the count", "return document.querySelector('dialog .done')")
            let order: JSONValue = [
                "filter": ["topic": "SaleOrder_Changed"], "wid": 105, "dryRun": true,
            ]
            let count = try #require(
                try scene.client.post("/v1/archive/replay", order)["count"].integer)
            #expect(try page.text("dialog .done p")!.hasPrefix("\(count) messages would"))
            #expect(try scene.get("/v1/warehouses")["head"]!.integer == Scene.messages)
            try page.click("dialog [data-action=confirm-replay]")
            try page.until(
                "the copies",
                "return document.querySelector('dialog .done')?.textContent.includes('appended')"
                    + " && !document.querySelector('dialog .done').textContent.includes('would')")
            let first = Scene.messages + 1
            let last = Scene.messages + count
            #expect(try page.text("dialog .done p")!.hasSuffix("105: \(first) to \(last)."))
            #expect(try scene.get("/v1/warehouses")["head"]!.integer == last)
            #expect(try scene.deeds("?limit=1") == ["archive_replay"])
            #expect(try page.faults() == [])
        }
    }
}

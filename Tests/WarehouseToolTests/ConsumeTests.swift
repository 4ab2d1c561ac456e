import Foundation
import Platform
import SQLite
import TestSupport
import Testing
import Wire

@testable import WarehouseTool

/// The built program against a hub, a data interface and databases that are real, and faults that
/// are.
@Suite("A warehouse that follows", .serialized) struct ConsumeTests {
    private func once(_ config: String, _ words: [String] = []) throws -> ProgramExit {
        try ProgramExit(["consume", "--config", config, "--once"] + words)
    }

    @Test(
        "Everything that is there is applied once, and the database equals the source",
        arguments: [false, true])
    func follows(byIDs: Bool) throws {
        let shop = try Shop()
        var random = SplitMix(1)
        try shop.trade(120, &random)
        for wid in 1...2 {
            let exit = try once(try shop.configuration(wid: wid, byIDs: byIDs))
            #expect(exit.status == 0, "\(exit.errors)")
            #expect(exit.errors.contains(" done, 0 failed"), "\(exit.errors)")
            #expect(try shop.differences(wid: wid) == [])
        }
        let committed = try shop.hub.client().get("/v1/warehouses/1")["lag"]["messages"]
        #expect(committed == 0)
        try shop.trade(40, &random)
        #expect(try once(try shop.configuration(wid: 1, byIDs: byIDs)).status == 0)
        #expect(try shop.differences(wid: 1) == [])
    }

    @Test("A dry run tells what would be done, and does nothing")
    func dryRun() throws {
        let shop = try Shop()
        try shop.putProduct("a'b", price: 2.5)
        try shop.putOrder("1-1", wid: 1, lines: 2)
        try shop.deleteProduct("gone")
        let config = try shop.configuration(wid: 1)
        let exit = try ProgramExit(["consume", "--config", config, "--dry-run"])
        #expect(exit.status == 0, "\(exit.errors)")
        #expect(
            exit.output.split(separator: "\n") == [
                "1 Product_Created product:a'b: upsert goods id='a''b' name='product a''b ü' "
                    + "price=2.5",
                "2 SaleOrder_Changed order:1-1: upsert orders id='1-1' lines='[0,1]'",
                "3 Product_Deleted product:gone: delete goods id='gone'",
            ])
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path + "/w1.db"))
        #expect(try shop.hub.client().get("/v1/warehouses/1").status == 404)
    }

    @Test("A configuration with mistakes starts nothing: each is told, and the status is 2")
    func mistakes() throws {
        let shop = try Shop()
        let path = shop.folder.path + "/bad.json"
        try #"{"hub":"http://h","wid":0,"database":"x.db","rules":[{"topics":["A"]}]}"#.write(
            toFile: path, atomically: true, encoding: .utf8)
        let exit = try ProgramExit(["consume", "--config", path, "--check"])
        #expect(exit.status == 2)
        #expect(exit.errors.contains("bad.json: /wid must be a whole number from 1"))
        #expect(exit.errors.contains("bad.json: /rules/0 must have one of upsert, delete and"))
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path + "/x.db"))
    }

    @Test("A hub that is killed again and again only takes time")
    func hubKilled() throws {
        let shop = try Shop()
        var random = SplitMix(2)
        try shop.trade(60, &random)
        let tool = try ToolProcess(["consume", "--config", try shop.configuration(wid: 1)])
        for _ in 0..<3 {
            try shop.killHub()
            try shop.trade(30, &random)
        }
        #expect(eventually(within: 60) { (try? shop.differences(wid: 1)) == [] }, "\(tool.said)")
        #expect(tool.isRunning)
        tool.interrupt()
        #expect(tool.end() == 0, "\(tool.said)")
        #expect(tool.said.contains(" 0 failed"), "\(tool.said)")
    }

    @Test(
        "While the data interface is down nothing fails; when it is back, all is applied",
        arguments: [false, true])
    func interfaceDown(byIDs: Bool) throws {
        let shop = try Shop()
        var random = SplitMix(3)
        try shop.trade(50, &random)
        shop.stopInterface()
        let tool = try ToolProcess([
            "consume", "--config", try shop.configuration(wid: 1, byIDs: byIDs),
        ])
        #expect(eventually(within: 30) { tool.said.contains("http://\(shop.interfaceEndpoint)") })
        try shop.startInterface()
        #expect(eventually(within: 60) { (try? shop.differences(wid: 1)) == [] }, "\(tool.said)")
        tool.interrupt()
        #expect(tool.end() == 0)
        #expect(tool.said.contains(" 0 failed"), "\(tool.said)")
    }

    @Test("While somebody holds the database nothing fails; when it is free, all is applied")
    func databaseHeld() throws {
        let shop = try Shop()
        try shop.putProduct("a", price: 1)
        let tool = try ToolProcess(["consume", "--config", try shop.configuration(wid: 1)])
        #expect(eventually(within: 30) { (try? shop.differences(wid: 1)) == [] }, "\(tool.said)")
        let holder = try Connection(path: shop.folder.path + "/w1.db")
        try holder.execute("BEGIN IMMEDIATE")
        try shop.putProduct("a", price: 2)
        #expect(eventually(within: 30) { tool.said.contains("database is locked") }, "\(tool.said)")
        try holder.execute("ROLLBACK")
        #expect(eventually(within: 30) { (try? shop.differences(wid: 1)) == [] }, "\(tool.said)")
        tool.interrupt()
        #expect(tool.end() == 0)
        #expect(tool.said.contains("2 done, 0 failed"), "\(tool.said)")
    }

    @Test("A full disk under the database blames no message; with room again all is applied")
    func diskFull() throws {
        // With room for the whole of the write-ahead log.
        guard let disk = try SmallDisk(megabytes: 16) else { return }
        let shop = try Shop()
        let config = try shop.configuration(wid: 1)
        let text = try String(contentsOfFile: config, encoding: .utf8)
            .replacing("\"w1.db\"", with: "\"\(disk.path)/w1.db\"")
        try text.write(toFile: config, atomically: true, encoding: .utf8)
        try shop.putProduct("a", price: 1)
        let tool = try ToolProcess(["consume", "--config", config])
        let path = shop.folder.path + "/w1.db"
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: disk.path + "/w1.db")
        #expect(eventually(within: 30) { (try? shop.differences(wid: 1)) == [] }, "\(tool.said)")
        try disk.fill(leaving: 0)
        for number in 0..<200 { try shop.putProduct("p\(number)", price: 1) }
        #expect(eventually(within: 30) { tool.said.contains("is full") }, "\(tool.said)")
        try disk.makeRoom()
        #expect(eventually(within: 30) { (try? shop.differences(wid: 1)) == [] }, "\(tool.said)")
        tool.interrupt()
        #expect(tool.end() == 0)
        #expect(tool.said.contains("201 done, 0 failed"), "\(tool.said)")
    }

    @Test("One signal ends it, also while it waits for the data interface")
    func stoppedWhileWaiting() throws {
        let shop = try Shop()
        try shop.putProduct("a", price: 1)
        shop.stopInterface()
        let config = try shop.configuration(wid: 1)
        let tool = try ToolProcess(["consume", "--config", config])
        #expect(eventually(within: 30) { tool.said.contains("http://\(shop.interfaceEndpoint)") })
        tool.interrupt()
        #expect(tool.end(within: 20) == 0, "\(tool.said)")
        try shop.startInterface()
        #expect(try once(config).status == 0)
        #expect(try shop.differences(wid: 1) == [])
    }

    @Test(
        "What the interface answers decides what becomes of a message",
        arguments: [
            // Away for a while: waited for.
            (503, 0, "1 done, 0 failed"), (429, 0, "1 done, 0 failed"),
            (401, 0, "1 done, 0 failed"),
            // About this row: tried again, three times at most.
            (500, 0, "1 done, 0 failed"), (500, 1, "0 done, 1 failed"),
            (400, 1, "0 done, 1 failed"),
        ])
    func answers(status: Int, stays: Int, expected: String) throws {
        let shop = try Shop()
        try shop.putProduct("a", price: 1)
        let row = #"{"product_id":"a","name":"product a ü","price":1.0}"#
        let source = try FakeSource { _, count in
            count < 2 || stays == 1
                ? .init(status: status, body: "{}", fields: ["Retry-After: 0"]) : .init(body: row)
        }
        let config = try shop.configuration(wid: 1, data: source.url)
        let exit = try once(config)
        #expect(exit.status == Int32(stays), "\(exit.errors)")
        #expect(exit.errors.contains(expected), "\(exit.errors)")
        #expect(source.targets.count == 3)
        #expect(source.targets.allSatisfy { $0 == "/v1/products/a" })
        #expect(try shop.differences(wid: 1).isEmpty == (stays == 0))
    }

    @Test(
        "Not found is the end of a row where the row is meant, and a failure where the path is",
        arguments: [
            (#"{"code":"no_such_row"}"#, 0), ("nothing here", 0), (#"{"code":"not_found"}"#, 1),
            (#"{"code":"no_such_resource"}"#, 1),
        ])
    func notFound(body: String, status: Int32) throws {
        let shop = try Shop()
        try shop.putProduct("a", price: 1)
        let config = try shop.configuration(wid: 1)
        #expect(try once(config).status == 0)
        try shop.putProduct("a", price: 2)
        let source = try FakeSource { _, _ in .init(status: 404, body: body) }
        _ = try shop.configuration(wid: 1, data: source.url)
        let exit = try once(config)
        #expect(exit.status == status, "\(exit.errors)")
        // Price 2 is missing in both; the row of price 1 is gone only where it was deleted.
        #expect(try shop.differences(wid: 1).count == (status == 0 ? 1 : 2))
    }

    @Test("A slow interface is waited for, up to its time-out")
    func slow() throws {
        let shop = try Shop()
        try shop.putProduct("a", price: 1)
        let row = #"{"product_id":"a","name":"product a ü","price":1.0}"#
        let source = try FakeSource { _, count in
            .init(body: row, delayMilliseconds: count == 0 ? 6000 : 300)
        }
        let exit = try once(try shop.configuration(wid: 1, data: source.url))
        #expect(exit.status == 0, "\(exit.errors)")
        #expect(source.targets.count == 2)
        #expect(try shop.differences(wid: 1) == [])
    }

    @Test(
        "Killed at any moment, it goes on where it was, and the databases are equal",
        arguments: [
            "tool.row:0", "tool.row:3", "tool.row:17", "tool.applied:0", "tool.applied:11",
            "tool.applied:24", "tool.applied:40",
        ], [false, true])
    func killed(place: String, byIDs: Bool) throws {
        let shop = try Shop()
        var random = SplitMix(4)
        try shop.trade(100, &random)
        let config = try shop.configuration(wid: 1, byIDs: byIDs)
        let dying = try ToolProcess(
            ["consume", "--config", config, "--once"],
            environment: ["MESSAGE_CENTER_KILL_AT": place])
        #expect(dying.end() == -1, "\(dying.said)")
        try shop.trade(20, &random)
        let exit = try once(config, ["--take-over"])
        #expect(exit.status == 0, "\(exit.errors)")
        #expect(try shop.differences(wid: 1) == [])
    }

    @Test("Killed by somebody while everything changes, over and over, nothing is lost")
    func killedOften() throws {
        let shop = try Shop()
        var random = SplitMix(5)
        let config = try shop.configuration(wid: 1)
        for _ in 0..<5 {
            try shop.trade(40, &random)
            let tool = try ToolProcess(["consume", "--config", config, "--take-over"])
            let rows = { (try? shop.differences(wid: 1).count) ?? 1000 }
            let before = rows()
            _ = eventually(within: 5) { rows() < before }
            tool.kill()
        }
        #expect(try once(config, ["--take-over"]).status == 0)
        #expect(try shop.differences(wid: 1) == [])
    }

    @Test("A second tool for the same warehouse is told who has it")
    func two() throws {
        let shop = try Shop()
        try shop.putProduct("a", price: 1)
        let first = try ToolProcess(["consume", "--config", try shop.configuration(wid: 1)])
        #expect(eventually { (try? shop.differences(wid: 1)) == [] }, "\(first.said)")
        // In the same folder, and with a folder and a database of its own.
        let same = try once(try shop.configuration(wid: 1))
        #expect(same.status == 1)
        #expect(same.errors.contains("w1-state"), "\(same.errors)")
        let other = try shop.configuration(wid: 1, name: "other")
        let second = try once(other)
        #expect(second.status == 1)
        #expect(second.errors.contains("has this warehouse until"), "\(second.errors)")
        #expect(second.errors.contains("next: consume --take-over"), "\(second.errors)")
        // Told to, it takes over; the first ends and says so.
        #expect(try once(other, ["--take-over"]).status == 0)
        #expect(first.end() == 1)
        #expect(first.said.contains("has taken this warehouse over"), "\(first.said)")
    }

    @Test("A position of another hub is not used, until somebody says so")
    func otherHub() throws {
        let (former, shop) = (try Shop(), try Shop())
        try former.putProduct("a", price: 1)
        #expect(try once(try former.configuration(wid: 1)).status == 0)
        for name in ["w1.db", "w1-state"] {
            try FileManager.default.copyItem(
                atPath: "\(former.folder.path)/\(name)", toPath: "\(shop.folder.path)/\(name)")
        }
        try shop.putProduct("a", price: 2)
        let config = try shop.configuration(wid: 1)
        let refused = try once(config)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("and this is hub"), "\(refused.errors)")
        #expect(try shop.differences(wid: 1).count == 2)
        let exit = try once(config, ["--accept-hub"])
        #expect(exit.status == 0, "\(exit.errors)")
        #expect(try shop.differences(wid: 1) == [])
    }

    @Test(
        "A drill sounds every alarm, and tells how each went",
        arguments: [
            (["touch", "sounded"], Int32(0), "command: ended with status 0"),
            (["false"], 1, "command: ended with status 1"),
        ])
    func drill(command: [String], status: Int32, told: String) throws {
        let folder = try TemporaryFolder()
        let sounded = folder.path + "/sounded"
        let words = command.map { $0 == "sounded" ? sounded : $0 }
        let path = folder.path + "/w.json"
        try """
        {"hub":"http://127.0.0.1:1","wid":1,"database":"w.db",
         "rules":[{"topics":["*"],"ignore":true}],"alarm":{"command":\(words)}}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        let exit = try ProgramExit(["consume", "--config", path, "--drill"])
        #expect(exit.status == status, "\(exit.errors)")
        #expect(exit.output.contains(told), "\(exit.output)")
        #expect(FileManager.default.fileExists(atPath: sounded) == (status == 0))
    }

    @Test("A rule that does not fit makes dead letters, and others go on")
    func deadLetters() throws {
        let shop = try Shop()
        try shop.putProduct("a", price: 1)
        try shop.hub.client().publish(topic: "Product_Changed", wid: 0, body: [:])
        try shop.putProduct("b", price: 1)
        let exit = try once(try shop.configuration(wid: 1))
        #expect(exit.status == 1)
        #expect(exit.errors.contains("2 done, 1 failed"), "\(exit.errors)")
        #expect(exit.errors.contains("the message has no key"), "\(exit.errors)")
        #expect(try shop.differences(wid: 1) == [])
        // The file of rules says where they are; dropped, they are gone with the next run.
        let config = try shop.configuration(wid: 1)
        let list = try ProgramExit(["dead-letter", "list", "--config", config])
        #expect(list.status == 0, "\(list.errors)")
        #expect(list.output.contains("the message has no key"), "\(list.output)")
        #expect(try ProgramExit(["dead-letter", "drop", "all", "--config", config]).status == 0)
        #expect(try once(config).status == 0)
        #expect(try once(config).errors.contains("0 done, 0 failed"))
    }
}

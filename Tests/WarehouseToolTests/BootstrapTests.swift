import Foundation
import SQLite
import TestSupport
import Testing

@testable import WarehouseTool

@Suite("A warehouse that is built from the whole", .serialized) struct BootstrapTests {
    private func bootstrap(_ config: String) throws -> ProgramExit {
        try ProgramExit(["consume", "--config", config, "--bootstrap", "--once"])
    }

    @Test("It has everything, and consumes only what came later")
    func fills() throws {
        let shop = try Shop()
        var random = SplitMix(1)
        try shop.trade(150, &random)
        let config = try shop.configuration(wid: 1)
        let exit = try bootstrap(config)
        #expect(exit.status == 0, "\(exit.errors)")
        #expect(exit.errors.contains("filled with "), "\(exit.errors)")
        #expect(exit.errors.contains("0 done, 0 failed"), "\(exit.errors)")
        #expect(try shop.differences(wid: 1) == [])
        try shop.trade(50, &random)
        // Told to bootstrap again, it has nothing to do but to go on.
        #expect(try bootstrap(config).status == 0)
        #expect(try shop.differences(wid: 1) == [])
    }

    @Test(
        "Killed at any page, it goes on behind it, while the source changes",
        arguments: [0, 1, 2, 4, 6, 8])
    func killed(page: Int) throws {
        let shop = try Shop()
        var random = SplitMix(UInt64(page))
        try shop.trade(150, &random)
        let config = try shop.configuration(wid: 1)
        let dying = try ToolProcess(
            ["consume", "--config", config, "--bootstrap", "--once"],
            environment: ["MESSAGE_CENTER_KILL_AT": "tool.page:\(page)"])
        #expect(dying.end() == -1, "\(dying.said)")
        try shop.trade(60, &random)
        let exit = try bootstrap(config)
        #expect(exit.status == 0, "\(exit.errors)")
        #expect(try shop.differences(wid: 1) == [])
    }

    @Test("While pages are read the source changes: the messages tell of it afterwards")
    func changing() throws {
        let shop = try Shop()
        var random = SplitMix(9)
        try shop.trade(200, &random)
        let config = try shop.configuration(wid: 1)
        let tool = try ToolProcess(["consume", "--config", config, "--bootstrap"])
        while tool.isRunning, !tool.said.contains("filled with") { try shop.trade(5, &random) }
        try shop.trade(20, &random)
        #expect(eventually(within: 60) { (try? shop.differences(wid: 1)) == [] }, "\(tool.said)")
        tool.interrupt()
        #expect(tool.end() == 0, "\(tool.said)")
    }

    @Test("A table that has rows already is not filled: nobody could tell which of them are stale")
    func notEmpty() throws {
        let shop = try Shop()
        try shop.putProduct("a", price: 1)
        let config = try shop.configuration(wid: 1)
        let database = try WarehouseDatabase.open(shop.folder.path + "/w1.db")
        try database.execute(
            """
            CREATE TABLE goods(id TEXT PRIMARY KEY, name TEXT, price REAL);
            INSERT INTO goods VALUES ('old', 'x', 1);
            """)
        let exit = try bootstrap(config)
        #expect(exit.status == 1)
        #expect(exit.errors.contains("goods in "), "\(exit.errors)")
        #expect(exit.errors.contains("has rows already"), "\(exit.errors)")
    }

    @Test("A warehouse that consumes already is not filled either")
    func consuming() throws {
        let shop = try Shop()
        try shop.putProduct("a", price: 1)
        let config = try shop.configuration(wid: 1)
        #expect(try ProgramExit(["consume", "--config", config, "--once"]).status == 0)
        let exit = try bootstrap(config)
        #expect(exit.status == 1)
        #expect(exit.errors.contains("stands at index 1"), "\(exit.errors)")
    }
}

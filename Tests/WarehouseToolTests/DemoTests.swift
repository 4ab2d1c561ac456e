import Foundation
import SQLite
import TestSupport
import Testing

@Suite("The demo") struct DemoTests {
    @Test("plays a day, and ends with 0 when three databases equal the shop's")
    func day() throws {
        let said = try TemporaryFolder()
        let log = said.path + "/said"
        try Data().write(to: URL(filePath: log))
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts/demo")
        process.arguments = [script.path, HubProcess.program]
        // The sample, wherever the real input is.
        process.environment = [
            "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no", "DEMO_EVENTS": "sample",
        ]
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let isOver = eventually(within: 180) { !process.isRunning }
        if !isOver { process.interrupt() }
        process.waitUntilExit()
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("all of them are equal"), "\(text)")
        #expect(text.matches(of: /warehouse \d+: [\d,]+ \w+: equal/).count == 9, "\(text)")
    }

    @Test(
        "A database that differs is told as different, and the status is 1",
        arguments: [
            ("INSERT INTO products VALUES ('p', 'x', 1.5)", "0 missing or changed, 1 too much"),
            ("DELETE FROM orders", "1 missing or changed, 0 too much"),
            ("UPDATE promotions SET percent = 6", "1 missing or changed, 1 too much"),
            ("UPDATE orders SET details = '[1,3]'", "1 missing or changed, 1 too much"),
        ])
    func difference(sql: String, told: String) throws {
        let folder = try TemporaryFolder()
        let (shop, warehouse) = (folder.path + "/shop.db", folder.path + "/warehouse.db")
        #expect(try ProgramExit(["demo", "shop", "--database", shop, "--init"]).status == 0)
        try Connection(path: shop).execute(
            """
            INSERT INTO promotions VALUES ('P1', 't', 5, 1);
            INSERT INTO orders VALUES ('1', 3, '[1, 2]', 1), ('2', 4, '[]', 1);
            """)
        let database = try Connection(path: warehouse)
        try database.execute(
            """
            CREATE TABLE products(product_id, name, price);
            CREATE TABLE promotions(promotion_id, title, percent);
            CREATE TABLE orders(order_id, details);
            INSERT INTO promotions VALUES ('P1', 't', 5);
            INSERT INTO orders VALUES ('1', '[1,2]');
            """)
        let words = [
            "demo", "compare", "--shop", shop, "--warehouse", warehouse, "--wid", "3",
        ]
        let equal = try ProgramExit(words)
        #expect(equal.status == 0, "\(equal.output)\(equal.errors)")
        try database.execute(sql)
        let different = try ProgramExit(words)
        #expect(different.status == 1)
        #expect(different.output.contains(told), "\(different.output)")
    }
}

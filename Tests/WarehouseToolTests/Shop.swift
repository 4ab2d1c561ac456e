import DataAPI
import Foundation
import MessageCenterClient
import Platform
import SQLite
import TestSupport
import Wire

/// A shop with a database, its data interface, a hub, and warehouses that follow: all that a tool
/// needs around it.
///
/// Products are for all (wid 0), orders for one warehouse each.
final class Shop {
    let folder: TemporaryFolder
    let source: Connection
    private(set) var hub: HubProcess
    private(set) var interface: DataServer?
    /// Where the interface listens, also while it is stopped.
    private(set) var interfaceEndpoint: Endpoint
    private var clock = 1
    private var ids = MessageIDSource()

    static let schema = """
        CREATE TABLE products(
          product_id TEXT PRIMARY KEY, name TEXT, price REAL, updated INTEGER);
        CREATE TABLE orders(
          order_id TEXT PRIMARY KEY, wid INTEGER, lines TEXT, updated INTEGER);
        CREATE INDEX products_updated ON products(updated, product_id);
        CREATE INDEX orders_updated ON orders(updated, order_id);
        """

    private static let resources = """
        {"resources":{
          "products":{"table":"products","key":"product_id","updated":"updated"},
          "orders":{"table":"orders","key":"order_id","updated":"updated","wid":"wid",
            "columns":["order_id","wid",{"column":"lines","json":true},"updated"]}}}
        """

    init() throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        source = try Connection(path: folder.path + "/shop.db")
        try source.execute("PRAGMA journal_mode = WAL")
        try source.execute(Self.schema)
        let data = folder.path + "/hub"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        hub = try HubProcess(data: data)
        let server = try Self.serve(folder, Endpoint("127.0.0.1:0"))
        interface = server
        interfaceEndpoint = server.endpoint
    }

    deinit {
        interface?.stop()
    }

    // MARK: The machines

    private static func serve(
        _ folder: TemporaryFolder, _ endpoint: Endpoint
    ) throws -> DataServer {
        try DataServer(
            database: folder.path + "/shop.db", configuration: Array(resources.utf8),
            listen: endpoint)
    }

    func stopInterface() {
        interface?.stop()
        interface = nil
    }

    func startInterface() throws { interface = try Self.serve(folder, interfaceEndpoint) }

    /// kill -9, and another process on the same data and the same port.
    func killHub(whileDead: () throws -> Void = {}) throws {
        let endpoint = hub.endpoint
        hub.kill()
        try whileDead()
        hub = try HubProcess(
            data: folder.path + "/hub", arguments: ["--listen", "\(endpoint)"])
    }

    // MARK: Business

    private func publish(_ topic: String, wid: Int, key: String) throws {
        let answer = try hub.client().publish(
            topic: topic, wid: wid, key: key, body: [:], id: ids.next())
        guard answer.status == 201 else { throw Unexpected(answer) }
    }

    private func write(_ sql: String, _ values: [Value]) throws {
        let statement = try source.prepare(sql)
        for (place, value) in values.enumerated() { statement.bind(Int32(place + 1), value) }
        try statement.stepDone()
    }

    /// Writes a product, and tells of it.
    func putProduct(_ id: String, price: Double, tells: Bool = true) throws {
        clock += 1
        let known = try source.prepare("SELECT 1 FROM products WHERE product_id = ?")
        known.bind(1, text: id)
        let isNew = try !known.step()
        known.reset()
        try write(
            "INSERT OR REPLACE INTO products VALUES (?, ?, ?, ?)",
            [.text(id), .text("product \(id) ü"), .real(price), .integer(Int64(clock))])
        guard tells else { return }
        try publish("Product_\(isNew ? "Created" : "Changed")", wid: 0, key: "product:\(id)")
    }

    func deleteProduct(_ id: String) throws {
        try write("DELETE FROM products WHERE product_id = ?", [.text(id)])
        try publish("Product_Deleted", wid: 0, key: "product:\(id)")
    }

    /// Writes an order of warehouse `wid`, and tells it.
    func putOrder(_ id: String, wid: Int, lines: Int) throws {
        clock += 1
        try write(
            "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)",
            [
                .text(id), .integer(Int64(wid)),
                .text("[" + (0..<lines).map(String.init).joined(separator: ",") + "]"),
                .integer(Int64(clock)),
            ])
        try publish("SaleOrder_Changed", wid: wid, key: "order:\(id)")
    }

    /// Some business at random: the same for the same numbers.
    func trade(_ count: Int, _ random: inout SplitMix, wids: ClosedRange<Int> = 1...2) throws {
        for _ in 0..<count {
            let id = "p\(random.number(0...20))"
            switch random.number(0...9) {
            case 0: try deleteProduct(id)
            case 1...6: try putProduct(id, price: Double(random.number(1...1000)) / 4)
            default:
                let wid = Int(random.number(Int64(wids.lowerBound)...Int64(wids.upperBound)))
                try putOrder(
                    "\(wid)-\(random.number(0...9))", wid: wid, lines: Int(random.number(0...5)))
            }
        }
    }

    // MARK: Warehouses

    /// Writes the rules of warehouse `wid`, and returns the path of the file.
    ///
    /// - Parameters:
    ///   - data: where rows are fetched from, if not from the shop's interface.
    ///   - byIDs: whether rows of a batch are fetched by one request.
    func configuration(
        wid: Int, data: String? = nil, name: String? = nil, patience: Int = 60, tries: Int = 3,
        byIDs: Bool = false
    ) throws -> String {
        let goods = #","byIds":{"url":"/v1/products?ids={ids}","key":"/product_id"}"#
        let orders = #","byIds":{"url":"/v1/orders?ids={ids}&wid={wid}","key":"/order_id"}"#
        let name = name ?? "w\(wid)"
        let path = "\(folder.path)/\(name).json"
        let text = """
            {"hub":"\(hub.url)",\(TestTLS.member)"wid":\(wid),"folder":"\(name)-state",
             "database":"\(name).db",
             "create":[
               "CREATE TABLE IF NOT EXISTS goods(id TEXT PRIMARY KEY, name TEXT, price REAL)",
               "CREATE TABLE IF NOT EXISTS orders(id TEXT PRIMARY KEY, lines TEXT)"],
             "data":{"url":"\(data ?? "http://\(interfaceEndpoint)")","timeoutSeconds":5,
               "patienceSeconds":\(patience)},
             "consume":{"waitSeconds":1,"tries":\(tries),"limit":20},
             "rules":[
               {"topics":["Product_Created","Product_Changed"],
                "fetch":{"url":"/v1/products/{id}","notFound":"delete"\(byIDs ? goods : "")},
                "upsert":{"table":"goods","key":{"id":"{id}"},
                  "columns":{"name":"/name","price":"/price"}}},
               {"topics":["Product_Deleted"],"delete":{"table":"goods","key":{"id":"{id}"}}},
               {"topics":["SaleOrder_*"],
                "fetch":{"url":"/v1/orders/{id}?wid={wid}","notFound":"delete"
                  \(byIDs ? orders : "")},
                "upsert":{"table":"orders","key":{"id":"{id}"},"columns":{"lines":"/lines"}}}],
             "bootstrap":[
               {"url":"/v1/products?limit=3","more":"/more",
                "upsert":{"table":"goods","key":{"id":"/product_id"},
                  "columns":{"name":"/name","price":"/price"}}},
               {"url":"/v1/orders?limit=3&wid=\(wid)","more":"/more",
                "upsert":{"table":"orders","key":{"id":"/order_id"},
                  "columns":{"lines":"/lines"}}}]}
            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// What the warehouse should hold, and what it holds: the same when it has followed.
    func differences(wid: Int, name: String? = nil) throws -> [String] {
        let path = "\(folder.path)/\(name ?? "w\(wid)").db"
        guard FileManager.default.fileExists(atPath: path) else { return ["no database"] }
        let warehouse = try Connection(path: path, mode: .readOnly)
        let pairs = [
            (
                "SELECT product_id, name, price FROM products ORDER BY 1",
                "SELECT id, name, price FROM goods ORDER BY 1"
            ),
            (
                "SELECT order_id, lines FROM orders WHERE wid = \(wid) ORDER BY 1",
                "SELECT id, lines FROM orders ORDER BY 1"
            ),
        ]
        var differences: [String] = []
        for (theirs, ours) in pairs {
            let should = Set(try Self.rows(source, theirs))
            let holds = Set(try Self.rows(warehouse, ours))
            differences += should.subtracting(holds).map { "missing \($0)" }
            differences += holds.subtracting(should).map { "too much \($0)" }
        }
        return differences
    }

    private static func rows(_ connection: Connection, _ sql: String) throws -> [[Value]] {
        let statement = try connection.prepare(sql)
        var rows: [[Value]] = []
        while try statement.step() { rows.append(statement.row) }
        return rows
    }
}

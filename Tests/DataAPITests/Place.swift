import DataAPI
import Platform
import SQLite
import TestSupport

/// A database and a data interface on it, for one test.
final class Place {
    static let schema = """
        CREATE TABLE products(
          product_id TEXT PRIMARY KEY, name TEXT, price REAL, stock INTEGER, picture BLOB,
          tags TEXT, updated_at TEXT);
        CREATE INDEX products_updated ON products(updated_at, product_id);
        CREATE TABLE orders(
          order_id INTEGER PRIMARY KEY, wid INTEGER, body TEXT, updated_at INTEGER);
        CREATE INDEX orders_updated ON orders(updated_at);
        CREATE VIEW cheap AS SELECT product_id, price FROM products WHERE price < 1;
        """

    static let configuration = """
        {"resources":{
          "products":{"table":"products","key":"product_id","updated":"updated_at",
            "columns":["product_id","name",{"column":"price","as":"Price"},"stock","picture",
              {"column":"tags","json":true},"updated_at"]},
          "orders":{"table":"orders","key":"order_id","updated":"updated_at","wid":"wid"},
          "cheap":{"table":"cheap","key":"product_id"}}}
        """

    let folder: TemporaryFolder
    let database: Connection
    private(set) var server: DataServer?

    var path: String { folder.path + "/shop.db" }
    var endpoint: Endpoint { server!.endpoint }

    init(
        rows: String = "", schema: String = schema, configuration: String = configuration,
        token: String? = nil, journal: String = "WAL",
        configure: (inout DataServer.Limits) -> Void = { _ in }
    ) throws {
        folder = try TemporaryFolder()
        database = try Connection(path: folder.path + "/shop.db")
        try database.execute("PRAGMA journal_mode = \(journal)")
        try database.execute(schema)
        if !rows.isEmpty { try database.execute(rows) }
        var limits = DataServer.Limits()
        configure(&limits)
        server = try DataServer(
            database: path, configuration: Array(configuration.utf8),
            listen: Endpoint("127.0.0.1:0"), token: token, limits: limits)
    }

    func client() throws -> RawClient { try RawClient(endpoint, tls: nil) }

    deinit {
        server?.stop()
    }
}

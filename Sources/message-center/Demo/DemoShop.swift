import MessageCenterClient
import Platform
import SQLite
import Wire

/// The business side of the demo: a database of products, promotions and orders, in which every
/// change and the message that tells of it are written by one transaction.
struct DemoShop {
    static let schema = """
        CREATE TABLE IF NOT EXISTS products(
          product_id TEXT PRIMARY KEY, name TEXT, price REAL, updated_at INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS products_updated ON products(updated_at, product_id);
        CREATE TABLE IF NOT EXISTS promotions(
          promotion_id TEXT PRIMARY KEY, title TEXT, percent INTEGER, updated_at INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS promotions_updated ON promotions(updated_at, promotion_id);
        CREATE TABLE IF NOT EXISTS orders(
          order_id TEXT PRIMARY KEY, wid INTEGER NOT NULL, details TEXT,
          updated_at INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS orders_updated ON orders(updated_at, order_id);
        """

    private let database: Connection
    private let clock = WallClock()
    private var ids = MessageIDSource()
    private var lastTime: Int64 = 0
    private var statements: [String: Statement] = [:]
    private(set) var events = 0

    init(_ path: String) throws(SQLiteError) {
        database = try Connection(path: path)
        try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
        try database.execute(Self.schema)
        try Outbox.make(path: path)
    }

    /// An event of a file, and what it means for the tables.
    struct Event {
        let topic: String
        let wid: Int
        let key: String
        let body: JSONValue

        /// nil where the line is not such an event.
        init?(_ line: [UInt8]) {
            guard let event = try? JSONValue.parse(line), let topic = event["topic"]?.text,
                let wid = event["wid"]?.integer, let key = event["key"]?.text,
                let body = event["body"]
            else { return nil }
            (self.topic, self.wid, self.key, self.body) = (topic, wid, key, body)
        }

        init(topic: String, wid: Int, key: String, body: JSONValue) {
            (self.topic, self.wid, self.key, self.body) = (topic, wid, key, body)
        }

        var isDeletion: Bool { topic.hasSuffix("_Deleted") }
        /// What stands behind the colon of the key.
        var id: String { String(key.drop { $0 != ":" }.dropFirst()) }
    }

    /// Does what `event` tells of, and writes a message about it that only names it.
    mutating func play(_ event: Event) throws(SQLiteError) {
        lastTime = max(clock.nowMilliseconds(), lastTime + 1)
        try database.execute("BEGIN IMMEDIATE")
        try write(event)
        let name = event.key.hasPrefix("order:") ? "OrderId" : "Id"
        let body: JSONValue = .object([.init(name, .text(event.id))])
        try run(
            "INSERT INTO message_outbox (id, topic, wid, key, body) VALUES (?, ?, ?, ?, ?)",
            [
                .text(ids.next()), .text(event.topic), .integer(Int64(event.wid)),
                .text(event.key), .text(body.serialized()),
            ])
        try database.execute("COMMIT")
        events += 1
    }

    private mutating func write(_ event: Event) throws(SQLiteError) {
        let (id, body) = (Value.text(event.id), event.body)
        let time = Value.integer(lastTime)
        func value(_ name: String) -> Value {
            switch body[name] {
            case .text(let text)?: .text(text)
            case .number(let digits)?: Double(digits).map(Value.real) ?? .null
            default: .null
            }
        }
        switch event.key.prefix(while: { $0 != ":" }) {
        case "product" where event.isDeletion:
            try run("DELETE FROM products WHERE product_id = ?", [id])
        case "product":
            try run(
                "INSERT OR REPLACE INTO products VALUES (?, ?, ?, ?)",
                [id, value("Name"), value("Price"), time])
        case "promotion" where event.isDeletion:
            try run("DELETE FROM promotions WHERE promotion_id = ?", [id])
        case "promotion":
            try run(
                "INSERT OR REPLACE INTO promotions VALUES (?, ?, ?, ?)",
                [id, value("Title"), value("Percent"), time])
        case "order" where event.isDeletion:
            try run("DELETE FROM orders WHERE order_id = ?", [id])
        case "order":
            try run(
                "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)",
                [id, .integer(Int64(event.wid)), .text(body.serialized()), time])
        default: break
        }
    }

    /// Takes every `step`th product off, as a shop does at the end of a season.
    mutating func clearOut(every step: Int) throws(SQLiteError) {
        let query = try database.prepare("SELECT product_id FROM products ORDER BY product_id")
        var products: [String] = []
        while try query.step() { products.append(query.text(0)) }
        query.reset()
        for (place, product) in products.enumerated() where place % step == 0 {
            try play(
                Event(
                    topic: "Product_Deleted", wid: 0, key: "product:\(product)",
                    body: .object([])))
        }
    }

    private mutating func run(_ sql: String, _ values: [Value]) throws(SQLiteError) {
        if statements[sql] == nil { statements[sql] = try database.prepare(sql) }
        guard let statement = statements[sql] else { return }
        for (place, value) in values.enumerated() { statement.bind(Int32(place + 1), value) }
        try statement.stepDone()
    }
}

import SQLite

/// Holds the database of a warehouse against the one of the shop: what is for all has to be there
/// in full, and of the orders those of this warehouse.
struct DemoComparison {
    /// How one table fares.
    struct Finding {
        let table: String
        /// Rows that there should be.
        let rows: Int64
        let missing: Int64
        let surplus: Int64

        var isEqual: Bool { missing == 0 && surplus == 0 }
    }

    private static let tables: [(name: String, columns: String, isOwn: Bool)] = [
        ("products", "product_id, name, price", false),
        ("promotions", "promotion_id, title, percent", false),
        ("orders", "order_id, json(details)", true),
    ]

    /// - Throws: where one of them cannot be read.
    static func run(
        shop: String, warehouse: String, wid: Int
    ) throws(SQLiteError) -> [Finding] {
        let database = try Connection(path: warehouse, mode: .readOnly)
        let attach = try database.prepare("ATTACH ? AS shop")
        attach.bind(1, text: shop)
        try attach.stepDone()
        var findings: [Finding] = []
        for (table, columns, isOwn) in tables {
            let theirs =
                "SELECT \(columns) FROM shop.\(table)" + (isOwn ? " WHERE wid = \(wid)" : "")
            let ours = "SELECT \(columns) FROM main.\(table)"
            func count(_ query: String) throws(SQLiteError) -> Int64 {
                try database.scalar("SELECT count(*) FROM (\(query))") ?? 0
            }
            findings.append(
                Finding(
                    table: table, rows: try count(theirs),
                    missing: try count("\(theirs) EXCEPT \(ours)"),
                    surplus: try count("\(ours) EXCEPT \(theirs)")))
        }
        return findings
    }
}

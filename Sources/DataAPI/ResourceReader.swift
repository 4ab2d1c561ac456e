import SQLite
import Wire

/// Reads one resource on one connection: its statements, compiled once. Names come from the schema
/// and are quoted, values are bound, so that nothing a client sends is ever SQL.
final class ResourceReader {
    /// What one page may be asked to hold.
    static let limits = 1...1000
    /// Bytes after which a page ends though there is room for more rows.
    static let fullPage = 4 << 20

    let resource: Resource
    private let connection: Connection
    private var statements: [String: Statement] = [:]

    init(_ resource: Resource, _ connection: Connection) throws(SQLiteError) {
        self.resource = resource
        self.connection = connection
        // What cannot be compiled is better known at the start.
        _ = try statement(one(filtered: resource.wid != nil))
        _ = try statement(page(from: .start, filtered: resource.wid != nil))
    }

    /// Where a page begins.
    enum Place {
        case start
        /// At the first row of this update time or a later one.
        case since(String)
        case after(Cursor)
    }

    // MARK: Reading

    /// Appends the row of that key as a JSON object; false if there is none.
    func appendRow(
        key: String, wid: Int?, to output: inout ByteBuffer
    ) throws(SQLiteError) -> Bool {
        let statement = try statement(one(filtered: wid != nil))
        defer { statement.reset() }
        statement.bind(1, text: key)
        if let wid { statement.bind(2, Int64(wid)) }
        guard try statement.step() else { return false }
        append(statement, to: &output)
        return true
    }

    /// Appends `{"rows":[…],"next":…,"more":…}`.
    func appendPage(
        from place: Place, limit: Int, wid: Int?, to output: inout ByteBuffer
    ) throws(SQLiteError) {
        let statement = try statement(page(from: place, filtered: wid != nil))
        defer { statement.reset() }
        bind(place, wid, limit: limit + 1, to: statement)
        let start = output.count
        var (count, more) = (0, false)
        var last: Cursor?
        if case .after(let cursor) = place { last = cursor }
        output.append("{\"rows\":[")
        while try statement.step() {
            guard count < limit, output.count - start < Self.fullPage else {
                more = true
                break
            }
            if count > 0 { output.append(",") }
            append(statement, to: &output)
            last = cursor(statement)
            count += 1
        }
        output.append("],\"next\":")
        if let last {
            output.appendJSON(text: last.text(of: resource))
        } else {
            output.append("null")
        }
        output.append(more ? ",\"more\":true}" : ",\"more\":false}")
    }

    private func bind(_ place: Place, _ wid: Int?, limit: Int, to statement: Statement) {
        var values: [Value] = []
        switch place {
        case .start: break
        case .since(let time): values.append(.text(time))
        case .after(let cursor):
            if let updated = cursor.updated, updated != .null { values.append(updated) }
            values.append(cursor.key)
        }
        if let wid { values.append(.integer(Int64(wid))) }
        values.append(.integer(Int64(limit)))
        for (place, value) in values.enumerated() { statement.bind(Int32(place + 1), value) }
    }

    // MARK: Rows

    private func append(_ row: Statement, to output: inout ByteBuffer) {
        output.append("{")
        for (place, field) in resource.fields.enumerated() {
            if place > 0 { output.append(",") }
            output.appendJSON(text: field.name)
            output.append(":")
            json(row.value(Int32(place)), field).append(to: &output)
        }
        output.append("}")
    }

    private func json(_ value: Value, _ field: Resource.Field) -> JSONValue {
        switch value {
        case .null: .null
        case .integer(let number): .number(String(number))
        // JSON has no infinity, and SQLite no NaN.
        case .real(let number): number.isFinite ? .number("\(number)") : .null
        case .text(let text):
            field.isJSON ? (try? JSONValue.parse(text)) ?? .text(text) : .text(text)
        case .blob(let bytes): .text(Base64URL.encode(bytes))
        }
    }

    private func cursor(_ row: Statement) -> Cursor {
        let place = Int32(resource.fields.count)
        return Cursor(
            updated: resource.updated == nil ? nil : row.value(place + 1), key: row.value(place))
    }

    // MARK: Statements

    private func statement(_ sql: String) throws(SQLiteError) -> Statement {
        if let statement = statements[sql] { return statement }
        let statement = try connection.prepare(sql)
        statements[sql] = statement
        return statement
    }

    private var key: String { Value.quoted(name: resource.key) }
    private var updated: String? { resource.updated.map(Value.quoted) }

    /// Nobody can ask for a row whose key is NULL, which a primary key may be in SQLite.
    private var select: String {
        let columns = resource.fields.map { Value.quoted(name: $0.column) }
        return "SELECT \((columns + [key] + [updated].compactMap(\.self)).joined(separator: ", ")) "
            + "FROM \(Value.quoted(name: resource.table)) WHERE \(key) IS NOT NULL"
    }

    private func filter(_ isFiltered: Bool) -> String {
        guard isFiltered, let wid = resource.wid else { return "" }
        return " AND \(Value.quoted(name: wid)) = ?"
    }

    private func one(filtered: Bool) -> String {
        "\(select) AND \(key) = ?\(filter(filtered))"
    }

    /// Row values compare as ORDER BY sorts: NULL first, then numbers, texts, blobs. But nothing
    /// compares with NULL, so rows without an update time have a condition of their own.
    private func page(from place: Place, filtered: Bool) -> String {
        let condition =
            switch (place, updated) {
            case (.start, _): ""
            case (.since, let updated): " AND \(updated ?? key) >= ?"
            case (.after(let cursor), let updated?) where cursor.updated == .null:
                " AND (\(updated) IS NOT NULL OR \(key) > ?)"
            case (.after, let updated?): " AND (\(updated), \(key)) > (?, ?)"
            case (.after, nil): " AND \(key) > ?"
            }
        let order = [updated, key].compactMap(\.self).joined(separator: ", ")
        return "\(select)\(condition)\(filter(filtered)) ORDER BY \(order) LIMIT ?"
    }

    /// Whether SQLite sorts all rows for each page, because no index has them in that order.
    func sortsForPages() throws(SQLiteError) -> Bool {
        let plan = try connection.prepare(
            "EXPLAIN QUERY PLAN " + page(from: .start, filtered: false))
        plan.bind(1, 1)
        var sorts = false
        while try plan.step() { sorts = sorts || plan.text(3).contains("TEMP B-TREE") }
        return sorts
    }

    /// The index that would spare the sorting.
    var missingIndex: String {
        let columns = [updated, key].compactMap(\.self).joined(separator: ", ")
        return "CREATE INDEX … ON \(Value.quoted(name: resource.table))(\(columns))"
    }
}

import SQLite
import Wire

/// A table of the warehouse's database, and which columns say which row is meant: what an upsert
/// and a delete have in common.
package struct TableTarget: Equatable, Sendable {
    /// A column, as the schema spells it, and where its value comes from.
    struct Cell: Equatable, Sendable {
        let column: String
        let source: ValueSource
    }

    let table: String
    let key: [Cell]
    /// The other columns; empty for a delete.
    let columns: [Cell]

    /// Whether the row can be found without a fetched document.
    var hasKeyOfMessage: Bool { key.allSatisfy(\.source.isOfMessage) }

    /// Inserts the row, or changes the one that has its key. Doing it again changes nothing.
    var upsertSQL: String {
        let names = (key + columns).map { Value.quoted(name: $0.column) }
        let marks = names.map { _ in "?" }.joined(separator: ", ")
        let keys = key.map { Value.quoted(name: $0.column) }.joined(separator: ", ")
        let changes = columns.map { Value.quoted(name: $0.column) }.map { "\($0) = excluded.\($0)" }
        let action =
            changes.isEmpty ? "NOTHING" : "UPDATE SET " + changes.joined(separator: ", ")
        return "INSERT INTO \(Value.quoted(name: table)) (\(names.joined(separator: ", "))) "
            + "VALUES (\(marks)) ON CONFLICT (\(keys)) DO \(action)"
    }

    var deleteSQL: String {
        let conditions = key.map { "\(Value.quoted(name: $0.column)) = ?" }
        return "DELETE FROM \(Value.quoted(name: table)) WHERE "
            + conditions.joined(separator: " AND ")
    }

    /// The values of key and columns, in their order.
    func values(_ message: MessageView, row: JSONValue?) throws(RowFailure) -> [Value] {
        var values = try keyValues(message, row: row)
        for cell in columns { values.append(try Self.value(of: cell, message, row)) }
        return values
    }

    /// The values of the key alone. NULL is no key: two rows with it are different rows.
    func keyValues(_ message: MessageView, row: JSONValue?) throws(RowFailure) -> [Value] {
        var values: [Value] = []
        for cell in key {
            let value = try Self.value(of: cell, message, row)
            guard value != .null else {
                throw RowFailure("the key \(table).\(cell.column) would be NULL")
            }
            values.append(value)
        }
        return values
    }

    private static func value(
        of cell: Cell, _ message: MessageView, _ row: JSONValue?
    ) throws(RowFailure) -> Value {
        do throws(RowFailure) {
            return try cell.source.value(message, row: row)
        } catch {
            throw RowFailure("\(cell.column): \(error)")
        }
    }
}

// MARK: - Reading

extension TableTarget {
    /// `{"table":…,"key":{…},"columns":{…}}`; of a delete without columns. nil and noted where it
    /// does not fit the database.
    init?(_ declared: Declaration, isDelete: Bool, _ database: Connection) {
        if isDelete {
            declared.allow("table", "key")
        } else {
            declared.allow("table", "key", "columns")
        }
        guard let shape = Self.shape(declared, database) else { return nil }
        table = shape.name
        key = declared.required("key").map { Self.cells($0, shape) } ?? []
        columns = isDelete ? [] : declared["columns"].map { Self.cells($0, shape) } ?? []
        guard !key.isEmpty, declared.isGood else { return }
        let keys = Set(key.map(\.column))
        for cell in columns where keys.contains(cell.column) {
            declared.child("columns").child(cell.column).note("is in the key already")
        }
        guard !isDelete else { return }
        if !shape.uniqueSets.contains(keys) {
            declared.child("key").note(
                "must be the primary key of \(table), or the columns of a unique index")
        }
        let filled = keys.union(columns.map(\.column))
        for column in shape.columns
        where column.isNotNull && !column.hasDefault && !filled.contains(column.name) {
            declared.child("columns").note("leave out \(column.name), which must not be NULL")
        }
    }

    private static func shape(_ declared: Declaration, _ database: Connection) -> TableShape? {
        guard let place = declared.required("table"), let name = place.text() else { return nil }
        do {
            guard let shape = try TableShape(name, in: database), !shape.isView else {
                place.note("is no table of the database")
                return nil
            }
            if shape.name.hasPrefix("message_center_") || shape.name.hasPrefix("sqlite_") {
                place.note("belongs to the program itself")
            }
            return shape
        } catch {
            place.note("cannot be looked at: \(error)")
            return nil
        }
    }

    /// `{"name":"/Name","price":…}`, or `["name","price"]` for columns that are called as the
    /// members of the row.
    private static func cells(_ declared: Declaration, _ shape: TableShape) -> [Cell] {
        let named: [(name: String, place: Declaration, source: ValueSource?)]
        if declared.value.elements != nil {
            named = (declared.elements() ?? []).compactMap { element in
                element.text().map { name in
                    let source = ValueSource(
                        origin: .row(JSONPointer(member: name)), fallback: nil)
                    return (name, element, source)
                }
            }
        } else {
            let entries = declared.entries() ?? []
            if entries.isEmpty, declared.value.members != nil { declared.note("names no column") }
            named = entries.map { ($0.name, $0.value, ValueSource($0.value)) }
        }
        var seen: Set<String> = []
        return named.compactMap { name, place, source in
            guard let column = shape.column(name), !column.isGenerated else {
                let known = shape.columns.filter { !$0.isGenerated }.map(\.name)
                place.note(
                    "\(name) is no column of \(shape.name) that can be written; it has "
                        + known.joined(separator: ", "))
                return nil
            }
            if !seen.insert(column.name).inserted { place.note("names \(column.name) once more") }
            return source.map { Cell(column: column.name, source: $0) }
        }
    }
}

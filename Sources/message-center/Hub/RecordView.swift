import Wire

/// Any answer of the hub for people: members one below the other, lists of objects as tables.
enum RecordView {
    /// The members of an object; objects within it with dotted names, lists at the end.
    static func lines(_ record: JSONValue, width: Int = Console.width) -> [String] {
        var table = Table([("", .left), ("", .left)])
        var lists: [(String, [JSONValue])] = []
        add(record, under: "", to: &table, lists: &lists)
        var lines = Array(table.lines(width: width).dropFirst())
        for (name, rows) in lists {
            lines += ["", name + ":"] + Self.table(rows, width: width).map { "  " + $0 }
        }
        return lines
    }

    /// One row an object. `columns` come first, where any row has them; then, unless `only`,
    /// whatever else the rows have.
    static func table(
        _ rows: [JSONValue], columns: [String] = [], only: Bool = false, width: Int = Console.width
    ) -> [String] {
        var names = columns
        if !only {
            for member in rows.flatMap({ $0.members ?? [] }) where !names.contains(member.name) {
                if !columns.contains(where: { $0.hasPrefix(member.name + ".") }) {
                    names.append(member.name)
                }
            }
        }
        names.removeAll { name in !rows.contains { value(name, of: $0) != nil } }
        var table = Table(names.map { name in (title(name), side(name, of: rows)) })
        for row in rows { table.add(names.map { value($0, of: row)?.cell }) }
        return table.lines(width: width)
    }

    private static func add(
        _ record: JSONValue, under prefix: String, to table: inout Table,
        lists: inout [(String, [JSONValue])]
    ) {
        for member in record.members ?? [] {
            let name = prefix + member.name
            switch member.value {
            case .object where member.name != "body":
                add(member.value, under: name + ".", to: &table, lists: &lists)
            case .array(let rows) where rows.contains { $0.members != nil }:
                lists.append((name, rows))
            default:
                table.add([name, member.value.cell])
            }
        }
    }

    /// `lag.messages` is the member `messages` of the member `lag`.
    private static func value(_ name: String, of row: JSONValue) -> JSONValue? {
        var value: JSONValue? = row
        for part in name.split(separator: ".") { value = value?[String(part)] }
        return value
    }

    /// `lag.messages` and `lastPull` become `LAG MESSAGES` and `LAST PULL`.
    private static func title(_ name: String) -> String {
        var title = ""
        for letter in name {
            if letter.isUppercase { title += " " }
            title += letter == "." ? " " : letter.uppercased()
        }
        return title
    }

    private static func side(_ name: String, of rows: [JSONValue]) -> Table.Side {
        rows.contains { value(name, of: $0)?.double != nil } ? .right : .left
    }
}

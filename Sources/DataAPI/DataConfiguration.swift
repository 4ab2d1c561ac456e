package import SQLite
package import Wire

/// What the data interface gives out: the resources, by name.
package struct DataConfiguration: Sendable {
    package let resources: [Resource]

    /// Reads a configuration file and holds it against the schema of the database.
    ///
    /// - Throws: every mistake in it, with its pointer.
    package static func read(
        _ bytes: [UInt8], database: Connection
    ) throws(Declaration.Mistakes) -> DataConfiguration {
        try Declaration.read(bytes) { whole in
            whole.allow("resources")
            guard let entries = whole.required("resources")?.entries() else { return nil }
            if entries.isEmpty { whole.child("resources").note("names no resource") }
            let resources = entries.map { name, declared in
                Resource(name, declared, database)
            }
            return whole.isGood ? DataConfiguration(resources: resources.compactMap(\.self)) : nil
        }
    }
}

/// A table or view that is read by key and as pages.
package struct Resource: Sendable {
    /// A column and how it is told.
    package struct Field: Sendable {
        let column: String
        /// The name of the member.
        let name: String
        /// The column's text is JSON, and is told as such.
        let isJSON: Bool
    }

    /// The segment of the path.
    package let name: String
    /// As the schema spells them, these and the columns.
    let table: String
    let key: String
    /// What pages are ordered by, before the key.
    let updated: String?
    /// What `?wid=` is compared with.
    let wid: String?
    let fields: [Field]

    /// The path's segment is written without escapes.
    private static func isName(_ text: String) -> Bool {
        1...64 ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// nil, and noted, where the resource cannot be told as it is declared.
    fileprivate init?(_ name: String, _ declared: Declaration, _ database: Connection) {
        if !Self.isName(name) { declared.note("must have a name of 1 to 64 of a-z 0-9 - _") }
        declared.allow("table", "key", "updated", "wid", "columns")
        guard let place = declared.required("table"), let table = place.text() else { return nil }
        let found: TableShape?
        do {
            found = try TableShape(table, in: database)
        } catch {
            place.note("cannot be looked at: \(error)")
            return nil
        }
        guard let shape = found else {
            place.note("is no table or view of the database")
            return nil
        }
        self.name = name
        self.table = shape.name
        guard let keyPlace = declared.required("key"), let key = keyPlace.column(of: shape)
        else { return nil }
        self.key = key
        Self.checkUnique(keyPlace, key, shape, database)
        updated = declared["updated"].flatMap { $0.column(of: shape) }
        wid = declared["wid"].flatMap { $0.column(of: shape) }
        fields = Self.fields(declared["columns"], shape)
    }

    /// Two rows of one key would be one row to whoever reads, and pages could pass over one.
    private static func checkUnique(
        _ place: Declaration, _ key: String, _ shape: TableShape, _ database: Connection
    ) {
        guard !shape.isUnique([key]) else { return }
        guard shape.isView else {
            return place.note("must be the primary key of \(shape.name), or have a unique index")
        }
        let column = Value.quoted(name: key)
        do {
            let twice = try database.prepare(
                "SELECT \(column) FROM \(Value.quoted(name: shape.name)) "
                    + "GROUP BY \(column) HAVING count(*) > 1 LIMIT 1")
            if try twice.step() {
                place.note("has the value \(twice.text(0)) more than once in \(shape.name)")
            }
        } catch {
            place.note("cannot be looked at: \(error)")
        }
    }

    private static func fields(_ declared: Declaration?, _ shape: TableShape) -> [Field] {
        guard let declared else {
            return shape.columns.map { Field(column: $0.name, name: $0.name, isJSON: false) }
        }
        var names: Set<String> = []
        return (declared.elements() ?? []).compactMap { element in
            guard let field = Field(element, shape) else { return nil }
            if !names.insert(field.name).inserted { element.note("tells \(field.name) once more") }
            return field
        }
    }
}

extension Resource.Field {
    /// `"price"`, or `{"column":"price","as":"Price","json":false}`.
    fileprivate init?(_ declared: Declaration, _ shape: TableShape) {
        if declared.value.text != nil {
            guard let column = declared.column(of: shape) else { return nil }
            self.init(column: column, name: declared.value.text ?? column, isJSON: false)
            return
        }
        declared.allow("column", "as", "json")
        guard let column = declared.required("column")?.column(of: shape) else { return nil }
        self.init(
            column: column, name: declared["as"].flatMap { $0.text() } ?? column,
            isJSON: declared["json"].flatMap { $0.boolean() } ?? false)
    }
}

extension Declaration {
    /// The column that is named here, as the schema spells it; nil and noted if there is none.
    fileprivate func column(of shape: TableShape) -> String? {
        guard let name = text() else { return nil }
        guard let column = shape.column(name) else {
            let known = shape.columns.map(\.name).joined(separator: ", ")
            note("is no column of \(shape.name), which has \(known)")
            return nil
        }
        return column.name
    }
}

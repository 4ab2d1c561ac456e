/// What a table or view of a database looks like.
package struct TableShape: Sendable {
    package struct Column: Sendable {
        /// As the schema spells it.
        package let name: String
        /// Of which it is the primary key, or a part.
        package let isInPrimaryKey: Bool
        /// Whether it is computed, and so cannot be written.
        package let isGenerated: Bool
        package let isNotNull: Bool
        package let hasDefault: Bool
    }

    /// As the schema spells it.
    package let name: String
    package let isView: Bool
    package let columns: [Column]
    /// Column names, as sets, in which no two rows are the same: the primary key, and unique
    /// indexes over plain columns that are not partial.
    package let uniqueSets: [Set<String>]

    /// Looks at the table or view called `name` in whatever case; nil if there is none.
    package init?(_ name: String, in connection: Connection) throws(SQLiteError) {
        let find = try connection.prepare(
            "SELECT name, type FROM main.sqlite_schema "
                + "WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')")
        find.bind(1, text: name)
        guard try find.step() else { return nil }
        self.name = find.text(0)
        isView = find.text(1) == "view"
        find.reset()
        columns = try Self.columns(of: self.name, in: connection)
        uniqueSets = try Self.uniqueSets(of: self.name, columns, in: connection)
    }

    /// The column of that name, in whatever case.
    package func column(_ name: String) -> Column? {
        columns.first { $0.name.lowercased() == name.lowercased() }
    }

    /// Whether no two rows have the same values in `names`, spelt as the schema does.
    package func isUnique(_ names: Set<String>) -> Bool {
        uniqueSets.contains { !$0.isEmpty && $0.isSubset(of: names) }
    }

    private static func columns(
        of table: String, in connection: Connection
    ) throws(SQLiteError) -> [Column] {
        let rows = try connection.prepare(
            "SELECT name, pk, hidden, \"notnull\", dflt_value FROM pragma_table_xinfo(?)")
        rows.bind(1, text: table)
        var columns: [Column] = []
        while try rows.step() {
            columns.append(
                Column(
                    name: rows.text(0), isInPrimaryKey: rows.int64(1) > 0,
                    isGenerated: rows.int64(2) > 0, isNotNull: rows.int64(3) != 0,
                    hasDefault: !rows.isNull(4)))
        }
        return columns
    }

    private static func uniqueSets(
        of table: String, _ columns: [Column], in connection: Connection
    ) throws(SQLiteError) -> [Set<String>] {
        var sets = [Set(columns.filter(\.isInPrimaryKey).map(\.name))]
        let indexes = try connection.prepare(
            "SELECT name FROM pragma_index_list(?) WHERE \"unique\" AND NOT partial")
        let members = try connection.prepare("SELECT name FROM pragma_index_info(?)")
        indexes.bind(1, text: table)
        while try indexes.step() {
            members.bind(1, text: indexes.text(0))
            var names: Set<String> = []
            var isPlain = true
            while try members.step() {
                // An expression has no name.
                if members.isNull(0) { isPlain = false }
                names.insert(members.text(0))
            }
            members.reset()
            if isPlain { sets.append(names) }
        }
        return sets
    }
}

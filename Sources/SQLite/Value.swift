import CSQLite

/// A value of a row as SQLite stores it; <https://sqlite.org/datatype3.html>.
package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    /// Bytes that are not UTF-8 come as U+FFFD.
    case text(String)
    case blob([UInt8])
}

extension Statement {
    /// A copy of the value in `column`.
    package func value(_ column: Int32) -> Value {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer(int64(column))
        case SQLITE_FLOAT: .real(sqlite3_column_double(handle, column))
        case SQLITE_TEXT: .text(text(column))
        case SQLITE_BLOB: .blob(Array(bytes(column)))
        default: .null
        }
    }

    /// The values of the row, in the order of its columns.
    package var row: [Value] { (0..<columnCount).map(value) }

    /// Binds a copy of `value`.
    package func bind(_ index: Int32, _ value: Value) {
        switch value {
        case .null: bindNull(index)
        case .integer(let number): bind(index, number)
        case .real(let number): check(sqlite3_bind_double(handle, index, number))
        case .text(let text): bind(index, text: text)
        case .blob(let bytes): bind(index, copying: bytes)
        }
    }
}

extension Value {
    /// `name` as SQL writes it: in double quotes, whatever is in it;
    /// <https://sqlite.org/lang_keywords.html>.
    package static func quoted(name: String) -> String {
        "\"" + name.replacing("\"", with: "\"\"") + "\""
    }
}

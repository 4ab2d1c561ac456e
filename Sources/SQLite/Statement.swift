// Unsafe: bytes go to and from SQLite by pointer, since a copy of each value would cost more than
// the rest of a row.

import CSQLite

/// A compiled statement, kept and run again and again. Used on its connection's thread.
///
/// A run is: bind, step until there is no row, `reset`. Parameters count from 1, columns from 0, as
/// in SQLite. A wrong parameter number is a mistake of the program and ends the process.
package final class Statement {
    /// Holds the connection, which has to be closed after its statements.
    @usableFromInline let connection: Connection
    @usableFromInline let handle: OpaquePointer

    init(_ connection: Connection, _ sql: String) throws(SQLiteError) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(
            connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK else { throw connection.error(code, sql: sql) }
        guard let handle else {
            throw SQLiteError(code: .misuse, message: "no statement in the text", sql: sql)
        }
        self.connection = connection
        self.handle = handle
    }

    deinit {
        // Tells the error of the last run once more, which was told already.
        sqlite3_finalize(handle)
    }

    /// The text, parameters as question marks.
    package var sql: String { String(cString: sqlite3_sql(handle)) }

    /// Columns of a row; 0 for a statement that gives none.
    package var columnCount: Int32 { sqlite3_column_count(handle) }

    /// Runs to the next row, or to the end.
    ///
    /// - Returns: whether there is a row, whose columns can be read until the next step or reset.
    @inlinable
    package func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw failure(code)
    }

    /// Runs a statement that gives no rows, and makes it ready for the next run.
    @inlinable
    package func stepDone() throws(SQLiteError) {
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE else { throw failure(code) }
        sqlite3_reset(handle)
    }

    /// Makes ready for the next run, and ends the read of this one; the parameters stay bound.
    @inlinable
    package func reset() {
        // Returns the error of the run, which `step` has thrown already.
        sqlite3_reset(handle)
    }

    /// The error of a run, which is over with it: a failed statement must not keep its locks.
    @usableFromInline
    func failure(_ code: Int32) -> SQLiteError {
        let error =
            code == SQLITE_ROW
            ? SQLiteError(code: .misuse, message: "the statement gives rows", sql: sql)
            : connection.error(code, sql: sql)
        sqlite3_reset(handle)
        return error
    }
}

extension Statement {
    /// Binds a number.
    @inlinable
    package func bind(_ index: Int32, _ value: Int64) {
        check(sqlite3_bind_int64(handle, index, value))
    }

    /// Binds a number, or NULL.
    @inlinable
    package func bind(_ index: Int32, _ value: Int64?) {
        if let value { bind(index, value) } else { bindNull(index) }
    }

    @inlinable
    package func bindNull(_ index: Int32) {
        check(sqlite3_bind_null(handle, index))
    }

    /// Binds a blob where it is: `bytes` must stay there, unchanged, until this parameter is bound
    /// anew or cleared, or the statement has been reset for the last time. Empty is a blob of no
    /// bytes, not NULL.
    @inlinable
    package func bind(_ index: Int32, bytes: UnsafeRawBufferPointer) {
        // A null pointer would bind NULL.
        guard let address = bytes.baseAddress else {
            return check(sqlite3_bind_zeroblob(handle, index, 0))
        }
        check(csqlite_bind_blob_static(handle, index, address, UInt64(bytes.count)))
    }

    /// Binds text in UTF-8 where it is, as `bind(_:bytes:)` does. Empty is a text, not NULL.
    @inlinable
    package func bind(_ index: Int32, text: UnsafeRawBufferPointer) {
        guard let address = text.baseAddress else { return bind(index, text: "") }
        check(
            csqlite_bind_text_static(
                handle, index, address.assumingMemoryBound(to: CChar.self), UInt64(text.count)))
    }

    /// Binds a copy of `text`.
    package func bind(_ index: Int32, text: String) {
        var text = text
        text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { bytes in
                // A pointer in any case: null would bind NULL.
                withUnsafePointer(to: 0) { nothing in
                    check(
                        csqlite_bind_text_copy(
                            handle, index, bytes.baseAddress ?? nothing, UInt64(bytes.count)))
                }
            }
        }
    }

    /// Binds a copy of `bytes` as a blob.
    package func bind(_ index: Int32, copying bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            // An empty array, too, has an address here, or binds an empty blob.
            guard let address = buffer.baseAddress else {
                return check(sqlite3_bind_zeroblob(handle, index, 0))
            }
            check(csqlite_bind_blob_copy(handle, index, address, UInt64(buffer.count)))
        }
    }

    /// Binds NULL to all parameters; the bytes they pointed at may go.
    @inlinable
    package func clearBindings() {
        sqlite3_clear_bindings(handle)
    }

    /// A binding fails for a parameter that is not there, for a statement in the middle of a run,
    /// and for values beyond SQLite's limit of 1 GB: mistakes of the program, all of them.
    @inlinable
    func check(_ code: Int32) {
        if code != SQLITE_OK { misuse(code) }
    }

    @usableFromInline
    func misuse(_ code: Int32) -> Never {
        fatalError("binding failed: \(connection.error(code, sql: sql))")
    }
}

extension Statement {
    /// The number in `column`; 0 for NULL.
    @inlinable
    package func int64(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    @inlinable
    package func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    /// The number in `column`, `nil` for NULL.
    @inlinable
    package func optionalInt64(_ column: Int32) -> Int64? {
        isNull(column) ? nil : int64(column)
    }

    /// The bytes of a blob or text, where SQLite has them: until the next step or reset. Empty for
    /// NULL.
    @inlinable
    package func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        // First the pointer, then the length: the other way round a conversion, which a number
        // would need, could move it; https://sqlite.org/c3ref/column_blob.html.
        let address = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(
            start: address, count: Int(sqlite3_column_bytes(handle, column)))
    }

    /// A copy of the text in `column`; empty for NULL.
    package func text(_ column: Int32) -> String {
        String(decoding: bytes(column), as: UTF8.self)
    }
}

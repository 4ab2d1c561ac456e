package import Hub
package import SQLite

extension StoreFailure {
    /// What an error of SQLite means for the hub (https://sqlite.org/rescode.html).
    package init(_ error: SQLiteError) {
        switch error.code {
        case .full: self = .full
        case .busy, .locked: self = .busy
        case .corrupt, .notADatabase: self = .damaged(error.description)
        case .inputOutput, .cannotOpen, .readOnly: self = .disk(error.description)
        default: self = .other(error.description)
        }
    }

    /// Runs `body` and tells its failure in the store's words.
    static func translating<Result>(
        _ body: () throws(SQLiteError) -> Result
    ) throws(StoreFailure) -> Result {
        do { return try body() } catch { throw StoreFailure(error) }
    }
}

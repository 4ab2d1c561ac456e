import Glibc

/// Which program's a database file is: a number in its header
/// (<https://sqlite.org/pragma.html#pragma_application_id>), and how a file is known that was made
/// before it was marked.
///
/// Asked before anything is set or made in the file. A program that took any database for its own
/// would write among somebody else's tables.
package struct FileMark: Sendable {
    /// The number, positive: 0 is what SQLite puts there.
    package let applicationID: Int32

    /// A query that can only be compiled where our tables are.
    private let proof: String

    package init(applicationID: Int32, proof: String) {
        precondition(applicationID > 0)
        self.applicationID = applicationID
        self.proof = proof
    }

    /// The statement that marks a file as ours: part of a migration.
    package var sql: String { "PRAGMA application_id = \(applicationID)" }

    /// Looks whether the file is ours, or a new one. Changes nothing.
    package func check(_ connection: Connection) throws(Refused) {
        let path = connection.path
        try Self.checkSize(of: path)
        var found: Int64 = 0
        let isOurs: Bool
        do throws(SQLiteError) {
            // One transaction: another program may be making the file ours at this moment.
            isOurs = try connection.transaction(immediate: false) { () throws(SQLiteError) in
                found = try connection.scalar("PRAGMA application_id") ?? 0
                guard found == 0 else { return found == applicationID }
                return try isNewOrUnmarked(connection)
            }
        } catch {
            throw .failed(path: path, error)
        }
        guard isOurs else { throw .foreign(path: path, applicationID: found) }
    }

    /// SQLite takes a file shorter than its smallest page for an empty database, and would write
    /// over what somebody has put there.
    private static func checkSize(of path: String) throws(Refused) {
        var status = stat()
        guard stat(path, &status) == 0, (1..<512).contains(status.st_size) else { return }
        throw .tooShort(path: path, bytes: status.st_size)
    }

    /// Nobody has made anything in it, or it has our tables: made by this program before it marked
    /// its files.
    private func isNewOrUnmarked(_ connection: Connection) throws(SQLiteError) -> Bool {
        if try connection.scalar("PRAGMA user_version") == 0 {
            return try connection.scalar("SELECT count(*) FROM sqlite_schema") == 0
        }
        do throws(SQLiteError) {
            _ = try connection.prepare(proof)
            return true
        } catch {
            // No such table, no such column.
            guard error.code == .error else { throw error }
            return false
        }
    }

    /// Why a file cannot be used.
    package enum Refused: Error, Equatable, CustomStringConvertible {
        /// Another program made it; it is as it was.
        case foreign(path: String, applicationID: Int64)

        /// It is not empty, and no database fits into it.
        case tooShort(path: String, bytes: Int)

        /// It could not be read.
        case failed(path: String, SQLiteError)

        package var description: String {
            switch self {
            case .foreign(let path, let applicationID):
                "\(path) is a database of another program (application_id \(applicationID)), "
                    + "and was left as it is: move it elsewhere, or choose another folder with "
                    + "--data"
            case .tooShort(let path, let bytes):
                "\(path) is no database: a file of \(bytes) bytes"
            case .failed(let path, let error):
                "\(path) cannot be read: \(error)"
            }
        }
    }
}

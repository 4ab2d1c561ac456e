/// The numbered steps that bring a database file to the schema this program knows.
///
/// Migration 1 is the first of the list. Each runs once, in a transaction of its own that also
/// writes its number into `PRAGMA user_version`. Steps that have been released never change.
package struct Migrations: Sendable {
    private let steps: [String]

    /// - Parameter steps: SQL, one text a migration, statements with semicolons between.
    package init(_ steps: [String]) {
        self.steps = steps
    }

    /// The version that `run` brings a file to.
    package var newest: Int64 { Int64(steps.count) }

    /// Runs those migrations that the file has not seen yet.
    ///
    /// The version is read again under the write lock, so that two programs starting at once on one
    /// file cannot both run a step.
    ///
    /// - Throws: `Refused.newer` for a file of a later program, which is left as it is;
    ///   `Refused.failed` with the number of the step that could not be done.
    package func run(on connection: Connection) throws(Refused) {
        var version = try version(of: connection)
        while version < newest {
            try apply(version + 1, to: connection)
            version = try self.version(of: connection)
        }
        guard version == newest else {
            throw .newer(path: connection.path, found: version, known: newest)
        }
    }

    private func version(of connection: Connection) throws(Refused) -> Int64 {
        do {
            return try connection.scalar("PRAGMA user_version") ?? 0
        } catch {
            throw .failed(path: connection.path, version: nil, error)
        }
    }

    private func apply(_ version: Int64, to connection: Connection) throws(Refused) {
        do {
            try connection.transaction { () throws(SQLiteError) in
                let found = try connection.scalar("PRAGMA user_version")
                guard found == version - 1 else { return }
                try connection.execute(steps[Int(version) - 1])
                try connection.execute("PRAGMA user_version = \(version)")
            }
        } catch {
            throw .failed(path: connection.path, version: version, error)
        }
    }

    /// Why a file cannot be used.
    package enum Refused: Error, Equatable, CustomStringConvertible {
        /// A later program made it: its schema is `found`, this program's newest is `known`.
        case newer(path: String, found: Int64, known: Int64)

        /// Step `version` failed, or, if `nil`, reading the version did.
        case failed(path: String, version: Int64?, SQLiteError)

        package var description: String {
            switch self {
            case .newer(let path, let found, let known):
                "\(path) has schema version \(found), this program knows versions up to \(known): "
                    + "run a newer program, or restore a backup"
            case .failed(let path, let version?, let error):
                "\(path) could not be brought to schema version \(version): \(error)"
            case .failed(let path, nil, let error):
                "\(path) does not tell its schema version: \(error)"
            }
        }
    }
}

import CSQLite

/// Why SQLite could not do something; <https://sqlite.org/rescode.html>.
package struct SQLiteError: Error, Equatable {
    /// What kind of failure.
    package let code: Code

    /// SQLite's own words.
    package let message: String

    /// The statement, with its parameters as question marks: values never get into errors and logs.
    package let sql: String?

    package init(code: Code, message: String, sql: String? = nil) {
        self.code = code
        self.message = message
        self.sql = sql
    }
}

extension SQLiteError: CustomStringConvertible {
    /// For people: `database is locked (SQLite code 5) in: BEGIN IMMEDIATE`.
    package var description: String {
        let text = "\(message) (SQLite code \(code.rawValue))"
        guard let sql else { return text }
        return "\(text) in: \(sql)"
    }
}

extension SQLiteError {
    /// A result code: the primary one in the low byte, what extends it above.
    ///
    /// In a `switch` or `catch` a primary code stands for all that extend it:
    /// `case .constraint` also takes a `.constraintPrimaryKey`.
    package struct Code: Hashable, Sendable {
        package let rawValue: Int32

        package init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// The code without what extends it.
        package var primary: Code { Code(rawValue: rawValue & 0xFF) }

        package static func ~= (pattern: Code, code: Code) -> Bool {
            pattern == code || pattern == code.primary
        }
    }
}

extension SQLiteError.Code {
    package static let error = Self(rawValue: SQLITE_ERROR)
    package static let permission = Self(rawValue: SQLITE_PERM)
    package static let busy = Self(rawValue: SQLITE_BUSY)
    package static let busySnapshot = Self(rawValue: SQLITE_BUSY | 2 << 8)
    package static let locked = Self(rawValue: SQLITE_LOCKED)
    package static let noMemory = Self(rawValue: SQLITE_NOMEM)
    package static let readOnly = Self(rawValue: SQLITE_READONLY)
    package static let interrupted = Self(rawValue: SQLITE_INTERRUPT)
    package static let inputOutput = Self(rawValue: SQLITE_IOERR)
    package static let corrupt = Self(rawValue: SQLITE_CORRUPT)
    package static let full = Self(rawValue: SQLITE_FULL)
    package static let cannotOpen = Self(rawValue: SQLITE_CANTOPEN)
    package static let tooBig = Self(rawValue: SQLITE_TOOBIG)
    package static let constraint = Self(rawValue: SQLITE_CONSTRAINT)
    package static let constraintPrimaryKey = Self(rawValue: SQLITE_CONSTRAINT | 6 << 8)
    package static let constraintUnique = Self(rawValue: SQLITE_CONSTRAINT | 8 << 8)
    package static let constraintRowID = Self(rawValue: SQLITE_CONSTRAINT | 10 << 8)
    package static let mismatch = Self(rawValue: SQLITE_MISMATCH)
    package static let misuse = Self(rawValue: SQLITE_MISUSE)
    package static let notADatabase = Self(rawValue: SQLITE_NOTADB)
}

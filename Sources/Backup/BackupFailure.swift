import Hub
import Platform

/// Why a backup could not be made, does not verify, or could not be restored: which file, and what
/// is the matter with it.
package struct BackupFailure: Error, Equatable, CustomStringConvertible {
    /// The file or folder, as the command line or the backup names it.
    package let file: String
    package let reason: String

    package init(_ file: String, _ reason: String) {
        self.file = file
        self.reason = reason
    }

    package var description: String { "\(file): \(reason)" }

    /// Does a step of work on `file`.
    static func naming<Result: ~Copyable>(
        _ file: String, _ step: () throws(Errno) -> Result
    ) throws(BackupFailure) -> Result {
        do { return try step() } catch { throw BackupFailure(file, error.description) }
    }

    /// Does a step of work on the database `file`.
    static func naming<Result>(
        database file: String, _ step: () throws(StoreFailure) -> Result
    ) throws(BackupFailure) -> Result {
        do { return try step() } catch { throw BackupFailure(file, reason(error)) }
    }

    private static func reason(_ failure: StoreFailure) -> String {
        switch failure {
        case .full: "the disk is full"
        case .busy: "another program holds it: try again"
        case .damaged(let detail): "it is damaged: \(detail)"
        case .disk(let detail), .other(let detail): detail
        }
    }
}

/// Is told how far the work is: what is being done, and how much of it.
package typealias BackupProgress = (_ step: String, _ done: Int64, _ of: Int64) -> Void

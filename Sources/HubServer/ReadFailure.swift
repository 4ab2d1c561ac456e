import Archive
import Hub
import Wire

/// Why a stretch of a line could not be read.
enum ReadFailure: Error, Equatable {
    case store(StoreFailure)
    case archive(ArchiveFailure)
    /// What comes next was pruned, or its archive file was taken away. From `oldest` on there is
    /// something again.
    case gone(oldest: Int64)
    /// It takes longer than anybody may be held up. What was found out is kept: ask again.
    case unfinished

    /// Does a step of work on the store.
    static func store<Result>(
        _ step: () throws(StoreFailure) -> Result
    ) throws(ReadFailure) -> Result {
        do throws(StoreFailure) { return try step() } catch { throw .store(error) }
    }

    /// Does a step of work on the archive.
    static func archive<Result>(
        _ step: () throws(ArchiveFailure) -> Result
    ) throws(ReadFailure) -> Result {
        do throws(ArchiveFailure) { return try step() } catch { throw .archive(error) }
    }

    /// For the log: what an operator has to know of it, nil where that is the client's affair.
    var report: String? {
        switch self {
        case .store(let failure): "the store cannot be read: \(failure)"
        case .archive(let failure): "the archive cannot be read: \(failure)"
        case .gone, .unfinished: nil
        }
    }
}

extension Problem {
    init(_ failure: ReadFailure, head: Int64) {
        switch failure {
        case .store(let failure):
            self.init(failure)
        case .unfinished:
            self = .overloaded
        case .archive(let failure):
            self = Problem(
                500, "archive_damaged",
                "The hub's archive cannot be read here, in its file \(failure.file): its operator "
                    + "finds the details in the log, and can put the file back from a backup, or "
                    + "seek past it.")
        case .gone(let oldest):
            self = Problem(
                410, "position_gone",
                "What comes next is neither in the store nor in the archive any more. From message "
                    + "\(oldest) on everything is there: an operator can seek to \(oldest - 1)."
            ).with("oldest", .number(String(oldest))).with("head", .number(String(head)))
        }
    }
}

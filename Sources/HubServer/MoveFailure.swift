import Archive
import Hub

/// Why messages could not move to the archive just now.
enum MoveFailure: Error {
    case store(StoreFailure)
    case archive(ArchiveFailure)
    /// The hub stops: that is no failure, and nobody is told.
    case stopping

    /// For the log.
    var text: String? {
        switch self {
        case .stopping: nil
        case .archive(.missing(let file)):
            "\(file) is not in the folder of the archive: is its disk mounted?"
        case .archive(let failure): failure.description
        case .store(.full): "no room on the disk of the data folder"
        case .store(.busy): "another program holds the database"
        case .store(.damaged(let detail)): "the database is damaged: \(detail)"
        case .store(.disk(let detail)), .store(.other(let detail)): detail
        }
    }

    static func store<Result>(
        _ step: () throws(StoreFailure) -> Result
    ) throws(MoveFailure) -> Result {
        do { return try step() } catch { throw .store(error) }
    }

    static func archive<Result>(
        _ step: () throws(ArchiveFailure) -> Result
    ) throws(MoveFailure) -> Result {
        do { return try step() } catch { throw .archive(error) }
    }
}

/// How long to wait before trying again what has failed: a second, then twice as long each time, a
/// minute at most.
struct RetryPause {
    private var failures: Int32 = 0

    /// Milliseconds.
    mutating func failed() -> Int32 {
        defer { failures += 1 }
        return min(60_000, 1000 << min(failures, 6))
    }

    mutating func succeeded() { failures = 0 }
}

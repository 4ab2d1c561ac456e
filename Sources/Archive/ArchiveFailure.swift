package import Platform

/// Why the archive could not be read or written. Each names the file, and as far as it is known the
/// frame, by the indexes of its messages, and the bytes in the file.
package enum ArchiveFailure: Error, Equatable, Sendable {
    /// The file is not there: taken away by hand, or lost.
    case missing(file: String)
    /// The file ends before the frame does.
    case cut(file: String, frame: ClosedRange<Int64>, bytes: Range<Int64>, detail: String)
    /// What stands in the file is not what was written, or belongs elsewhere.
    case damaged(file: String, frame: ClosedRange<Int64>, bytes: Range<Int64>, detail: String)
    /// The file is another hub's, under a name of this one.
    case foreign(file: String, hub: String)
    /// The file system failed.
    case disk(file: String, Errno)
    /// No room on the disk.
    case full(file: String)

    /// The file, or the folder, that it is about.
    package var file: String {
        switch self {
        case .missing(let file), .cut(let file, _, _, _), .damaged(let file, _, _, _),
            .foreign(let file, _), .disk(let file, _), .full(let file):
            file
        }
    }

    /// What a failed call for `file` means.
    init(_ file: String, _ error: Errno) {
        self =
            switch error {
            case .notFound: .missing(file: file)
            case .noSpace, .quotaExceeded: .full(file: file)
            default: .disk(file: file, error)
            }
    }

    /// Does a step of work on `file`.
    static func naming<Result: ~Copyable>(
        _ file: String, _ step: () throws(Errno) -> Result
    ) throws(ArchiveFailure) -> Result {
        do {
            return try step()
        } catch {
            throw ArchiveFailure(file, error)
        }
    }
}

extension ArchiveFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let file):
            "archive file \(file) is missing"
        case .cut(let file, let frame, let bytes, let detail):
            "archive file \(file) is cut within \(Self.place(frame, bytes)): \(detail)"
        case .damaged(let file, let frame, let bytes, let detail):
            "archive file \(file) is damaged at \(Self.place(frame, bytes)): \(detail)"
        case .foreign(let file, let hub):
            "archive file \(file) is not what its name says: it is of the hub \(hub)"
        case .disk(let file, let error):
            "archive file \(file): \(error)"
        case .full(let file):
            "archive file \(file): no room on the disk"
        }
    }

    private static func place(_ frame: ClosedRange<Int64>, _ bytes: Range<Int64>) -> String {
        "the frame of messages \(frame.lowerBound) to \(frame.upperBound), "
            + "bytes \(bytes.lowerBound) to \(bytes.upperBound - 1)"
    }
}

package import Hub
import SQLite

/// The files of the archive as a store's catalogue has them.
package struct ArchiveCatalogue: Sendable {
    /// A file, and the stretch of it that the catalogue knows.
    package struct File: Sendable {
        package let name: String
        /// Bytes up to the end of its last frame; what is behind is not in the archive yet.
        package let length: Int64
        /// Its frames, which follow one another from its first byte on.
        package let frames: [Frame]
    }

    package struct Frame: Sendable {
        package let first: Int64
        package let last: Int64
        package let length: Int64
        package let digest: [UInt8]
    }

    package let files: [File]

    /// A catalogue without files.
    package static let none = ArchiveCatalogue()

    private init() { files = [] }

    /// Bytes of all files.
    package var length: Int64 { files.reduce(0) { $0 + $1.length } }

    /// Reads the catalogue of the store in the file at `path`; empty if it has none.
    package init(path: String) throws(StoreFailure) {
        files = try StoreFailure.translating { () throws(SQLiteError) in
            let connection = try Connection(path: path, mode: .readOnly)
            let has = try connection.scalar(
                "SELECT count(*) FROM sqlite_schema WHERE name='frames'")
            return has == 1 ? try Self.files(connection) : []
        }
    }

    private static func files(_ connection: Connection) throws(SQLiteError) -> [File] {
        var files: [File] = []
        var frames: [Frame] = []
        var (name, end) = ("", Int64(0))
        func finish() {
            if !frames.isEmpty { files.append(File(name: name, length: end, frames: frames)) }
        }
        // Rows of what was pruned may stay for a while; its files are gone.
        let rows = try connection.prepare(
            """
            SELECT file, offset, length, first, last, digest FROM frames
            WHERE last>coalesce((SELECT value FROM meta WHERE name='pruned'), 0) ORDER BY first
            """)
        while try rows.step() {
            if rows.text(0) != name {
                finish()
                (name, end, frames) = (rows.text(0), 0, [])
            }
            guard rows.int64(1) == end else {
                throw SQLiteError(
                    code: .corrupt,
                    message: "\(name) has nothing in the catalogue at byte \(end)")
            }
            end += rows.int64(2)
            frames.append(
                Frame(
                    first: rows.int64(3), last: rows.int64(4), length: rows.int64(2),
                    digest: Array(rows.bytes(5))))
        }
        finish()
        return files
    }
}

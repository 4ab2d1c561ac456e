import Glibc
package import Hub
import Platform
package import SQLite

/// The copy of an older store, made beside it before its first migration: whoever has to go back to
/// the program before finds the store as that knew it.
package struct Upgrade: Equatable, Sendable {
    /// Versions of the schema.
    package let from: Int64
    package let to: Int64
    /// The copy's path: `hub.db.v1-20260131T235959Z.backup`. A plain database, no log beside it.
    package let copy: String

    /// Copies the store, if it is there and older than this program.
    ///
    /// The copy bears its name only when it is whole and synced. Without it there is no upgrade.
    ///
    /// - Parameters:
    ///   - free: bytes that may be written beside the file.
    ///   - telling: is told in words that the copying begins.
    package static func prepare(
        _ connection: Connection, free: (_ path: String) throws -> UInt64 = DiskSpace.free(path:),
        telling: (String) -> Void = { _ in }
    ) throws(StoreFailure) -> Upgrade? {
        let (version, bytes) = try StoreFailure.translating { () throws(SQLiteError) in
            (
                try connection.scalar("PRAGMA user_version") ?? 0,
                (try connection.scalar("PRAGMA page_count") ?? 0)
                    * (try connection.scalar("PRAGMA page_size") ?? 0)
            )
        }
        // A newer one is for the migrations to refuse.
        guard version > 0, version < Schema.migrations.newest else { return nil }
        let stem = "\(connection.path).v\(version)"
        let (copy, part) = ("\(stem)-\(now()).backup", "\(stem).backup.part")
        do {
            guard try free(connection.path) >= UInt64(bytes) else { throw Errno(ENOSPC) }
            unlink(part)
            telling(
                """
                copies \(connection.path), schema version \(version), \(bytes / 1_000_000) MB, \
                before it is upgraded
                """)
            try write(connection, to: part)
            try name(part, copy)
        } catch {
            unlink(part)
            throw refusal(connection.path, version, copy, bytes: bytes, error)
        }
        return Upgrade(from: version, to: Schema.migrations.newest, copy: copy)
    }

    /// https://sqlite.org/lang_vacuum.html#vacuuminto: the target is not synced.
    private static func write(_ connection: Connection, to part: String) throws {
        let vacuum = try connection.prepare("VACUUM INTO ?")
        vacuum.bind(1, text: part)
        try vacuum.stepDone()
        let file = try Descriptor(
            owning: SystemCall.blocking { open(part, O_RDWR | O_CLOEXEC) })
        try FileSync.content(file)
    }

    private static func name(_ part: String, _ copy: String) throws {
        try SystemCall.blocking { rename(part, copy) }
        let folder = copy.lastIndex(of: "/").map { String(copy[..<$0]) } ?? "."
        try FileSync.directory(folder.isEmpty ? "/" : folder)
    }

    private static func refusal(
        _ path: String, _ version: Int64, _ copy: String, bytes: Int64, _ error: any Error
    ) -> StoreFailure {
        let cause =
            isFull(error)
            ? "there is no room for \(bytes) bytes: make room, then start again" : "\(error)"
        return .other(
            """
            \(path) has schema version \(version) and was not upgraded to \
            \(Schema.migrations.newest), because the copy that is made before, \(copy), failed: \
            \(cause)
            """)
    }

    private static func isFull(_ error: any Error) -> Bool {
        switch error {
        case let error as SQLiteError: error.code.primary == .full
        case let error as Errno: error.code == ENOSPC
        default: false
        }
    }

    /// The time as it stands in the copy's name.
    private static func now() -> String {
        var (seconds, parts) = (time(nil), tm())
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int32, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        let date = digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2)
        let day = digits(parts.tm_mday, 2)
        let clock = digits(parts.tm_hour, 2) + digits(parts.tm_min, 2) + digits(parts.tm_sec, 2)
        return "\(date)\(day)T\(clock)Z"
    }
}

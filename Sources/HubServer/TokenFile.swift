import Hub
import Platform
import SQLite

/// The tokens on disk: `tokens.db` in the data folder, hashed, beside the running hub.
///
/// The command line changes it; the hub looks once a second whether somebody did. Of every change a
/// deed is noted in the same transaction, which the hub carries into its audit.
package final class TokenFile {
    package enum Role: String, CaseIterable, Sendable {
        case publisher, warehouse, admin
    }

    /// What every token begins with, to be known by wherever it lies about.
    static let prefix = "mc_"

    /// Why a token cannot be made, read or changed.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    let connection: Database
    /// How many deeds wait for a hub at most: as many as its audit would keep.
    package var deedsKept = Limits.auditEntries

    private static let migrations = Migrations([
        """
        CREATE TABLE tokens(
            number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, role TEXT NOT NULL,
            scope TEXT NOT NULL, digest BLOB NOT NULL UNIQUE, created INTEGER NOT NULL)
        """,
        mark.sql,
        """
        ALTER TABLE tokens ADD COLUMN expires INTEGER;
        ALTER TABLE tokens ADD COLUMN last_use INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tokens ADD COLUMN successor INTEGER;
        CREATE TABLE deeds(
            n INTEGER PRIMARY KEY AUTOINCREMENT, mark INTEGER NOT NULL, at INTEGER NOT NULL,
            action TEXT NOT NULL, name TEXT NOT NULL, detail TEXT NOT NULL)
        """,
    ])

    /// Known by "MsgT" in the header. Files of version 1 have no mark.
    private static let mark = FileMark(
        applicationID: 0x4D73_6754,
        proof: "SELECT number, name, role, scope, digest, created FROM tokens")

    /// Opens or makes the file in the data folder `data`.
    ///
    /// One that is made is the folder's owner's, and nobody else's: root may make it for a hub that
    /// runs as another user.
    package convenience init(data: String) throws(Failure) {
        do throws(Errno) {
            try FileOwner(of: data).make(Self.path(data))
        } catch {
            guard error == .fileExists else {
                throw Failure("\(Self.path(data)) cannot be made: \(error)")
            }
        }
        try self.init(opening: data)
    }

    /// The file in the data folder `data`; nil: there is none, or an empty one that somebody is
    /// about to fill.
    package static func existing(in data: String) throws(Failure) -> TokenFile? {
        do throws(Errno) {
            guard try FileStatus(path(data)).size > 0 else { return nil }
        } catch {
            guard error == .notFound else { throw Failure("\(path(data)): \(error)") }
            return nil
        }
        return try TokenFile(opening: data)
    }

    private init(opening data: String) throws(Failure) {
        // SQLite would open it for reading only, and fail with the first change.
        for path in [Self.path(data), data] { try Self.checkWritable(path) }
        SQLiteLibrary.configure()
        do {
            connection = try Database(
                path: Self.path(data), mode: .readWrite, busyTimeoutMilliseconds: 2000)
            try Self.mark.check(connection)
            try Self.migrations.run(on: connection)
        } catch {
            throw Failure("\(error)")
        }
    }

    private static func path(_ data: String) -> String { data + "/tokens.db" }

    private static func checkWritable(_ path: String) throws(Failure) {
        do throws(Errno) {
            try FileStatus.checkWritable(path)
        } catch {
            guard error == .accessDenied, let owner = try? FileOwner(of: path) else {
                throw Failure("\(path) cannot be written: \(error)")
            }
            let user = FileOwner.present.name
            throw Failure(
                """
                \(path) belongs to \(owner.name), and \(user) cannot write it: make it theirs with \
                `chown \(user) \(path)`
                """)
        }
    }

    /// Whether another file has taken the name of this one, or none has it: what others do then
    /// does not come here.
    var isReplaced: Bool { connection.hasMoved }

    /// All tokens, oldest first.
    package func list() throws(Failure) -> [TokenEntry] {
        try translating { () throws(SQLiteError) in try entries("ORDER BY number") }
    }

    /// The token of this number, if there is one.
    package func entry(_ number: Int64) throws(Failure) -> TokenEntry? {
        try translating { () throws(SQLiteError) in
            try entries("WHERE number=\(number)").first
        }
    }

    func entries(_ condition: String) throws(SQLiteError) -> [TokenEntry] {
        let rows = try connection.prepare(
            """
            SELECT number, name, role, scope, created, expires, last_use, successor
                FROM tokens \(condition)
            """)
        var entries: [TokenEntry] = []
        while try rows.step() {
            guard let role = Role(rawValue: rows.text(2)) else { continue }
            entries.append(
                TokenEntry(
                    number: rows.int64(0), name: rows.text(1), role: role, scope: rows.text(3),
                    created: rows.int64(4), expires: rows.isNull(5) ? nil : rows.int64(5),
                    lastUse: rows.int64(6), successor: rows.isNull(7) ? nil : rows.int64(7)))
        }
        return entries
    }

    /// The number that changes when another connection has changed the file
    /// (https://sqlite.org/pragma.html#pragma_data_version).
    func version() throws(Failure) -> Int64 {
        try translating { () throws(SQLiteError) in
            try connection.scalar("PRAGMA data_version") ?? 0
        }
    }

    /// What the tokens allow now; expired ones are known too, to be told what they are.
    ///
    /// - Parameters:
    ///   - wasEverDefined: it is known from elsewhere that there was a token.
    ///   - former: what they allowed until now: what their uses share goes on.
    func authority(
        isLocal: Bool, wasEverDefined: Bool, after former: Authority? = nil
    ) throws(Failure) -> Authority {
        try translating { () throws(SQLiteError) in
            let rows = try connection.prepare(
                "SELECT role, scope, digest, name, expires, last_use, number FROM tokens")
            var holders: [Digest: Authority.Holder] = [:]
            while try rows.step() {
                let parts = rows.text(1).split(separator: ",").map(String.init)
                let principal: Principal =
                    switch Role(rawValue: rows.text(0)) {
                    case .publisher: .publisher(parts.map { TopicPattern($0) })
                    case .warehouse: .warehouse(Set(parts.compactMap { UInt32($0) }))
                    case .admin: .admin
                    case nil: .warehouse([])
                    }
                guard let digest = Digest(bytes: Array(rows.bytes(2))) else { continue }
                holders[digest] = Authority.Holder(
                    name: rows.text(3), principal: principal, digest: digest,
                    expires: rows.isNull(4) ? .max : rows.int64(4),
                    use: former?.holder(digest)?.use
                        ?? TokenUse(number: rows.int64(6), last: rows.int64(5)))
            }
            let given = try connection.scalar("SELECT seq FROM sqlite_sequence WHERE name='tokens'")
            return Authority(
                holders, wasEverDefined: wasEverDefined || given ?? 0 > 0, isLocal: isLocal)
        }
    }

    /// Keeps when tokens were last used, in milliseconds since 1970.
    func save(lastUses: [Int64: Int64]) throws(Failure) {
        try translating { () throws(SQLiteError) in
            try connection.transaction { () throws(SQLiteError) in
                let statement = try connection.prepare(
                    "UPDATE tokens SET last_use=max(last_use, ?) WHERE number=?")
                for (number, last) in lastUses {
                    statement.bind(1, last)
                    statement.bind(2, number)
                    try statement.stepDone()
                }
            }
        }
    }

    func translating<Result>(
        _ body: () throws(SQLiteError) -> Result
    ) throws(Failure) -> Result {
        do throws(SQLiteError) { return try body() } catch {
            throw Failure(error.description)
        }
    }
}

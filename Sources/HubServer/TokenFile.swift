import Hub
import Platform
import SQLite

/// The tokens on disk: `tokens.db` in the data folder, hashed, beside the running hub.
///
/// The command line changes it; the hub looks once a second whether somebody did.
package final class TokenFile {
    package enum Role: String, CaseIterable, Sendable {
        case publisher, warehouse, admin
    }

    /// A token as it is listed: everything but itself.
    package struct Entry: Sendable {
        package let number: Int64
        package let name: String
        package let role: Role
        /// Topic patterns of a publisher, wids of a warehouse, separated by commas.
        package let scope: String
        /// Milliseconds since 1970.
        package let created: Int64
    }

    /// Why a token cannot be made, read or revoked.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let connection: Database

    private static let migrations = Migrations([
        """
        CREATE TABLE tokens(
            number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, role TEXT NOT NULL,
            scope TEXT NOT NULL, digest BLOB NOT NULL UNIQUE, created INTEGER NOT NULL)
        """,
        mark.sql,
    ])

    /// Known by "MsgT" in the header. Files of version 1 have no mark.
    private static let mark = FileMark(
        applicationID: 0x4D73_6754,
        proof: "SELECT number, name, role, scope, digest, created FROM tokens")

    /// Opens or makes the file in the data folder `data`.
    package init(data: String) throws(Failure) {
        SQLiteLibrary.configure()
        do {
            connection = try Database(
                path: data + "/tokens.db", mode: .readWriteCreate, busyTimeoutMilliseconds: 2000)
            try Self.mark.check(connection)
            try Self.migrations.run(on: connection)
        } catch {
            throw Failure(description: "\(error)")
        }
    }

    /// Makes a token, and returns it: the only time it can be seen.
    package func create(
        name: String, role: Role, topics: [String], wids: [UInt32], now: Int64
    ) throws(Failure) -> String {
        let scope = try Self.scope(role, topics: topics, wids: wids)
        let token = "mc_" + Random.bytes(32).map(Self.hex).joined()
        try translating { () throws(SQLiteError) in
            let statement = try connection.prepare(
                "INSERT INTO tokens(name, role, scope, digest, created) VALUES(?,?,?,?,?)")
            statement.bind(1, text: name)
            statement.bind(2, text: role.rawValue)
            statement.bind(3, text: scope)
            statement.bind(4, copying: Digest(of: token).bytes)
            statement.bind(5, now)
            try statement.stepDone()
        }
        return token
    }

    private static func scope(
        _ role: Role, topics: [String], wids: [UInt32]
    ) throws(Failure) -> String {
        switch role {
        case .publisher:
            let patterns = topics.isEmpty ? ["*"] : topics
            if let bad = patterns.first(where: { !TopicPattern($0).isValid }) {
                throw Failure(description: "\"\(bad)\" is no topic pattern, such as SaleOrder_*")
            }
            guard wids.isEmpty else {
                throw Failure(description: "a publisher has topics, not wids")
            }
            return patterns.joined(separator: ",")
        case .warehouse:
            guard !wids.isEmpty, topics.isEmpty, !wids.contains(0) else {
                throw Failure(description: "a warehouse's token needs --wids, from 1 up")
            }
            return wids.map(String.init).joined(separator: ",")
        case .admin:
            guard topics.isEmpty, wids.isEmpty else {
                throw Failure(description: "an admin may do everything: no topics, no wids")
            }
            return ""
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
    }

    /// All tokens, oldest first.
    package func list() throws(Failure) -> [Entry] {
        try translating { () throws(SQLiteError) in
            let rows = try connection.prepare(
                "SELECT number, name, role, scope, created FROM tokens ORDER BY number")
            var entries: [Entry] = []
            while try rows.step() {
                guard let role = Role(rawValue: rows.text(2)) else { continue }
                entries.append(
                    Entry(
                        number: rows.int64(0), name: rows.text(1), role: role,
                        scope: rows.text(3), created: rows.int64(4)))
            }
            return entries
        }
    }

    /// Takes a token away. False: there is none of that number.
    package func revoke(_ number: Int64) throws(Failure) -> Bool {
        try translating { () throws(SQLiteError) in
            let statement = try connection.prepare("DELETE FROM tokens WHERE number=?")
            statement.bind(1, number)
            try statement.stepDone()
            return connection.changes == 1
        }
    }

    /// The number that changes when another connection has changed the file
    /// (https://sqlite.org/pragma.html#pragma_data_version).
    func version() throws(Failure) -> Int64 {
        try translating { () throws(SQLiteError) in
            try connection.scalar("PRAGMA data_version") ?? 0
        }
    }

    /// What the tokens allow now.
    ///
    /// - Parameter former: what they allowed until now: what their uses share goes on.
    func authority(isLocal: Bool, after former: Authority? = nil) throws(Failure) -> Authority {
        try translating { () throws(SQLiteError) in
            let rows = try connection.prepare("SELECT role, scope, digest, name FROM tokens")
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
                    name: rows.text(3), principal: principal,
                    use: former?.holder(digest)?.use ?? TokenUse())
            }
            return Authority(holders, isLocal: isLocal)
        }
    }

    private func translating<Result>(
        _ body: () throws(SQLiteError) -> Result
    ) throws(Failure) -> Result {
        do throws(SQLiteError) { return try body() } catch {
            throw Failure(description: error.description)
        }
    }
}

import Hub
import Platform
import SQLite
import Wire

/// What the command line changes. `by` is the operating system's user; times are milliseconds since
/// 1970.
///
/// A new token is handed to `telling` before it is kept: if that throws, nobody has it, and none is
/// made.
extension TokenFile {
    /// Makes a token, and returns it: the only time it can be seen.
    @discardableResult
    package func create(
        name: String, role: Role, topics: [String], wids: [UInt32], expires: Expiry = .never,
        by user: String = "", now: Int64, telling: (String) throws -> Void = { _ in }
    ) throws(Failure) -> String {
        try Self.check(name: name)
        let scope = try Self.scope(role, topics: topics, wids: wids)
        let end = try Self.end(expires, now)
        return try changing {
            guard try connection.scalar("SELECT count(*) FROM tokens") ?? 0 < Limits.tokens else {
                throw Failure("\(Limits.tokens) tokens are defined, no more may: revoke some")
            }
            let (token, number) = try insert(name, role, scope, expires: end, now)
            try note(
                .tokenCreate, number, name, by: user, now,
                [
                    .init("role", .text(role.rawValue)), .init("scope", .text(scope)),
                    .init("expires", Self.told(end)),
                ])
            try telling(token)
            return token
        }
    }

    /// What `rotate` has made.
    package struct Rotation: Sendable {
        /// The only time it can be seen.
        package let token: String
        package let number: Int64
        /// Of the new one; nil: never.
        package let expires: Int64?
        /// When the former one ends.
        package let formerEnds: Int64
    }

    /// Makes another token of the same name, role and scope, for as long as the former one lasts
    /// from its making to its end as that is now; that one goes on for `grace` milliseconds, in
    /// which its owner takes the new one up.
    package func rotate(
        _ number: Int64, grace: Int64, expires: Expiry? = nil, by user: String = "", now: Int64,
        telling: (String) throws -> Void = { _ in }
    ) throws(Failure) -> Rotation {
        try changing {
            let former = try known(number)
            if let successor = former.successor {
                throw Failure("token \(number) was replaced by \(successor): rotate that one")
            }
            guard former.state(now: now) != .expired else {
                throw Failure(
                    "token \(number) has expired, nobody goes on with it: make a new one with "
                        + "'token create'")
            }
            let length = former.expires.map { Expiry.after(max(1000, $0 - former.created)) }
            let end = try Self.end(expires ?? length ?? .never, now)
            let (token, next) = try insert(
                former.name, former.role, former.scope, expires: end, now)
            let ends = min(former.expires ?? .max, now + grace)
            try connection.execute(
                "UPDATE tokens SET expires=\(ends), successor=\(next) WHERE number=\(number)")
            try note(
                .tokenRotate, number, former.name, by: user, now,
                [
                    .init("ends", Self.told(ends)), .init("successor", .number("\(next)")),
                    .init("expires", Self.told(end)),
                ])
            try telling(token)
            KillPoint.pass("token.told")
            return Rotation(token: token, number: next, expires: end, formerEnds: ends)
        }
    }

    /// Changes when a token ends; one that was replaced, to an earlier time only. False: there is
    /// none of that number.
    package func expire(
        _ number: Int64, _ expires: Expiry, by user: String = "", now: Int64
    ) throws(Failure) -> Bool {
        let end = try Self.end(expires, now)
        return try changing {
            guard let former = try entries("WHERE number=\(number)").first else { return false }
            if let successor = former.successor, end ?? .max > former.expires ?? .max {
                throw Failure(
                    "token \(number) was replaced by \(successor): it may end earlier, not later")
            }
            try connection.execute(
                "UPDATE tokens SET expires=\(end.map(String.init) ?? "NULL") WHERE number=\(number)"
            )
            try note(
                .tokenExpire, number, former.name, by: user, now,
                [.init("former", Self.told(former.expires)), .init("expires", Self.told(end))])
            return true
        }
    }

    /// Takes a token away. False: there is none of that number.
    package func revoke(
        _ number: Int64, by user: String = "", now: Int64 = 0
    ) throws(Failure) -> Bool {
        try changing {
            guard let former = try entries("WHERE number=\(number)").first else { return false }
            try connection.execute("DELETE FROM tokens WHERE number=\(number)")
            try note(
                .tokenRevoke, number, former.name, by: user, now,
                [
                    .init("role", .text(former.role.rawValue)),
                    .init("scope", .text(former.scope)),
                ])
            return true
        }
    }

    // MARK: What they need

    /// Runs `body` in one transaction, of which nothing stays if it throws.
    private func changing<Result>(_ body: () throws -> Result) throws(Failure) -> Result {
        do {
            try connection.execute("BEGIN IMMEDIATE")
            let result = try body()
            try connection.execute("COMMIT")
            return result
        } catch {
            if connection.inTransaction { try? connection.execute("ROLLBACK") }
            throw error as? Failure ?? Failure("\(error)")
        }
    }

    private func known(_ number: Int64) throws -> TokenEntry {
        guard let entry = try entries("WHERE number=\(number)").first else {
            throw Failure("there is no token \(number): 'token list' shows them")
        }
        return entry
    }

    private func insert(
        _ name: String, _ role: Role, _ scope: String, expires: Int64?, _ now: Int64
    ) throws(SQLiteError) -> (token: String, number: Int64) {
        let token = Self.prefix + Random.bytes(32).map(Self.hex).joined()
        let statement = try connection.prepare(
            "INSERT INTO tokens(name, role, scope, digest, created, expires) VALUES(?,?,?,?,?,?)")
        statement.bind(1, text: name)
        statement.bind(2, text: role.rawValue)
        statement.bind(3, text: scope)
        statement.bind(4, copying: Digest(of: token).bytes)
        statement.bind(5, now)
        if let expires { statement.bind(6, expires) } else { statement.bindNull(6) }
        try statement.stepDone()
        return (token, connection.lastInsertRowID)
    }

    private static func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
    }

    private static func told(_ time: Int64?) -> JSONValue { time.map { .time($0) } ?? .null }

    private static func end(_ expires: Expiry, _ now: Int64) throws(Failure) -> Int64? {
        let end = expires.time(now: now)
        if let end, end <= now {
            throw Failure("that time has passed: a token ends later than now")
        }
        return end
    }

    /// A name is for people: one that does not show, or looks like another, would mislead them.
    private static func check(name: String) throws(Failure) {
        let isClear =
            (1...64).contains(name.count) && name.first != " " && name.last != " "
            && name.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse,
                    .surrogate, .unassigned:
                    false
                default: true
                }
            }
        guard isClear else {
            throw Failure("a name is 1 to 64 visible characters, without blanks at its ends")
        }
    }

    private static func scope(
        _ role: Role, topics: [String], wids: [UInt32]
    ) throws(Failure) -> String {
        switch role {
        case .publisher:
            let patterns = topics.isEmpty ? ["*"] : topics
            if let bad = patterns.first(where: { !TopicPattern($0).isValid }) {
                throw Failure("\"\(bad)\" is no topic pattern, such as SaleOrder_*")
            }
            guard wids.isEmpty else { throw Failure("a publisher has topics, not wids") }
            return patterns.joined(separator: ",")
        case .warehouse:
            guard !wids.isEmpty, topics.isEmpty, !wids.contains(0) else {
                throw Failure("a warehouse's token needs --wids, from 1 up")
            }
            return wids.map(String.init).joined(separator: ",")
        case .admin:
            guard topics.isEmpty, wids.isEmpty else {
                throw Failure("an admin may do everything: no topics, no wids")
            }
            return ""
        }
    }
}

package import Hub
import SQLite

/// The writer's statements for the audit.
struct AuditStatements {
    let insert: Statement
    let deleteOld: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        insert = try connection.prepare(
            """
            INSERT INTO audit(at, action, name, role, address, request_id, wid, detail)
                VALUES(?,?,?,?,?,?,?,?)
            """)
        deleteOld = try connection.prepare("DELETE FROM audit WHERE n<=?")
    }
}

extension SQLiteStore {
    package mutating func save(_ deed: Deed, at: Int64) throws(StoreFailure) {
        let insert = audit.insert
        insert.bind(1, at)
        insert.bind(2, text: deed.action.rawValue)
        insert.bind(3, text: deed.by.name)
        insert.bind(4, text: deed.by.role)
        insert.bind(5, text: deed.by.address)
        insert.bind(6, text: deed.by.requestID)
        if let wid = deed.wid { insert.bind(7, Int64(wid)) } else { insert.bindNull(7) }
        insert.bind(8, text: deed.detail)
        try run(insert)
        let oldest = connection.lastInsertRowID - auditEntries
        guard oldest > 0 else { return }
        audit.deleteOld.bind(1, oldest)
        try run(audit.deleteOld)
    }
}

extension SQLiteStore {
    package mutating func save(carriedMark mark: Int64) throws(StoreFailure) {
        do throws(SQLiteError) {
            try connection.execute("UPDATE meta SET value=\(mark) WHERE name='carried'")
        } catch {
            throw StoreFailure(error)
        }
    }
}

extension SQLiteReader {
    package func carriedMark() throws(StoreFailure) -> Int64 {
        do throws(SQLiteError) {
            return try connection.scalar("SELECT value FROM meta WHERE name='carried'") ?? 0
        } catch {
            throw StoreFailure(error)
        }
    }

    package func audit(
        before number: Int64, limit: Int
    ) throws(StoreFailure) -> [AuditEntry] {
        do throws(SQLiteError) {
            defer { audit.reset() }
            audit.bind(1, number)
            audit.bind(2, Int64(limit))
            var entries: [AuditEntry] = []
            while try audit.step() { entries.append(try Self.entry(audit)) }
            return entries
        } catch {
            throw StoreFailure(error)
        }
    }

    static let auditQuery = """
        SELECT n, at, action, name, role, address, request_id, wid, detail FROM audit
            WHERE n<? ORDER BY n DESC LIMIT ?
        """

    private static func entry(_ row: Statement) throws(SQLiteError) -> AuditEntry {
        guard let action = Deed.Action(rawValue: row.text(2)) else {
            throw SQLiteError(
                code: .corrupt, message: "audit entry \(row.int64(0)) is \"\(row.text(2))\"")
        }
        let actor = Deed.Actor(
            name: row.text(3), role: row.text(4), address: row.text(5), requestID: row.text(6))
        let wid = row.isNull(7) ? nil : UInt32(truncatingIfNeeded: row.int64(7))
        return AuditEntry(
            number: row.int64(0), at: row.int64(1),
            deed: Deed(action, by: actor, wid: wid, detail: row.text(8)))
    }
}

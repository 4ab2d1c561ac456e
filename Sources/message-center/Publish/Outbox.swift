import Glibc
import MessageCenterClient
import SQLite

/// The outbox table of a service's own database: a row is written in the transaction of the
/// business, so that there is never a change without its message, nor a message without its change.
///
/// Used by one thread at a time.
final class Outbox {
    /// A row, as a message or as what is wrong with it.
    struct Row {
        let seq: Int64
        let message: OutgoingMessage
    }

    private let database: Connection
    private let oldest: Statement
    private let remove: Statement
    private let setAside: Statement

    /// Opens the database of a service, which has the tables. Makes none: a slip in the path would
    /// leave an empty one behind.
    init(path: String) throws(SQLiteError) {
        guard access(path, F_OK) == 0 else {
            throw SQLiteError(
                code: .cannotOpen, message: "\(path) is not there; --init makes it, and the tables")
        }
        database = try Connection(path: path)
        guard
            try database.scalar(
                "SELECT 1 FROM sqlite_schema WHERE type IN ('table','view') AND "
                    + "name='message_outbox'") != nil
        else {
            throw SQLiteError(
                code: .init(rawValue: 1),
                message: "\(path) has no table message_outbox; --init makes it")
        }
        oldest = try database.prepare(
            "SELECT seq, id, topic, wid, key, body, occurred FROM message_outbox "
                + "ORDER BY seq LIMIT ?")
        remove = try database.prepare("DELETE FROM message_outbox WHERE seq=?")
        setAside = try database.prepare(
            """
            INSERT OR REPLACE INTO message_outbox_refused
                (seq, id, topic, wid, key, body, occurred, code, reason)
                SELECT seq, id, topic, wid, key, body, occurred, ?2, ?3
                FROM message_outbox WHERE seq=?1
            """)
    }

    /// Makes the tables where they are not there yet. Ids are UUIDs of version 7 (RFC 9562) by
    /// default, so that a trigger need not know of them.
    static func make(path: String) throws(SQLiteError) {
        try Connection(path: path).execute(schema)
    }

    /// The text of `docs/client.md` has the same, for those who make it themselves.
    static let schema = """
        CREATE TABLE IF NOT EXISTS message_outbox (
            seq      INTEGER PRIMARY KEY AUTOINCREMENT,
            id       TEXT NOT NULL UNIQUE DEFAULT (lower(printf('%s-%s-7%s-%s%s-%s',
                         substr(printf('%012x', unixepoch_ms), 1, 8),
                         substr(printf('%012x', unixepoch_ms), 9),
                         substr(hex(randomblob(2)), 2),
                         substr('89ab', 1 + (random() & 3), 1),
                         substr(hex(randomblob(2)), 2),
                         hex(randomblob(6))))),
            topic    TEXT NOT NULL,
            wid      INTEGER NOT NULL,
            key      TEXT,
            body     TEXT NOT NULL DEFAULT '{}',
            occurred TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        );
        CREATE TABLE IF NOT EXISTS message_outbox_refused (
            seq INTEGER PRIMARY KEY, id TEXT, topic TEXT, wid INTEGER, key TEXT, body TEXT,
            occurred TEXT, code TEXT, reason TEXT,
            refused TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        );
        """.replacing(
            "unixepoch_ms", with: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)")

    /// The oldest rows, about as many as the limit says.
    func front(_ limit: BatchLimit) throws(SQLiteError) -> [Row] {
        defer { oldest.reset() }
        oldest.bind(1, Int64(limit.messages))
        var (rows, bytes) = ([Row](), 0)
        while bytes < limit.bytes, try oldest.step() {
            let row = Row(seq: oldest.int64(0), message: message(oldest))
            bytes += row.message.line.count
            rows.append(row)
        }
        return rows
    }

    /// A row that cannot be a message is one with a flaw: refused without being sent.
    private func message(_ row: Statement) -> OutgoingMessage {
        let id = row.text(1)
        do throws(Refusal) {
            return try OutgoingMessage(
                id: id, topic: row.text(2), wid: Int(row.int64(3)),
                key: row.isNull(4) ? nil : row.text(4),
                occurred: row.isNull(6) ? nil : row.text(6), body: Array(row.text(5).utf8),
                isChecked: false)
        } catch {
            return OutgoingMessage(id: id, line: [], flaw: error)
        }
    }

    /// Removes what the hub has, and sets aside what it refused, in one transaction.
    func settle(
        stored: [Int64], refused: [(seq: Int64, why: Refusal)]
    ) throws(SQLiteError) {
        try database.transaction { () throws(SQLiteError) in
            for (seq, why) in refused {
                setAside.bind(1, seq)
                setAside.bind(2, text: why.code)
                setAside.bind(3, text: why.text)
                try setAside.stepDone()
            }
            for seq in stored + refused.map(\.seq) {
                remove.bind(1, seq)
                try remove.stepDone()
            }
        }
    }
}

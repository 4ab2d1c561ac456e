package import SQLite

/// The tables, step by step from the first version on. `docs/storage.md` describes them.
package enum Schema {
    /// Each step is one transaction; a step that was released is never changed.
    package static let migrations = Migrations([
        version1, mark.sql, version3, deadLetters, previousMessages, audit, samples, seeks,
        carried,
    ])

    /// Known by "MsgC" in the header. Files of version 1 have no mark.
    package static let mark = FileMark(
        applicationID: 0x4D73_6743,
        proof: """
            SELECT value, ids.id, nth, block, last_index, former_holders, second
            FROM meta, log, ids, wids, topics, warehouses, history
            """)

    /// The log is one B-tree, appended at its right edge: no secondary index, because keeping a
    /// `(wid, idx)` index in the same transaction divides the rate of durable inserts by four.
    /// Which messages a warehouse sees is kept in memory instead, rebuilt from `wids` at a start.
    private static let version1 = """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE log(
            idx INTEGER PRIMARY KEY, id BLOB NOT NULL, topic INTEGER NOT NULL,
            wid INTEGER NOT NULL, nth INTEGER NOT NULL, key TEXT, body TEXT NOT NULL,
            created INTEGER NOT NULL, occurred INTEGER);
        CREATE TABLE ids(id BLOB PRIMARY KEY, idx INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE wids(first INTEGER PRIMARY KEY, block BLOB NOT NULL);
        CREATE TABLE topics(
            number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, count INTEGER NOT NULL,
            last_index INTEGER NOT NULL, last_created INTEGER NOT NULL);
        CREATE TABLE warehouses(
            wid INTEGER PRIMARY KEY, committed INTEGER NOT NULL, delivered INTEGER NOT NULL,
            started INTEGER NOT NULL, holder TEXT, former_holders TEXT NOT NULL,
            lease INTEGER NOT NULL, sought INTEGER NOT NULL, paused INTEGER NOT NULL,
            retired INTEGER NOT NULL,
            name TEXT NOT NULL, expect_every INTEGER NOT NULL, registered INTEGER NOT NULL,
            last_pull INTEGER NOT NULL, last_commit INTEGER NOT NULL, client_name TEXT NOT NULL,
            client_version TEXT NOT NULL, client_host TEXT NOT NULL, clock_skew INTEGER);
        CREATE TABLE history(
            wid INTEGER NOT NULL, second INTEGER NOT NULL, delivered INTEGER NOT NULL,
            committed INTEGER NOT NULL, PRIMARY KEY(wid, second)) WITHOUT ROWID;
        """

    /// The archive's catalogue, the border and what the store remembers of the messages below it;
    /// messages that are copies of others.
    private static let version3 = """
        ALTER TABLE log ADD COLUMN replay_id BLOB;
        ALTER TABLE log ADD COLUMN replay_index INTEGER;
        INSERT INTO meta VALUES('border', 0), ('border_time', 0), ('digest', zeroblob(32)),
            ('pruned', 0), ('pruned_time', 0);
        CREATE TABLE frames(
            first INTEGER PRIMARY KEY, last INTEGER NOT NULL, file TEXT NOT NULL,
            offset INTEGER NOT NULL, length INTEGER NOT NULL, raw INTEGER NOT NULL,
            created_first INTEGER NOT NULL, created_last INTEGER NOT NULL, least_id BLOB,
            greatest_id BLOB, digest BLOB NOT NULL, wids BLOB NOT NULL);
        CREATE INDEX frames_by_id ON frames(greatest_id, least_id);
        CREATE TABLE trimmed(
            wid INTEGER PRIMARY KEY, count INTEGER NOT NULL, last INTEGER NOT NULL);
        CREATE TABLE late_ids(id BLOB PRIMARY KEY) WITHOUT ROWID;
        """

    /// Dead letters. `AUTOINCREMENT` (https://sqlite.org/autoinc.html) remembers the highest
    /// number, so that none is given twice after the newest row is deleted.
    private static let deadLetters = """
        CREATE TABLE dead_letters(
            n INTEGER PRIMARY KEY AUTOINCREMENT, wid INTEGER NOT NULL, id BLOB NOT NULL,
            state TEXT NOT NULL, idx INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT,
            error TEXT NOT NULL, tries INTEGER NOT NULL, first_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL, reported INTEGER NOT NULL, died INTEGER NOT NULL,
            settled INTEGER NOT NULL, action TEXT, ordered INTEGER NOT NULL,
            body_bytes INTEGER NOT NULL, UNIQUE(wid, id));
        CREATE INDEX dead_letters_settled ON dead_letters(wid, settled) WHERE settled>0;
        CREATE INDEX dead_letters_old ON dead_letters(settled) WHERE settled>0;
        CREATE TABLE dead_bodies(n INTEGER PRIMARY KEY, body TEXT NOT NULL);
        """

    /// What operators did. `AUTOINCREMENT`: no number is given twice, so a gap tells of a loss.
    private static let audit = """
        CREATE TABLE audit(
            n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, action TEXT NOT NULL,
            name TEXT NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL,
            request_id TEXT NOT NULL, wid INTEGER, detail TEXT NOT NULL)
        """

    /// Where each wid's message before a frame is: tells who needs what was pruned.
    private static let previousMessages = "ALTER TABLE frames ADD COLUMN previous BLOB"

    /// The hub's figures over time; from when on the history of positions is whole.
    private static let samples = """
        CREATE TABLE samples(
            grain INTEGER NOT NULL, at INTEGER NOT NULL, span INTEGER NOT NULL,
            published INTEGER NOT NULL, handed_out INTEGER NOT NULL, committed INTEGER NOT NULL,
            lag_messages INTEGER NOT NULL, lag_seconds INTEGER NOT NULL, head INTEGER NOT NULL,
            store_bytes INTEGER NOT NULL, archive_bytes INTEGER NOT NULL,
            free_bytes INTEGER NOT NULL, PRIMARY KEY(grain, at)) WITHOUT ROWID;
        INSERT INTO meta VALUES('history_time', 0);
        """

    /// The mark of the last deed that was carried into the audit from `tokens.db`; 0: none was.
    private static let carried = "INSERT INTO meta VALUES('carried', 0)"

    /// How often each warehouse was moved by an operator.
    private static let seeks = "ALTER TABLE warehouses ADD COLUMN seeks INTEGER NOT NULL DEFAULT 0"
}

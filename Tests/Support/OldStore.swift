/// Stores as earlier versions of the program have made them.
package enum OldStore {
    /// The schema as version 1 made it, with two messages and a warehouse in it.
    package static let version1 = """
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
        INSERT INTO meta VALUES('hub', 'the-hub'), ('tag', 4711);
        INSERT INTO topics VALUES(0, 'Order_Changed', 0, 0, 0);
        INSERT INTO log VALUES
            (1, x'01900000000070008000000000000001', 0, 5, 1, NULL, '{"n":1}', 1001, NULL),
            (2, x'01900000000070008000000000000002', 0, 0, 1, 'k', '{"n":2}', 1002, 7);
        INSERT INTO warehouses VALUES(
            5, 1, 1, 1, NULL, '', 0, 0, 0, 0, 'five', 0, 1000, 0, 0, '', '', '', NULL);
        PRAGMA user_version=1;
        """
}

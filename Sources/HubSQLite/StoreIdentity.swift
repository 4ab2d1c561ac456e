package import Hub
package import SQLite

/// Who a store says it is: rows of `meta`.
package struct StoreIdentity: Sendable {
    package let hub: String
    package let tag: UInt32
    /// The hubs that it was restored from, in the order of their forks.
    package let forks: [Fork]

    /// How the ids are known that this hub and those before it have given.
    package var ids: HubIDs { HubIDs(tag: tag, forks: forks) }

    private static let forkPrefix = "fork/"

    /// Reads it.
    package init(_ connection: Connection) throws(SQLiteError) {
        let rows = try connection.prepare("SELECT name, value FROM meta")
        var (hub, tag) = ("", Int64(0))
        var forks: [Fork] = []
        while try rows.step() {
            switch rows.text(0) {
            case "hub": hub = rows.text(1)
            case "tag": tag = rows.int64(1)
            case let name where name.hasPrefix(Self.forkPrefix):
                let former = String(name.dropFirst(Self.forkPrefix.count))
                forks.append(try Self.fork(former, rows.text(1)))
            default: break
            }
        }
        self.hub = hub
        self.tag = UInt32(truncatingIfNeeded: tag) & HubIDs.tagMask
        self.forks = forks.sorted { $0.head < $1.head }
    }

    /// The value of a fork's row: the tag, a space, the head of the backup.
    private static func fork(_ hub: String, _ value: String) throws(SQLiteError) -> Fork {
        let words = value.split(separator: " ")
        guard words.count == 2, let tag = UInt32(words[0]), tag <= HubIDs.tagMask,
            let head = Int64(words[1]), head >= 0
        else {
            throw SQLiteError(
                code: .corrupt, message: "the fork from hub \(hub) is written as \"\(value)\"")
        }
        return Fork(hub: hub, tag: tag, head: head)
    }

    /// Makes the store in the file at `path`, a copy that nobody uses, that of another hub, which
    /// remembers what it was and where the two go apart.
    ///
    /// Both logs go on from the same head, with other messages under the same indexes. So whoever
    /// has a position must be able to tell whose it is. And where a warehouse's holder is believed
    /// after a start, it is now believed up to the fork only (`Warehouse.restoredThrough`): the
    /// former hub may have handed out more, which is not here.
    ///
    /// - Parameter tag: one that neither this hub has nor one before it, see `has`.
    package static func fork(
        path: String, as hub: String, tag: UInt32
    ) throws(StoreFailure) -> Fork {
        precondition(hub.utf8.allSatisfy { $0 != UInt8(ascii: "'") })
        return try StoreFailure.translating { () throws(SQLiteError) in
            let connection = try Connection(path: path)
            try connection.execute("PRAGMA synchronous=FULL")
            return try connection.transaction { () throws(SQLiteError) in
                let former = try StoreIdentity(connection)
                precondition(!former.has(tag: tag), "a tag is one hub's")
                let head = try StoreIdentity.head(connection)
                try connection.execute(
                    """
                    INSERT INTO meta VALUES('\(forkPrefix)\(former.hub)', '\(former.tag) \(head)');
                    UPDATE meta SET value='\(hub)' WHERE name='hub';
                    UPDATE meta SET value=\(tag) WHERE name='tag';
                    UPDATE warehouses SET sought=\(head > 0 ? -head : 1)
                    WHERE started=1 AND sought=0
                    """)
                return Fork(hub: former.hub, tag: former.tag, head: head)
            }
        }
    }

    /// Reads it from the store in the file at `path`.
    package init(path: String) throws(StoreFailure) {
        self = try StoreFailure.translating { () throws(SQLiteError) in
            try StoreIdentity(Connection(path: path, mode: .readOnly))
        }
    }

    /// Whether this hub, or one that it was restored from, gives its ids this tag.
    package func has(tag: UInt32) -> Bool {
        tag == self.tag || forks.contains { $0.tag == tag }
    }

    /// The newest message stored, wherever it is by now.
    static func head(_ connection: Connection) throws(SQLiteError) -> Int64 {
        let border = try connection.scalar("SELECT value FROM meta WHERE name='border'") ?? 0
        return max(border, try connection.scalar("SELECT max(idx) FROM log") ?? 0)
    }
}

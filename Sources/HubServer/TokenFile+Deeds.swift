import Hub
import Platform
import SQLite
import Wire

/// The way of the command line's deeds into the audit: noted here with what was done, whether a hub
/// runs or not; carried by the hub, which keeps them in its own store with the mark of the last.
///
/// A mark is random, so one is never taken for that of another file: whoever restores this file, or
/// `hub.db`, or brings one of them from elsewhere, loses no deed.
extension TokenFile {
    func note(
        _ action: Deed.Action, _ number: Int64, _ name: String, by user: String, _ now: Int64,
        _ rest: [JSONValue.Member]
    ) throws(SQLiteError) {
        let detail: [JSONValue.Member] = [
            .init("token", .number("\(number)")), .init("tokenName", .text(name)),
        ]
        let statement = try connection.prepare(
            "INSERT INTO deeds(mark, at, action, name, detail) VALUES(?,?,?,?,?)")
        statement.bind(1, Self.newMark())
        statement.bind(2, now)
        statement.bind(3, text: action.rawValue)
        statement.bind(4, text: user)
        statement.bind(5, text: JSONValue.object(detail + rest).serialized())
        try statement.stepDone()
        // Where no hub ever comes for them, the oldest go.
        try connection.execute(
            "DELETE FROM deeds WHERE n<=\(connection.lastInsertRowID - deedsKept)")
    }

    /// The oldest deeds behind the one of this mark, at most `limit`; nil: there are none. If none
    /// has the mark they begin with the oldest of all.
    func deeds(after mark: Int64, atMost limit: Int) throws(Failure) -> CarriedDeeds? {
        try translating { () throws(SQLiteError) in
            let rows = try connection.prepare(
                """
                SELECT n, mark, at, action, name, detail FROM deeds
                    WHERE n>coalesce(\(Self.place(of: mark)), 0) ORDER BY n LIMIT \(limit)
                """)
            var (deeds, last): ([CarriedDeeds.Deed], Int64) = ([], 0)
            while try rows.step() {
                guard let action = Deed.Action(rawValue: rows.text(3)) else {
                    throw SQLiteError(
                        code: .corrupt, message: "deed \(rows.int64(0)) is \"\(rows.text(3))\"")
                }
                let actor = Deed.Actor(
                    name: rows.text(4), role: Deed.Actor.local, address: "", requestID: "")
                deeds.append(
                    .init(deed: Deed(action, by: actor, detail: rows.text(5)), at: rows.int64(2)))
                last = rows.int64(1)
            }
            return deeds.isEmpty ? nil : CarriedDeeds(deeds, mark: last)
        }
    }

    /// Forgets the deeds up to the one of this mark: they are in the audit. True: there were some.
    func forgetDeeds(through mark: Int64) throws(Failure) -> Bool {
        try translating { () throws(SQLiteError) in
            try connection.execute("DELETE FROM deeds WHERE n<=\(Self.place(of: mark))")
            return connection.changes > 0
        }
    }

    private static func place(of mark: Int64) -> String {
        "(SELECT max(n) FROM deeds WHERE mark=\(mark))"
    }

    /// A mark is never 0: that one stands for none.
    static func newMark() -> Int64 { Int64(bitPattern: Random.word() >> 1 | 1) }
}

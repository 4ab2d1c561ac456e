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
        statement.bind(1, Int64(bitPattern: Random.word() >> 1 | 1))
        statement.bind(2, now)
        statement.bind(3, text: action.rawValue)
        statement.bind(4, text: user)
        statement.bind(5, text: JSONValue.object(detail + rest).serialized())
        try statement.stepDone()
        // Where no hub ever comes for them, there are no more than its audit would keep.
        try connection.execute(
            "DELETE FROM deeds WHERE n<=\(connection.lastInsertRowID - Limits.auditEntries)")
    }

    /// The oldest deeds, each with its number and mark, at most `limit`.
    func deeds(
        atMost limit: Int
    ) throws(Failure) -> [(number: Int64, mark: Int64, deed: CarriedDeeds.Deed)] {
        try translating { () throws(SQLiteError) in
            let rows = try connection.prepare(
                "SELECT n, mark, at, action, name, detail FROM deeds ORDER BY n LIMIT \(limit)")
            var deeds: [(Int64, Int64, CarriedDeeds.Deed)] = []
            while try rows.step() {
                guard let action = Deed.Action(rawValue: rows.text(3)) else {
                    throw SQLiteError(
                        code: .corrupt, message: "deed \(rows.int64(0)) is \"\(rows.text(3))\"")
                }
                let actor = Deed.Actor(
                    name: rows.text(4), role: Deed.Actor.local, address: "", requestID: "")
                deeds.append(
                    (
                        rows.int64(0), rows.int64(1),
                        .init(
                            deed: Deed(action, by: actor, detail: rows.text(5)), at: rows.int64(2))
                    ))
            }
            return deeds
        }
    }

    /// Forgets the deeds up to this one: they are in the audit.
    func forgetDeeds(through number: Int64) throws(Failure) {
        try translating { () throws(SQLiteError) in
            try connection.execute("DELETE FROM deeds WHERE n<=\(number)")
        }
    }
}

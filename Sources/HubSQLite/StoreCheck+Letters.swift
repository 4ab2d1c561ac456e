import Hub
import SQLite

extension StoreCheck {
    /// Each dead letter has a state and an order that there are, is open or has ended as its state
    /// says, belongs to a warehouse, and has the body that it tells of; no number is above the
    /// highest one given.
    func checkLetters() throws(SQLiteError) {
        guard try hasTable("dead_letters") else { return }
        let given = try connection.scalar(
            "SELECT seq FROM sqlite_sequence WHERE name='dead_letters'")
        let rows = try connection.prepare(
            """
            SELECT \(LetterColumns.list), length(CAST(body AS BLOB)), warehouses.wid
            FROM dead_letters LEFT JOIN dead_bodies USING(n) LEFT JOIN warehouses USING(wid)
            ORDER BY n
            """)
        while try rows.step() {
            let letter = try LetterColumns.letter(rows)
            let hasItsBody = Int64(letter.bodyBytes) == rows.int64(LetterColumns.count)
            guard hasItsBody, !rows.isNull(LetterColumns.count + 1),
                letter.state.isOpen == (letter.settled == 0), letter.number <= given ?? 0
            else { throw Self.damage("dead letter \(letter.number) does not agree with itself") }
        }
        let stray = try connection.scalar(
            "SELECT n FROM dead_bodies WHERE n NOT IN (SELECT n FROM dead_letters) LIMIT 1")
        if let stray { throw Self.damage("a body is kept of dead letter \(stray), which is gone") }
    }
}

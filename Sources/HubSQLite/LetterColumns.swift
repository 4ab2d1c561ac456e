import Hub
import SQLite

/// The columns of a dead letter's row, in the order in which every statement names them.
enum LetterColumns {
    static let list = """
        n, wid, id, state, idx, topic, key, error, tries, first_at, last_at, reported, died,
        settled, action, ordered, body_bytes
        """

    static let count: Int32 = 17

    /// Keeps a row, new or changed. Who a letter is never changes.
    static let upsert = """
        INSERT INTO dead_letters(\(list)) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
        ON CONFLICT(n) DO UPDATE SET state=excluded.state, idx=excluded.idx,
            topic=excluded.topic, key=excluded.key, error=excluded.error, tries=excluded.tries,
            first_at=excluded.first_at, last_at=excluded.last_at, died=excluded.died,
            settled=excluded.settled, action=excluded.action, ordered=excluded.ordered,
            body_bytes=excluded.body_bytes
        """

    static func select(_ condition: String) -> String {
        "SELECT \(list) FROM dead_letters WHERE \(condition)"
    }

    static func bind(_ letter: DeadLetter, to statement: Statement) {
        let numbers: [(Int32, Int64)] = [
            (1, letter.number), (2, Int64(letter.wid)), (5, letter.index), (9, letter.tries),
            (10, letter.firstAt), (11, letter.lastAt), (12, letter.reported), (13, letter.died),
            (14, letter.settled), (16, letter.ordered), (17, Int64(letter.bodyBytes)),
        ]
        for (column, value) in numbers { statement.bind(column, value) }
        statement.bind(3, copying: letter.id.withBytes { Array($0) })
        statement.bind(4, text: letter.state.rawValue)
        statement.bind(6, text: letter.topic)
        bind(7, letter.key, to: statement)
        statement.bind(8, text: letter.error)
        bind(15, letter.action?.rawValue, to: statement)
    }

    private static func bind(_ column: Int32, _ text: String?, to statement: Statement) {
        if let text { statement.bind(column, text: text) } else { statement.bindNull(column) }
    }

    /// The letter that `row` stands on. A state or an order that there is not is a damage.
    static func letter(_ row: Statement) throws(SQLiteError) -> DeadLetter {
        let action = DeadLetter.Action(rawValue: row.text(14))
        guard let state = DeadLetter.State(rawValue: row.text(3)),
            row.isNull(14) || action != nil
        else {
            throw SQLiteError(
                code: .corrupt,
                message: "dead letter \(row.int64(0)) is \"\(row.text(3))\", \"\(row.text(14))\"")
        }
        var letter = DeadLetter(
            number: row.int64(0), wid: UInt32(truncatingIfNeeded: row.int64(1)),
            id: MessageID(bytes: row.bytes(2)), index: row.int64(4), topic: row.text(5),
            key: row.isNull(6) ? nil : row.text(6), error: row.text(7), tries: row.int64(8),
            firstAt: row.int64(9), lastAt: row.int64(10), state: state,
            bodyBytes: Int(row.int64(16)), reported: row.int64(11))
        letter.died = row.int64(12)
        letter.settled = row.int64(13)
        letter.action = action
        letter.ordered = row.int64(15)
        return letter
    }

    /// The rows that `statement` gives.
    static func letters(_ statement: Statement) throws(StoreFailure) -> [DeadLetter] {
        do throws(SQLiteError) {
            defer { statement.reset() }
            var letters: [DeadLetter] = []
            while try statement.step() { letters.append(try letter(statement)) }
            return letters
        } catch {
            throw StoreFailure(error)
        }
    }
}

package import Hub
import SQLite

extension SQLiteReader {
    /// A reader's statements for dead letters.
    struct LetterReading {
        let all: Statement
        let ofWid: Statement
        let lookup: LetterLookup
        let body: Statement

        init(_ connection: Connection) throws(SQLiteError) {
            all = try connection.prepare(LetterColumns.select("n>? ORDER BY n LIMIT ?"))
            // The numbers first, out of the index: whole rows are too large to be sorted.
            ofWid = try connection.prepare(
                LetterColumns.select(
                    """
                    n IN (SELECT n FROM dead_letters WHERE n>? AND wid=?3 ORDER BY n LIMIT ?2)
                        ORDER BY n
                    """))
            lookup = try LetterLookup(connection)
            body = try connection.prepare("SELECT body FROM dead_bodies WHERE n=?")
        }
    }

    package func letters(
        after number: Int64, wid: UInt32?, limit: Int
    ) throws(StoreFailure) -> [DeadLetter] {
        let statement = wid == nil ? letters.all : letters.ofWid
        statement.bind(1, number)
        statement.bind(2, Int64(limit))
        if let wid { statement.bind(3, Int64(wid)) }
        return try LetterColumns.letters(statement)
    }

    package func letter(_ number: Int64) throws(StoreFailure) -> DeadLetter? {
        try letters.lookup.letter(number)
    }

    package func letter(of id: MessageID, wid: UInt32) throws(StoreFailure) -> DeadLetter? {
        try letters.lookup.letter(of: id, wid: wid)
    }

    package func body(ofLetter number: Int64) throws(StoreFailure) -> [UInt8]? {
        try StoreFailure.translating { () throws(SQLiteError) in
            defer { letters.body.reset() }
            letters.body.bind(1, number)
            return try letters.body.step() ? Array(letters.body.bytes(0)) : nil
        }
    }
}

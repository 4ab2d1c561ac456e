package import Hub
import SQLite

/// The writer's statements for dead letters.
struct LetterStatements {
    let lookup: LetterLookup
    let save: Statement
    let saveBody: Statement
    let deleteBody: Statement
    let deleteSettled: Statement
    let deleteOld: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        lookup = try LetterLookup(connection)
        save = try connection.prepare(LetterColumns.upsert)
        saveBody = try connection.prepare(
            "INSERT OR REPLACE INTO dead_bodies(n, body) VALUES(?,?)")
        deleteBody = try connection.prepare("DELETE FROM dead_bodies WHERE n=?")
        deleteSettled = try connection.prepare(
            """
            DELETE FROM dead_letters WHERE n IN (SELECT n FROM dead_letters
                WHERE wid=? AND settled>0 ORDER BY settled DESC, n DESC LIMIT -1 OFFSET ?)
            """)
        deleteOld = try connection.prepare(
            """
            DELETE FROM dead_letters WHERE n IN (SELECT n FROM dead_letters
                WHERE settled>0 AND settled<? ORDER BY settled LIMIT ?)
            """)
    }
}

extension SQLiteStore {
    package func letter(_ number: Int64) throws(StoreFailure) -> DeadLetter? {
        try letters.lookup.letter(number)
    }

    package func letter(of id: MessageID, wid: UInt32) throws(StoreFailure) -> DeadLetter? {
        try letters.lookup.letter(of: id, wid: wid)
    }

    package mutating func save(_ letter: DeadLetter) throws(StoreFailure) {
        LetterColumns.bind(letter, to: letters.save)
        try run(letters.save)
    }

    package mutating func save(
        body: [UInt8]?, ofLetter number: Int64
    ) throws(StoreFailure) {
        guard let body else {
            letters.deleteBody.bind(1, number)
            return try run(letters.deleteBody)
        }
        letters.saveBody.bind(1, number)
        letters.saveBody.bind(2, text: String(decoding: body, as: UTF8.self))
        try run(letters.saveBody)
        // The copy of its bytes need not wait for the next one.
        letters.saveBody.clearBindings()
    }

    package mutating func removeSettledLetters(
        of wid: UInt32, butNewest count: Int
    ) throws(StoreFailure) {
        letters.deleteSettled.bind(1, Int64(wid))
        letters.deleteSettled.bind(2, Int64(count))
        try run(letters.deleteSettled)
    }
}

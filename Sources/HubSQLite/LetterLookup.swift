import Hub
import SQLite

/// Finds one dead letter, by its number or by its message. One a connection, and so one a thread.
struct LetterLookup {
    private let byNumber: Statement
    private let byMessage: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        byNumber = try connection.prepare(LetterColumns.select("n=?"))
        byMessage = try connection.prepare(LetterColumns.select("wid=? AND id=?"))
    }

    func letter(_ number: Int64) throws(StoreFailure) -> DeadLetter? {
        byNumber.bind(1, number)
        return try LetterColumns.letters(byNumber).first
    }

    func letter(of id: MessageID, wid: UInt32) throws(StoreFailure) -> DeadLetter? {
        byMessage.bind(1, Int64(wid))
        byMessage.bind(2, copying: id.withBytes { Array($0) })
        return try LetterColumns.letters(byMessage).first
    }
}

// Unsafe: SQLite holds a closure by an untyped pointer, as long as the closure is there.

import CSQLite

extension Connection {
    /// Runs `body`; while statements of this connection work in it, `mayGoOn` is asked again and
    /// again, and if it says no, the statement throws `.interrupted`.
    ///
    /// So one long statement can be slowed down, followed and ended from the inside
    /// (<https://sqlite.org/c3ref/progress_handler.html>). `mayGoOn` must leave the connection
    /// alone.
    ///
    /// - Parameter instructions: of SQLite's virtual machine, about so many from one question to
    ///   the next; the copy of a row takes three.
    package func asking<Result>(
        every instructions: Int32, _ mayGoOn: () -> Bool,
        _ body: () throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        try withoutActuallyEscaping(mayGoOn) { (mayGoOn) throws(SQLiteError) in
            let question = Question(mayGoOn)
            sqlite3_progress_handler(
                handle, instructions, ask, Unmanaged.passUnretained(question).toOpaque())
            defer {
                sqlite3_progress_handler(handle, 0, nil, nil)
                withExtendedLifetime(question) {}
            }
            return try body()
        }
    }
}

/// What a pointer can lead to.
private final class Question {
    let mayGoOn: () -> Bool

    init(_ mayGoOn: @escaping () -> Bool) {
        self.mayGoOn = mayGoOn
    }
}

/// Not 0 interrupts the statement.
private func ask(_ question: UnsafeMutableRawPointer?) -> Int32 {
    Unmanaged<Question>.fromOpaque(question!).takeUnretainedValue().mayGoOn() ? 0 : 1
}

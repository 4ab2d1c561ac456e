/// Stops what runs on a connection, from any thread.
package struct Interruption: @unchecked Sendable {
    // Unchecked: "It is safe to call this routine from a thread different from the thread that is
    // currently running the database operation" as long as the connection is open, and it is: it is
    // held here. Nothing else is done with it. https://sqlite.org/c3ref/interrupt.html
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    /// The statement that is running throws `.interrupted`; nothing happens if there is none.
    package func interrupt() {
        connection.interrupt()
    }
}

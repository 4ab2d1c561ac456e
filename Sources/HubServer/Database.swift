import SQLite

/// A connection to a database; `Connection` alone is a client's here.
typealias Database = SQLite.Connection

import CSQLite

extension Connection {
    /// How hard a checkpoint tries; <https://sqlite.org/c3ref/wal_checkpoint_v2.html>.
    package enum CheckpointMode: Sendable {
        /// Copies what it can without waiting for anybody.
        case passive

        /// Waits for the writer and for readers of old pages, as long as the busy time-out lets it.
        case full

        /// As `full`; and the next writer begins the log anew.
        case restart

        /// As `restart`; and the log's file is cut to nothing.
        case truncate

        fileprivate var number: Int32 {
            switch self {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .full: SQLITE_CHECKPOINT_FULL
            case .restart: SQLITE_CHECKPOINT_RESTART
            case .truncate: SQLITE_CHECKPOINT_TRUNCATE
            }
        }
    }

    /// Copies pages from the write-ahead log into the database file.
    ///
    /// - Returns: frames in the log, and how many of them have been copied, by this call and
    ///   before; both -1 when the database is not in WAL mode.
    /// - Throws: `.busy` when another checkpoint runs, or when the wait was over before readers and
    ///   writers were out of the way (never for `passive`).
    package func checkpoint(
        _ mode: CheckpointMode
    ) throws(SQLiteError) -> (logFrames: Int32, checkpointedFrames: Int32) {
        var (log, checkpointed): (Int32, Int32) = (-1, -1)
        let code = sqlite3_wal_checkpoint_v2(handle, nil, mode.number, &log, &checkpointed)
        if code != SQLITE_OK { throw error(code, sql: "checkpoint \(mode)") }
        return (log, checkpointed)
    }
}

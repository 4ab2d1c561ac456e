import Hub
import Platform
import SQLite
import Synchronization

/// Copies the write-ahead log into the database beside the commits, on a connection of its own.
///
/// A checkpoint inside a commit costs its publishers 5 to 60 ms. Passive ones alone never let the
/// log begin anew under load, so once it has grown the checkpointer catches up as far as it can
/// and then asks the writer, which restarts it between two commits.
final class Checkpointer: Sendable {
    private let hub: HubState
    private let isEnding = Atomic(false)

    private static let pauseMicroseconds: UInt32 = 10_000
    /// Frames of 4 KiB from which the log is made to begin anew: 32 MB.
    private static let restartFrames: Int32 = 8_000
    /// Frames left to copy at which the writer can restart the log in no time.
    private static let nearlyDone: Int32 = 100
    /// Rounds of catching up before the writer is asked all the same.
    private static let rounds = 20

    init(hub: HubState) {
        self.hub = hub
    }

    func end() { isEnding.store(true, ordering: .relaxed) }

    func run() {
        do throws(SQLiteError) {
            let connection = try Database(
                path: hub.databasePath, mode: .readWriteCreate, busyTimeoutMilliseconds: 0)
            try connection.execute("PRAGMA wal_autocheckpoint=0")
            // A connection that has never read has no log open, and would copy nothing.
            _ = try connection.scalar("SELECT count(*) FROM meta")
            var commits = -1
            while !isEnding.load(ordering: .relaxed) {
                OSThread.pause(microseconds: Self.pauseMicroseconds)
                // An idle hub has nothing to copy.
                let now = hub.metrics.commitCount
                guard now != commits else { continue }
                if round(connection) { commits = now }
            }
        } catch {
            hub.log.error("no checkpoints can be made, the log will grow: \(error)")
        }
    }

    /// False: more is to be done, also if nothing is committed meanwhile.
    private func round(_ connection: Database) -> Bool {
        do throws(SQLiteError) {
            var (log, copied) = try connection.checkpoint(.passive)
            hub.metrics.noteLog(frames: Int(log))
            guard log >= Self.restartFrames else { return log == copied }
            for _ in 0..<Self.rounds where log - copied >= Self.nearlyDone {
                (log, copied) = try connection.checkpoint(.passive)
            }
            _ = hub.writer.post(.restartLog)
            return false
        } catch {
            // Busy: the writer is restarting the log, or another program is in the way.
            if error.code.primary != .busy { hub.log.error("a checkpoint failed: \(error)") }
            return false
        }
    }
}

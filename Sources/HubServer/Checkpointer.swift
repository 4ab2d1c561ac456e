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
    /// The pause doubles, so often at most, while a reader is in the way: to 640 ms.
    private static let doublings: UInt32 = 6
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
            var heldUp: UInt32 = 0
            while !isEnding.load(ordering: .relaxed) {
                OSThread.pause(microseconds: Self.pauseMicroseconds << heldUp)
                // An idle hub has nothing to copy.
                let now = hub.metrics.commitCount
                guard now != commits else { continue }
                let outcome = round(connection)
                if outcome == .done { commits = now }
                heldUp = outcome == .heldUp ? min(heldUp + 1, Self.doublings) : 0
            }
        } catch {
            hub.log.error("no checkpoints can be made, the log will grow: \(error)")
        }
    }

    private enum Outcome {
        case done
        /// More is to be done, also if nothing is committed meanwhile.
        case more
        /// A reader that began long ago, such as a backup, needs what is in the log.
        case heldUp
    }

    private func round(_ connection: Database) -> Outcome {
        do throws(SQLiteError) {
            var (log, copied) = try connection.checkpoint(.passive)
            hub.metrics.noteLog(frames: Int(log))
            guard log >= Self.restartFrames else { return log == copied ? .done : .more }
            for _ in 0..<Self.rounds where log - copied >= Self.nearlyDone {
                let before = copied
                (log, copied) = try connection.checkpoint(.passive)
                // Each try sorts the whole log, and the writer would wait in vain: a busy processor
                // and a writer that is held up, both noticed by publishers.
                if copied == before { return .heldUp }
            }
            _ = hub.writer.post(.restartLog)
            return .more
        } catch {
            // Busy: the writer is restarting the log, or another program is in the way.
            if error.code.primary != .busy { hub.log.error("a checkpoint failed: \(error)") }
            return .more
        }
    }
}

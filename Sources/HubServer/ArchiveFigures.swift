import Hub
import HubSQLite
import Synchronization

/// What the hub counts of its archive, and of the way there. Any thread may read; archiver, writer
/// and watch write what is theirs.
final class ArchiveFigures: Sendable {
    private let frames = Atomic(0)
    private let bytes = Atomic(0)
    private let rawBytes = Atomic(0)
    private let moves = Atomic(0)
    private let moved = Atomic(0)
    private let failures = Atomic(0)
    private let missing = Atomic(0)
    private let garbage = Atomic(0)
    private let dataFree = Atomic(0)
    private let archiveFree = Atomic(0)
    private let leaving = Atomic(0)
    private let archived = Atomic(0)
    private let threshold = Atomic<Int64>(0)

    /// Whoever has not committed a message at or below it is told that it leaves the store soon.
    var leavingThrough: Int64 {
        get { threshold.load(ordering: .relaxed) }
        set { threshold.store(newValue, ordering: .relaxed) }
    }

    /// Messages at or below the border whose rows are not deleted yet.
    var garbageCount: Int64 { Int64(garbage.load(ordering: .relaxed)) }

    /// Bytes of the frames in the archive.
    var totalBytes: Int64 { Int64(bytes.load(ordering: .relaxed)) }

    /// Bytes of room on the fuller of the disks of data and archive; 0: nobody has looked yet.
    var leastFree: Int64 {
        Int64(min(dataFree.load(ordering: .relaxed), archiveFree.load(ordering: .relaxed)))
    }

    // MARK: The archiver

    func noteMove(_ frame: ArchivedFrame) {
        moves.wrappingAdd(1, ordering: .relaxed)
        moved.wrappingAdd(Int(frame.count), ordering: .relaxed)
        add(frames: 1, bytes: frame.length, rawBytes: frame.rawLength)
    }

    /// The folder lacks the archive's newest file.
    var isMissing: Bool {
        get { missing.load(ordering: .relaxed) > 0 }
        set { missing.store(newValue ? 1 : 0, ordering: .relaxed) }
    }

    func noteFailure() { failures.wrappingAdd(1, ordering: .relaxed) }

    /// Counts frames of the catalogue in.
    func note(_ total: CatalogueTotal) {
        add(frames: total.frames, bytes: total.bytes, rawBytes: total.rawBytes)
    }

    /// The archive was pruned, and is counted anew.
    func reset() {
        frames.store(0, ordering: .relaxed)
        bytes.store(0, ordering: .relaxed)
        rawBytes.store(0, ordering: .relaxed)
    }

    private func add(frames: Int, bytes: Int, rawBytes: Int) {
        self.frames.wrappingAdd(frames, ordering: .relaxed)
        self.bytes.wrappingAdd(bytes, ordering: .relaxed)
        self.rawBytes.wrappingAdd(rawBytes, ordering: .relaxed)
    }

    // MARK: The writer

    func note(garbage count: Int64) { garbage.store(Int(count), ordering: .relaxed) }

    // MARK: The watch

    func note(dataFree: UInt64?, archiveFree: UInt64?) {
        if let dataFree { self.dataFree.store(Int(clamping: dataFree), ordering: .relaxed) }
        if let archiveFree {
            self.archiveFree.store(Int(clamping: archiveFree), ordering: .relaxed)
        }
    }

    func note(leaving: Int, archived: Int) {
        self.leaving.store(leaving, ordering: .relaxed)
        self.archived.store(archived, ordering: .relaxed)
    }

    // MARK: The page

    /// By name, with their help.
    var all: [(name: StaticString, help: StaticString, kind: StaticString, value: Int)] {
        func value(_ figure: borrowing Atomic<Int>) -> Int { figure.load(ordering: .relaxed) }
        return [
            (
                "message_center_archive_frames", "Frames in the archive.", "gauge",
                value(frames)
            ),
            (
                "message_center_archive_bytes", "Bytes of the frames in the archive.", "gauge",
                value(bytes)
            ),
            (
                "message_center_archive_raw_bytes", "The same before they were compressed.",
                "gauge", value(rawBytes)
            ),
            (
                "message_center_archive_moves_total", "Frames moved to the archive.", "counter",
                value(moves)
            ),
            (
                "message_center_archive_moved_messages_total", "Messages moved to the archive.",
                "counter", value(moved)
            ),
            (
                "message_center_archive_move_failures_total", "Moves that failed.", "counter",
                value(failures)
            ),
            (
                "message_center_archive_missing",
                "1 while the folder of the archive lacks its newest file.", "gauge",
                value(missing)
            ),
            (
                "message_center_store_garbage_messages",
                "Archived messages whose rows are not deleted yet.", "gauge", value(garbage)
            ),
            (
                "message_center_data_free_bytes", "Room on the disk of the data folder.", "gauge",
                value(dataFree)
            ),
            (
                "message_center_archive_free_bytes", "Room on the disk of the archive.", "gauge",
                value(archiveFree)
            ),
            (
                "message_center_warehouses_leaving",
                "Warehouses whose next message leaves the store soon.", "gauge", value(leaving)
            ),
            (
                "message_center_warehouses_archived",
                "Warehouses whose next message is in the archive.", "gauge", value(archived)
            ),
        ]
    }
}

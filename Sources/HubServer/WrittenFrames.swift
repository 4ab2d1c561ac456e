import Archive
import Hub

/// Frames that are in their file and not handed over yet.
///
/// Each sync of the archive's file and each move of the border holds up the publishes that wait for
/// the same disk: so several frames share one of each. Not too many: what was written is kept in
/// memory until it is read back, and the writer saves a row for each of their wids.
struct WrittenFrames {
    private(set) var frames: [ArchivedFrame] = []
    private var bytes = 0
    private var wids = 0

    /// Wids that one transaction is to save, counted once for each frame.
    private static let manyWids = 2000

    /// Whether they are enough to be handed over.
    var isMuch: Bool {
        bytes + ArchiveBounds.rawFrame > ArchiveBounds.unsettled || wids >= Self.manyWids
    }

    mutating func append(_ frame: ArchivedFrame) {
        frames.append(frame)
        bytes += frame.rawLength
        wids += frame.wids.count
    }

    mutating func removeAll() {
        frames.removeAll()
        bytes = 0
        wids = 0
    }
}

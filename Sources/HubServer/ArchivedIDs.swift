import Archive
import Hub
import Platform

/// Finds archived messages by the ids that their publishers gave. One a thread.
///
/// Where publishers' clocks are right, an id leads to a frame or two. Where one is far off, the ids
/// of many frames span the same times, and each of them has to be unpacked: that may take longer
/// than anybody may be held up. So a search has a deadline, and what it has found out is kept: the
/// next one for the same id goes on.
final class ArchivedIDs {
    private let reader: any StoreReader
    private let archive: ArchiveReader
    private var known: [MessageID: Knowledge] = [:]
    /// Frames that were looked into, in all.
    private(set) var looks = 0

    private enum Knowledge {
        case at(Int64)
        /// No frame whose first message is at or below it holds the id.
        case notThrough(Int64)
    }

    /// Rows of the catalogue that are read at a time.
    private static let stride = 16
    /// Ids that something is known of; beyond, they are searched for anew.
    private static let kept = 16_384

    init(reader: any StoreReader, archive: ArchiveReader) {
        self.reader = reader
        self.archive = archive
    }

    /// The index of the archived message of this id; nil: there is none.
    ///
    /// - Parameter deadline: nanoseconds of the monotonic clock; then it throws `unfinished`, but
    ///   not before it has looked at one frame.
    func index(of id: MessageID, deadline: UInt64) throws(ReadFailure) -> Int64? {
        var passed: Int64 = 0
        switch known[id] {
        case .at(let index):
            let isThere = try ReadFailure.store { () throws(StoreFailure) in
                try reader.frame(holding: index) != nil
            }
            return isThere ? index : nil
        case .notThrough(let first): passed = first
        case nil: break
        }
        while true {
            let frames = try frames(mayHold: id, above: passed)
            for frame in frames {
                looks += 1
                let index = try ReadFailure.archive { () throws(ArchiveFailure) in
                    try archive.unpack(frame).index(of: id)
                }
                if let index {
                    note(id, .at(index))
                    return index
                }
                passed = frame.first
                note(id, .notThrough(passed))
                if MonotonicClock.now() >= deadline { throw .unfinished }
            }
            if frames.count < Self.stride { return nil }
        }
    }

    private func frames(
        mayHold id: MessageID, above index: Int64
    ) throws(ReadFailure) -> [ArchivedFrame] {
        try ReadFailure.store { () throws(StoreFailure) in
            try reader.frames(mayHold: id, above: index, limit: Self.stride)
        }
    }

    private func note(_ id: MessageID, _ knowledge: Knowledge) {
        if known.count >= Self.kept { known.removeAll(keepingCapacity: true) }
        known[id] = knowledge
    }
}

// Unsafe because it frees raw memory that the lists have let go of.

/// Memory that readers may still be walking, and garbage rows that they may still be reading.
///
/// What the writer takes out of sight it puts here; it is freed once every reader has passed a
/// quiescent point (`ReaderEpochs`). Two lots at most: one that waits for its readers, and one that
/// gathers meanwhile. Used on the writer's thread.
package final class RetireList {
    private let epochs: ReaderEpochs?
    private var gathering = Lot()
    private var waiting = Lot()
    private var moment: ReaderEpochs.Moment?

    /// What goes together.
    private struct Lot {
        var memory: [UnsafeMutableRawPointer] = []
        var bytes = 0
        var border: Int64 = 0

        var isEmpty: Bool { memory.isEmpty && border == 0 }

        mutating func free() {
            for pointer in memory { pointer.deallocate() }
            memory.removeAll(keepingCapacity: memory.capacity <= 4096)
            bytes = 0
            border = 0
        }
    }

    /// - Parameter epochs: the readers to wait for; nil: nobody knows them, so nothing is freed
    ///   before the list itself is.
    package init(_ epochs: ReaderEpochs? = nil) {
        self.epochs = epochs
    }

    deinit {
        waiting.free()
        gathering.free()
    }

    /// Bytes that wait to be freed.
    package var bytes: Int { waiting.bytes + gathering.bytes }

    /// Every reader has seen this border, or one above: what lies at or below it may go.
    package private(set) var passedBorder: Int64 = 0

    /// Frees `memory` when no reader can be in it any more.
    func retire(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        gathering.memory.append(memory)
        gathering.bytes += bytes
    }

    /// Notes that the border is shown as `border` from now on.
    func retire(below border: Int64) {
        gathering.border = border
    }

    /// At a start: nobody has read yet.
    func start(at border: Int64) {
        passedBorder = border
    }

    /// Frees what every reader has let go of.
    package func reclaim() {
        guard let epochs else { return }
        while true {
            if moment != nil {
                guard epochs.havePassed(&moment!) else { return }
                passedBorder = max(passedBorder, waiting.border)
                waiting.free()
                moment = nil
            }
            guard !gathering.isEmpty else { return }
            swap(&waiting, &gathering)
            moment = epochs.moment()
        }
    }
}

// Unsafe because readers on other threads walk this memory while the writer adds to it, without a
// lock: a lock would cost them milliseconds whenever its holder loses the processor. The rules:
//   - only the writer's thread calls `append`, `publish`, `rollBack`, `restore` and `trim`;
//   - what is published is never changed, and what is taken out of sight goes on the retire list,
//     which frees it when no reader can be in it any more;
//   - the writer stores front, chunk count and length in this order, each releasing; a reader
//     loads them in the opposite order, each acquiring, so that all it may look at is there.

import Synchronization

/// The indexes of the messages of one wid, rising, in less than five bytes each.
///
/// Chunks of 32-bit offsets to a base, a sixteenth of the list long (16 to 1,024 entries), and a
/// directory of chunks that grows by copy. Positions count all entries that ever were: `trim` frees
/// whole chunks at the beginning, and the list remembers how many entries went with them.
package final class PostingList: @unchecked Sendable {
    /// One run of entries. `base` is the first index in it, `start` its position in the list.
    struct Chunk {
        let base: Int64
        let start: Int
        let capacity: Int
        let values: UnsafeMutablePointer<UInt32>

        var bytes: Int { capacity * MemoryLayout<UInt32>.stride }
    }

    /// Where the list begins: what readers start from. Never changed once it is published.
    struct Front {
        /// The chunk with number `first`, and behind it the others.
        var chunks: UnsafeMutablePointer<Chunk>
        /// The number of the first chunk, of all that ever were.
        var first: Int
        /// Entries before that chunk, and the last of them (0: none).
        var dropped: Int
        var lastDropped: Int64
    }

    /// Whose messages these are; 0 is the global list.
    package let wid: UInt32

    // What readers see.
    private let length = Atomic<Int>(0)
    private let chunkCount = Atomic<Int>(0)
    private let shownFront: Atomic<UnsafeMutablePointer<Front>>

    // The writer's own, ahead of what is published.
    private var tailLength = 0
    private var tailChunks = 0
    private var front: Front
    private var directory: UnsafeMutablePointer<Chunk>
    private var directoryCapacity = 1
    /// The number of the chunk in the directory's first place.
    private var directoryFirst = 0
    private let retired: RetireList
    /// Whether `Lines` has it among those to publish.
    var isTouched = false

    package init(wid: UInt32, retired: RetireList = RetireList()) {
        self.wid = wid
        self.retired = retired
        directory = .allocate(capacity: directoryCapacity)
        front = Front(chunks: directory, first: 0, dropped: 0, lastDropped: 0)
        let shown = UnsafeMutablePointer<Front>.allocate(capacity: 1)
        shown.initialize(to: front)
        shownFront = Atomic(shown)
    }

    deinit {
        for number in front.first..<tailChunks { chunk(number).values.deallocate() }
        directory.deallocate()
        shownFront.load(ordering: .relaxed).deallocate()
    }

    // MARK: The writer

    /// Bytes of memory taken, without what waits on the retire list.
    private(set) var bytes = 208 + MemoryLayout<Chunk>.stride

    /// The number of entries there ever were, those not yet published included.
    package var count: Int { tailLength }

    /// Adds an index higher than all before. Readers see it after `publish`.
    package func append(_ index: Int64) {
        if let last = lastChunk, tailLength - last.start < last.capacity,
            let offset = UInt32(exactly: index - last.base)
        {
            last.values[tailLength - last.start] = offset
        } else {
            addChunk(base: index)
        }
        tailLength += 1
    }

    private var lastChunk: Chunk? { tailChunks == front.first ? nil : chunk(tailChunks - 1) }

    private func chunk(_ number: Int) -> Chunk { directory[number - directoryFirst] }

    private func addChunk(base: Int64) {
        if tailChunks - directoryFirst == directoryCapacity { moveDirectory() }
        let capacity = Self.capacity(beside: tailLength - front.dropped)
        let values = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
        values[0] = 0
        let chunk = Chunk(base: base, start: tailLength, capacity: capacity, values: values)
        directory[tailChunks - directoryFirst] = chunk
        tailChunks += 1
        bytes += chunk.bytes
    }

    /// A sixteenth of the entries there are, so that what is unused at either end stays small.
    private static func capacity(beside entries: Int) -> Int {
        guard entries >= 512 else { return 16 }
        return min(1024, 1 << (Int.bitWidth - 1 - (entries / 16).leadingZeroBitCount))
    }

    /// Copies the chunks that are left into a directory with room for as many again.
    private func moveDirectory() {
        let (kept, old) = (tailChunks - front.first, directory)
        let stride = MemoryLayout<Chunk>.stride
        directory = .allocate(capacity: max(1, kept * 2))
        directory.update(from: old + (front.first - directoryFirst), count: kept)
        bytes += (max(1, kept * 2) - directoryCapacity) * stride
        let oldBytes = directoryCapacity * stride
        directoryCapacity = max(1, kept * 2)
        directoryFirst = front.first
        front.chunks = directory
        showFront()
        retired.retire(old, bytes: oldBytes)
    }

    private func showFront() {
        let shown = UnsafeMutablePointer<Front>.allocate(capacity: 1)
        shown.initialize(to: front)
        let old = shownFront.load(ordering: .relaxed)
        shownFront.store(shown, ordering: .releasing)
        retired.retire(old, bytes: MemoryLayout<Front>.stride)
    }

    /// Shows readers all that was appended: called after COMMIT.
    package func publish() {
        chunkCount.store(tailChunks, ordering: .releasing)
        length.store(tailLength, ordering: .releasing)
    }

    /// Forgets what was appended since `publish`: called after ROLLBACK.
    package func rollBack() {
        tailLength = length.load(ordering: .relaxed)
        while let last = lastChunk, last.start >= tailLength {
            last.values.deallocate()
            bytes -= last.bytes
            tailChunks -= 1
        }
    }

    /// Begins a list of which `count` entries are gone already, the last of them `last`.
    func restore(count: Int, last: Int64) {
        precondition(tailLength == 0, "only an empty list begins somewhere")
        tailLength = count
        front.dropped = count
        front.lastDropped = last
        showFront()
        publish()
    }

    /// Frees the chunks all of whose entries are at or below `border`, when readers have let go of
    /// them. Called between transactions, after the border was shown.
    package func trim(through border: Int64) {
        assert(tailLength == length.load(ordering: .relaxed), "trimmed inside a transaction")
        var next = front.first
        var last = front.lastDropped
        while next < tailChunks, lastEntry(of: next) <= border {
            last = lastEntry(of: next)
            next += 1
        }
        guard next > front.first else { return }
        let gone = front.first..<next
        let dropped = gone.map { chunk($0) }
        front.chunks += gone.count
        front.first = next
        front.dropped = next < tailChunks ? chunk(next).start : tailLength
        front.lastDropped = last
        if (tailChunks - next) * 4 < directoryCapacity, directoryCapacity > 4 {
            moveDirectory()
        } else {
            showFront()
        }
        for chunk in dropped {
            bytes -= chunk.bytes
            retired.retire(chunk.values, bytes: chunk.bytes)
        }
    }

    private func lastEntry(of number: Int) -> Int64 {
        let it = chunk(number)
        let end = number + 1 < tailChunks ? chunk(number + 1).start : tailLength
        return it.base + Int64(it.values[end - it.start - 1])
    }

    // MARK: Readers

    /// What is published now. It stays true for as long as its reader is inside (`ReaderEpochs`),
    /// whatever is appended or trimmed.
    package var view: View {
        let length = self.length.load(ordering: .acquiring)
        let chunks = chunkCount.load(ordering: .acquiring)
        let front = shownFront.load(ordering: .acquiring).pointee
        return View(
            count: length, dropped: front.dropped, lastDropped: front.lastDropped,
            chunks: UnsafeBufferPointer(
                start: front.chunks,
                count: length <= front.dropped ? 0 : chunks - front.first))
    }

    /// A list as it was at one moment. Valid on the thread that took it, until it leaves.
    ///
    /// Chunks below a border may or may not be there still. So a view answers exactly for indexes
    /// from `lastDropped` on, and whoever took it knows a border that is not below that.
    package struct View {
        /// Entries that the list ever had.
        package let count: Int
        /// How many of them are gone with their chunks, and the last of those (0: none).
        package let dropped: Int
        package let lastDropped: Int64
        /// May hold chunks newer than `count`; their `start` tells.
        let chunks: UnsafeBufferPointer<Chunk>

        /// How many entries are at or below `index`; at least those that are gone.
        package func rank(through index: Int64) -> Int {
            guard let chunk = chunks[..<liveChunks].lastIndex(notAbove: index) else {
                return dropped
            }
            return chunks[chunk].start + entries(of: chunk).countNotAbove(index)
        }

        /// The last entry at or below `index`, 0 if there is none.
        package func last(through index: Int64) -> Int64 {
            guard let chunk = chunks[..<liveChunks].lastIndex(notAbove: index) else {
                return lastDropped
            }
            let entries = entries(of: chunk)
            return entries.base + Int64(entries.offsets[entries.countNotAbove(index) - 1])
        }

        /// The entry at `position` (from 0), of those that are left.
        package subscript(position: Int) -> Int64 {
            precondition(position >= dropped && position < count, "no such entry")
            var (low, high) = (0, chunks.count)
            while high - low > 1 {
                let middle = (low + high) / 2
                if chunks[middle].start <= position { low = middle } else { high = middle }
            }
            let chunk = chunks[low]
            return chunk.base + Int64(chunk.values[position - chunk.start])
        }

        private var liveChunks: Int {
            var live = chunks.count
            while live > 0, chunks[live - 1].start >= count { live -= 1 }
            return live
        }

        /// The entries of one chunk that belong to this view.
        func entries(of chunk: Int) -> Entries {
            let end = chunk + 1 < chunks.count ? min(count, chunks[chunk + 1].start) : count
            let at = chunks[chunk]
            let offsets = UnsafeBufferPointer(start: at.values, count: end - at.start)
            return Entries(base: at.base, offsets: offsets)
        }
    }

    /// Entries of one chunk: `base + offset`, rising.
    struct Entries {
        let base: Int64
        let offsets: UnsafeBufferPointer<UInt32>

        func countNotAbove(_ index: Int64) -> Int {
            var (low, high) = (0, offsets.count)
            while low < high {
                let middle = (low + high) / 2
                let isPast = base + Int64(offsets[middle]) > index
                if isPast { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }

    /// Walks a view upwards.
    package struct Cursor {
        private let view: View
        private var chunk: Int
        private var offset: Int
        private var entries: Entries?

        /// Starts at the first entry above `index`.
        package init(_ view: View, after index: Int64) {
            self.view = view
            position = view.rank(through: index)
            chunk = 0
            offset = 0
            guard position < view.count else { return }
            var (low, high) = (0, view.chunks.count)
            while high - low > 1 {
                let middle = (low + high) / 2
                if view.chunks[middle].start <= position { low = middle } else { high = middle }
            }
            chunk = low
            offset = position - view.chunks[low].start
            entries = view.entries(of: low)
        }

        /// How many entries lie before the next one.
        package private(set) var position: Int

        /// The entry that `advance` goes past, nil at the end.
        package var next: Int64? {
            guard let entries, offset < entries.offsets.count else { return nil }
            return entries.base + Int64(entries.offsets[offset])
        }

        package mutating func advance() {
            position += 1
            offset += 1
            guard let current = entries, offset == current.offsets.count else { return }
            chunk += 1
            offset = 0
            entries = position < view.count ? view.entries(of: chunk) : nil
        }
    }
}

extension Slice<UnsafeBufferPointer<PostingList.Chunk>> {
    /// The last chunk whose base is at or below `index`.
    fileprivate func lastIndex(notAbove index: Int64) -> Int? {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].base <= index { low = middle + 1 } else { high = middle }
        }
        return low == startIndex ? nil : low - 1
    }
}

// Unsafe because readers on other threads walk this memory while the writer adds to it, without a
// lock: a lock would cost them milliseconds whenever its holder loses the processor. The rules:
//   - only the writer's thread calls `append`, `publish` and `rollBack`;
//   - what is published is never changed or freed while the list lives;
//   - the writer stores directory, chunk count and length in this order, each releasing; a reader
//     loads them in the opposite order, each acquiring, so that all it may look at is there.

import Synchronization

/// The indexes of the messages of one wid, rising, in 4.1 bytes each.
///
/// Chunks of 1,024 32-bit offsets to a base (the first chunks are smaller), and a directory of
/// chunks that grows by copy; outgrown directories are kept till the end, together smaller than
/// the present one.
package final class PostingList: @unchecked Sendable {
    /// One run of entries. `base` is the first index in it, `start` its position in the list.
    struct Chunk {
        let base: Int64
        let start: Int
        let capacity: Int
        let values: UnsafeMutablePointer<UInt32>
    }

    /// Whose messages these are; 0 is the global list.
    package let wid: UInt32

    // What readers see.
    private let length = Atomic<Int>(0)
    private let chunkCount = Atomic<Int>(0)
    private let directory: Atomic<UnsafeMutablePointer<Chunk>>

    // The writer's own, ahead of what is published.
    private var tailLength = 0
    private var tailChunks = 0
    private var tailDirectory: UnsafeMutablePointer<Chunk>
    private var directoryCapacity = 4
    private var outgrown: [UnsafeMutablePointer<Chunk>] = []
    /// Whether `Lines` has it among those to publish.
    var isTouched = false

    package init(wid: UInt32) {
        self.wid = wid
        tailDirectory = .allocate(capacity: directoryCapacity)
        directory = Atomic(tailDirectory)
    }

    deinit {
        for chunk in 0..<tailChunks { tailDirectory[chunk].values.deallocate() }
        for old in outgrown { old.deallocate() }
        tailDirectory.deallocate()
    }

    // MARK: The writer

    /// Bytes of memory taken; also by what was rolled back, roughly.
    private(set) var bytes = 128 + 4 * MemoryLayout<Chunk>.stride

    /// The number of entries, those not yet published included.
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

    private var lastChunk: Chunk? { tailChunks == 0 ? nil : tailDirectory[tailChunks - 1] }

    private func addChunk(base: Int64) {
        if tailChunks == directoryCapacity { growDirectory() }
        let capacity = tailChunks < 3 ? 16 << (2 * tailChunks) : 1024
        let values = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
        values[0] = 0
        tailDirectory[tailChunks] = Chunk(
            base: base, start: tailLength, capacity: capacity, values: values)
        tailChunks += 1
        bytes += capacity * MemoryLayout<UInt32>.stride
    }

    private func growDirectory() {
        let larger = UnsafeMutablePointer<Chunk>.allocate(capacity: directoryCapacity * 2)
        larger.update(from: tailDirectory, count: tailChunks)
        outgrown.append(tailDirectory)
        tailDirectory = larger
        directoryCapacity *= 2
        bytes += directoryCapacity * MemoryLayout<Chunk>.stride
    }

    /// Shows readers all that was appended: called after COMMIT.
    package func publish() {
        directory.store(tailDirectory, ordering: .releasing)
        chunkCount.store(tailChunks, ordering: .releasing)
        length.store(tailLength, ordering: .releasing)
    }

    /// Forgets what was appended since `publish`: called after ROLLBACK.
    package func rollBack() {
        tailLength = length.load(ordering: .relaxed)
        while let last = lastChunk, last.start >= tailLength {
            last.values.deallocate()
            tailChunks -= 1
        }
    }

    // MARK: Readers

    /// What is published now. It stays true while the list lives, whatever is appended.
    package var view: View {
        let length = self.length.load(ordering: .acquiring)
        let chunks = chunkCount.load(ordering: .acquiring)
        return View(
            count: length,
            chunks: UnsafeBufferPointer(
                start: directory.load(ordering: .acquiring), count: length == 0 ? 0 : chunks))
    }

    /// A list as it was at one moment. Valid on the thread that took it, while the list lives.
    package struct View {
        /// Entries in the list.
        package let count: Int
        /// May hold chunks newer than `count`; their `start` tells.
        let chunks: UnsafeBufferPointer<Chunk>

        /// How many entries are at or below `index`.
        package func rank(through index: Int64) -> Int {
            guard let chunk = chunks[..<liveChunks].lastIndex(notAbove: index) else { return 0 }
            return chunks[chunk].start + entries(of: chunk).countNotAbove(index)
        }

        /// The entry at `position` (from 0).
        package subscript(position: Int) -> Int64 {
            precondition(position >= 0 && position < count, "no such entry")
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

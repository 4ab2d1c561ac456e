// Unsafe because it is raw memory on purpose: messages of a whole batch lie in it one behind the
// other, are written by a loop, read by the writer, and cost no allocation each. Every access goes
// through a `Slice` that this type made, and is checked against what has been written.

/// Raw bytes that only grow until they are all given back at once.
package struct Arena: ~Copyable {
    /// A stretch of an arena. Valid until `removeAll`.
    package struct Slice: Sendable, Equatable {
        package let offset: UInt32
        package let count: UInt32

        package static let none = Slice(offset: .max, count: 0)
        package var isNone: Bool { offset == .max }
    }

    private var memory: UnsafeMutableRawBufferPointer
    package private(set) var count = 0

    package init(capacity: Int = 64 * 1024) {
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    /// Copies `bytes` in. At most 4 GiB in all; a batch is bounded far below.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) -> Slice {
        let start = count
        precondition(start + bytes.count < Int(UInt32.max), "an arena holds less than 4 GiB")
        if start + bytes.count > memory.count { grow(to: start + bytes.count) }
        if let source = bytes.baseAddress {
            (memory.baseAddress! + start).copyMemory(from: source, byteCount: bytes.count)
        }
        count = start + bytes.count
        return Slice(offset: UInt32(start), count: UInt32(bytes.count))
    }

    private mutating func grow(to needed: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(needed, memory.count * 2), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }

    /// The bytes of `slice`; the pointer is valid until the arena is next changed.
    package func bytes(_ slice: Slice) -> UnsafeRawBufferPointer {
        let (start, length) = (Int(slice.offset), Int(slice.count))
        precondition(start + length <= count, "a slice of another arena")
        return UnsafeRawBufferPointer(rebasing: memory[start..<start + length])
    }

    /// Forgets what came after the first `count` bytes: an entry that turned out to be wrong.
    package mutating func truncate(to count: Int) {
        precondition(count <= self.count)
        self.count = count
    }

    /// Forgets everything, and gives memory back that a rare large batch needed.
    package mutating func removeAll(keeping capacity: Int = 1 << 20) {
        count = 0
        guard memory.count > capacity else { return }
        memory.deallocate()
        memory = .allocate(byteCount: capacity, alignment: 16)
    }
}

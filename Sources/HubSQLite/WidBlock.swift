// Unsafe because the block is bound to SQLite as the bytes that it is.

/// The wids of consecutive messages, 4,096 a block: what a start reads instead of the log.
///
/// Message `first + k` of a block has the little-endian 32-bit wid at byte `4k`.
struct WidBlock {
    static let size = 4096

    /// The index of the first message of the block being filled.
    private(set) var first: Int64
    private var wids: [UInt32] = []
    /// Where the open transaction began.
    private var mark: (first: Int64, count: Int)

    /// Begins the block that message `index` is the first of.
    init(first: Int64) {
        self.first = first
        mark = (first, 0)
        wids.reserveCapacity(Self.size)
    }

    /// Notes that a transaction begins here.
    mutating func begin() {
        mark = (first, wids.count)
    }

    /// Returns to where the transaction began. If that was in an earlier block, its wids are gone:
    /// the block is then empty, and whoever keeps the log has to fill it again.
    mutating func rollBack() {
        if first == mark.first {
            // Fewer, where an earlier rollback lost them and they could not be read again.
            wids.removeLast(max(0, wids.count - mark.count))
        } else {
            first = mark.first
            wids.removeAll(keepingCapacity: true)
        }
    }

    /// Whether `rollBack` left wids to be filled in again.
    var hasHole: Bool { first == mark.first && wids.count < mark.count }

    var isFull: Bool { wids.count == Self.size }

    mutating func append(_ wid: UInt32) {
        wids.append(wid.littleEndian)
    }

    /// The index of the message whose wid comes next.
    var next: Int64 { first + Int64(wids.count) }

    /// Leaves out the wids of messages up to `index`, which are archived: nobody reads them again.
    mutating func skip(through index: Int64) {
        while next <= index { wids.append(0) }
    }

    /// Begins the next block.
    mutating func startNext() {
        first += Int64(Self.size)
        wids.removeAll(keepingCapacity: true)
    }

    func withBytes<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let result = wids.withUnsafeBytes { bytes -> Result<Void, Failure> in
            do throws(Failure) { return .success(try body(bytes)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Calls `visit` with each wid of a stored block, whose size has been checked.
    static func read(_ bytes: UnsafeRawBufferPointer, _ visit: (UInt32) -> Void) {
        precondition(bytes.count == size * 4, "not a block")
        for place in 0..<size {
            let wid = bytes.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self)
            visit(UInt32(littleEndian: wid))
        }
    }
}

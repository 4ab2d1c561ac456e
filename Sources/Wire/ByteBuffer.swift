// Unsafe: owns raw memory, because no safe type of the language lets the kernel fill its tail, is
// consumed from the front in constant time and keeps its capacity.
//
// Invariants, true before and after every call:
//   - `base` is the start of `capacity` bytes that only this buffer knows; it frees them;
//   - 0 <= head <= tail <= capacity; bytes head..<tail are initialised and readable;
//   - an empty buffer has head == tail == 0, so that all of it is free.
// A wrong offset or count is a programming error and traps in release builds too.

/// Growable bytes with a reading end and a writing end: what a connection receives into and
/// sends from.
///
///     0 ......... head ############ tail ............ capacity
///      consumed         readable          free
///
/// Offsets in all calls count from the first readable byte. Appending is amortised constant time;
/// bytes move only when the free tail is too short, and then either to the front (when at most
/// half of the capacity is in use) or into twice the memory.
///
/// Not shared: one thread at a time, which may change hands.
@usableFromInline
package struct ByteBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    /// How many bytes fit without new memory, counted from the memory's start.
    @usableFromInline package private(set) var capacity: Int
    @usableFromInline var head = 0
    @usableFromInline var tail = 0

    package init(capacity: Int = 0) {
        precondition(capacity >= 0)
        base = .allocate(byteCount: capacity, alignment: 1)
        self.capacity = capacity
    }

    deinit {
        base.deallocate()
    }

    // MARK: Reading

    /// How many bytes are readable.
    @inlinable
    package var count: Int { tail &- head }

    @inlinable
    package var isEmpty: Bool { tail == head }

    /// The readable bytes.
    @inlinable
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = RawSpan(_unsafeStart: base + head, byteCount: count)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// Calls `body` with the readable bytes, for interfaces of C.
    @inlinable
    package borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base + head, count: count))
    }

    /// Calls `body` with the readable bytes from `offset` on, to be changed in place.
    @inlinable
    package mutating func withUnsafeMutableBytes<Result: ~Copyable, Failure: Error>(
        from offset: Int = 0,
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(offset >= 0 && offset <= count)
        return try body(
            UnsafeMutableRawBufferPointer(start: base + head + offset, count: count - offset))
    }

    /// Drops `count` readable bytes from the front.
    @inlinable
    package mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        head &+= count
        if head == tail { removeAll() }
    }

    /// Keeps only the first `count` readable bytes.
    @inlinable
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        tail = head &+ count
        if count == 0 { removeAll() }
    }

    /// Forgets all bytes and keeps the memory.
    @inlinable
    package mutating func removeAll() {
        head = 0
        tail = 0
    }

    // MARK: Room

    /// Gives memory back: an empty buffer that holds more than `capacity` bytes of it keeps that
    /// many. A buffer in use is left alone.
    package mutating func shrink(to capacity: Int) {
        precondition(capacity >= 0)
        if isEmpty && self.capacity > capacity { move(toNew: capacity) }
    }

    /// Makes the next `free` bytes writable without another move.
    @inlinable
    package mutating func reserve(_ free: Int) {
        precondition(free >= 0)
        if capacity &- tail < free { makeRoom(free) }
    }

    /// The slow half of `reserve`. Compacting only a buffer that is at most half full means that
    /// at least as many bytes are appended as were moved before it happens again.
    @usableFromInline
    mutating func makeRoom(_ free: Int) {
        let needed = count + free
        if needed <= capacity && count <= capacity / 2 {
            base.copyMemory(from: base + head, byteCount: count)
            tail = count
            head = 0
        } else {
            move(toNew: max(needed, capacity * 2, 64))
        }
    }

    private mutating func move(toNew capacity: Int) {
        let new = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        new.copyMemory(from: base + head, byteCount: count)
        base.deallocate()
        base = new
        tail = count
        head = 0
        self.capacity = capacity
    }

    /// Lets `body` fill the free tail, of which at least `minimum` bytes are there; it answers how
    /// many it wrote, which become readable. Made for `recv`.
    @inlinable
    @discardableResult
    package mutating func withFreeSpace<Failure: Error>(
        minimum: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        reserve(minimum)
        let space = UnsafeMutableRawBufferPointer(start: base + tail, count: capacity &- tail)
        let written = try body(space)
        precondition(written >= 0 && written <= space.count)
        tail &+= written
        return written
    }

    // MARK: Writing

    @inlinable
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: tail, as: UInt8.self)
        tail &+= 1
    }

    /// Appends bytes that lie outside of this buffer.
    @inlinable
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + tail).copyMemory(from: start, byteCount: bytes.count)
        tail &+= bytes.count
    }

    @inlinable
    package mutating func append(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends a text known when compiling; a literal is taken as this one.
    @inlinable
    package mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends the text in UTF-8.
    @_disfavoredOverload
    package mutating func append(_ text: String) {
        append(text.utf8.span.bytes)
    }

    /// Appends all readable bytes of `other`.
    @inlinable
    package mutating func append(contentsOf other: borrowing ByteBuffer) {
        other.withUnsafeBytes { append($0) }
    }
}

/// The memory has one owner, and nothing in it is bound to a thread.
extension ByteBuffer: @unchecked Sendable {}

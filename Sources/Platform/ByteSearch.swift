// Unsafe because memmem(3) reads through pointers; both lie within the buffers it is lent.

import CLinux

extension UnsafeRawBufferPointer {
    /// Where `part` first stands, from `start` on; nil: nowhere. memmem(3), which looks at several
    /// bytes at a time.
    package func firstPlace(of part: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
        guard let base = baseAddress, start < count else { return part.isEmpty ? start : nil }
        guard let bytes = part.baseAddress else { return start }
        let found = clinux_memmem(
            base + start, UInt(count - start), bytes, UInt(part.count))
        return found.map { $0 - base }
    }

    /// Whether `part` stands somewhere in it.
    package func contains(_ part: [UInt8]) -> Bool {
        part.withUnsafeBytes { firstPlace(of: $0) != nil }
    }
}

// Unsafe: the kernel fills the caller's buffer.

import CLinux
import Glibc

/// Bytes nobody can guess: for tokens and ids; getrandom(2). Any thread may call.
package enum Random {
    /// Fills `buffer`.
    package static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            // Above 256 bytes a signal may cut it short.
            filled += SystemCall.infallible {
                clinux_getrandom(rest.baseAddress, UInt(rest.count))
            }
        }
    }

    /// `count` new bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { room, written in
            fill(UnsafeMutableRawBufferPointer(start: room.baseAddress, count: count))
            written = count
        }
    }

    /// 64 random bits.
    package static func word() -> UInt64 {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { fill($0) }
        return word
    }
}

// Unsafe because zlib reads and writes through pointers.

import CZlib
import Wire

/// Compresses answers (RFC 1952) by zlib. One a loop, used again for every answer.
final class Gzip {
    private var stream = z_stream()

    /// Nil when zlib has no memory; answers then go out as they are.
    init?() {
        // 15 + 16: the largest window, and a gzip header. Level 1: half the size of a page at a
        // fifth of the time that the default takes.
        let code = deflateInit2_(
            &stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return nil }
    }

    deinit {
        deflateEnd(&stream)
    }

    /// Appends `input`, compressed, to `output`.
    func compress(_ input: borrowing ByteBuffer, into output: inout ByteBuffer) {
        deflateReset(&stream)
        let bound = Int(deflateBound(&stream, UInt(input.count)))
        input.withUnsafeBytes { source in
            stream.next_in = UnsafeMutablePointer(
                mutating: source.baseAddress!.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(source.count)
            output.withFreeSpace(minimum: bound) { space in
                stream.next_out = space.baseAddress!.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(space.count)
                let code = deflate(&stream, Z_FINISH)
                precondition(code == Z_STREAM_END, "the bound holds for one call")
                return space.count - Int(stream.avail_out)
            }
        }
    }
}

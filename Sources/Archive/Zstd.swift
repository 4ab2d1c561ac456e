// Unsafe because libzstd reads and writes through pointers, and its contexts are freed by hand.

import CZstd
import Wire

/// Compresses frames (RFC 8878): level 3, with content size and checksum. One thread uses it, again
/// and again, so that its tables are made once.
final class ZstdCompressor {
    private let context: OpaquePointer

    /// Level 3 is what reads fastest for its size: a sixth of real messages, at 360 MB/s.
    private static let level: Int32 = 3

    init() {
        guard let context = ZSTD_createCCtx() else { fatalError("no memory to compress with") }
        self.context = context
        set(ZSTD_c_compressionLevel, Self.level)
        set(ZSTD_c_contentSizeFlag, 1)
        set(ZSTD_c_checksumFlag, 1)
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    private func set(_ parameter: ZSTD_cParameter, _ value: Int32) {
        let code = ZSTD_CCtx_setParameter(context, parameter, value)
        precondition(ZSTD_isError(code) == 0, "libzstd does not know a parameter of 1.4.0")
    }

    /// Appends one frame that holds `input` to `output`; answers its bytes.
    func compress(_ input: borrowing ByteBuffer, into output: inout ByteBuffer) -> Int {
        input.withUnsafeBytes { source in
            output.withFreeSpace(minimum: ZSTD_compressBound(source.count)) { space in
                let written = ZSTD_compress2(
                    context, space.baseAddress, space.count, source.baseAddress, source.count)
                // The bound leaves lack of memory as the only reason, which ends Swift code too.
                precondition(ZSTD_isError(written) == 0, "libzstd: out of memory")
                return written
            }
        }
    }
}

/// Unpacks frames. One thread uses it, again and again.
final class ZstdDecompressor {
    private let context: OpaquePointer

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("no memory to unpack with") }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Appends what the one frame `input` holds, which must be `length` bytes: never more is
    /// written, whatever the frame says of itself.
    func decompress(
        _ input: UnsafeRawBufferPointer, length: Int, into output: inout ByteBuffer
    ) throws(Flaw) {
        let told = ZSTD_getFrameContentSize(input.baseAddress, input.count)
        guard told == UInt64(length) else {
            throw Flaw("the compressed data say another size than the header")
        }
        guard ZSTD_findFrameCompressedSize(input.baseAddress, input.count) == input.count else {
            throw Flaw("the compressed data are not one whole zstd frame")
        }
        try output.withFreeSpace(minimum: length) { (space) throws(Flaw) in
            let code = ZSTD_decompressDCtx(
                context, space.baseAddress, length, input.baseAddress, input.count)
            guard ZSTD_isError(code) == 0 else {
                throw Flaw("zstd: \(String(cString: ZSTD_getErrorName(code)))")
            }
            guard code == length else { throw Flaw("the compressed data hold fewer bytes") }
            return length
        }
    }
}

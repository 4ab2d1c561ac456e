// Unsafe: the bytes go to write(2) as they are.

internal import Glibc

/// Where the program tells its operator things.
package enum StandardError {
    /// Writes `bytes` at once; what cannot be written is lost, never waited for twice.
    package static func write(_ bytes: UnsafeRawBufferPointer) {
        _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    }
}

// Unsafe: OpenSSL calls back with pointers, and is handed one of this object; see `RecordPipe`.

import COpenSSL
import Wire

/// Where OpenSSL reads records from and writes records to: memory of the caller's, not a socket.
///
/// So all of TLS is a step from bytes to bytes, and reading and sending stay where they are for a
/// connection in the clear: one call each a tick. Made once a connection, and filled for the time
/// of a call only. BIO_meth_new(3).
final class RecordPipe {
    /// Records not yet read; they live as long as the call that set them.
    var incoming = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Records made.
    var outgoing = ByteBuffer()

    /// A BIO that reads and writes here. It must not be used after this object has gone.
    func makeBIO() -> OpaquePointer {
        guard let method = Self.method, let bio = BIO_new(method) else {
            preconditionFailure("OpenSSL has no memory for a connection")
        }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    /// Immutable once it is made.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "records")
        BIO_meth_set_write_ex(method, write)
        BIO_meth_set_read_ex(method, read)
        BIO_meth_set_ctrl(method, control)
        return method
    }()

    private static func pipe(_ bio: OpaquePointer?) -> RecordPipe {
        Unmanaged.fromOpaque(BIO_get_data(bio)).takeUnretainedValue()
    }

    private static let read:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?
        ) -> Int32 = { bio, space, count, done in
            let pipe = pipe(bio)
            BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
            let taken = min(count, pipe.incoming.count)
            guard taken > 0, let from = pipe.incoming.baseAddress else {
                BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
                return 0
            }
            UnsafeMutableRawPointer(space!).copyMemory(from: from, byteCount: taken)
            pipe.incoming = UnsafeRawBufferPointer(rebasing: pipe.incoming.dropFirst(taken))
            done!.pointee = taken
            return 1
        }

    private static let write:
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>?, Int, UnsafeMutablePointer<Int>?
        ) -> Int32 = { bio, bytes, count, done in
            pipe(bio).outgoing.append(UnsafeRawBufferPointer(start: bytes, count: count))
            done!.pointee = count
            return 1
        }

    private static let control:
        @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int = {
            // What is written is on its way; of all else it knows nothing.
            _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0
        }
}

// Unsafe: the kernel reads and writes the caller's buffers, so that no byte is copied twice.

import Glibc

/// What came of reading or writing.
package enum Transfer: Equatable, Sendable {
    /// This many bytes were moved, at least one; perhaps fewer than asked for.
    case bytes(Int)

    /// Nothing can be moved now; the poller tells when.
    case wouldBlock

    /// The peer is gone, or, when reading, has said all it has to say.
    case closed
}

/// A connected TCP socket that never waits, owned by one thread at a time.
package struct Socket: ~Copyable, Sendable {
    /// For a `Poller`; owned by this socket.
    package let descriptor: Descriptor

    /// The other side.
    package let peerEndpoint: Endpoint

    init(_ descriptor: consuming Descriptor, peer: Endpoint) {
        self.descriptor = descriptor
        peerEndpoint = peer
    }

    /// The other side as text, such as `10.0.0.7:50112`.
    package var peer: String { peerEndpoint.description }

    /// Reads into `buffer`, which must not be empty; recv(2).
    ///
    /// `.closed` is the end of the stream or a reset: either way nothing more will be read.
    package borrowing func receive(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Transfer {
        // With no room recv(2) answers 0, which would be taken for the end.
        precondition(!buffer.isEmpty, "nothing can be received into an empty buffer")
        let fd = descriptor.raw
        return try transfer { recv(fd, buffer.baseAddress, buffer.count, 0) }
    }

    /// Writes as much of `bytes`, which must not be empty, as the kernel takes now; send(2).
    /// Never raises SIGPIPE.
    package borrowing func send(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Transfer {
        let fd = descriptor.raw
        precondition(!bytes.isEmpty, "sending nothing cannot be told from the end")
        return try transfer {
            Glibc.send(fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
    }

    private borrowing func transfer(_ call: () -> Int) throws(Errno) -> Transfer {
        do {
            guard let count = try SystemCall.nonBlocking(call) else { return .wouldBlock }
            return count == 0 ? .closed : .bytes(count)
        } catch {
            // A peer that has gone away is no error: it is how connections end.
            switch error.code {
            case ECONNRESET, EPIPE, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH: return .closed
            default: throw error
            }
        }
    }

    /// Lets the closing of this socket throw away what the peer has not taken, and reset the
    /// connection; SO_LINGER with a time of 0, socket(7).
    package borrowing func resetOnClose() {
        let fd = descriptor.raw
        var linger = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout.size(ofValue: linger))
        // Fails only where there is nothing left to reset.
        _ = setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, size)
    }

    /// Says that nothing more will be sent; reading goes on. shutdown(2).
    package borrowing func shutdownWrite() {
        let fd = descriptor.raw
        // Fails only where the connection is gone already (ENOTCONN), and then there is no need.
        _ = shutdown(fd, Int32(SHUT_WR))
    }
}

// Unsafe: socket options are read through a pointer to a C integer.

import Glibc

extension Socket {
    /// Connects, waiting for the answer: for tools and tests, not for a loop.
    ///
    /// - Parameters:
    ///   - source: this side's address, of the machine; nil: the kernel chooses.
    ///   - milliseconds: how long to wait, -1 for as long as the kernel does.
    package static func connect(
        to endpoint: Endpoint, from source: Endpoint? = nil, timeout milliseconds: Int32 = -1
    ) throws(Errno) -> Socket {
        let descriptor = try Descriptor.tcp(endpoint.family)
        let fd = descriptor.raw
        if let source {
            try SystemCall.blocking { source.withSocketAddress { bind(fd, $0, $1) } }
        }
        do {
            try SystemCall.blocking { endpoint.withSocketAddress { Glibc.connect(fd, $0, $1) } }
        } catch {
            // A socket that does not wait answers so, and is writable once it knows; connect(2).
            guard error.code == EINPROGRESS else { throw error }
            try finishConnecting(fd, milliseconds)
        }
        return Socket(descriptor, peer: endpoint)
    }

    private static func finishConnecting(_ fd: Int32, _ milliseconds: Int32) throws(Errno) {
        guard try Readiness.wait(fd, for: POLLOUT, milliseconds) else { throw .timedOut }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        try SystemCall.blocking { getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) }
        guard code == 0 else { throw Errno(code) }
    }
}

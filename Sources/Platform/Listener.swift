// Unsafe: the kernel writes the addresses of peers into C structures.

import CLinux
import Glibc

/// A listening TCP socket that never waits, owned by one thread.
package struct Listener: ~Copyable, Sendable {
    /// For a `Poller`; owned by this listener.
    package let descriptor: Descriptor

    /// Where it listens, with the port the kernel chose if 0 was asked for.
    package let localEndpoint: Endpoint

    /// Begins to listen at `endpoint`.
    ///
    /// - Parameters:
    ///   - backlog: connections that may wait to be accepted; the kernel caps it at
    ///     `net.core.somaxconn`, listen(2).
    ///   - sharing: whether others listen on the same port.
    package init(
        _ endpoint: Endpoint, backlog: Int32 = 4096, sharing: Sharing = .alone
    ) throws(Errno) {
        // The sockets accepted inherit TCP_NODELAY, and what else is set here: no call for each.
        let descriptor = try Descriptor.tcp(endpoint.family)
        try descriptor.setOption(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, Self.mostUnsent)
        // A restart must not wait for the connections of the program before to time out.
        try descriptor.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        if sharing == .joined { try descriptor.setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
        if endpoint.family == AF_INET6 {
            // [::] means both versions whatever net.ipv6.bindv6only says; ipv6(7).
            try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0)
        }
        let fd = descriptor.raw
        try SystemCall.blocking { endpoint.withSocketAddress { bind(fd, $0, $1) } }
        // Set after bind(2), it lets others join but was no leave to join: a port that another
        // program shares out is in use.
        if sharing == .shared { try descriptor.setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
        try SystemCall.blocking { listen(fd, backlog) }
        localEndpoint = try Self.localEndpoint(fd)
        self.descriptor = descriptor
    }

    /// Several listeners on one port, among which the kernel spreads the connections (SO_REUSEPORT,
    /// socket(7)): one a thread, without a lock between them.
    package enum Sharing: Sendable {
        /// Nobody else has the port, or will.
        case alone
        /// Nobody else has the port; others may join.
        case shared
        /// Joins those that share the port.
        case joined
    }

    /// Bytes that the kernel takes ahead of what it has sent; tcp(7). With all that its buffers
    /// hold, megabytes, it says nothing for a minute of a client on a slow line that takes them
    /// steadily, and that client looks like one that takes nothing.
    private static let mostUnsent: Int32 = 64 * 1024

    private static func localEndpoint(_ fd: Int32) throws(Errno) -> Endpoint {
        var storage = sockaddr_storage()
        try SystemCall.blocking { withAddress(&storage) { getsockname(fd, $0, $1) } }
        return Endpoint(storage)
    }

    /// Takes the next connection that waits, `nil` if there is none; accept(2).
    ///
    /// Throws EMFILE, ENFILE, ENOBUFS or ENOMEM when descriptors or memory have run out: the
    /// connection then stays where it is and the poller goes on reporting it, so the caller has to
    /// pause.
    package borrowing func accept() throws(Errno) -> Socket? {
        let fd = descriptor.raw
        while true {
            var storage = sockaddr_storage()
            do {
                let accepted = try SystemCall.nonBlocking {
                    Self.withAddress(&storage) { clinux_accept(fd, $0, $1) }
                }
                guard let accepted else { return nil }
                return Socket(Descriptor(owning: accepted), peer: Endpoint(storage))
            } catch  where Self.concernsOneConnection(error) {
                continue
            }
        }
    }

    /// A connection that died before it was accepted says so here, and the next one may be well:
    /// accept(2), "Error handling".
    private static func concernsOneConnection(_ error: Errno) -> Bool {
        switch error.code {
        case ECONNABORTED, EPROTO, ENOPROTOOPT, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH,
            ENONET, EOPNOTSUPP:
            true
        default: false
        }
    }

    private static func withAddress(
        _ storage: inout sockaddr_storage,
        _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> Int32 {
        withUnsafeMutableBytes(of: &storage) { bytes in
            var length = socklen_t(bytes.count)
            return call(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
    }
}

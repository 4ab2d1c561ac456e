import CLinux

/// What to be told about a descriptor.
package struct Interest: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// There is something to read, or to accept.
    package static let read = Interest(rawValue: UInt32(CLINUX_EPOLLIN))

    /// There is room to write.
    package static let write = Interest(rawValue: UInt32(CLINUX_EPOLLOUT))
}

/// What happened to a descriptor.
package struct PollEvent: Equatable, Sendable {
    /// The word the descriptor was added with; the slab knows whether it is stale.
    package let token: Token

    let bits: UInt32

    /// Reading gives something: bytes, the end of the stream, or an error.
    package var isReadable: Bool {
        bits & UInt32(CLINUX_EPOLLIN) != 0
    }

    /// Writing would not wait.
    package var isWritable: Bool {
        bits & UInt32(CLINUX_EPOLLOUT) != 0
    }

    /// Both directions have ended, or the socket failed. Told without being asked for, and again in
    /// every wait until the descriptor is closed or removed. Bytes may still wait to be read.
    package var isClosed: Bool {
        bits & UInt32(CLINUX_EPOLLHUP | CLINUX_EPOLLERR) != 0
    }
}

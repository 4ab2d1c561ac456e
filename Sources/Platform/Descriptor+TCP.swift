// Unsafe: socket options are written through a pointer to a C integer.

import Glibc

extension Descriptor {
    /// A new TCP socket: not waiting, not inherited by other programs, and sending at once what it
    /// is given (TCP_NODELAY): an answer is written by one call, so there is nothing to gather.
    static func tcp(_ family: Int32) throws(Errno) -> Descriptor {
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = try Descriptor(
            owning: SystemCall.blocking { socket(family, Int32(kind), 0) })
        try descriptor.setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        return descriptor
    }

    borrowing func setOption(_ level: Int32, _ name: Int32, _ value: Int32) throws(Errno) {
        let fd = raw
        try SystemCall.blocking {
            withUnsafeBytes(of: value) {
                setsockopt(fd, level, name, $0.baseAddress, socklen_t($0.count))
            }
        }
    }
}

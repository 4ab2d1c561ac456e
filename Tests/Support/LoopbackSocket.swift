import Glibc

/// A blocking socket that listens on a free port of loopback: for servers of tests that have a
/// thread each, and are told to misbehave.
package struct LoopbackSocket: Sendable {
    package let descriptor: Int32
    package let port: UInt16

    package init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard listener >= 0, isListening else {
            throw RawClient.Failure(description: "no port of loopback to listen on: errno \(errno)")
        }
        descriptor = listener
        port = UInt16(bigEndian: address.sin_port)
    }
}

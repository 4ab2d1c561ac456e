// Many connections at once, for a test: in a process of its own, so that the test's own descriptors
// stay free for others.
//
//   crowd PORT SOURCE COUNT FILE
//
// Opens COUNT connections from the loopback address SOURCE to PORT of 127.0.0.1, sends what FILE
// holds on each, and writes the number of those that took it whole. Stays till its input ends, or
// till the other side has closed every connection: then it writes `closed`.

import Glibc

@main
struct Crowd {
    let hub: sockaddr_in
    let source: sockaddr_in
    let bytes: [UInt8]

    static func main() {
        let words = CommandLine.arguments
        guard words.count == 5, let port = UInt16(words[1]), let count = Int(words[3]) else {
            exit(2)
        }
        allowMany()
        let crowd = Crowd(
            hub: address("127.0.0.1", port), source: address(words[2], 0), bytes: content(words[4]))
        crowd.stay(on: (0..<count).compactMap { _ in crowd.connection() })
    }

    private static func allowMany() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func address(_ host: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return address
    }

    private static func content(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { exit(2) }
        defer { fclose(file) }
        return [UInt8](unsafeUninitializedCapacity: 1 << 20) { space, count in
            count = fread(space.baseAddress, 1, space.count, file)
        }
    }

    // MARK: Connections

    /// A connection that has taken all bytes; nil if it was refused.
    private func connection() -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        // The port is chosen with the connection, or there would be none left after the first
        // 28,000; ip(7).
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &yes, size)
        guard Self.call(bind, descriptor, source), Self.call(connect, descriptor, hub),
            bytes.isEmpty
                || send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Calls bind(2) or connect(2).
    private static func call(
        _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ socket: Int32,
        _ address: sockaddr_in
    ) -> Bool {
        withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                function(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// Whether the other side has closed `descriptor`; what it said is thrown away.
    private func isClosed(_ descriptor: Int32) -> Bool {
        var answer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &answer, answer.count, Int32(MSG_DONTWAIT))
            if count <= 0 { return count == 0 || errno != EAGAIN }
        }
    }

    // MARK: Staying

    private func stay(on descriptors: [Int32]) {
        var open = descriptors
        tell("\(open.count)")
        while true {
            var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            // Whoever started it has ended its input, or is gone.
            if poll(&input, 1, 200) > 0 { exit(0) }
            guard !open.isEmpty else { continue }
            open.removeAll {
                guard isClosed($0) else { return false }
                close($0)
                return true
            }
            if open.isEmpty { tell("closed") }
        }
    }

    private func tell(_ word: String) {
        let line = Array((word + "\n").utf8)
        write(STDOUT_FILENO, line, line.count)
    }
}

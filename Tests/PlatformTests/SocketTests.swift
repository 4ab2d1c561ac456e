import Glibc
import Platform
import TestSupport
import Testing

@Suite("Listener and socket")
struct SocketTests {
    @Test("Bytes go both ways over loopback", arguments: ["127.0.0.1:0", "[::1]:0", "[::]:0"])
    func bothWays(address: String) throws {
        let listener = try Listener(Endpoint(address))
        let target = try Endpoint(
            address.hasPrefix("[::]")
                ? "127.0.0.1:\(listener.localEndpoint.port)"
                : listener.localEndpoint.description)
        let client = try Socket.connect(to: target)
        let server = try listener.acceptEventually()

        try client.send(text: "question")
        #expect(try server.receive(text: 8) == "question")
        try server.send(text: "answer")
        #expect(try client.receive(text: 6) == "answer")
        #expect(client.peerEndpoint == target)
        #expect(server.peerEndpoint.isLoopback)
        #expect(server.peer.contains(":"))
    }

    @Test("Port 0 becomes the port the kernel chose")
    func anyPort() throws {
        let listener = try Listener(Endpoint("127.0.0.1:0"))
        #expect(listener.localEndpoint.port != 0)
        #expect(listener.localEndpoint.host == "127.0.0.1")
    }

    @Test("An address in use is refused, unless both share the port")
    func inUse() throws {
        let first = try Listener(Endpoint("127.0.0.1:0"))
        #expect(throws: Errno.addressInUse) { _ = try Listener(first.localEndpoint) }
        let sharing = try Listener(Endpoint("127.0.0.1:0"), sharing: .shared)
        #expect(throws: Errno.addressInUse) {
            _ = try Listener(sharing.localEndpoint, sharing: .shared)
        }
        let other = try Listener(sharing.localEndpoint, sharing: .joined)
        #expect(other.localEndpoint == sharing.localEndpoint)
    }

    @Test("With nobody waiting there is nothing to accept")
    func nobody() throws {
        let listener = try Listener(Endpoint("127.0.0.1:0"))
        let isNobody = try listener.accept() == nil
        #expect(isNobody)
    }

    @Test("Connecting to a port where nobody listens is refused")
    func connectionRefused() throws {
        var unused = try Endpoint("127.0.0.1:0")
        do { unused = try Listener(unused).localEndpoint }
        #expect(throws: Errno(ECONNREFUSED)) { _ = try Socket.connect(to: unused) }
    }

    @Test("Sockets send at once, do not wait and are not inherited")
    func options() throws {
        let pair = try Pair()
        for fd in [pair.client.descriptor.raw, pair.server.descriptor.raw] {
            var noDelay: Int32 = 0
            var length = socklen_t(4)
            getsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, &length)
            #expect(noDelay != 0)
            #expect(fcntl(fd, F_GETFL) & O_NONBLOCK != 0)
            #expect(fcntl(fd, F_GETFD) & FD_CLOEXEC != 0)
        }
    }

    @Test("Reading would block while nothing has come")
    func nothingYet() throws {
        let pair = try Pair()
        var byte: UInt8 = 0
        let transfer = try withUnsafeMutableBytes(of: &byte) { try pair.server.receive(into: $0) }
        #expect(transfer == .wouldBlock)
    }

    @Test("Writing would block once the peer's buffers are full")
    func full() throws {
        let pair = try Pair()
        let bytes = [UInt8](repeating: 1, count: 1 << 20)
        let isBlocked = try eventually {
            try bytes.withUnsafeBytes { try pair.client.send($0) } == .wouldBlock
        }
        #expect(isBlocked)
    }

    @Test("A peer that has said all is closed for reading and can still be written to")
    func halfClosed() throws {
        let pair = try Pair()
        try pair.client.send(text: "last")
        pair.client.shutdownWrite()
        #expect(try pair.server.receive(text: 4) == "last")
        #expect(try pair.server.receiveEventually().0 == .closed)
        try pair.server.send(text: "answer")
        #expect(try pair.client.receive(text: 6) == "answer")
    }

    @Test("A peer that resets the connection is closed, for reading and for writing")
    func reset() throws {
        let listener = try Listener(Endpoint("127.0.0.1:0"))
        let client = try Socket.connect(to: listener.localEndpoint)
        let server = try listener.acceptEventually()
        try server.send(text: "never read")
        closeUnread(client)
        #expect(try server.receiveEventually().0 == .closed)
        let isClosed = try eventually {
            try [UInt8(1)].withUnsafeBytes { try server.send($0) } == .closed
        }
        #expect(isClosed)
    }

    /// Closing with bytes unread resets the connection: RFC 1122, 4.2.2.13.
    private func closeUnread(_ client: consuming Socket) {
        var entry = pollfd(fd: client.descriptor.raw, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 10_000) == 1)
    }

    @Test("A connection that died before it was accepted harms nobody")
    func diedEarly() throws {
        let listener = try Listener(Endpoint("127.0.0.1:0"))
        do {
            let client = try Socket.connect(to: listener.localEndpoint)
            var hard = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                client.descriptor.raw, SOL_SOCKET, SO_LINGER, &hard,
                socklen_t(MemoryLayout<linger>.size))
        }
        let client = try Socket.connect(to: listener.localEndpoint)
        var reached = false
        try client.send(text: "x")
        while !reached {
            let server = try listener.acceptEventually()
            reached = try server.receiveEventually().0 == .bytes(1)
        }
        #expect(reached)
    }

    @Test("Without descriptors accepting says so, and goes on once there are some")
    func outOfDescriptors() async {
        // In a process of its own: the limit holds for all of a process.
        await #expect(processExitsWith: .success) {
            let listener = try Listener(Endpoint("127.0.0.1:0"))
            let client = try Socket.connect(to: listener.localEndpoint)
            try client.send(text: "waiting")
            let limit = try DescriptorLimit.current()
            // A number that is free is the first one refused; what is free below it is taken.
            let free = open("/dev/null", O_RDONLY)
            close(free)
            try DescriptorLimit.set(Int(free))
            while open("/dev/null", O_RDONLY) >= 0 {}
            for _ in 0..<3 {
                #expect(throws: Errno(EMFILE)) { _ = try listener.accept() }
            }
            try DescriptorLimit.set(limit)
            let server = try listener.acceptEventually()
            #expect(try server.receive(text: 7) == "waiting")
        }
    }
}

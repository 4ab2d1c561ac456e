import Glibc
import Platform

/// Both ends of a connection over loopback.
struct Pair: ~Copyable {
    let client: Socket
    let server: Socket

    init() throws {
        let listener = try Listener(Endpoint("127.0.0.1:0"))
        let client = try Socket.connect(to: listener.localEndpoint)
        let server = try listener.acceptEventually()
        self.client = client
        self.server = server
    }
}

extension Listener {
    /// The next connection, which has been made already but may still be on its way here.
    borrowing func acceptEventually() throws -> Socket {
        let deadline = MonotonicClock.now() + 10_000_000_000
        while MonotonicClock.now() < deadline {
            if let socket = try accept() { return socket }
        }
        throw Errno.timedOut
    }
}

extension Socket {
    /// Sends all of `text`, waiting where it must.
    borrowing func send(text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let transfer = try rest.withUnsafeBytes { try send($0) }
            switch transfer {
            case .bytes(let count): rest = rest.dropFirst(count)
            case .wouldBlock: continue
            case .closed: throw Errno(EPIPE)
            }
        }
    }

    /// What the next read brings, once it brings anything.
    borrowing func receiveEventually(atMost room: Int = 65_536) throws -> (Transfer, [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: room)
        var transfer = Transfer.wouldBlock
        let deadline = MonotonicClock.now() + 10_000_000_000
        while transfer == .wouldBlock, MonotonicClock.now() < deadline {
            transfer = try bytes.withUnsafeMutableBytes { try receive(into: $0) }
        }
        guard case .bytes(let count) = transfer else { return (transfer, []) }
        return (transfer, Array(bytes.prefix(count)))
    }

    /// The next `count` bytes as text.
    borrowing func receive(text count: Int) throws -> String {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let (transfer, more) = try receiveEventually(atMost: count - bytes.count)
            guard case .bytes = transfer else { throw Errno(ECONNRESET) }
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

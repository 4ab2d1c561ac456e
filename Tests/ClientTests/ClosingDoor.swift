import Glibc
import Platform
import TestSupport

/// Stands before a hub that speaks TLS, and ends the first connections within their handshake, as a
/// hub does that is full, or dies. What comes then it passes on as it is.
final class ClosingDoor: Sendable {
    /// How a connection ends once the client has said hello.
    enum End: Sendable {
        case closed, reset
        /// Closed, behind an answer in the clear.
        case told([UInt8])

        static let silent = [closed, reset]
    }

    private struct State {
        var ended = 0
        /// Both ends of what is passed on.
        var open: Set<Int32> = []
        var isStopping = false
    }

    let url: String
    private let listener: Int32
    private let state = Locked(State())
    private let thread: OSThread

    /// - Parameter count: how many connections end.
    init(before hub: Endpoint, ending count: Int, by end: End) throws {
        let socket = try LoopbackSocket()
        url = "https://127.0.0.1:\(socket.port)"
        listener = socket.descriptor
        thread = try OSThread.start(name: "closing door") { [state] in
            while true {
                let client = accept(socket.descriptor, nil, nil)
                guard client >= 0 else { return }
                let isEnding = state.withLock { state in
                    guard state.ended < count else { return false }
                    state.ended += 1
                    return true
                }
                if isEnding {
                    Self.finish(client, by: end)
                } else {
                    Self.pass(client, to: hub, state)
                }
            }
        }
    }

    /// How many connections have ended so far.
    var ended: Int { state.withLock { $0.ended } }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
        state.withLock { state in
            state.isStopping = true
            for socket in state.open { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    private static func finish(_ client: Int32, by end: End) {
        var hello = [UInt8](repeating: 0, count: 65_536)
        recv(client, &hello, hello.count, 0)
        // Who closes with no time to linger, resets; socket(7).
        var now = linger(l_onoff: 1, l_linger: 0)
        switch end {
        case .closed: break
        case .reset:
            setsockopt(
                client, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        case .told(let bytes): send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }
        close(client)
    }

    private static func pass(_ client: Int32, to hub: Endpoint, _ state: Locked<State>) {
        guard let socket = try? Socket.connect(to: hub),
            case let inner = dup(socket.descriptor.raw), inner >= 0
        else {
            close(client)
            return
        }
        state.withLock { state in
            state.open.formUnion([client, inner])
            guard state.isStopping else { return }
            for end in [client, inner] { shutdown(end, Int32(SHUT_RDWR)) }
        }
        _ = try? OSThread.start(name: "door") {
            copy(client, inner)
            state.withLock { $0.open.subtract([client, inner]) }
            close(client)
            close(inner)
        }
    }

    /// Copies both ways until one of the two ends.
    private static func copy(_ client: Int32, _ hub: Int32) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            var both = [client, hub].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&both, 2, -1) > 0 else { return }
            for (source, target) in [(0, 1), (1, 0)] where both[source].revents != 0 {
                let count = recv(both[source].fd, &bytes, bytes.count, 0)
                guard count > 0 else { return }
                var sent = 0
                while sent < count {
                    let rest = Array(bytes[sent..<count])
                    var room = pollfd(fd: both[target].fd, events: Int16(POLLOUT), revents: 0)
                    poll(&room, 1, -1)
                    let taken = send(both[target].fd, rest, rest.count, Int32(MSG_NOSIGNAL))
                    guard taken > 0 else { return }
                    sent += taken
                }
            }
        }
    }
}

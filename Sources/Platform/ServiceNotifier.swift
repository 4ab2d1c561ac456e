// Unsafe: a socket's address is a C structure, filled and handed over by pointer.

import Glibc

/// Tells the service manager how the program is, by the protocol of sd_notify(3): datagrams of
/// `NAME=value` lines to the unix socket that `NOTIFY_SOCKET` names. systemd listens there, and so
/// do other managers, container engines among them.
///
/// Any thread may tell. What cannot be delivered is lost: a manager that has gone is no reason to
/// stop.
package final class ServiceNotifier: Sendable {
    private let socket: Descriptor
    private let path: [UInt8]

    /// Nanoseconds within which the manager wants to hear `aliveness` again; nil: it does not.
    package let watchdogPeriod: UInt64?

    /// The variables that a manager sets.
    package static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

    /// - Parameters:
    ///   - environment: that of the process, `variables` of it.
    ///   - process: which process this is; a watchdog may be another's.
    /// - Returns: nil where no manager listens: the variable is not set, or names something else
    ///   than a unix socket.
    package init?(environment: [String: String], process: Int32 = getpid()) {
        guard let name = environment["NOTIFY_SOCKET"], let path = Self.path(name),
            let socket = try? Self.open()
        else { return nil }
        self.socket = socket
        self.path = path
        watchdogPeriod = Self.watchdogPeriod(environment, process)
    }

    /// One thing to tell; sd_notify(3), "Well-known assignments".
    package enum Fact: Sendable {
        /// It serves now, after a start or a reload.
        case ready
        /// It reads its configuration anew; `ready` follows. `at`: monotonic nanoseconds.
        case reloading(at: UInt64)
        case stopping
        /// For people, one line.
        case status(String)
        /// The process to look after.
        case mainProcess(Int32)
        /// The start takes longer: the manager is to wait so many nanoseconds more from now on.
        case longer(UInt64)
        /// It turns: the manager's watchdog begins to wait anew; sd_watchdog_enabled(3).
        case aliveness

        fileprivate var line: String {
            switch self {
            case .ready: "READY=1"
            case .reloading(let now): "RELOADING=1\nMONOTONIC_USEC=\(now / 1000)"
            case .stopping: "STOPPING=1"
            case .status(let text): "STATUS=" + text.split(whereSeparator: \.isNewline).joined()
            case .mainProcess(let process): "MAINPID=\(process)"
            case .longer(let time): "EXTEND_TIMEOUT_USEC=\(time / 1000)"
            case .aliveness: "WATCHDOG=1"
            }
        }
    }

    /// Sends `facts` as one datagram. Waits a second at most, if the manager is behind.
    package func tell(_ facts: Fact...) {
        let text = Array(facts.map(\.line).joined(separator: "\n").utf8)
        let fd = socket.raw
        Self.withAddress(path) { address, length in
            // Lost if nobody takes it; see above.
            _ = try? SystemCall.nonBlocking {
                sendto(fd, text, text.count, Int32(MSG_NOSIGNAL), address, length)
            }
        }
    }

    // MARK: The environment

    /// The socket's path as unix(7) wants it: of an abstract one, which is written with `@`, the
    /// first byte is 0.
    private static func path(_ name: String) -> [UInt8]? {
        var path = Array(name.utf8)
        guard path.count > 1, path.count < roomForPath else { return nil }
        switch path[0] {
        case UInt8(ascii: "/"): path.append(0)
        case UInt8(ascii: "@"): path[0] = 0
        default: return nil
        }
        return path
    }

    /// The manager gives microseconds, and names the process that it means, if not every one.
    private static func watchdogPeriod(
        _ environment: [String: String], _ process: Int32
    ) -> UInt64? {
        guard let text = environment["WATCHDOG_USEC"], let period = UInt64(text),
            1...UInt64(Int32.max) * 1000 ~= period,
            environment["WATCHDOG_PID"].map({ $0 == String(process) }) ?? true
        else { return nil }
        return period * 1000
    }

    // MARK: The socket

    private static let roomForPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    private static func open() throws(Errno) -> Descriptor {
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Descriptor(
            owning: try SystemCall.blocking { Glibc.socket(AF_UNIX, kind, 0) })
        let fd = descriptor.raw
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        let size = socklen_t(MemoryLayout.size(ofValue: patience))
        try SystemCall.blocking { setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, size) }
        return descriptor
    }

    private static func withAddress(
        _ path: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> Void
    ) {
        var form = sockaddr_un()
        form.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &form.sun_path) { $0.copyBytes(from: path) }
        let length = MemoryLayout.offset(of: \sockaddr_un.sun_path)! + path.count
        withUnsafeBytes(of: form) {
            body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(length))
        }
    }
}

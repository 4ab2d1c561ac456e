import Foundation
import Glibc

/// Where a service manager listens: a unix socket that takes what programs notify.
package final class ManagerSocket {
    /// As `NOTIFY_SOCKET` has it.
    package let name: String
    private let socket: Int32
    private let folder: TemporaryFolder

    /// - Parameter isAbstract: without a file; unix(7).
    package init(isAbstract: Bool = false) throws {
        folder = try TemporaryFolder()
        let path = folder.path + "/notify"
        name = isAbstract ? "@" + path : path
        socket = Glibc.socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var form = sockaddr_un()
        form.sun_family = sa_family_t(AF_UNIX)
        let bytes = isAbstract ? [0] + Array(path.utf8) : Array(path.utf8) + [0]
        withUnsafeMutableBytes(of: &form.sun_path) { $0.copyBytes(from: bytes) }
        let length = MemoryLayout.offset(of: \sockaddr_un.sun_path)! + bytes.count
        let result = withUnsafeBytes(of: form) {
            bind(
                socket, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(length))
        }
        guard socket >= 0, result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno)!) }
        // Programs of other users notify too.
        if !isAbstract { chmod(path, 0o777) }
    }

    /// The lines of the next datagram; nil: none came in time.
    package func next(within seconds: Double = 20) -> [String]? {
        var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, Int32(seconds * 1000)) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = recv(socket, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(
            String.init)
    }

    /// Every datagram up to the one that has a line beginning with `beginning`, that one the last;
    /// nil: it did not come in time.
    package func through(_ beginning: String, within seconds: Double = 20) -> [[String]]? {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var datagrams: [[String]] = []
        while ContinuousClock.now < deadline {
            guard let lines = next(within: 1) else { continue }
            datagrams.append(lines)
            if lines.contains(where: { $0.hasPrefix(beginning) }) { return datagrams }
        }
        return nil
    }

    /// All that comes within some time.
    package func all(within seconds: Double) -> [[String]] {
        let deadline = Date() + seconds
        var datagrams: [[String]] = []
        while deadline.timeIntervalSinceNow > 0 {
            if let lines = next(within: deadline.timeIntervalSinceNow) { datagrams.append(lines) }
        }
        return datagrams
    }

    deinit { close(socket) }
}

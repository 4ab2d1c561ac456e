import CLinux
import Glibc

/// What the kernel tells of a thread of this process; proc(5), `/proc/pid/task/tid/stat`.
package struct ThreadSight: Equatable, Sendable {
    /// It waits for a device or a file system, and no signal would end that: state `D`.
    package let waitsForDevice: Bool
    /// Processor time that it has had, in ticks of a hundredth of a second.
    package let ticks: UInt64

    /// The number of the calling thread; gettid(2). That of the first thread is the process's.
    package static var currentThread: Int32 { clinux_thread_id() }

    /// Looks at `thread`; nil when it is gone, or the kernel does not tell. Any thread may look.
    package init?(of thread: Int32) {
        guard let text = Self.text("/proc/self/task/\(thread)/stat") else { return nil }
        // The name is in parentheses, and may have any characters itself.
        guard let name = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(name + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 12, let user = Self.number(fields[11]),
            let system = Self.number(fields[12])
        else { return nil }
        waitsForDevice = fields[0].elementsEqual([UInt8(ascii: "D")])
        ticks = user + system
    }

    /// A line of the kernel's, which is shorter than a page.
    private static func text(_ path: String) -> [UInt8]? {
        guard
            let file = try? Descriptor(
                owning: SystemCall.blocking { open(path, O_RDONLY | O_CLOEXEC) })
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let fd = file.raw
        guard let count = try? SystemCall.blocking({ read(fd, &bytes, bytes.count) }), count > 0
        else { return nil }
        return Array(bytes[..<count])
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: digits, as: UTF8.self))
    }
}

// Unsafe: a line of /proc is read into a raw buffer.

import CLinux
import Glibc

/// What this process takes of the machine's memory.
package enum ProcessMemory {
    /// Bytes of memory in use, without what is swapped out; the second number of
    /// `/proc/self/statm`, proc(5). 0 where there is no `/proc`.
    package static func resident() -> Int {
        guard
            let file = try? Descriptor(
                owning: SystemCall.blocking({ open("/proc/self/statm", O_RDONLY | O_CLOEXEC) }))
        else { return 0 }
        let fd = file.raw
        let pages = withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { room in
            let count = max(0, read(fd, room.baseAddress, room.count))
            let fields = room.prefix(count).split(separator: UInt8(ascii: " "))
            return fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)) : nil
        }
        return (pages ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Bytes of a block from which on it has pages of its own, which go back when it is freed.
    private static let largeBlock: Int32 = 2 << 20

    /// Has large blocks go back to the system when they are freed; mallopt(3). Left alone, the C
    /// library learns from the first that is freed to keep the next ones, up to 64 MiB for each
    /// thread, where `giveBack` does not find them. Before other threads begin.
    package static func bound() {
        clinux_bound_heap(largeBlock)
    }

    /// Returns the pages to the system that hold nothing any more, scattered in the heap as they
    /// may lie; malloc_trim(3). Whoever allocates meanwhile may wait for it. Any thread.
    package static func giveBack() {
        clinux_trim_heap()
    }
}

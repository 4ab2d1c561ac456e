import Glibc

/// Waiting for one descriptor; poll(2).
enum Readiness {
    /// Whether `fd` became ready for `events`, or failed, within the time; -1 waits for ever.
    static func wait(
        _ fd: Int32, for events: Int32, _ milliseconds: Int32
    ) throws(Errno) -> Bool {
        var entry = pollfd(fd: fd, events: Int16(events), revents: 0)
        let count = try SystemCall.blocking { poll(&entry, 1, milliseconds) }
        // How poll(2) says EBADF, which no other call lets pass either.
        precondition(Int32(entry.revents) & POLLNVAL == 0, "descriptor \(fd) is not open")
        return count > 0
    }
}

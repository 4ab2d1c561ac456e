internal import Glibc

/// Waiting for one descriptor; poll(2).
enum Readiness {
    /// Whether `fd` became ready for `events`, or failed, within the time; -1 waits for ever.
    static func wait(
        _ fd: Int32, for events: Int32, _ milliseconds: Int32
    ) throws(Errno) -> Bool {
        var entry = pollfd(fd: fd, events: Int16(events), revents: 0)
        return try SystemCall.blocking { poll(&entry, 1, milliseconds) } > 0
    }
}

internal import Glibc

extension OSThread {
    /// Lets the calling thread do nothing for a while; usleep(3). The kernel adds some 50 µs.
    package static func pause(microseconds: UInt32) {
        usleep(microseconds)
    }
}

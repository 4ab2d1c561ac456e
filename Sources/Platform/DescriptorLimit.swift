import CLinux

/// How many files and sockets this process may have open; getrlimit(2) RLIMIT_NOFILE.
package enum DescriptorLimit {
    /// The limit as it is.
    package static func current() throws(Errno) -> Int {
        Int(clamping: try limits().soft)
    }

    /// Raises the limit as far as it goes without privileges, and tells what it is then.
    ///
    /// It is low by default for programs that use select(2), which fails above 1024.
    @discardableResult
    package static func raise() throws(Errno) -> Int {
        let (soft, hard) = try limits()
        if soft < hard { try set(soft: hard, hard: hard) }
        return Int(clamping: hard)
    }

    /// Lowers or raises the limit to `count`; for tests.
    package static func set(_ count: Int) throws(Errno) {
        precondition(count >= 0)
        try set(soft: UInt64(count), hard: try limits().hard)
    }

    private static func set(soft: UInt64, hard: UInt64) throws(Errno) {
        try SystemCall.blocking { clinux_set_descriptor_limit(soft, hard) }
    }

    private static func limits() throws(Errno) -> (soft: UInt64, hard: UInt64) {
        var (soft, hard): (UInt64, UInt64) = (0, 0)
        try SystemCall.blocking { clinux_descriptor_limit(&soft, &hard) }
        return (soft, hard)
    }
}

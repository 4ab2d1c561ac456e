import Glibc

/// Room on the disk.
package enum DiskSpace {
    /// Bytes that this process may still write to the file system of `path`; statvfs(3).
    package static func free(path: String) throws(Errno) -> UInt64 {
        var status = statvfs()
        try SystemCall.blocking { statvfs(path, &status) }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}

import Glibc

/// Forcing to disk what the kernel would write some time; fsync(2).
package enum FileSync {
    /// The names in a directory. Needed after a file was made, renamed or removed: syncing the file
    /// keeps its content, not its name; fsync(2), "Description".
    package static func directory(_ path: String) throws(Errno) {
        let directory = try Descriptor(
            owning: SystemCall.blocking { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        let fd = directory.raw
        try SystemCall.blocking { fsync(fd) }
    }

    /// The content of an open file, and its length.
    ///
    /// Not to be tried again when it fails: Linux reports a lost page once, and the next call would
    /// claim success.
    package static func content(_ file: borrowing Descriptor) throws(Errno) {
        let fd = file.raw
        try SystemCall.blocking { fdatasync(fd) }
    }
}

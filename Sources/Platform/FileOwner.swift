import Glibc

/// Whose a file is, or a process. Any thread, but for `name`.
package struct FileOwner: Equatable, Sendable {
    package let user: UInt32
    package let group: UInt32

    /// Of the file or folder at `path`; stat(2).
    package init(of path: String) throws(Errno) {
        let status = try FileStatus(path)
        self = status.owner
    }

    init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }

    /// Whose rights this process has.
    package static var present: FileOwner { FileOwner(user: geteuid(), group: getegid()) }

    package var isRoot: Bool { user == 0 }

    /// The operating system's name of the user.
    package var name: String { Self.name(of: user) }

    /// The operating system's name of `user`; getpwuid(3), so one thread at a time.
    package static func name(of user: UInt32) -> String {
        guard let entry = getpwuid(user) else { return "uid \(user)" }
        return String(cString: entry.pointee.pw_name)
    }

    /// Makes an empty file at `path` that nobody but this owner may read or write, whatever the
    /// umask is. Only root makes files for others. Throws `.fileExists` if there is one.
    package func make(_ path: String) throws(Errno) {
        let file = try Descriptor(
            owning: SystemCall.blocking {
                open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            })
        let (fd, user, group) = (file.raw, user, group)
        guard Self.present.isRoot else { return }
        try SystemCall.blocking { fchown(fd, user, group) }
    }
}

/// What stat(2) tells of a file.
package struct FileStatus: Sendable {
    package let owner: FileOwner
    /// Bytes.
    package let size: Int64

    /// - Throws: `.notFound` where nothing has that name.
    package init(_ path: String) throws(Errno) {
        var status = stat()
        try SystemCall.blocking { stat(path, &status) }
        owner = FileOwner(user: status.st_uid, group: status.st_gid)
        size = Int64(status.st_size)
    }

    /// Throws if this process may not write to the file or folder at `path`; faccessat(2).
    package static func checkWritable(_ path: String) throws(Errno) {
        try SystemCall.blocking { faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) }
    }
}

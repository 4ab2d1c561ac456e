import Glibc

/// What the system said to a file.
struct FileFailure: Error, Equatable, CustomStringConvertible {
    let path: String
    /// What was tried: `written`, `synced`.
    let action: String
    let code: Int32

    var isFull: Bool { code == ENOSPC || code == EDQUOT }
    var description: String {
        "\(path) could not be \(action): \(String(cString: strerror(code)))"
    }
}

/// An open file, closed when nobody needs it any more.
struct DiskFile: ~Copyable {
    let path: String
    private let descriptor: Int32

    /// Opens it for reading and writing; makes it where it is not.
    init(_ path: String) throws(FileFailure) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure(path: path, action: "opened", code: errno) }
    }

    /// Unlocked by name: a child between fork(2) and exec(2) has a copy of the descriptor.
    deinit {
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Whether this process has it locked now; flock(2). Waits for another holder only if told to.
    func lock(waiting: Bool) throws(FileFailure) -> Bool {
        while flock(descriptor, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            if errno == EWOULDBLOCK { return false }
            throw failure("locked")
        }
        return true
    }

    func unlock() { _ = flock(descriptor, LOCK_UN) }

    var size: Int {
        get throws(FileFailure) {
            var information = stat()
            guard fstat(descriptor, &information) == 0 else { throw failure("looked at") }
            return Int(information.st_size)
        }
    }

    /// All bytes from `offset` on, up to `limit` of them.
    func read(from offset: Int, limit: Int = .max) throws(FileFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: min(limit, max(0, try size - offset)))
        var filled = 0
        while filled < bytes.count {
            let count = bytes[filled...].withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, off_t(offset + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read") }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }

    /// Writes all of `bytes` there, or throws with some of them written.
    func write(_ bytes: [UInt8], at offset: Int) throws(FileFailure) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("written") }
            written += count
        }
    }

    /// What stands at its path now.
    enum Place { case itself, another, nothing }

    /// Whether it is still the file at its path: somebody may have put another one there, or taken
    /// it away.
    var place: Place {
        get throws(FileFailure) {
            var (own, there) = (stat(), stat())
            guard fstat(descriptor, &own) == 0 else { throw failure("looked at") }
            guard stat(path, &there) == 0 else {
                guard errno == ENOENT else { throw failure("looked at") }
                return .nothing
            }
            return own.st_ino == there.st_ino && own.st_dev == there.st_dev ? .itself : .another
        }
    }

    /// Puts the file at `new` in the place of this one, which stays under the name `old`. At any
    /// moment one of the two is at the path, see rename(2). On disk when the call returns.
    func give(placeTo new: String, keptAs old: String) throws(FileFailure) {
        guard unlink(old) == 0 || errno == ENOENT else { throw failure("removed") }
        guard link(path, old) == 0 else { throw failure("linked") }
        guard rename(new, path) == 0 else { throw failure("replaced") }
        try Self.syncFolder(path.lastIndex(of: "/").map { String(path[..<$0]) + "/" } ?? ".")
    }

    func truncate(to size: Int) throws(FileFailure) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("cut") }
    }

    /// Forces its content to disk; fdatasync(2).
    func sync() throws(FileFailure) {
        guard fdatasync(descriptor) == 0 else { throw failure("synced") }
    }

    /// Forces the names in a folder to disk: a file that was just made could else be gone.
    static func syncFolder(_ path: String) throws(FileFailure) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw FileFailure(path: path, action: "opened", code: errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else {
            throw FileFailure(path: path, action: "synced", code: errno)
        }
    }

    private func failure(_ action: String) -> FileFailure {
        FileFailure(path: path, action: action, code: errno)
    }
}

// Unsafe: read(2) and write(2) take addresses. Each borrows an array's storage for the one call.

import Glibc

/// A file of the spool: whole reads and writes, and errno as it was.
final class SpoolFile {
    private let descriptor: Int32
    let path: String

    /// Opens it for reading and writing; makes it if it is not there.
    init(_ path: String) throws(Refusal) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.refusal(path) }
    }

    deinit {
        // Closing alone would leave a lock with a child that has not come from fork to exec yet.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Locks it for this value against every other; false: somebody has it.
    func lock() throws(Refusal) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw Self.refusal(path) }
        return false
    }

    func size() throws(Refusal) -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw Self.refusal(path) }
        return end
    }

    /// Reads from `offset` on, `count` bytes or to the end.
    func read(from offset: Int, count: Int) throws(Refusal) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let part = bytes.withUnsafeMutableBytes { room in
                pread(
                    descriptor, room.baseAddress! + filled, count - filled, off_t(offset + filled))
            }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw Self.refusal(path) }
            if part == 0 { break }
            filled += part
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Where the line begins that the byte before `end` is of: behind the last line end before it.
    func lineStart(before end: Int) throws(Refusal) -> Int {
        var end = end
        while end > 0 {
            let start = max(0, end - 65_536)
            let part = try read(from: start, count: end - start)
            if let place = part.lastIndex(of: UInt8(ascii: "\n")) { return start + place + 1 }
            end = start
        }
        return 0
    }

    /// Writes all of it at `offset`. What was written of it before an error stays.
    func write(_ bytes: [UInt8], at offset: Int) throws(Refusal) {
        var written = 0
        while written < bytes.count {
            let part = bytes.withUnsafeBytes { bytes in
                pwrite(
                    descriptor, bytes.baseAddress! + written, bytes.count - written,
                    off_t(offset + written))
            }
            if part < 0, errno == EINTR { continue }
            guard part > 0 else { throw Self.refusal(path) }
            written += part
        }
    }

    /// Returns when all of it is on the disk; fdatasync(2).
    func sync() throws(Refusal) {
        guard fdatasync(descriptor) == 0 else { throw Self.refusal(path) }
    }

    func cut(to size: Int) throws(Refusal) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.refusal(path) }
    }

    /// Returns when a folder's list of files is on the disk.
    static func syncFolder(_ path: String) throws(Refusal) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw refusal(path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw refusal(path) }
    }

    /// errno in words; a full disk has a code of its own.
    static func refusal(_ path: String) -> Refusal {
        let number = errno
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(number)
        return Refusal(
            isFull ? PublishCode.spoolFull : PublishCode.spoolFailed,
            "the spool, \(path): \(String(cString: strerror(number)))")
    }
}

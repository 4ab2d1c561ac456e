// Unsafe because the kernel reads and writes through pointers.

import Glibc
import Platform
import Wire

/// An open file of the archive.
struct ArchiveFile: ~Copyable {
    private let descriptor: Descriptor

    enum Purpose {
        case reading
        case appending
        /// Fails if there is one of that name.
        case making

        fileprivate var flags: Int32 {
            switch self {
            case .reading: O_RDONLY | O_CLOEXEC
            case .appending: O_RDWR | O_CLOEXEC
            case .making: O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC
            }
        }
    }

    init(_ path: String, for purpose: Purpose) throws(Errno) {
        // Only the owner may read: messages are nobody else's business.
        descriptor = try Descriptor(
            owning: SystemCall.blocking { open(path, purpose.flags, 0o600) })
    }

    /// Bytes of the file.
    func length() throws(Errno) -> Int64 {
        Int64(try status().st_size)
    }

    /// Whether the name `path` still leads to this file.
    func isNamed(_ path: String) throws(Errno) -> Bool {
        let mine = try status()
        var named = stat()
        do {
            try SystemCall.blocking { stat(path, &named) }
        } catch {
            guard error == .notFound else { throw error }
            return false
        }
        return named.st_dev == mine.st_dev && named.st_ino == mine.st_ino
    }

    private func status() throws(Errno) -> stat {
        let fd = descriptor.raw
        var status = stat()
        try SystemCall.blocking { fstat(fd, &status) }
        return status
    }

    /// Appends up to `count` bytes of the file from `offset` on to `output`; fewer where it ends.
    func read(at offset: Int64, count: Int, into output: inout ByteBuffer) throws(Errno) {
        let fd = descriptor.raw
        try output.withFreeSpace(minimum: count) { (space) throws(Errno) in
            var done = 0
            while done < count {
                let (place, at) = (space.baseAddress! + done, off_t(offset) + done)
                let step = try SystemCall.blocking { pread(fd, place, count - done, at) }
                if step == 0 { break }
                done += step
            }
            return done
        }
    }

    /// Writes `range` of `bytes` so that it begins at `offset` of the file.
    func write(
        _ bytes: borrowing ByteBuffer, _ range: Range<Int>, at offset: Int64
    ) throws(Errno) {
        let fd = descriptor.raw
        try bytes.withUnsafeBytes { (all) throws(Errno) in
            var done = 0
            while done < range.count {
                let place = all.baseAddress! + range.lowerBound + done
                let at = off_t(offset) + done
                done += try SystemCall.blocking { pwrite(fd, place, range.count - done, at) }
            }
        }
    }

    func truncate(to length: Int64) throws(Errno) {
        let fd = descriptor.raw
        try SystemCall.blocking { ftruncate(fd, off_t(length)) }
        try sync()
    }

    /// Forces content and length to disk. Not to be tried again when it fails: see `FileSync`.
    func sync() throws(Errno) {
        try FileSync.content(descriptor)
    }

    /// Lets go of the pages in memory from `offset` on, so that the next read asks the disk;
    /// posix_fadvise(2). Only pages that are synced go.
    func forgetPages(from offset: Int64) {
        _ = posix_fadvise(descriptor.raw, off_t(offset), 0, POSIX_FADV_DONTNEED)
    }
}

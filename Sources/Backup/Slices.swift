// Unsafe because the kernel reads and writes through pointers.

import Glibc
import Platform

/// How much is read or written at once. Each slice written is synced before the next: more unsynced
/// at once would hold up a hub's commits, which wait for the same disk.
let sliceBytes = 2 << 20

/// Reads a file in slices, from the disk and not from memory, and leaves nothing in memory: what a
/// running hub has there is worth more.
struct SliceReader: ~Copyable {
    private let file: Descriptor
    private var room = [UInt8](repeating: 0, count: sliceBytes)
    private var offset: off_t = 0

    init(_ path: String) throws(Errno) {
        file = try Descriptor(owning: SystemCall.blocking { open(path, O_RDONLY | O_CLOEXEC) })
        // Only pages that are synced go; posix_fadvise(2).
        _ = posix_fadvise(file.raw, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// Bytes of the file.
    func length() throws(Errno) -> Int64 {
        let fd = file.raw
        var status = stat()
        try SystemCall.blocking { fstat(fd, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Errno(EISDIR) }
        return Int64(status.st_size)
    }

    /// The next bytes, at most `limit`; none at the end of the file.
    mutating func next(atMost limit: Int64 = .max) throws(Errno) -> ArraySlice<UInt8> {
        let (fd, place, wanted) = (file.raw, offset, Int(min(limit, Int64(sliceBytes))))
        var count = 0
        while count < wanted {
            let done = count
            let step = try room.withUnsafeMutableBufferPointer { (room) throws(Errno) in
                try SystemCall.blocking {
                    pread(fd, room.baseAddress! + done, wanted - done, place + done)
                }
            }
            if step == 0 { break }
            count += step
        }
        offset += count
        _ = posix_fadvise(fd, place, count, POSIX_FADV_DONTNEED)
        return room[..<count]
    }
}

/// Writes a new file in slices. What was written is on disk when `write` returns, the file's name
/// when its folder is synced.
struct SliceWriter: ~Copyable {
    private let file: Descriptor

    /// Fails if there is a file of that name.
    init(_ path: String) throws(Errno) {
        file = try Descriptor(
            owning: SystemCall.blocking {
                open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            })
    }

    func write(_ bytes: ArraySlice<UInt8>) throws(Errno) {
        let fd = file.raw
        var done = 0
        while done < bytes.count {
            done += try bytes.withUnsafeBufferPointer { (bytes) throws(Errno) in
                try SystemCall.blocking {
                    Glibc.write(fd, bytes.baseAddress! + done, bytes.count - done)
                }
            }
        }
        try FileSync.content(file)
    }
}

// Unsafe because the kernel reads and writes through pointers.

import Glibc
import Platform

/// Reads a file in slices, from the disk and not from memory, and leaves nothing in memory: what a
/// running hub has there is worth more.
struct SliceReader: ~Copyable {
    private let file: Descriptor
    private let pace: Pace
    private var room: [UInt8]
    private var offset: off_t = 0

    init(_ path: String, _ pace: Pace) throws(Errno) {
        self.pace = pace
        room = [UInt8](repeating: 0, count: pace.slice)
        file = try Descriptor(owning: SystemCall.blocking { open(path, O_RDONLY | O_CLOEXEC) })
        // No more than a slice at a time from the disk; only pages that are synced go;
        // posix_fadvise(2).
        if pace.leavesDisk { _ = posix_fadvise(file.raw, 0, 0, POSIX_FADV_RANDOM) }
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

    /// The next bytes, at most `limit`; none at the end of the file. Pauses then.
    mutating func next(atMost limit: Int64 = .max) throws(Errno) -> ArraySlice<UInt8> {
        let begun = MonotonicClock.now()
        let (fd, place, wanted) = (file.raw, offset, Int(min(limit, Int64(pace.slice))))
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
        pace.pause(since: begun)
        return room[..<count]
    }
}

/// Writes a new file in slices. What was written is on disk when `write` returns, the file's name
/// when its folder is synced.
struct SliceWriter: ~Copyable {
    private let file: Descriptor
    private let pace: Pace

    /// Fails if there is a file of that name.
    init(_ path: String, _ pace: Pace) throws(Errno) {
        self.pace = pace
        file = try Descriptor(
            owning: SystemCall.blocking {
                open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            })
    }

    func write(_ bytes: ArraySlice<UInt8>) throws(Errno) {
        var rest = bytes
        repeat {
            try writeUnsynced(rest.prefix(pace.slice))
            try pace.sync(file)
            rest = rest.dropFirst(pace.slice)
        } while !rest.isEmpty
    }

    private func writeUnsynced(_ slice: ArraySlice<UInt8>) throws(Errno) {
        let fd = file.raw
        var done = 0
        while done < slice.count {
            done += try slice.withUnsafeBufferPointer { (bytes) throws(Errno) in
                try SystemCall.blocking {
                    Glibc.write(fd, bytes.baseAddress! + done, bytes.count - done)
                }
            }
        }
    }
}

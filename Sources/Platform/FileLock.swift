// Unsafe: the process id goes to and from the file through raw buffers.

import CLinux
import Glibc

/// Keeps a second process off the same data: an exclusive flock(2) on a file, held until this value
/// goes, or the process does, however it ends.
///
/// The file stays behind: removing it would let two processes lock two files of one name.
package struct FileLock: ~Copyable, Sendable {
    private let file: Descriptor

    /// Locks the file at `path`, made if it is not there, and writes this process's id into it.
    package init(path: String) throws(Failure) {
        let file = try Self.usable(path) { () throws(Errno) in
            try Descriptor(
                owning: SystemCall.blocking { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) })
        }
        let fd = file.raw
        let isLocked = try Self.usable(path) { () throws(Errno) in
            try SystemCall.nonBlocking { clinux_flock_exclusive(fd) } != nil
        }
        guard isLocked else { throw .held(path: path, process: Self.process(in: fd)) }
        try Self.usable(path) { () throws(Errno) in try Self.writeProcess(to: fd) }
        self.file = file
    }

    /// Closing alone would leave the lock with a child process that has not yet come from fork(2)
    /// to exec(2): it has a copy of the descriptor.
    deinit {
        _ = clinux_flock_release(file.raw)
    }

    /// Locks an open folder in the same way, until it is closed. False: another process has it.
    package static func lock(folder fd: Int32) throws(Errno) -> Bool {
        try SystemCall.nonBlocking { clinux_flock_exclusive(fd) } != nil
    }

    private static func usable<Result: ~Copyable>(
        _ path: String, _ step: () throws(Errno) -> Result
    ) throws(Failure) -> Result {
        do {
            return try step()
        } catch {
            throw .unusable(path: path, error)
        }
    }

    private static func writeProcess(to fd: Int32) throws(Errno) {
        var line = "\(getpid())\n"
        try SystemCall.blocking { ftruncate(fd, 0) }
        try SystemCall.blocking { line.withUTF8 { pwrite(fd, $0.baseAddress, $0.count, 0) } }
    }

    /// The id a holder has written, `nil` while it has not yet.
    private static func process(in fd: Int32) -> Int32? {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { room in
            let count = pread(fd, room.baseAddress, room.count, 0)
            guard count > 0 else { return nil }
            let digits = room.prefix(count).prefix { $0 != UInt8(ascii: "\n") }
            return Int32(String(decoding: digits, as: UTF8.self))
        }
    }

    /// Why a lock was not had.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// Another process has it, the one of that id if it has said so.
        case held(path: String, process: Int32?)

        /// The file cannot be opened, written or locked.
        case unusable(path: String, Errno)

        package var description: String {
            switch self {
            case .held(let path, let process?): "\(path) is locked by process \(process)"
            case .held(let path, nil): "\(path) is locked by another process"
            case .unusable(let path, let error): "\(path) cannot be locked: \(error)"
            }
        }
    }
}

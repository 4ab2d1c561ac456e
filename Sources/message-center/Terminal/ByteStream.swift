// Pointers here: read(2) and write(2) take addresses. Each borrows an array's storage for the
// one call.

import Glibc

/// Whole reads and writes on a file descriptor that blocks.
enum ByteStream {
    /// Why a read failed, in the system's words.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads what is there, at most `limit` bytes; nothing at the end of the file.
    static func read(_ descriptor: Int32, limit: Int = 1 << 16) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        while true {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 { return Array(bytes.prefix(count)) }
            if errno != EINTR { throw Failure(description: String(cString: strerror(errno))) }
        }
    }

    /// Reads to the end; refuses more than `limit` bytes.
    static func readAll(path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
        }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var all: [UInt8] = []
        while true {
            let part = try read(descriptor)
            if part.isEmpty { return all }
            all += part
            guard all.count <= limit else {
                throw Failure(description: "\(path): larger than \(limit) bytes")
            }
        }
    }

    /// Writes all of it, or as much as the other side takes: a reader who has left is no error.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}

// Unsafe: read(2) and write(2) take addresses. Each borrows an array's storage for the one call.

import Glibc
import Platform

/// Whole reads and writes on a file descriptor that blocks.
enum ByteStream {
    /// Why a file cannot be read: its name, and the system's words.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ path: String, _ why: String) {
            description = "\(path): \(why)"
        }
    }

    /// Opens a file for reading; `-` is standard input.
    static func open(_ path: String) throws(Failure) -> Descriptor {
        do throws(Errno) {
            return try Descriptor(
                owning: SystemCall.blocking {
                    path == "-" ? dup(STDIN_FILENO) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
                })
        } catch {
            throw Failure(path, error.description)
        }
    }

    /// Reads what is there, at most `limit` bytes; nothing at the end of the file.
    static func read(_ file: borrowing Descriptor, limit: Int = 1 << 16) throws(Errno) -> [UInt8] {
        let raw = file.raw
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = try bytes.withUnsafeMutableBufferPointer { room throws(Errno) in
            try SystemCall.blocking { Glibc.read(raw, room.baseAddress, room.count) }
        }
        return Array(bytes.prefix(count))
    }

    /// Reads to the end; refuses more than `limit` bytes.
    static func readAll(path: String, limit: Int) throws(Failure) -> [UInt8] {
        let file = try open(path)
        var all: [UInt8] = []
        do throws(Errno) {
            while true {
                let part = try read(file)
                if part.isEmpty { return all }
                all += part
                if all.count > limit { break }
            }
        } catch {
            throw Failure(path, error.description)
        }
        throw Failure(path, "larger than \(limit) bytes")
    }

    /// Writes all of it, or as much as the other side takes: a reader who has left is no error.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let count = try? writeSome(rest, to: descriptor) else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes all of it to a file.
    static func writeAll(_ bytes: [UInt8], to file: borrowing Descriptor) throws(Errno) {
        try writeAll(bytes, to: file.raw)
    }

    /// Writes all of it to a descriptor that somebody else keeps open.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(Errno) {
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try writeSome(rest, to: descriptor)) }
    }

    private static func writeSome(
        _ bytes: ArraySlice<UInt8>, to descriptor: Int32
    ) throws(Errno) -> Int {
        try bytes.withUnsafeBufferPointer { part throws(Errno) in
            try SystemCall.blocking { Glibc.write(descriptor, part.baseAddress, part.count) }
        }
    }
}

import Glibc
import Platform

/// A file that gets its name only when it is whole: until then `.part` stands behind it.
final class PartFile {
    private let path: String
    private let file: Descriptor
    private var buffer: [UInt8] = []

    private static let room = 1 << 20

    /// Begins it anew, whatever an earlier try has left.
    init(_ path: String) throws(ByteStream.Failure) {
        self.path = path
        do throws(Errno) {
            file = try Descriptor(
                owning: SystemCall.blocking {
                    open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
                })
        } catch {
            throw ByteStream.Failure(path + ".part", error.description)
        }
    }

    func append(_ bytes: [UInt8]) throws(ByteStream.Failure) {
        buffer += bytes
        if buffer.count >= Self.room { try flush() }
    }

    private func flush() throws(ByteStream.Failure) {
        do throws(Errno) {
            try ByteStream.writeAll(buffer, to: file)
        } catch {
            throw ByteStream.Failure(path + ".part", error.description)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// It is not wanted any more: nothing of it stays.
    func discard() {
        unlink(path + ".part")
    }

    /// Everything was appended: it is on disk, under its name, when this returns.
    func finish() throws(ByteStream.Failure) {
        try flush()
        do throws(Errno) {
            try FileSync.content(file)
            try SystemCall.blocking { rename(path + ".part", path) }
        } catch {
            throw ByteStream.Failure(path, error.description)
        }
    }
}

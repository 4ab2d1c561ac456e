import Glibc
import Platform

/// The lines of a file or of standard input, one after another, numbered from 1.
struct LineReader: ~Copyable {
    /// What a message's line may take: the largest body and room for everything beside it.
    static let longestLine = 1 << 20

    /// Bytes of the file; 0 where that is not known, as for standard input.
    let size: Int
    /// Bytes taken so far, line ends included.
    private(set) var position = 0
    private let file: Descriptor
    private let path: String
    private var buffer: [UInt8] = []
    private var start = 0
    private var number = 0
    private var isAtEnd = false

    /// Opens the file; `-` is standard input.
    init(path: String) throws(ByteStream.Failure) {
        self.path = path
        file = try ByteStream.open(path)
        var status = stat()
        let isFile = fstat(file.raw, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int(status.st_size) : 0
    }

    /// The next line that is not blank, without its end; nil at the end of the file.
    mutating func next() throws(ByteStream.Failure) -> (number: Int, bytes: [UInt8])? {
        while let line = try nextLine() {
            let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            if !isBlank { return (number, line) }
        }
        return nil
    }

    private mutating func nextLine() throws(ByteStream.Failure) -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                return take(upTo: end, skip: 1)
            }
            if isAtEnd { return start < buffer.count ? take(upTo: buffer.count, skip: 0) : nil }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            guard searched <= Self.longestLine else {
                throw ByteStream.Failure(
                    path, "line \(number + 1) is longer than \(Self.longestLine) bytes")
            }
            try fill()
        }
    }

    private mutating func fill() throws(ByteStream.Failure) {
        do throws(Errno) {
            let part = try ByteStream.read(file)
            isAtEnd = part.isEmpty
            buffer += part
        } catch {
            throw ByteStream.Failure(path, error.description)
        }
    }

    private mutating func take(upTo end: Int, skip: Int) -> [UInt8] {
        let line = Array(buffer[start..<end])
        position += line.count + skip
        start = end + skip
        number += 1
        return line
    }
}

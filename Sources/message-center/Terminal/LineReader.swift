import Glibc

/// The lines of a file or of standard input, one after another, numbered from 1.
struct LineReader: ~Copyable {
    /// What a message's line may take: the largest body and room for everything beside it.
    static let longestLine = 1 << 20

    /// Bytes of the file; 0 where that is not known, as for standard input.
    let size: Int
    /// Bytes taken so far, line ends included.
    private(set) var position = 0
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var number = 0
    private var isAtEnd = false

    /// Opens the file; `-` is standard input.
    init(path: String) throws(ByteStream.Failure) {
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ByteStream.Failure(description: "\(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int(status.st_size) : 0
    }

    deinit {
        if descriptor > STDERR_FILENO { close(descriptor) }
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
                    description: "line \(number + 1) is longer than \(Self.longestLine) bytes")
            }
            let part = try ByteStream.read(descriptor)
            isAtEnd = part.isEmpty
            buffer += part
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

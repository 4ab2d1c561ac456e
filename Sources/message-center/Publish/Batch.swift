/// Messages that go to the hub in one request, and where each came from.
struct Batch {
    /// Bytes after which a batch is sent though it has room for more messages; the hub takes
    /// 16 MiB, and the last message may be a large one.
    static let fullBytes = 8 << 20

    private(set) var bytes: [UInt8] = []
    private var lineNumbers: [Int] = []
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { lineNumbers.count }
    var isEmpty: Bool { lineNumbers.isEmpty }
    var isFull: Bool { count >= limit || bytes.count >= Self.fullBytes }
    var firstLine: Int? { lineNumbers.first }

    mutating func append(_ line: MessageLine, number: Int) {
        bytes += line.bytes
        bytes.append(UInt8(ascii: "\n"))
        lineNumbers.append(number)
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lineNumbers.removeAll(keepingCapacity: true)
    }

    /// `/3/topic` in terms of the file: `line 17, /topic`.
    func place(_ pointer: String) -> String {
        let parts = pointer.split(separator: "/", maxSplits: 1).map(String.init)
        guard let first = parts.first, let position = Int(first),
            lineNumbers.indices.contains(position)
        else { return pointer }
        let rest = parts.count > 1 ? ", /\(parts[1])" : ""
        return "line \(lineNumbers[position])\(rest)"
    }
}

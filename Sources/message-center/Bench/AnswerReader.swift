// Unsafe: bytes are read where the kernel has put them, without a copy; each buffer is only
// borrowed for the call.

/// Reads one HTTP/1.1 answer as it comes in: its status, its length, and the end of its body.
/// Everything else is skipped.
struct AnswerReader {
    /// How much of a body's end is kept.
    static let tailBytes = 1_024
    private static let longestHead = 16 << 10

    private(set) var status = 0
    private(set) var tail: [UInt8] = []
    private var head: [UInt8] = []
    private var left = 0
    private var isInBody = false

    /// What the bytes so far amount to.
    enum Progress {
        case incomplete
        case complete
        /// Not an answer this reader understands.
        case nonsense
    }

    init() {
        tail.reserveCapacity(Self.tailBytes)
    }

    /// Takes the next bytes of a connection that has exactly one answer outstanding.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Progress {
        if isInBody { return takeBody(bytes) }
        guard head.isEmpty else { return takeRestOfHead(bytes) }
        guard let length = Self.headLength(bytes) else {
            head += bytes
            return .incomplete
        }
        return takeHead(
            UnsafeRawBufferPointer(rebasing: bytes[..<length]),
            UnsafeRawBufferPointer(rebasing: bytes[length...]))
    }

    /// The head came in pieces, which is rare: gather it, then go on as if it had not.
    private mutating func takeRestOfHead(_ bytes: UnsafeRawBufferPointer) -> Progress {
        var all = head
        all += bytes
        guard all.count <= Self.longestHead else { return .nonsense }
        head.removeAll(keepingCapacity: true)
        return all.withUnsafeBytes { take($0) }
    }

    private mutating func takeHead(
        _ head: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer
    ) -> Progress {
        // "HTTP/1.1 200": the status is behind the ninth byte (RFC 9112 §4).
        guard head.count > 12, let length = Self.contentLength(head) else { return .nonsense }
        status = head[9..<12].reduce(0) { $0 * 10 + Int($1) - 0x30 }
        left = length
        isInBody = true
        tail.removeAll(keepingCapacity: true)
        return takeBody(rest)
    }

    private mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Progress {
        guard bytes.count <= left else { return .nonsense }
        let skipped = max(0, left - Self.tailBytes)
        if bytes.count > skipped { tail += bytes[skipped...] }
        left -= bytes.count
        guard left == 0 else { return .incomplete }
        isInBody = false
        return .complete
    }

    /// Up to and including the empty line.
    private static func headLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var place = 3
        while place < bytes.count {
            if bytes[place] == 0x0A, bytes[place - 1] == 0x0D, bytes[place - 2] == 0x0A {
                return place + 1
            }
            place += 1
        }
        return nil
    }

    private static func contentLength(_ head: UnsafeRawBufferPointer) -> Int? {
        let name: StaticString = "content-length:"
        let length = name.utf8CodeUnitCount
        var start = 12
        while start + length < head.count {
            if head[start] == 0x0A, isName(name, at: start + 1, in: head) {
                return number(head, from: start + 1 + length)
            }
            start += 1
        }
        return nil
    }

    /// Names match without regard to case (RFC 9110 §5.1); setting bit 5 lowers a letter.
    private static func isName(
        _ name: StaticString, at start: Int, in head: UnsafeRawBufferPointer
    ) -> Bool {
        name.withUTF8Buffer { name in
            guard start + name.count <= head.count else { return false }
            return name.indices.allSatisfy { head[start + $0] | 0x20 == name[$0] | 0x20 }
        }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var number: Int?
        for byte in bytes[start...] {
            if byte == 0x20, number == nil { continue }
            guard 0x30...0x39 ~= byte else { break }
            let (tenfold, isTooLarge) = (number ?? 0).multipliedReportingOverflow(by: 10)
            guard !isTooLarge else { return nil }
            number = tenfold + Int(byte - 0x30)
        }
        return number
    }
}

// Compiled twice: with the tests, which replay the kept corpora, and by Tests/Fuzz/run together
// with the sources of Wire, as one module.
#if !FUZZING
@testable import Wire
#endif

/// What must hold for any bytes whatever. Each property answers what is broken, or nil.
enum FuzzProperties {
    typealias Property = @Sendable ([UInt8]) -> String?

    /// All of them, by the name of their corpus.
    static let all: [(name: String, holds: Property)] = [
        ("request", request), ("chunks", chunks), ("json", json), ("text", text),
        ("query", query), ("fields", fields),
    ]

    // MARK: Requests

    /// Pieces make no difference, and an accepted head is framed as the RFC says.
    static func request(_ bytes: [UInt8]) -> String? {
        let span = bytes.span.bytes
        var whole = RequestParser()
        let result = whole.parse(span)
        if pieces(bytes, of: 1) != result { return "byte by byte differs from the whole" }
        if pieces(bytes, of: 7) != result { return "in sevens differs from the whole" }
        guard case .head(let head) = result else { return nil }
        return framing(of: head, in: bytes) ?? parts(of: head, in: bytes)
    }

    private static func pieces(_ bytes: [UInt8], of size: Int) -> RequestParser.Result {
        var parser = RequestParser()
        var end = 0
        while end < bytes.count {
            end = min(end + size, bytes.count)
            // A copy of its own, so that reading past the end is seen.
            let arrived = Array(bytes[..<end])
            let result = parser.parse(arrived.span.bytes)
            if result != .incomplete { return result }
        }
        return .incomplete
    }

    /// Looks at an accepted head with a second, simpler eye.
    private static func framing(of head: RequestHead, in bytes: [UInt8]) -> String? {
        guard head.length <= bytes.count else { return "longer than what arrived" }
        let lines = bytes[..<head.length]
        guard lines.suffix(4) == [13, 10, 13, 10] else { return "no empty line at the end" }
        for index in lines.indices {
            let byte = lines[index]
            if byte == 10 && lines[index - 1] != 13 { return "a bare line feed" }
            if byte == 13 && lines[index + 1] != 10 { return "a bare carriage return" }
            if (byte < 32 && ![9, 10, 13].contains(byte)) || byte == 127 { return "a control" }
        }
        let text = String(decoding: lines, as: UTF8.self).lowercased()
        let lengths = occurrences(of: "\r\ncontent-length:", in: text)
        let codings = occurrences(of: "\r\ntransfer-encoding:", in: text)
        if lengths + codings > 1 { return "two lengths" }
        if (head.contentLength != nil) != (lengths == 1) { return "a length not seen" }
        if head.isChunked != (codings == 1) { return "a coding not seen" }
        if head.minorVersion == 1 && occurrences(of: "\r\nhost:", in: text) != 1 { return "hosts" }
        return nil
    }

    private static func occurrences(of word: String, in text: String) -> Int {
        let word = Array(word.utf8)
        let bytes = Array(text.utf8)
        return bytes.indices.count { bytes[$0...].starts(with: word) }
    }

    /// The ranges lie inside, and the target comes apart and together again.
    private static func parts(of head: RequestHead, in bytes: [UInt8]) -> String? {
        let ranges = [
            head.target, head.authorization, head.requestID, head.accept, head.ifNoneMatch,
        ]
        if ranges.contains(where: { $0.range.upperBound > head.length }) {
            return "a range outside"
        }
        if head.target.isEmpty { return "no target" }
        let span = bytes.span.bytes
        let target = Target(span.extracting(head.target))
        var segments = target.segments
        var length = 0
        while let segment = target.next(&segments) {
            length += 1 + Int(segment.length)
            if target.text(segment)?.utf8.contains(0) == true { return "a NUL was decoded" }
        }
        _ = target.parameters()
        return length == Int(target.path.length) ? nil : "segments do not make the path"
    }

    // MARK: Chunks

    /// Pieces make no difference, and a plain decoder of the whole finds the same.
    static func chunks(_ bytes: [UInt8]) -> String? {
        let whole = decode(bytes, pieces: max(bytes.count, 1))
        if decode(bytes, pieces: 1) != whole { return "byte by byte differs from the whole" }
        if decode(bytes, pieces: 5) != whole { return "in fives differs from the whole" }
        switch (whole, PlainChunks.decode(bytes, maxBody: maxBody)) {
        case (.complete(let body, let consumed), let plain?):
            return plain.body == body && plain.consumed == consumed ? nil : "another body"
        case (.complete, nil): return "accepted what the plain decoder refuses"
        case (_, _?): return "refused what the plain decoder accepts"
        case (_, nil): return nil
        }
    }

    private static let maxBody = 1000

    private enum Outcome: Equatable {
        case needsMore(body: [UInt8])
        case complete(body: [UInt8], consumed: Int)
        case failure(RequestFailure)
    }

    private static func decode(_ bytes: [UInt8], pieces size: Int) -> Outcome {
        var decoder = ChunkedDecoder(limits: .init(maxBodyBytes: maxBody))
        var buffer = ByteBuffer()
        var fed = 0
        repeat {
            let end = min(fed + size, bytes.count)
            buffer.append(bytes.span.bytes.extracting(fed..<end))
            fed = end
            switch buffer.decodeChunks(from: 0, with: &decoder) {
            case .needsMore: break
            case .complete(let length, let consumed):
                let all = buffer.withUnsafeBytes { Array($0) }
                return .complete(
                    body: Array(all[..<length]), consumed: fed - (all.count - consumed))
            case .failure(let failure): return .failure(failure)
            }
        } while fed < bytes.count
        return .needsMore(body: buffer.withUnsafeBytes { Array($0) })
    }

    // MARK: JSON

    /// Accepted JSON reads back to itself, compacted, and all ways of reading agree.
    static func json(_ bytes: [UInt8]) -> String? {
        var compact = ByteBuffer()
        let refusal = failure { () throws(JSONError) in try copy(bytes, into: &compact) }
        var value: JSONValue?
        let parseRefusal = failure { () throws(JSONError) in value = try JSONValue.parse(bytes) }
        if let refusal {
            guard let parseRefusal else { return "parsed what is refused" }
            let agrees = parseRefusal == refusal || parseRefusal.reason == .loneSurrogate
            return agrees ? nil : "refused for two reasons"
        }
        guard let value else { return "not parsed what is accepted" }
        let text = compact.withUnsafeBytes { Array($0) }
        var again = ByteBuffer()
        guard failure({ () throws(JSONError) in try copy(text, into: &again) }) == nil,
            again.withUnsafeBytes({ Array($0) }) == text
        else { return "compact JSON does not read back to itself" }
        guard String(validating: text, as: UTF8.self) != nil else { return "not UTF-8" }
        if (try? JSONValue.parse(text)) != value { return "compacting changed the value" }
        if (try? JSONValue.parse(value.serialized())) != value {
            return "writing changed the value"
        }
        return nil
    }

    private static func copy(
        _ bytes: [UInt8], into output: inout ByteBuffer
    ) throws(JSONError) {
        var reader = JSONReader(bytes.span.bytes)
        try reader.copyValueCompact(into: &output)
        try reader.finish()
    }

    private static func failure(_ body: () throws(JSONError) -> Void) -> JSONError? {
        do {
            try body()
            return nil
        } catch {
            return error
        }
    }

    // MARK: Small texts

    /// What is read as a time or identifier is written as the same one.
    static func text(_ bytes: [UInt8]) -> String? {
        let span = bytes.span.bytes
        var written = ByteBuffer()
        if let time = Timestamp.parse(span) {
            written.append(timestampMilliseconds: time)
            if Timestamp.parse(written.bytes) != time { return "a time changed" }
        }
        if let time = LegacyPosition.parse(span, zoneMinutes: 480) {
            written.removeAll()
            written.append(timestampMilliseconds: time)
            if Timestamp.parse(written.bytes) != time { return "an old id's time changed" }
        }
        if let bits = UUIDText.parse(span) {
            written.removeAll()
            written.append(uuid: bits)
            let lower = bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
            if written.withUnsafeBytes({ Array($0) }) != lower { return "a UUID changed" }
        }
        return nil
    }
}

/// The chunked coding once more, as plainly as it can be said: whole bodies only, lines as arrays.
private enum PlainChunks {
    static func decode(_ bytes: [UInt8], maxBody: Int) -> (body: [UInt8], consumed: Int)? {
        var rest = bytes[...]
        var body: [UInt8] = []
        var extensions = 0
        while let line = takeLine(&rest) {
            let digits = line.prefix { $0 != 0x3B }
            let tail = line.dropFirst(digits.count)
            extensions += tail.count
            guard extensions <= 4096, tail.allSatisfy({ $0 == 9 || (0x20...0x7E).contains($0) }),
                (1...16).contains(digits.count), digits.allSatisfy({ isHex($0) }),
                let size = Int(String(decoding: digits, as: UTF8.self), radix: 16),
                body.count + size <= maxBody
            else { return nil }
            if size == 0 {
                guard takeTrailers(&rest) else { return nil }
                return (body, bytes.count - rest.count)
            }
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size)
            guard rest.prefix(2) == [13, 10] else { return nil }
            rest = rest.dropFirst(2)
        }
        return nil
    }

    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: 10), end > rest.startIndex, rest[end - 1] == 13
        else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<(end - 1)]
    }

    private static func takeTrailers(_ rest: inout ArraySlice<UInt8>) -> Bool {
        var bytes = 0
        while let line = takeLine(&rest) {
            if line.isEmpty { return true }
            // The line with its CRLF is what the limit counts.
            bytes += line.count + 2
            let name = line.prefix { $0 != 0x3A }
            guard bytes <= 8192, !name.isEmpty, name.count < line.count,
                name.allSatisfy({ isTokenByte($0) }),
                line.allSatisfy({ $0 == 9 || $0 >= 0x20 && $0 != 0x7F })
            else { return false }
        }
        return false
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        "0123456789abcdefABCDEF".utf8.contains(byte)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

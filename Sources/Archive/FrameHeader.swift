import Hub
import Wire

/// What stands before each frame of an archive file, in a skippable frame of zstd (RFC 8878,
/// section 3.1.2), so that a file explains itself without the catalogue: `docs/archive-format.md`.
struct FrameHeader: Equatable, Sendable {
    var hub: String
    var first: Int64
    var last: Int64
    /// When the first and the last message were created: milliseconds since 1970.
    var created: ClosedRange<Int64>
    /// Bytes of the lines, and of the zstd frame they are compressed to.
    var raw: Int
    var length: Int
    /// The least and the greatest id that a publisher gave.
    var ids: ClosedRange<MessageID>?
    /// The digest of the frame before.
    var previous: [UInt8]

    static let magic: UInt32 = 0x184D_2A5C
    /// Bytes before the JSON text: the magic number, and the text's length.
    static let prefix = 8
    /// Bytes of the JSON text at most: three times what it takes.
    static let textLimit = 2048
    /// The format that this program writes, and the only one it reads.
    static let format: Int64 = 1

    // MARK: Writing

    func append(to output: inout ByteBuffer) {
        var text = ByteBuffer(capacity: 768)
        appendText(to: &text)
        output.append(littleEndian: Self.magic)
        output.append(littleEndian: UInt32(text.count))
        output.append(contentsOf: text)
    }

    private func appendText(to text: inout ByteBuffer) {
        text.append("{\"format\":")
        text.append(decimal: Self.format)
        text.append(",\"hub\":")
        text.appendJSON(text: hub)
        text.append(",\"first\":")
        text.append(decimal: first)
        text.append(",\"last\":")
        text.append(decimal: last)
        text.append(",\"from\":\"")
        text.append(timestampMilliseconds: created.lowerBound)
        text.append("\",\"to\":\"")
        text.append(timestampMilliseconds: created.upperBound)
        text.append("\",\"raw\":")
        text.append(decimal: raw)
        text.append(",\"length\":")
        text.append(decimal: length)
        text.append(",\"leastId\":")
        text.append(idOrNull: ids?.lowerBound)
        text.append(",\"greatestId\":")
        text.append(idOrNull: ids?.upperBound)
        text.append(",\"previous\":\"")
        for byte in previous { text.append(hexadecimal: byte) }
        text.append("\"}")
    }

    // MARK: Reading

    /// Reads the header that `bytes` begin with; answers where the compressed data begin.
    static func read(_ bytes: RawSpan) throws(Flaw) -> (header: FrameHeader, end: Int) {
        guard bytes.byteCount >= prefix else { throw Flaw("there is no header") }
        let (magic, count) = (bytes.littleEndian(at: 0), Int(bytes.littleEndian(at: 4)))
        guard magic == Self.magic else { throw Flaw("there is no header") }
        guard count <= textLimit, count <= bytes.byteCount - prefix else {
            throw Flaw("the header's length is \(count)")
        }
        let end = prefix + count
        do {
            return (try parse(bytes.extracting(prefix..<end)), end)
        } catch let error as JSONError {
            throw Flaw("the header is not what the hub writes: \(error.text)")
        } catch {
            throw Flaw("the header is not what the hub writes: \(error)")
        }
    }

    /// A member is missing, or its value makes no sense.
    private struct Member: Error, CustomStringConvertible {
        let description: String
    }

    /// The members as they are met.
    private struct Members {
        var numbers: [String: Int64] = [:]
        var texts: [String: String] = [:]
        var nulls: Set<String> = []
    }

    private static func parse(_ text: RawSpan) throws -> FrameHeader {
        let members = try members(text)
        func number(_ name: String, _ range: ClosedRange<Int64>) throws -> Int64 {
            guard let value = members.numbers[name], range.contains(value) else {
                throw Member(description: name)
            }
            return value
        }
        func value<Value>(_ name: String, _ read: (String) -> Value?) throws -> Value {
            guard let value = members.texts[name].flatMap(read) else {
                throw Member(description: name)
            }
            return value
        }
        func id(_ name: String) throws -> MessageID? {
            if members.nulls.contains(name) { return nil }
            let bits = try value(name) { UUIDText.parse($0) }
            return MessageID(high: bits.hi, low: bits.lo)
        }
        guard members.numbers["format"] == format else { throw Member(description: "format") }
        let first = try number("first", 1...Limits.integer)
        let from = try value("from") { Timestamp.parse($0) }
        let to = try value("to") { Timestamp.parse($0) }
        let (least, greatest) = (try id("leastId"), try id("greatestId"))
        guard from <= to, (least == nil) == (greatest == nil) else {
            throw Member(description: "to or greatestId")
        }
        if let least, let greatest, least > greatest { throw Member(description: "leastId") }
        return FrameHeader(
            hub: try value("hub") { ArchiveFileName.isHub($0) ? $0 : nil },
            first: first, last: try number("last", first...Limits.integer), created: from...to,
            raw: Int(try number("raw", 1...Int64(ArchiveBounds.rawGreatest))),
            length: Int(try number("length", 1...Int64(ArchiveBounds.rawGreatest * 2))),
            ids: least.map { $0...greatest! }, previous: try value("previous", digest))
    }

    private static func members(_ text: RawSpan) throws(JSONError) -> Members {
        var members = Members()
        var reader = JSONReader(text)
        try reader.beginObject()
        while let member = try reader.nextMember() {
            let name = try reader.text(member)
            switch try reader.peekKind() {
            case .number: members.numbers[name] = try reader.readInteger()
            case .text: members.texts[name] = try reader.text(reader.readText())
            case .null:
                try reader.readNull()
                members.nulls.insert(name)
            default: try reader.skipValue()
            }
        }
        try reader.finish()
        return members
    }

    /// The 32 bytes of 64 hexadecimal digits.
    private static func digest(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: UInt8.max
            }
        }
        guard digits.count == ArchivedFrame.digestBytes * 2, digits.allSatisfy({ $0 < 16 }) else {
            return nil
        }
        return (0..<ArchivedFrame.digestBytes).map { digits[$0 * 2] << 4 | digits[$0 * 2 + 1] }
    }
}

extension ByteBuffer {
    fileprivate mutating func append(littleEndian value: UInt32) {
        for shift in 0..<4 { append(UInt8(truncatingIfNeeded: value >> (8 * UInt32(shift)))) }
    }

    fileprivate mutating func append(hexadecimal byte: UInt8) {
        for digit in [byte >> 4, byte & 15] {
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }

    fileprivate mutating func append(idOrNull id: MessageID?) {
        guard let id else { return append("null") }
        append("\"")
        append(uuid: (hi: id.high, lo: id.low))
        append("\"")
    }
}

extension RawSpan {
    fileprivate func littleEndian(at offset: Int) -> UInt32 {
        UInt32(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

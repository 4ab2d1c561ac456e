/// A request target taken apart: the path and the query, percent-decoded on demand.
///
/// Of an absolute target `http://host/path?query` the scheme and host are passed over (RFC 9112,
/// section 3.2.2: the origin is this server). Nothing is normalised: `.` and `..` are segments as
/// any other, which match no route. All ranges count from the start of the target's bytes.
package struct Target: ~Escapable {
    private let bytes: RawSpan
    /// From its first slash on; empty for `*` and for an absolute target without path.
    package let path: ByteRange
    /// What follows the question mark; `none` if there is no question mark.
    package let query: ByteRange

    /// Takes the target of a head that `RequestParser` accepted apart.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) {
        self.bytes = bytes
        let whole = 0..<bytes.byteCount
        let start = Self.authority(whole, of: bytes)?.upperBound ?? 0
        var pathEnd = start
        while pathEnd < whole.upperBound, bytes.byte(at: pathEnd) != ASCII.question {
            pathEnd &+= 1
        }
        let isPath = pathEnd > start && bytes.byte(at: start) == ASCII.slash
        path = isPath ? ByteRange(start..<pathEnd) : .none
        query = pathEnd < whole.upperBound ? ByteRange(pathEnd + 1..<whole.upperBound) : .none
    }

    /// The host and port of an absolute target, or nil for any other.
    static func authority(_ target: Range<Int>, of bytes: RawSpan) -> Range<Int>? {
        guard target.count >= 7, bytes.byte(at: target.lowerBound) != ASCII.slash else {
            return nil
        }
        let start: Int
        if bytes.equals("http://", in: target.prefix(7)) {
            start = target.lowerBound + 7
        } else if bytes.equals("https://", in: target.prefix(8)) {
            start = target.lowerBound + 8
        } else {
            return nil
        }
        var end = start
        while end < target.upperBound, bytes.byte(at: end) != ASCII.slash,
            bytes.byte(at: end) != ASCII.question
        { end &+= 1 }
        return start..<end
    }

    // MARK: Segments

    /// The parts of the path between slashes: `/a/b` has two, `/a/` has `a` and an empty one, `/`
    /// a single empty one.
    package struct Segments {
        fileprivate var position: Int
        fileprivate let end: Int
    }

    package var segments: Segments {
        Segments(position: path.range.lowerBound, end: path.range.upperBound)
    }

    /// The next segment as sent, or nil after the last.
    package func next(_ segments: inout Segments) -> ByteRange? {
        guard segments.position < segments.end else { return nil }
        let start = segments.position &+ 1
        var end = start
        while end < segments.end, bytes.byte(at: end) != ASCII.slash { end &+= 1 }
        segments.position = end
        return ByteRange(start..<end)
    }

    /// Whether the bytes in `range` are exactly those of `text`.
    package func matches(_ range: ByteRange, _ text: StaticString) -> Bool {
        Int(range.length) == text.utf8CodeUnitCount
            && bytes.isExactly(text, at: Int(range.offset))
    }

    /// The same for a text that is made at run time.
    package func matches(_ range: ByteRange, _ text: String) -> Bool {
        let start = Int(range.offset)
        return Int(range.length) == text.utf8.count
            && text.utf8.enumerated().allSatisfy { bytes.byte(at: start &+ $0) == $1 }
    }

    /// Whether `range` holds a number, of any size: digits only, no leading zero but for 0 itself.
    package func isNumber(_ range: ByteRange) -> Bool {
        if range.length > 1 && bytes.byte(at: Int(range.offset)) == ASCII.zero { return false }
        return !range.isEmpty && range.range.allSatisfy { bytes.byte(at: $0).isDigit }
    }

    /// The number in `range`; nil if it is none, or too large for an Int.
    package func number(_ range: ByteRange) -> Int? {
        isNumber(range) ? bytes.decimal(in: range.range) : nil
    }

    /// The bytes in `range`, as sent.
    @_lifetime(copy self)
    package func raw(_ range: ByteRange) -> RawSpan {
        bytes.extracting(range.range)
    }

    // MARK: Decoding

    /// The text in `range` with `%XX` decoded (RFC 3986, section 2.1), or nil if an escape is
    /// malformed, stands for NUL, or the whole is not UTF-8.
    package func text(_ range: ByteRange) -> String? {
        decode(range.range, plusIsSpace: false)
    }

    /// One `name=value` of the query, decoded.
    package struct Parameter: Equatable, Sendable {
        package let name: String
        package let value: String
    }

    /// All parameters of the query in their order, or nil if one can not be decoded. A `+` is a
    /// space, as HTML forms write it; a name without `=` has an empty value; empty parts between
    /// two `&` are passed over.
    package func parameters() -> [Parameter]? {
        var parameters: [Parameter] = []
        var position = query.range.lowerBound
        let end = query.range.upperBound
        while position < end {
            let partEnd = first(UInt8(ascii: "&"), position..<end)
            if partEnd > position {
                guard let parameter = parameter(position..<partEnd) else { return nil }
                parameters.append(parameter)
            }
            position = partEnd + 1
        }
        return parameters
    }

    private func parameter(_ part: Range<Int>) -> Parameter? {
        let equals = first(ASCII.equals, part)
        let value = min(equals + 1, part.upperBound)..<part.upperBound
        guard let name = decode(part.lowerBound..<equals, plusIsSpace: true),
            let value = decode(value, plusIsSpace: true)
        else { return nil }
        return Parameter(name: name, value: value)
    }

    private func first(_ byte: UInt8, _ range: Range<Int>) -> Int {
        range.first { bytes.byte(at: $0) == byte } ?? range.upperBound
    }

    private func decode(_ range: Range<Int>, plusIsSpace: Bool) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bytes.byte(at: position)
            position += 1
            if byte == ASCII.percent {
                guard position + 2 <= range.upperBound,
                    let high = bytes.byte(at: position).hexValue,
                    let low = bytes.byte(at: position + 1).hexValue, high | low != 0
                else { return nil }
                decoded.append(high << 4 | low)
                position += 2
            } else {
                decoded.append(byte == ASCII.plus && plusIsSpace ? ASCII.space : byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }
}

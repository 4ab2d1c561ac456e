/// Takes the framing out of a chunked body (RFC 9112, section 7.1), in place, as it arrives.
///
/// The bytes are those of one body, decoded at the front and new ones behind:
///
///     [ decoded so far | new bytes ]   before a call
///     [ decoded, longer | -dead- ]     after `needsMore`: cut off behind the body, receive there
///     [ decoded | -dead- | next ... ]  after `complete`: the next request begins at `consumed`
///
/// A call takes in every new byte, half a size line too, so nothing is looked at twice and every
/// byte of the body is moved at most once.
///
/// Strict as the request's parser: CRLF only, no blanks around a size, no size that overflows.
package struct ChunkedDecoder: Sendable {
    package struct Limits: Sendable {
        /// The longest body in bytes: 413.
        package var maxBodyBytes: Int
        /// What all chunk extensions together may take, in bytes: 431.
        package var maxExtensionBytes = 4 * 1024
        /// What the trailer fields may take, in bytes: 431.
        package var maxTrailerBytes = 8 * 1024

        package init(maxBodyBytes: Int) {
            self.maxBodyBytes = maxBodyBytes
        }
    }

    package enum Result: Equatable, Sendable {
        /// All bytes were taken; the first `bodyLength` of them are the body so far.
        case needsMore(bodyLength: Int)
        /// The first `bodyLength` bytes are the body; what follows the request begins at
        /// `consumed`.
        case complete(bodyLength: Int, consumed: Int)
        case failure(RequestFailure)
    }

    /// What the next byte belongs to.
    private enum State {
        case size, sizeLineFeed, extensions
        case data, dataReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, lastLineFeed
        case done
    }

    private let limits: Limits
    private var state = State.size
    /// How many bytes of the body lie at the front.
    package private(set) var bodyLength = 0
    /// The size being read; then how much of the chunk's data is still to come.
    private var remaining: UInt64 = 0
    private var sizeDigits = 0
    private var extensionBytes = 0
    private var trailerBytes = 0

    package init(limits: Limits) {
        self.limits = limits
    }

    /// Decodes what lies behind the first `bodyLength` bytes of `bytes`.
    package mutating func decode(_ bytes: UnsafeMutableRawBufferPointer) -> Result {
        var position = bodyLength
        do {
            while position < bytes.count && state != .done {
                if state == .data {
                    position = moveData(in: bytes, from: position)
                } else {
                    try take(bytes[position])
                    position += 1
                }
            }
        } catch {
            return .failure(error)
        }
        return state == .done
            ? .complete(bodyLength: bodyLength, consumed: position)
            : .needsMore(bodyLength: bodyLength)
    }

    /// Moves as much of the current chunk as is there to the end of the body; answers what follows.
    private mutating func moveData(in bytes: UnsafeMutableRawBufferPointer, from position: Int)
        -> Int
    {
        let count = Int(min(remaining, UInt64(bytes.count - position)))
        if position != bodyLength {
            let data = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
            UnsafeMutableRawBufferPointer(rebasing: bytes[bodyLength..<bodyLength + count])
                .copyMemory(from: data)
        }
        bodyLength += count
        remaining -= UInt64(count)
        if remaining == 0 { state = .dataReturn }
        return position + count
    }

    /// Takes one byte of the framing.
    private mutating func take(_ byte: UInt8) throws(RequestFailure) {
        switch state {
        case .size: try takeSize(byte)
        case .extensions: try takeExtension(byte)
        case .sizeLineFeed:
            try expect(byte, ASCII.lineFeed)
            try beginChunk()
        case .dataReturn: try expect(byte, ASCII.carriageReturn, then: .dataLineFeed)
        case .dataLineFeed:
            try expect(byte, ASCII.lineFeed, then: .size)
            sizeDigits = 0
        case .lastLineFeed: try expect(byte, ASCII.lineFeed, then: .done)
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed: try takeTrailer(byte)
        case .data, .done: break
        }
    }

    private mutating func takeSize(_ byte: UInt8) throws(RequestFailure) {
        if let digit = byte.hexValue {
            sizeDigits += 1
            // Sixteen digits fill the number exactly.
            guard sizeDigits <= 16 else { throw Self.badSize }
            remaining = (sizeDigits == 1 ? 0 : remaining << 4) | UInt64(digit)
            return
        }
        guard sizeDigits > 0 else { throw Self.badSize }
        switch byte {
        case ASCII.carriageReturn: state = .sizeLineFeed
        case ASCII.semicolon:
            state = .extensions
            try countExtension()
        default: throw Self.badSize
        }
    }

    /// Extensions mean nothing here and are passed over (RFC 9112, section 7.1.1).
    private mutating func takeExtension(_ byte: UInt8) throws(RequestFailure) {
        if byte == ASCII.carriageReturn {
            state = .sizeLineFeed
        } else if byte.isVisible || byte.isBlank {
            try countExtension()
        } else {
            throw Self.badExtension
        }
    }

    private mutating func countExtension() throws(RequestFailure) {
        extensionBytes += 1
        guard extensionBytes <= limits.maxExtensionBytes else { throw Self.extensionsTooLong }
    }

    /// A size line has ended.
    private mutating func beginChunk() throws(RequestFailure) {
        guard remaining <= UInt64(limits.maxBodyBytes - bodyLength) else { throw Self.bodyTooLong }
        state = remaining == 0 ? .trailerStart : .data
    }

    /// Trailer fields are checked as far as no parser can stumble over them, and dropped.
    private mutating func takeTrailer(_ byte: UInt8) throws(RequestFailure) {
        if state == .trailerStart && byte == ASCII.carriageReturn {
            state = .lastLineFeed
            return
        }
        trailerBytes += 1
        guard trailerBytes <= limits.maxTrailerBytes else { throw Self.trailersTooLong }
        switch state {
        case .trailerValue where byte == ASCII.carriageReturn: state = .trailerLineFeed
        case .trailerValue:
            guard byte >= ASCII.space && byte != ASCII.delete || byte == ASCII.tab
            else { throw Self.badTrailer }
        case .trailerName where byte == ASCII.colon: state = .trailerValue
        case .trailerLineFeed: try expect(byte, ASCII.lineFeed, then: .trailerStart)
        default:
            guard byte.isToken else { throw Self.badTrailer }
            state = .trailerName
        }
    }

    private mutating func expect(
        _ byte: UInt8, _ expected: UInt8, then next: State? = nil
    ) throws(RequestFailure) {
        guard byte == expected else {
            throw state == .dataReturn || state == .dataLineFeed ? Self.badDataEnd : Self.badLineEnd
        }
        if let next { state = next }
    }

    private static let badSize = RequestFailure(
        400, "A chunk's size must be 1 to 16 hexadecimal digits, then CR LF or an extension.")
    private static let badExtension = RequestFailure(
        400, "A chunk extension holds a character that does not belong there.")
    private static let badLineEnd = RequestFailure(
        400, "A line of the chunked body does not end with CR LF.")
    private static let badDataEnd = RequestFailure(
        400, "A chunk is longer than its size says, or its data is not followed by CR LF.")
    private static let badTrailer = RequestFailure(
        400, "A trailer field is malformed: send 'Name: value', or none.")
    private static let extensionsTooLong = RequestFailure(
        431, "The chunk extensions are too long: send none.")
    private static let trailersTooLong = RequestFailure(
        431, "The trailer fields are too long: send none.")
    private static let bodyTooLong = RequestFailure(
        413, "The body is too large: send less at once.")
}

extension ByteBuffer {
    /// Decodes the chunked body that begins at `offset`, everything behind it included, and cuts
    /// off the framing while more is to come. Offsets in the answer count from `offset`.
    package mutating func decodeChunks(
        from offset: Int, with decoder: inout ChunkedDecoder
    ) -> ChunkedDecoder.Result {
        let result = withUnsafeMutableBytes(from: offset) { decoder.decode($0) }
        if case .needsMore(let bodyLength) = result { truncate(to: offset + bodyLength) }
        return result
    }
}

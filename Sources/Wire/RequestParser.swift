/// Reads the head of an HTTP/1.1 or 1.0 request (RFC 9110, RFC 9112), as it arrives.
///
/// Call `parse` with all bytes of the request so far, each time more arrive, until it answers
/// something else than `incomplete`; then `reset` before the next request. Every byte is looked
/// for a line's end once, however the bytes arrive, and every line is read once.
///
/// Strict on purpose: whatever two parsers could read differently is refused, because a proxy
/// in front that reads it the other way lets one request hide in another (request smuggling).
/// What is refused, and with which words, does not depend on how the bytes arrive.
package struct RequestParser: Sendable {
    package struct Limits: Sendable {
        /// The longest head in bytes, all lines and the empty one: 431.
        package var maxHeadBytes = 16 * 1024
        /// The longest request target in bytes: 414.
        package var maxTargetBytes = 8 * 1024
        /// The most header fields: 431.
        package var maxFields = 100

        package init() {}
    }

    package enum Result: Equatable, Sendable {
        /// Call again with more bytes.
        case incomplete
        case head(RequestHead)
        case failure(RequestFailure)
    }

    private enum Stage {
        case requestLine, fields
    }

    private let limits: Limits
    private var stage = Stage.requestLine
    /// Where the line being received begins.
    private var lineStart = 0
    /// Before it no line ends, and no control character stands, that was not seen.
    private var scanned = 0
    /// What the lines so far say.
    private var reading = HeadReading()

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Gets ready for another request.
    package mutating func reset() {
        self = RequestParser(limits: limits)
    }

    /// Whether some of a request has been seen: what a time-out of the head goes by.
    package var hasBegun: Bool { scanned > 0 }

    /// Reads on in `bytes`: the request from its first byte on, and perhaps what follows it.
    package mutating func parse(_ bytes: RawSpan) -> Result {
        do {
            while let lineEnd = try endOfLine(in: bytes) {
                let line = lineStart..<lineEnd
                lineStart = lineEnd &+ 2
                scanned = lineStart
                if try read(line, of: bytes) {
                    return .head(try reading.finish(length: lineStart))
                }
            }
            return .incomplete
        } catch {
            return .failure(error)
        }
    }

    /// Reads one line; answers whether it was the empty one after the fields.
    private mutating func read(_ line: Range<Int>, of bytes: RawSpan) throws(RequestFailure) -> Bool
    {
        switch stage {
        case .fields:
            if line.isEmpty { return true }
            try reading.readField(line, of: bytes, atMost: limits.maxFields)
        case .requestLine:
            // One empty line before a request is passed over (RFC 9112, section 2.2).
            if line.isEmpty && line.lowerBound == 0 { return false }
            try reading.readRequestLine(
                line, of: bytes, maxTargetBytes: limits.maxTargetBytes)
            stage = .fields
        }
        return false
    }

    /// Where the CRLF that ends the current line begins, or nil if it has not arrived.
    private mutating func endOfLine(in bytes: RawSpan) throws(RequestFailure) -> Int? {
        if stage == .requestLine { try checkFirstByte(of: bytes) }
        let end = min(bytes.byteCount, limit)
        var position = scanned
        while true {
            position = bytes.firstControl(from: position, to: end)
            guard position < end else { break }
            let byte = bytes.byte(at: position)
            if byte == ASCII.tab {
                position &+= 1
                continue
            }
            guard byte == ASCII.carriageReturn else { throw Self.refusal(of: byte) }
            guard position &+ 1 < end else { break }
            guard bytes.byte(at: position &+ 1) == ASCII.lineFeed else { throw Self.bareReturn }
            return position
        }
        scanned = position
        if bytes.byteCount >= limit { throw tooLong }
        return nil
    }

    /// The byte before which the current line must end.
    private var limit: Int {
        switch stage {
        case .fields: limits.maxHeadBytes
        // Room for a method, the version, and an empty line before.
        case .requestLine: min(limits.maxHeadBytes, limits.maxTargetBytes + 64)
        }
    }

    private var tooLong: RequestFailure {
        stage == .requestLine ? HeadReading.targetTooLong : Self.headTooLong
    }

    /// Refuses at its first byte what is no request, instead of waiting for a line's end.
    private func checkFirstByte(of bytes: RawSpan) throws(RequestFailure) {
        guard lineStart < bytes.byteCount else { return }
        let first = bytes.byte(at: lineStart)
        if first.isToken || first == ASCII.carriageReturn && lineStart == 0 { return }
        // The first byte of a TLS handshake (RFC 8446, section 5.1).
        throw first == 0x16 ? Self.tlsRecord : Self.noRequest
    }

    private static func refusal(of byte: UInt8) -> RequestFailure {
        byte == ASCII.lineFeed ? bareLineFeed : controlCharacter
    }

    private static let headTooLong = RequestFailure(
        431, "The request line and header fields are too long: send fewer or shorter fields.")
    private static let tlsRecord = RequestFailure(
        400, "This port speaks plain HTTP, not TLS: use http://, or the port that speaks TLS.")
    private static let noRequest = RequestFailure(
        400, "The request does not begin with a method: send 'METHOD target HTTP/1.1'.")
    private static let bareReturn = RequestFailure(
        400, "A carriage return stands without its line feed: end each line with CR LF.")
    private static let bareLineFeed = RequestFailure(
        400, "A line feed stands without its carriage return: end each line with CR LF.")
    private static let controlCharacter = RequestFailure(
        400, "The head holds a control character: take it out or encode it.")
}

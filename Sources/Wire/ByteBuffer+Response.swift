/// Writing an answer's head (RFC 9112, section 4), and a body of unknown length right behind it.
///
///     output.appendStatusLine(200)
///     output.appendField("Content-Type", "application/json")
///     let body = output.beginBody()
///     …                                   // the body, encoded in place
///     output.endBody(body)
///
/// Names and values are the server's own: they are not checked for line ends.
extension ByteBuffer {
    /// `HTTP/1.1 … CRLF`.
    package mutating func appendStatusLine(_ status: UInt16) {
        append(StatusLine.line(status))
    }

    /// Appends the reason phrase of `status` alone, such as `Not Found`: a problem's `title`.
    package mutating func appendReason(of status: UInt16) {
        let line = StatusLine.line(status)
        // Without "HTTP/1.1 404 " and the CRLF.
        append(
            UnsafeRawBufferPointer(start: line.utf8Start + 13, count: line.utf8CodeUnitCount - 15))
    }

    package mutating func appendField(_ name: StaticString, _ value: StaticString) {
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }

    package mutating func appendField(_ name: StaticString, _ value: RawSpan) {
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }

    @_disfavoredOverload
    package mutating func appendField(_ name: StaticString, _ value: String) {
        appendField(name, value.utf8.span.bytes)
    }

    package mutating func appendField(_ name: StaticString, decimal value: Int) {
        append(name)
        append(": ")
        append(decimal: value)
        append("\r\n")
    }

    /// The empty line after the last field, for an answer without body or one framed already.
    package mutating func endHead() {
        append("\r\n")
    }

    /// A body that is being written, and where its length will be filled in.
    package struct OpenBody: Sendable, BitwiseCopyable {
        /// Where the body begins, counted from the buffer's first readable byte.
        package let start: Int

        /// The digits' place: as wide as the longest length, with CRLF CRLF behind it.
        fileprivate var lengthOffset: Int { start - 4 - ByteBuffer.lengthWidth }
    }

    /// A body of less than ten gigabytes; a wider field would only be more spaces to send.
    private static let lengthWidth = 10

    /// Ends the head with a `Content-Length` still to be filled in: spaces in front of a field's
    /// value are no part of it (RFC 9112, section 5.1). Until `endBody`, only append.
    package mutating func beginBody() -> OpenBody {
        append("Content-Length:           \r\n\r\n")
        return OpenBody(start: count)
    }

    /// Fills in the length of what was appended since. With `sending: false` that is then taken
    /// away again: the answer to HEAD, which tells the length and has no body.
    package mutating func endBody(_ body: OpenBody, sending: Bool = true) {
        let length = UInt64(count - body.start)
        overwrite(at: body.lengthOffset, decimal: length, spacePaddedTo: Self.lengthWidth)
        if !sending { truncate(to: body.start) }
    }
}

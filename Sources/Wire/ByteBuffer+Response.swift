/// Writing an answer's head (RFC 9112, section 4).
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

    /// The empty line after the last field.
    package mutating func endHead() {
        append("\r\n")
    }
}

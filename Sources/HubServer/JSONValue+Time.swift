import Wire

extension JSONValue {
    /// Milliseconds since 1970 as RFC 3339; 0 is never, and so null.
    static func time(_ milliseconds: Int64) -> JSONValue {
        guard milliseconds != 0 else { return .null }
        var text = ByteBuffer(capacity: 24)
        text.append(timestampMilliseconds: milliseconds)
        return .text(text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    }
}

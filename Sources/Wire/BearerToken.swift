extension RawSpan {
    /// What follows `Bearer` and blanks in the value of an `Authorization` field (RFC 6750, section
    /// 2.1; RFC 9110, section 11.4); nil: it is another scheme, or nothing follows.
    package var bearerToken: RawSpan? {
        @_lifetime(copy self)
        get {
            guard byteCount > 7, equals("bearer", in: 0..<6) else { return nil }
            let start = withUnsafeBytes { bytes in
                bytes.dropFirst(6).firstIndex { $0 != UInt8(ascii: " ") }
            }
            guard let start, start > 6 else { return nil }
            return extracting(droppingFirst: start)
        }
    }
}

extension RawSpan {
    /// The value of the cookie `name` in the value of a `Cookie` field, or nil if it is not there;
    /// of several the first (RFC 6265, section 4.2.1).
    @_lifetime(copy self)
    package func cookie(_ name: StaticString) -> RawSpan? {
        var start = 0
        while start < byteCount {
            var end = start
            while end < byteCount, byte(at: end) != UInt8(ascii: ";") { end &+= 1 }
            let pair = trimmingBlanks(start..<end)
            let value = pair.lowerBound + name.utf8CodeUnitCount + 1
            if value <= pair.upperBound, byte(at: value - 1) == UInt8(ascii: "="),
                isExactly(name, at: pair.lowerBound)
            {
                return extracting(value..<pair.upperBound)
            }
            start = end &+ 1
        }
        return nil
    }
}

extension RawSpan {
    /// What follows `Bearer ` in the value of an `Authorization` field, or nil if it begins
    /// otherwise (RFC 6750, section 2.1).
    package var bearerToken: RawSpan? {
        @_lifetime(copy self)
        get {
            guard byteCount > 7 else { return nil }
            return equals("bearer ", in: 0..<7) ? extracting(droppingFirst: 7) : nil
        }
    }
}

extension RequestHead {
    /// Whether a page of another site made a browser send this request: `Origin` is there, and its
    /// host and port are not those the request is for.
    ///
    /// The scheme does not count: a proxy in front may have taken TLS off. `null`, which browsers
    /// send for a page whose site they keep secret, is another site (RFC 6454, section 7.3).
    ///
    /// - Parameter bytes: those that the head was read from.
    package func isCrossSite(_ bytes: RawSpan) -> Bool {
        guard origin.isPresent else { return false }
        var start = origin.range.lowerBound
        let end = origin.range.upperBound
        while start < end, bytes.byte(at: start) != ASCII.colon { start += 1 }
        guard start > origin.range.lowerBound, end - start > 3,
            bytes.isExactly("://", at: start)
        else { return true }
        let site = start + 3..<end
        return site.count != host.range.count
            || zip(site, host.range).contains {
                bytes.byte(at: $0).lowercased != bytes.byte(at: $1).lowercased
            }
    }
}

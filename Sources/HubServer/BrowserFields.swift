/// What browsers are told with an answer, so that no other site makes use of it.
enum BrowserFields {
    /// An answer is what its type says, and goes to no page of another site, not even as a picture
    /// (https://fetch.spec.whatwg.org/#x-content-type-options-header and
    /// #cross-origin-resource-policy-header).
    static let ofAll: StaticString = """
        X-Content-Type-Options: nosniff\r\n\
        Cross-Origin-Resource-Policy: same-origin\r\n
        """

    /// The same, and nobody on the way keeps what may be for this caller only (RFC 9111, section
    /// 5.2.2.5). In one piece, since it goes with every answer to a program.
    static let ofData: StaticString = """
        X-Content-Type-Options: nosniff\r\n\
        Cross-Origin-Resource-Policy: same-origin\r\n\
        Cache-Control: no-store\r\n
        """

    /// What a page needs beside those of all.
    ///
    /// Scripts, styles and pictures come from here alone, and nothing runs that stands in a page:
    /// what a message holds can do no harm there (https://www.w3.org/TR/CSP3/). No other site
    /// frames it (`X-Frame-Options` for browsers that do not know `frame-ancestors`; RFC 7034), has
    /// a hand on its window (https://html.spec.whatwg.org/#cross-origin-opener-policies), or learns
    /// from where somebody came.
    static let ofPages: StaticString = """
        Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; \
        img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
        frame-ancestors 'none'\r\n\
        X-Frame-Options: DENY\r\n\
        Cross-Origin-Opener-Policy: same-origin\r\n\
        Referrer-Policy: no-referrer\r\n
        """
}

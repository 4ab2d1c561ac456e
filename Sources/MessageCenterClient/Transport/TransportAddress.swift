// Unsafe: libcurl's URL parser hands out C strings, copied and freed at once. It is used
// rather than an own parser, so that what is checked is what is connected to.

import CCurl

/// A base address that was found fit for use.
struct TransportAddress {
    /// Scheme, host, port and path without a slash at the end.
    let base: String
    /// Whether the host is this machine, which no proxy leads to.
    let isLoopback: Bool

    /// Checks what a person or a configuration gave.
    init(_ text: String) throws(TransportFailure) {
        guard text.contains("://") else {
            throw Self.unusable(text, "it does not begin with http://")
        }
        guard let url = curl_url() else {
            throw TransportFailure(.other, "out of memory")
        }
        defer { curl_url_cleanup(url) }
        let code = curl_url_set(url, CURLUPART_URL, text, 0)
        guard code == CURLUE_OK else {
            throw Self.unusable(text, String(cString: curl_url_strerror(code)))
        }
        guard let scheme = Self.part(CURLUPART_SCHEME, of: url), ["http", "https"].contains(scheme)
        else { throw Self.unusable(text, "only http and https are spoken") }
        guard let host = Self.part(CURLUPART_HOST, of: url) else {
            throw Self.unusable(text, "it has no host")
        }
        guard Self.part(CURLUPART_USER, of: url) == nil else {
            throw Self.unusable(text, "no name and password in it, please: use a token")
        }
        guard Self.part(CURLUPART_QUERY, of: url) == nil,
            Self.part(CURLUPART_FRAGMENT, of: url) == nil
        else { throw Self.unusable(text, "it ends in a query or a fragment") }
        var base = text
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
        isLoopback = host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
    }

    private static func unusable(_ text: String, _ why: String) -> TransportFailure {
        TransportFailure(
            .unusable,
            "'\(text)' cannot be the hub's address: \(why) (like http://127.0.0.1:8088)")
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

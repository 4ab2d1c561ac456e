import COpenSSL

/// Why something about TLS went wrong, in words for an operator.
package struct TLSFailure: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// What OpenSSL noted last on this thread, such as "key values mismatch"; its notes are gone
    /// then. ERR_get_error(3).
    static func lastReason() -> String {
        let error = ERR_peek_last_error()
        ERR_clear_error()
        guard error != 0 else { return "no reason is known" }
        guard let text = ERR_reason_error_string(error) else { return "error \(error)" }
        return String(cString: text)
    }
}

import TLS

/// The PEM files by which a hub speaks TLS.
package struct TLSFiles: Equatable, Sendable {
    /// The certificate, and those between it and its root.
    package var certificate: String
    /// Its private key, without a passphrase.
    package var key: String
    /// Who vouches for clients' certificates; nil: clients are not asked for any.
    package var clientAuthorities: String?

    package init(certificate: String, key: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    /// Reads them.
    func context() throws(TLSFailure) -> TLSContext {
        try TLSContext(certificate: certificate, key: key, clientAuthorities: clientAuthorities)
    }
}

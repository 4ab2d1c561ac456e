import Glibc

/// How a connection is made: whom it trusts, how it says who it is, and which way it takes.
public struct HTTPOptions: Sendable, Equatable {
    /// A PEM file with the certificates that the server's must lead to; nil: those of the machine.
    public var certificateAuthority: String?
    /// A PEM file with the certificate that this side shows, where the server asks for one.
    public var clientCertificate: String?
    /// A PEM file with that certificate's private key, without a passphrase; nil: it stands in
    /// the certificate's own file.
    public var clientKey: String?
    /// A proxy such as `http://10.0.0.1:3128` (or `socks5h://…`); empty: none. Nil: what the
    /// environment says in `http_proxy`, `https_proxy` and `no_proxy`; never for this machine.
    public var proxy: String?
    /// For the name, the connection and TLS together.
    public var connectTimeout: Duration

    /// Options; the defaults are those of the machine.
    public init(
        certificateAuthority: String? = nil, clientCertificate: String? = nil,
        clientKey: String? = nil, proxy: String? = nil, connectTimeout: Duration = .seconds(10)
    ) {
        self.certificateAuthority = certificateAuthority
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.proxy = proxy
        self.connectTimeout = connectTimeout
    }

    /// Finds what cannot work while somebody is there to read it: libcurl would tell only of the
    /// first request, and then not which file it is.
    func check() throws(TransportFailure) {
        let files = [
            ("certificate authority", certificateAuthority),
            ("client certificate", clientCertificate), ("client key", clientKey),
        ]
        for case (let name, let path?) in files where access(path, R_OK) != 0 {
            throw TransportFailure(
                .unusable,
                "the \(name) '\(path)' cannot be read: \(String(cString: strerror(errno)))")
        }
        if clientKey != nil, clientCertificate == nil {
            throw TransportFailure(.unusable, "a client key is given without its certificate")
        }
    }
}

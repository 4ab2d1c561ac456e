import COpenSSL
import Glibc

/// What the connections of one side have in common: certificate, key, and whom they trust.
///
/// TLS 1.2 and 1.3, with ciphers that keep their secret when the key is lost later (ECDHE) and
/// tell when a byte was changed (AEAD); HTTP/1.1 by ALPN (RFC 7301); sessions are resumed by
/// tickets (RFC 5077; RFC 8446, section 2.2), so that nothing is kept of those who went.
/// Immutable; whoever has new files makes a new one.
package final class TLSContext: @unchecked Sendable {
    // Unchecked: OpenSSL's contexts may be used by several threads once they are set up.
    let handle: OpaquePointer

    /// The certificate shown; nil for a client that has none.
    package let certificate: Certificate?

    /// How many certificates vouch for the other side's, and how many lists tell which of those are
    /// revoked. Of a client that trusts whom the machine trusts: none.
    package let authorities: Int
    package let revocationLists: Int

    /// Seconds for which a session may be resumed. A changed certificate ends it before.
    private static let sessionSeconds = 3600

    /// Bytes of a client's certificate, and those between it and its root: a dozen of them.
    private static let chainBytes = 32 * 1024

    /// A server's.
    ///
    /// - Parameters:
    ///   - certificate: a PEM file with the certificate, and the ones between it and the root.
    ///   - key: the PEM file of its private key, without a passphrase.
    ///   - clientAuthorities: a PEM file with the certificates of those who vouch for clients, and
    ///     their revocation lists if there are any. With it clients are asked for a certificate;
    ///     without one they may come in as well.
    package convenience init(
        certificate: String, key: String, clientAuthorities: String? = nil
    ) throws(TLSFailure) {
        try self.init(TLS_server_method()) { handle throws(TLSFailure) in
            copenssl_choose_protocols(handle)
            copenssl_without_session_cache(handle)
            SSL_CTX_set_timeout(handle, Self.sessionSeconds)
            let purpose: [UInt8] = Array("message-center".utf8)
            SSL_CTX_set_session_id_context(handle, purpose, UInt32(purpose.count))
            if let clientAuthorities {
                try Self.ask(for: clientAuthorities, on: handle)
                // A ticket has only the last certificate of the client's: whether it is still
                // believed could not be told on a resumed session.
                copenssl_without_tickets(handle)
            }
            return try Self.load(certificate: certificate, key: key, into: handle)
        }
    }

    /// A client's, which believes only servers whose certificate is good for the host's name.
    ///
    /// - Parameters:
    ///   - authorities: a PEM file with the certificates of those who vouch for servers; nil: those
    ///     that this machine knows.
    ///   - certificate: PEM files of a certificate to show, and of its key.
    package convenience init(
        authorities: String?, certificate: (file: String, key: String)? = nil
    ) throws(TLSFailure) {
        try self.init(TLS_client_method()) { handle throws(TLSFailure) in
            try Self.trust(authorities, on: handle)
            SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
            copenssl_offer_protocols(handle)
            guard let certificate else { return nil }
            return try Self.load(certificate: certificate.file, key: certificate.key, into: handle)
        }
    }

    /// - Parameter setUp: what one side needs; its certificate is returned.
    private init(
        _ method: OpaquePointer?, _ setUp: (OpaquePointer) throws(TLSFailure) -> Certificate?
    ) throws(TLSFailure) {
        let made = try Self.make(method)
        // As long as the object is not whole its end frees nothing, so `handle` comes last.
        do throws(TLSFailure) { certificate = try setUp(made) } catch {
            SSL_CTX_free(made)
            throw error
        }
        let store = SSL_CTX_get_cert_store(made)
        authorities = Int(copenssl_count(store, X509_LU_X509))
        revocationLists = Int(copenssl_count(store, X509_LU_CRL))
        handle = made
    }

    deinit {
        SSL_CTX_free(handle)
    }

    private static func make(_ method: OpaquePointer?) throws(TLSFailure) -> OpaquePointer {
        ERR_clear_error()
        guard let handle = SSL_CTX_new(method), copenssl_harden(handle) == 1,
            SSL_CTX_set_cipher_list(handle, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
        else {
            throw TLSFailure("OpenSSL cannot be set up: \(TLSFailure.lastReason())")
        }
        // A key with a passphrase is refused: without this its reader would ask at the terminal.
        SSL_CTX_set_default_passwd_cb(handle) { _, _, _, _ in -1 }
        return handle
    }

    // MARK: Certificates

    /// OpenSSL would not say what is wrong with a file that cannot be opened.
    private static func readable(_ file: String) throws(TLSFailure) {
        let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw TLSFailure("\(file) cannot be read: \(reason)")
        }
        close(descriptor)
    }

    private static func load(
        certificate: String, key: String, into handle: OpaquePointer
    ) throws(TLSFailure) -> Certificate {
        for file in [certificate, key] { try readable(file) }
        guard SSL_CTX_use_certificate_chain_file(handle, certificate) == 1,
            let shown = SSL_CTX_get0_certificate(handle)
        else {
            throw TLSFailure(
                "\(certificate) is no certificate in PEM form: \(TLSFailure.lastReason())")
        }
        guard SSL_CTX_use_PrivateKey_file(handle, key, SSL_FILETYPE_PEM) == 1,
            SSL_CTX_check_private_key(handle) == 1
        else {
            throw TLSFailure(
                """
                \(key) is no private key of \(certificate), in PEM form and without a passphrase \
                (openssl pkey -in … -out … writes one without): \(TLSFailure.lastReason())
                """)
        }
        X509_up_ref(shown)
        return Certificate(owning: shown)
    }

    private static func trust(
        _ authorities: String?, on handle: OpaquePointer
    ) throws(TLSFailure) {
        guard let authorities else {
            SSL_CTX_set_default_verify_paths(handle)
            return
        }
        try readable(authorities)
        guard SSL_CTX_load_verify_locations(handle, authorities, nil) == 1 else {
            throw TLSFailure(
                "\(authorities) holds no certificates in PEM form: \(TLSFailure.lastReason())")
        }
    }

    private static func ask(
        for authorities: String, on handle: OpaquePointer
    ) throws(TLSFailure) {
        try trust(authorities, on: handle)
        try PEMFile(authorities).check()
        guard let names = SSL_load_client_CA_file(authorities) else {
            throw TLSFailure(
                "\(authorities) holds no certificates in PEM form: \(TLSFailure.lastReason())")
        }
        SSL_CTX_set_client_CA_list(handle, names)
        let store = SSL_CTX_get_cert_store(handle)
        if copenssl_count(store, X509_LU_CRL) > 0 {
            // Of every certificate up to the root: an authority can be revoked, too.
            X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL))
        }
        copenssl_bound_chain(handle, chainBytes)
        SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
    }

    /// Whether `certificate` would be believed now, when a client showed it.
    ///
    /// - Parameter chain: the certificates between it and the root, as OpenSSL has them.
    func trusts(_ certificate: Certificate, chain: OpaquePointer?) -> Bool {
        let check = X509_STORE_CTX_new()
        defer {
            X509_STORE_CTX_free(check)
            ERR_clear_error()
        }
        guard
            X509_STORE_CTX_init(check, SSL_CTX_get_cert_store(handle), certificate.handle, chain)
                == 1,
            X509_STORE_CTX_set_default(check, "ssl_client") == 1
        else { return false }
        return X509_verify_cert(check) == 1
    }
}

// Unsafe: holds OpenSSL's connection, which lives exactly as long as this object.

import COpenSSL
package import Wire

/// One connection's TLS: records in, content out, and the other way round.
///
/// It reads and writes no socket: whoever has one hands over what came, and sends what this makes.
/// Owned by one thread at a time.
package final class TLSSession {
    /// What became of the records that were opened.
    package enum Outcome: Equatable {
        /// All that is whole is opened.
        case opened
        /// The peer has said that nothing follows (close_notify; RFC 8446, section 6.1).
        case ended
        /// It does not speak TLS, or not so that it can be believed. What it is to be told stands
        /// among the answers; then the connection is over.
        case failed(TLSFailure)
    }

    private let context: TLSContext
    private let pipe = RecordPipe()
    private let handle: OpaquePointer
    private var hello = HelloLength()
    private var isHandshakeSealed = false
    private var hasFailed = false
    /// Nothing is sealed any more; what the peer still sends is opened.
    private var hasEnded = false

    /// Records so far that held nothing for the other side of this: new keys, and the like. Each
    /// costs as much as a hundred times its bytes.
    private var silentRecords = 0
    /// More of them than any client has reason to send: keys are renewed after gigabytes.
    private static let silentRecordsAllowed = 64

    /// Whether the handshake is done.
    package private(set) var isEstablished = false

    /// The client's certificate, if it showed one; the context's authorities vouch for it.
    package private(set) var peer: Certificate?

    /// The server's side of a connection.
    package init(serving context: TLSContext) {
        self.context = context
        handle = Self.make(context, pipe)
        SSL_set_accept_state(handle)
    }

    /// The client's side of a connection to `host`, a name or an address, whose certificate has to
    /// be for it. `begin` makes its first records.
    package init(connecting context: TLSContext, to host: String) {
        self.context = context
        handle = Self.make(context, pipe)
        SSL_set_connect_state(handle)
        // An address is checked as such, and is no name to send (RFC 6066, section 3).
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), host) != 1 {
            SSL_set1_host(handle, host)
            copenssl_server_name(handle, host)
        }
        ERR_clear_error()
    }

    private static func make(_ context: TLSContext, _ pipe: RecordPipe) -> OpaquePointer {
        guard let handle = SSL_new(context.handle) else {
            preconditionFailure("OpenSSL has no memory for a connection")
        }
        let bio = pipe.makeBIO()
        SSL_set_bio(handle, bio, bio)
        return handle
    }

    deinit {
        SSL_free(handle)
    }

    // MARK: Opening

    /// Whether a client that begins so speaks TLS. What begins with a letter is most often HTTP in
    /// the clear.
    package static func isHandshake(_ bytes: RawSpan) -> Bool {
        bytes.byteCount == 0 || TLSRecords.isHandshake(bytes)
    }

    /// Begins a client's handshake.
    package func begin(into output: inout ByteBuffer) {
        swap(&pipe.outgoing, &output)
        SSL_do_handshake(handle)
        ERR_clear_error()
        swap(&pipe.outgoing, &output)
    }

    /// Opens the records at the start of `sealed` that are whole, and takes them away. What they
    /// hold is appended to `plain`; what TLS itself has to tell the peer, to `output`.
    ///
    /// What stays in `sealed` is the beginning of one record.
    package func open(
        _ sealed: inout ByteBuffer, into plain: inout ByteBuffer, answering output: inout ByteBuffer
    ) -> Outcome {
        guard !hasFailed else { return .opened }
        swap(&pipe.outgoing, &output)
        defer { swap(&pipe.outgoing, &output) }
        var outcome = Outcome.opened
        while outcome == .opened {
            // One by one in the handshake: each is looked at before OpenSSL gets it.
            switch TLSRecords.front(of: sealed.bytes, most: isEstablished ? .max : 1) {
            case .begun: return .opened
            case .impossible: return fail("what came is no record of TLS")
            case .whole(let length):
                guard isEstablished || accepts(sealed.bytes.extracting(0..<length)) else {
                    return fail("the client's hello is too long")
                }
                outcome = open(length, of: sealed, into: &plain)
                sealed.consume(length)
            }
        }
        return outcome
    }

    /// Whether OpenSSL may have a record of the handshake.
    private func accepts(_ record: RawSpan) -> Bool {
        // From there on TLS 1.2 has its handshake sealed. In TLS 1.3 the record means nothing, and
        // what is sealed does not say that it is of a handshake (RFC 8446, sections 5 and 5.2).
        if TLSRecords.isChangeOfCipher(record), SSL_version(handle) == TLS1_2_VERSION {
            isHandshakeSealed = true
        }
        return isHandshakeSealed || hello.accepts(record)
    }

    private func open(
        _ length: Int, of sealed: borrowing ByteBuffer, into plain: inout ByteBuffer
    ) -> Outcome {
        sealed.withUnsafeBytes { bytes in
            pipe.incoming = UnsafeRawBufferPointer(rebasing: bytes.prefix(length))
            defer { pipe.incoming = UnsafeRawBufferPointer(start: nil, count: 0) }
            return readAll(into: &plain)
        }
    }

    private func fail(_ reason: String) -> Outcome {
        hasFailed = true
        return .failed(TLSFailure(reason))
    }

    private func readAll(into plain: inout ByteBuffer) -> Outcome {
        // What another session of this thread has noted is not this one's.
        ERR_clear_error()
        repeat {
            let wasEstablished = isEstablished
            var code: Int32 = 0
            plain.withFreeSpace(minimum: 1) { space in
                var count = 0
                code = SSL_read_ex(handle, space.baseAddress, space.count, &count)
                return count
            }
            // At once: it looks at what the last call has noted, on this thread.
            let error = SSL_get_error(handle, code)
            if !isEstablished, SSL_is_init_finished(handle) == 1 { establish() }
            if code != 1, let outcome = outcome(error, wasEstablished) { return outcome }
        } while !pipe.incoming.isEmpty || SSL_has_pending(handle) == 1
        return .opened
    }

    /// What the end of reading means; nil: there are no more records.
    private func outcome(_ error: Int32, _ wasEstablished: Bool) -> Outcome? {
        switch error {
        case SSL_ERROR_WANT_READ:
            guard wasEstablished else { return pipe.incoming.isEmpty ? .opened : nil }
            silentRecords += 1
            guard silentRecords <= Self.silentRecordsAllowed else {
                return fail("too many records that hold nothing")
            }
            return pipe.incoming.isEmpty ? .opened : nil
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: return fail(reason)
        }
    }

    /// What failed; of a certificate that is not believed also why, and whose it is.
    private var reason: String {
        let reason = TLSFailure.lastReason()
        let verdict = SSL_get_verify_result(handle)
        guard verdict != Int(X509_V_OK), let text = X509_verify_cert_error_string(verdict) else {
            return reason
        }
        return "\(reason): \(String(cString: text))"
    }

    /// Whether it failed because of the certificate that the peer showed.
    package var isUntrusted: Bool { SSL_get_verify_result(handle) != Int(X509_V_OK) }

    private func establish() {
        isEstablished = true
        if let certificate = SSL_get1_peer_certificate(handle) {
            peer = Certificate(owning: certificate)
        }
    }

    // MARK: Sealing

    /// Appends `plain` to `sealed` as records, and empties it. Only once the handshake is done.
    package func seal(_ plain: inout ByteBuffer, into sealed: inout ByteBuffer) {
        defer { plain.removeAll() }
        guard !plain.isEmpty, !hasFailed, !hasEnded else { return }
        sealed.reserve(TLSRecords.sealedLength(of: plain.count))
        swap(&pipe.outgoing, &sealed)
        plain.withUnsafeBytes { bytes in
            var count = 0
            hasFailed = SSL_write_ex(handle, bytes.baseAddress, bytes.count, &count) != 1
        }
        if hasFailed { ERR_clear_error() }
        swap(&pipe.outgoing, &sealed)
    }

    /// Appends that nothing follows (close_notify). Once, and after all that is to be sent.
    package func end(into sealed: inout ByteBuffer) {
        guard isEstablished, !hasFailed, !hasEnded else { return }
        hasEnded = true
        swap(&pipe.outgoing, &sealed)
        SSL_shutdown(handle)
        ERR_clear_error()
        swap(&pipe.outgoing, &sealed)
    }

    /// Appends that this side's keys are new from here on; SSL_key_update(3). For tests.
    func renewKeys(into sealed: inout ByteBuffer) {
        swap(&pipe.outgoing, &sealed)
        SSL_key_update(handle, SSL_KEY_UPDATE_NOT_REQUESTED)
        SSL_do_handshake(handle)
        ERR_clear_error()
        swap(&pipe.outgoing, &sealed)
    }

    // MARK: What was agreed

    /// Whether the session of an earlier connection goes on.
    package var isResumed: Bool { SSL_session_reused(handle) == 1 }

    /// Such as `TLSv1.3`.
    package var version: String { String(cString: SSL_get_version(handle)) }

    /// Whether `context`, newer than this connection's, would believe its peer as well; also where
    /// that has shown no certificate.
    package func wouldBeTrusted(by context: TLSContext) -> Bool {
        guard let peer else { return true }
        return context.trusts(peer, chain: SSL_get_peer_cert_chain(handle))
    }
}

// Unsafe: the one file that drives libcurl, a C library. What it is given
// lives until the transfer is taken out of its multi handle; what it hands to the callbacks is
// copied inside them.

import CCurl
import Glibc

/// One libcurl easy handle, and the multi handle it is run by, which keeps its connection.
///
/// A multi handle for one transfer, because only that one can be woken while it waits.
/// https://curl.se/libcurl/c/libcurl-multi.html
final class TransportHandle {
    private let curl: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let options: HTTPOptions
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// Once a process, before any thread may use libcurl.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(_ options: HTTPOptions) throws(TransportFailure) {
        guard Self.isReady, let curl = curl_easy_init(), let multi = curl_multi_init() else {
            throw TransportFailure(.other, "libcurl could not be started")
        }
        self.curl = curl
        self.multi = multi
        self.options = options
    }

    deinit {
        curl_easy_cleanup(curl)
        curl_multi_cleanup(multi)
        errorText.deallocate()
    }

    /// For any thread: what waits in `transfer` looks at its cancellation.
    func wake() {
        curl_multi_wakeup(multi)
    }

    func perform(
        _ request: HTTPRequest, url: String, fields: [String], unless cancellation: Cancellation?
    ) throws(TransportFailure) -> HTTPAnswer {
        // Options go, the connection and its TLS session stay.
        curl_easy_reset(curl)
        errorText[0] = 0
        var list: UnsafeMutablePointer<curl_slist>?
        for field in fields { list = curl_slist_append(list, field) }
        defer { curl_slist_free_all(list) }
        set(method: request.method, url: url, timeout: request.timeout)
        setOptions()
        _ = ccurl_set_pointer(curl, CURLOPT_HTTPHEADER, list)

        let received = Received()
        let code = withExtendedLifetime(received) {
            connectCallbacks(curl, to: received)
            return send(request.body, unless: cancellation)
        }
        guard code == CURLE_OK else { throw failure(code, received) }
        guard received.isHeadWhole else {
            // libcurl takes what came for the whole answer, and so a 200 for a success.
            throw TransportFailure(.broken, "the connection ended within the head of the answer")
        }
        var status = 0
        _ = ccurl_get_long(curl, CURLINFO_RESPONSE_CODE, &status)
        return HTTPAnswer(status: status, headers: received.headers, body: received.body)
    }

    private func set(method: String, url: String, timeout: Duration) {
        _ = ccurl_set_text(curl, CURLOPT_URL, url)
        _ = ccurl_set_text(curl, CURLOPT_CUSTOMREQUEST, method)
        _ = ccurl_set_long(curl, CURLOPT_NOBODY, method == "HEAD" ? 1 : 0)
        _ = ccurl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https")
        // Every encoding this libcurl can unpack.
        _ = ccurl_set_text(curl, CURLOPT_ACCEPT_ENCODING, "")
        // No SIGALRM for resolver time-outs: the program has other threads.
        _ = ccurl_set_long(curl, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_set_long(curl, CURLOPT_TIMEOUT_MS, milliseconds(timeout))
        _ = ccurl_set_pointer(curl, CURLOPT_ERRORBUFFER, errorText)
    }

    private func setOptions() {
        _ = ccurl_set_long(
            curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connectTimeout))
        if let path = options.certificateAuthority {
            _ = ccurl_set_text(curl, CURLOPT_CAINFO, path)
        }
        if let path = options.clientCertificate {
            _ = ccurl_set_text(curl, CURLOPT_SSLCERT, path)
            _ = ccurl_set_text(curl, CURLOPT_SSLKEY, options.clientKey ?? path)
        }
        if let proxy = options.proxy {
            _ = ccurl_set_text(curl, CURLOPT_PROXY, proxy)
            // What was chosen here is not undone by the environment's no_proxy.
            _ = ccurl_set_text(curl, CURLOPT_NOPROXY, "")
        }
    }

    private func send(_ body: [UInt8]?, unless cancellation: Cancellation?) -> CURLcode {
        guard let body else { return transfer(unless: cancellation) }
        return body.withUnsafeBytes { bytes in
            _ = ccurl_set_long(curl, CURLOPT_POST, 1)
            _ = ccurl_set_size(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
            // An empty array has no address, and without one libcurl would read standard input.
            guard let address = bytes.baseAddress else {
                _ = ccurl_set_text(curl, CURLOPT_COPYPOSTFIELDS, "")
                return transfer(unless: cancellation)
            }
            _ = ccurl_set_pointer(curl, CURLOPT_POSTFIELDS, address)
            return transfer(unless: cancellation)
        }
    }

    /// Runs the transfer to its end, as `curl_easy_perform` does, or until it is cancelled.
    private func transfer(unless cancellation: Cancellation?) -> CURLcode {
        guard curl_multi_add_handle(multi, curl) == CURLM_OK else { return CURLE_FAILED_INIT }
        defer { curl_multi_remove_handle(multi, curl) }
        var running: Int32 = 1
        while true {
            if cancellation?.isCancelled == true { return CURLE_ABORTED_BY_CALLBACK }
            guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
            if running == 0 { return outcome() }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
    }

    /// How the only transfer ended.
    private func outcome() -> CURLcode {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE { return message.pointee.data.result }
        }
        return CURLE_FAILED_INIT
    }

    private func failure(_ code: CURLcode, _ received: Received) -> TransportFailure {
        if received.isTooLarge {
            return TransportFailure(
                .tooLarge, "the answer is larger than \(HTTPTransport.largestAnswer) bytes")
        }
        if code == CURLE_ABORTED_BY_CALLBACK {
            return TransportFailure(.cancelled, "nobody waits for the answer any more")
        }
        let detail = String(cString: errorText)
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        return TransportFailure(reason(of: code, text), text)
    }

    private func milliseconds(_ duration: Duration) -> Int {
        let parts = duration.components
        return max(1, Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000))
    }
}

/// What the callbacks gather for one answer.
private final class Received {
    var headers: [(name: String, value: String)] = []
    /// Whether the empty line behind the head has come.
    var isHeadWhole = false
    var body: [UInt8] = []
    var isTooLarge = false

    /// Takes one line of the head. A new status line begins a new head: the one before was an
    /// interim answer (RFC 9110 §15.2).
    func take(line: [UInt8]) {
        let text = String(decoding: line, as: UTF8.self)
        if text.first?.isNewline == true { isHeadWhole = true }
        if text.hasPrefix("HTTP/") {
            isHeadWhole = false
            headers.removeAll()
        }
        guard let colon = text.firstIndex(of: ":") else { return }
        let value = text[text.index(after: colon)...]
            .drop { $0.isWhitespace }.prefix { !$0.isNewline }
        headers.append((String(text[..<colon]), String(value)))
    }

    /// Takes a part of the body; false stops the transfer.
    func take(content: UnsafeRawBufferPointer) -> Bool {
        isTooLarge = body.count + content.count > HTTPTransport.largestAnswer
        if !isTooLarge { body += content }
        return !isTooLarge
    }
}

/// Outside of any type: a C callback made where an actor's isolation could be inferred traps.
private func connectCallbacks(_ curl: UnsafeMutableRawPointer, to received: Received) {
    let context = Unmanaged.passUnretained(received).toOpaque()
    _ = ccurl_set_pointer(curl, CURLOPT_HEADERDATA, context)
    _ = ccurl_set_sink(curl, CURLOPT_HEADERFUNCTION) { data, size, count, context in
        guard let data, let context else { return 0 }
        let line = Array(UnsafeRawBufferPointer(start: data, count: size * count))
        Unmanaged<Received>.fromOpaque(context).takeUnretainedValue().take(line: line)
        return size * count
    }
    _ = ccurl_set_pointer(curl, CURLOPT_WRITEDATA, context)
    _ = ccurl_set_sink(curl, CURLOPT_WRITEFUNCTION) { data, size, count, context in
        guard let data, let context else { return 0 }
        let content = UnsafeRawBufferPointer(start: data, count: size * count)
        let received = Unmanaged<Received>.fromOpaque(context).takeUnretainedValue()
        return received.take(content: content) ? size * count : 0
    }
}

/// - Parameter text: what libcurl says of it.
private func reason(of code: CURLcode, _ text: String) -> TransportFailure.Reason {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
        .unreachable
    case CURLE_OPERATION_TIMEDOUT: .timedOut
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: .broken
    // Any end of a handshake. A hub that is full, or dies, hangs up in it: that passes.
    case CURLE_SSL_CONNECT_ERROR: isVerdict(text) ? .insecure : .broken
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CIPHER, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
        CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
        .insecure
    default: .other
    }
}

/// Whether one of the two sides has said that they do not go together: by an alert, by other
/// protocols than this side has, or by not speaking TLS. ERR_reason_error_string(3).
private func isVerdict(_ text: String) -> Bool {
    [
        " alert ", "unrecognized name", "wrong version number", "unsupported protocol",
        "no protocols available", "no ciphers available",
    ].contains { text.contains($0) }
}

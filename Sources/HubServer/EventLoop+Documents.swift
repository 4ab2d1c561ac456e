import Hub
import Platform
import Wire

/// The dashboard's files.
extension EventLoop {
    /// Scripts, styles and pictures come from here alone, and nothing runs that stands in a page:
    /// what a message holds can do no harm there (https://www.w3.org/TR/CSP3/).
    private static let policy: StaticString = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src \
        'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """

    /// Whether browsers are told never to ask this host without TLS (RFC 6797). Not where the host is
    /// everybody's own machine: other programs there would be asked so too.
    private var promisesTLS: Bool { tls != nil && !hub.configuration.listen.isLoopback }

    func answer(_ connection: Connection, _ document: Document, _ bytes: RawSpan) {
        body.removeAll()
        let isKnown = bytes.text(connection.head.ifNoneMatch).contains(document.tag)
        if !isKnown { body.append(document.bytes) }
        beginHead(connection, isKnown ? 304 : 200, type: document.type)
        output.append("ETag: ")
        output.append(document.tag)
        // Kept, and asked for anew each time: a hub of another version has other files.
        output.append("\r\nCache-Control: no-cache\r\n")
        output.appendField("Content-Security-Policy", Self.policy)
        output.append("X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n")
        if promisesTLS {
            output.append("Strict-Transport-Security: max-age=31536000\r\n")
        }
        if isKnown { endHeadAlone(connection) } else { endAnswer(connection) }
    }
}

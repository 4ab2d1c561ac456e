import Hub
import Platform
import Wire

/// The dashboard's files.
extension EventLoop {
    /// Whether browsers are told never to ask this host without TLS (RFC 6797). Not where the host
    /// is everybody's own machine: other programs there would be asked so too.
    private var promisesTLS: Bool { tls != nil && !hub.configuration.listen.isLoopback }

    func answer(_ connection: Connection, _ document: Document, _ bytes: RawSpan) {
        body.removeAll()
        let isKnown = bytes.text(connection.head.ifNoneMatch).contains(document.tag)
        if !isKnown { body.append(document.bytes) }
        beginHead(connection, isKnown ? 304 : 200, type: document.type, isKept: true)
        output.append("ETag: ")
        output.append(document.tag)
        // Kept, and asked for anew each time: a hub of another version has other files.
        output.append("\r\nCache-Control: no-cache\r\n")
        output.append(BrowserFields.ofPages)
        if promisesTLS {
            output.append("Strict-Transport-Security: max-age=31536000\r\n")
        }
        if isKnown { endHeadAlone(connection) } else { endAnswer(connection) }
    }
}

import Hub
import Wire

/// The dashboard's files.
extension EventLoop {
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
        if isKnown { endHeadAlone(connection) } else { endAnswer(connection) }
    }
}

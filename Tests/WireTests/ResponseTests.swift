import Testing

@testable import Wire

@Suite("An answer's head")
struct ResponseTests {
    @Test("A head is appended to what is there, field by field")
    func head() {
        let text = written { output in
            output.append("earlier|")
            output.appendStatusLine(200)
            output.appendField("Content-Type", "application/json")
            output.appendField("X-Request-Id", "r-" + String(1))
            output.appendField("Retry-After", decimal: 5)
            output.appendField("X-Bytes", "as they are".utf8.span.bytes)
            output.endHead()
        }
        #expect(
            text == """
                earlier|HTTP/1.1 200 OK\r
                Content-Type: application/json\r
                X-Request-Id: r-1\r
                Retry-After: 5\r
                X-Bytes: as they are\r
                \r

                """)
    }

    @Test("An answer without body ends with its empty line")
    func noBody() {
        let text = written { output in
            output.appendStatusLine(304)
            output.endHead()
        }
        #expect(text == "HTTP/1.1 304 Not Modified\r\n\r\n")
    }

    @Test(
        "Every status of the interface has its line",
        arguments: [
            100, 200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409, 410, 411, 413, 414, 415,
            417,
            422, 423, 429, 431, 500, 501, 503, 505, 507,
        ] as [UInt16])
    func lines(status: UInt16) {
        let line = StatusLine.line(status).description
        #expect(line.hasPrefix("HTTP/1.1 \(status) ") && line.hasSuffix("\r\n"))
        let reason = written { $0.appendReason(of: status) }
        #expect(line == "HTTP/1.1 \(status) \(reason)\r\n" && reason.count > 1)
    }
}

import TestSupport
import Testing
import Wire

/// A request that two parsers could read differently hides another one from one of them (request
/// smuggling): it is refused, and nothing behind it is believed.
@Suite("HTTP: ambiguous requests")
struct HTTPSmugglingTests {
    struct Ambiguity: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let head: String
        var status = 400
    }

    static let ambiguities: [Ambiguity] = [
        .init(
            testDescription: "both lengths",
            head:
                "POST / HTTP/1.1\r\n"
                + "Host: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        ),
        .init(
            testDescription: "both lengths, the other way round",
            head:
                "POST / HTTP/1.1\r\n"
                + "Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
        ),
        .init(
            testDescription: "two lengths",
            head: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n"),
        .init(
            testDescription: "twice the same length",
            head: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"),
        .init(
            testDescription: "a list of lengths",
            head: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0, 0\r\n\r\n"),
        .init(
            testDescription: "a signed length",
            head: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +0\r\n\r\n"),
        .init(
            testDescription: "a hexadecimal length",
            head: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x0\r\n\r\n"),
        .init(
            testDescription: "an empty length",
            head: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n"),
        .init(
            testDescription: "a length beyond all integers",
            head: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        .init(
            testDescription: "chunked twice",
            head: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"),
        .init(
            testDescription: "chunked not last",
            head: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"),
        .init(
            testDescription: "two transfer encodings",
            head:
                "POST / HTTP/1.1\r\n"
                + "Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"
        ),
        .init(
            testDescription: "an unknown transfer encoding",
            head: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", status: 501),
        .init(
            testDescription: "chunked in HTTP/1.0",
            head: "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"),
        .init(
            testDescription: "a bare line feed behind the request line",
            head: "GET / HTTP/1.1\nHost: h\r\n\r\n"),
        .init(
            testDescription: "a bare line feed behind a field",
            head: "GET / HTTP/1.1\r\nHost: h\n\r\n"),
        .init(
            testDescription: "a bare line feed at the head's end",
            head: "GET / HTTP/1.1\r\nHost: h\r\n\n"),
        .init(
            testDescription: "a bare carriage return in a value",
            head: "GET / HTTP/1.1\r\nHost: h\r\nX: a\rContent-Length: 9\r\n\r\n"),
        .init(
            testDescription: "a bare carriage return in the target",
            head: "GET /\r HTTP/1.1\r\nHost: h\r\n\r\n"),
        .init(
            testDescription: "a space before the colon",
            head: "GET / HTTP/1.1\r\nHost: h\r\nContent-Length : 9\r\n\r\n"),
        .init(
            testDescription: "a tab before the colon",
            head: "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding\t: chunked\r\n\r\n"),
        .init(
            testDescription: "a folded line",
            head: "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n Content-Length: 9\r\n\r\n"),
        .init(
            testDescription: "a folded first field",
            head: "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
        .init(testDescription: "no host", head: "GET / HTTP/1.1\r\n\r\n"),
        .init(
            testDescription: "two hosts",
            head: "GET / HTTP/1.1\r\nHost: h\r\nHost: g\r\n\r\n"),
        .init(
            testDescription: "a NUL in a value",
            head: "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"),
        .init(
            testDescription: "two spaces in the request line",
            head: "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
        .init(
            testDescription: "a field without a colon",
            head: "GET / HTTP/1.1\r\nHost: h\r\nContent-Length\r\n\r\n"),
        .init(
            testDescription: "HTTP/2's first line",
            head: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505),
    ]

    private static let publish =
        "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 32\r\n\r\n"
        + #"{"topic":"A_B","wid":0,"body":1}"#

    @Test(
        "It is refused, the connection ends, and what follows is never done",
        arguments: ambiguities)
    func refused(ambiguity: Ambiguity) throws {
        let hub = try RunningHub(loops: 1)
        let client = try hub.client()
        try client.send(ambiguity.head + Self.publish)
        let answer = try client.answer()
        expectProblem(
            answer, ambiguity.status,
            [501: "not_implemented", 505: "version_not_supported"][ambiguity.status]
                ?? "malformed_request")
        #expect(answer[field: "Connection"] == "close")
        // Also what is sent afterwards goes nowhere.
        try? client.send(Self.publish)
        #expect(try client.isClosed())
        #expect(client.pending.isEmpty)
        #expect(try hub.client().get("/v1/warehouses")["head"].integer == 0)
    }

    static let badChunks = [
        "+1\r\nx\r\n0\r\n\r\n", "0x1\r\nx\r\n0\r\n\r\n", "1 \r\nx\r\n0\r\n\r\n",
        "1\nx\n0\n\n", "1\r\nxy\r\n0\r\n\r\n", "\r\n", "11111111111111111\r\nx\r\n",
        "-1\r\n\r\n", "1;a\nb\r\nx\r\n0\r\n\r\n", "0\r\nContent-Length 9\r\n\r\n",
        "0\r\n folded: 1\r\n\r\n", "0\r\nx: \u{1}\r\n\r\n",
    ]

    @Test(
        "A malformed chunk ends the connection, and what follows is never done",
        arguments: badChunks)
    func badChunk(body: String) throws {
        let hub = try RunningHub(loops: 1)
        let client = try hub.client()
        try client.send(
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body
                + Self.publish)
        expectProblem(try client.answer(), 400, "malformed_request")
        #expect(try client.isClosed())
        #expect(try hub.client().get("/v1/warehouses")["head"].integer == 0)
    }

    @Test("A length near the largest integer is too large, and the hub lives on")
    func hugeLength() throws {
        let hub = try RunningHub(loops: 1)
        for length in ["9223372036854775807", "9223372036854775000", "68719476736"] {
            for path in ["/v1/messages", "/nowhere", "/healthz"] {
                let client = try hub.client()
                try client.send(
                    "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n")
                let answer = try client.answer()
                #expect([413, 404, 405].contains(answer.status))
                #expect(answer[field: "Connection"] == "close")
            }
        }
        #expect(try hub.client().get("/healthz").status == 200)
    }
}

@testable import Wire

/// A head of these lines, with the empty line that ends it.
func head(_ lines: String...) -> String {
    lines.map { $0 + "\r\n" }.joined() + "\r\n"
}

/// A `GET` of HTTP/1.1 with a host and these fields.
func get(_ fields: String...) -> String {
    "GET / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}

func parse(_ text: String, _ limits: RequestParser.Limits = .init()) -> RequestParser.Result {
    var parser = RequestParser(limits: limits)
    return parser.parse(text.utf8.span.bytes)
}

/// What comes of `bytes` when they arrive in pieces.
func parse(_ bytes: [UInt8], cutAt cuts: [Int]) -> RequestParser.Result {
    var parser = RequestParser()
    for cut in cuts + [bytes.count] {
        let result = parser.parse(bytes.span.bytes.extracting(0..<cut))
        if result != .incomplete { return result }
    }
    return .incomplete
}

/// The head that `text` holds, or nil if it is refused or incomplete.
func accepted(_ text: String) -> RequestHead? {
    if case .head(let head) = parse(text) { head } else { nil }
}

/// The failure of `text`, or nil if there is none.
func refused(_ text: String, _ limits: RequestParser.Limits = .init()) -> RequestFailure? {
    if case .failure(let failure) = parse(text, limits) { failure } else { nil }
}

/// Requests that are read, of all sorts.
let goodRequests = [
    head("GET / HTTP/1.1", "Host: a"),
    "\r\n" + head("GET / HTTP/1.1", "Host: a"),
    head("GET / HTTP/1.0"),
    head("HEAD /v1/warehouses?limit=5&x=%20 HTTP/1.1", "hOsT: [::1]:8080"),
    head("OPTIONS * HTTP/1.1", "Host: a.example"),
    head("GET http://hub.example:80/v1/stats?a=b HTTP/1.1", "Host: hub.example"),
    head("GET HTTPS://hub.example HTTP/1.1", "Host:"),
    head(
        "POST /v1/messages HTTP/1.1", "Host: localhost:8080", "User-Agent: curl/8.5.0",
        "Content-Type: application/json; charset=utf-8", "Content-Length: 123",
        "Authorization: Bearer abc.def", "X-Request-Id: r-1", "Accept-Encoding: gzip, br",
        "Expect: 100-continue") + "{}",
    head(
        "PUT /x HTTP/1.1", "Host: a", "Transfer-Encoding: Chunked", "Connection: close",
        "X-Bytes: \u{E9}\t tabs and more"),
    head("POST /a HTTP/1.0", "Connection: keep-alive", "Content-Length: 0"),
    head("PROPFIND /a HTTP/1.1", "Host: a", "X-Empty:", "X-Blank: \t "),
]

/// Requests that another parser might read in another way, or that are simply wrong.
let badRequests: [(text: String, status: UInt16)] = [
    // Two lengths.
    (get("Content-Length: 5", "Transfer-Encoding: chunked"), 400),
    (get("Transfer-Encoding: chunked", "Content-Length: 5"), 400),
    (get("Content-Length: 5", "Content-Length: 5"), 400),
    (get("Content-Length: 5", "content-length: 6"), 400),
    (get("Content-Length: 5, 5"), 400),
    (get("Content-Length: 5,"), 400),
    // No number.
    (get("Content-Length: +5"), 400),
    (get("Content-Length: -5"), 400),
    (get("Content-Length: 0x5"), 400),
    (get("Content-Length: 5 5"), 400),
    (get("Content-Length: 5.0"), 400),
    (get("Content-Length: 5e1"), 400),
    (get("Content-Length:"), 400),
    (get("Content-Length: ٥"), 400),
    (get("Content-Length: 9223372036854775808"), 400),
    (get("Content-Length: 18446744073709551621"), 400),
    (get("Content-Length: 99999999999999999999999999"), 400),
    // Codings.
    (get("Transfer-Encoding: gzip"), 501),
    (get("Transfer-Encoding: gzip, chunked"), 501),
    (get("Transfer-Encoding: xchunked"), 501),
    (get("Transfer-Encoding: identity"), 501),
    (get("Transfer-Encoding: chunked, gzip"), 400),
    (get("Transfer-Encoding: chunked, chunked"), 400),
    (get("Transfer-Encoding: chunked,"), 400),
    (get("Transfer-Encoding: ,chunked"), 400),
    (get("Transfer-Encoding: chunked;q=1"), 400),
    (get("Transfer-Encoding: \"chunked\""), 400),
    (get("Transfer-Encoding:"), 400),
    (get("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400),
    (get("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), 400),
    (get("Transfer-Encoding: \u{B}chunked"), 400),
    (get("Transfer-Encoding : chunked"), 400),
    (get("Transfer-Encoding\t: chunked"), 400),
    (get("Transfer_Encoding: chunked", "Transfer-Encoding:\u{C}chunked"), 400),
    (head("POST / HTTP/1.0", "Transfer-Encoding: chunked"), 400),
    // Ends of lines.
    ("GET / HTTP/1.1\nHost: a\n\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400),
    ("GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("\r\n\r\n" + get(), 400),
    ("\n" + get(), 400),
    ("\r" + get(), 400),
    // Field lines.
    (get("X: a", " folded"), 400),
    (get("X: a", "\tfolded"), 400),
    (head("GET / HTTP/1.1", " Host: a"), 400),
    (get(": value"), 400),
    (get("no colon"), 400),
    (get("nocolon"), 400),
    (get("X Y: a"), 400),
    (get("X(: a"), 400),
    (get("X\u{E9}: a"), 400),
    (get("X: a\u{0}b"), 400),
    (get("X\u{0}: a"), 400),
    (get("X: a\u{7F}"), 400),
    (get("X: \u{1B}[31m"), 400),
    // Host.
    (head("GET / HTTP/1.1"), 400),
    (get("Host: a"), 400),
    (get("host: b"), 400),
    (head("GET / HTTP/1.0", "Host: a", "Host: a"), 400),
    (head("GET / HTTP/1.1", "Host: a b"), 400),
    (head("GET / HTTP/1.1", "Host: a/b"), 400),
    (head("GET / HTTP/1.1", "Host: u@a"), 400),
    (head("GET / HTTP/1.1", "Host: a:b"), 400),
    (head("GET / HTTP/1.1", "Host: a:1:2"), 400),
    (head("GET / HTTP/1.1", "Host: a:123456"), 400),
    (head("GET / HTTP/1.1", "Host: [::1"), 400),
    (head("GET / HTTP/1.1", "Host: []"), 400),
    (head("GET / HTTP/1.1", "Host: [::1]x"), 400),
    (head("GET / HTTP/1.1", "Host: a\u{E9}"), 400),
    (head("GET http://hub/ HTTP/1.1"), 400),
    // The request line.
    (head("GET  / HTTP/1.1", "Host: a"), 400),
    (head("GET /  HTTP/1.1", "Host: a"), 400),
    (head("GET / HTTP/1.1 ", "Host: a"), 400),
    (head(" GET / HTTP/1.1", "Host: a"), 400),
    (head("GET\t/ HTTP/1.1", "Host: a"), 400),
    (head("GET / x HTTP/1.1", "Host: a"), 400),
    (head("GET", "Host: a"), 400),
    (head("GET /", "Host: a"), 400),
    (head("GET / ", "Host: a"), 400),
    (head("GET /\u{E9} HTTP/1.1", "Host: a"), 400),
    (head("GET /#top HTTP/1.1", "Host: a"), 400),
    (head("GET /\u{0} HTTP/1.1", "Host: a"), 400),
    (head("GET /\u{7F} HTTP/1.1", "Host: a"), 400),
    (head("G(T / HTTP/1.1", "Host: a"), 400),
    (head("GET a HTTP/1.1", "Host: a"), 400),
    (head("GET * HTTP/1.1", "Host: a"), 400),
    (head("OPTIONS ** HTTP/1.1", "Host: a"), 400),
    (head("CONNECT hub:80 HTTP/1.1", "Host: a"), 400),
    (head("GET ftp://hub/ HTTP/1.1", "Host: a"), 400),
    (head("GET http:///x HTTP/1.1", "Host: a"), 400),
    (head("GET http://u:p@hub/ HTTP/1.1", "Host: a"), 400),
    (head("GET http://?x HTTP/1.1", "Host: a"), 400),
    // Versions.
    (head("GET / HTTP/2.0", "Host: a"), 505),
    (head("GET / HTTP/1.2", "Host: a"), 505),
    (head("GET / HTTP/0.9", "Host: a"), 505),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (head("GET / http/1.1", "Host: a"), 400),
    (head("GET / HTTP/1", "Host: a"), 400),
    (head("GET / HTTP/1.1x", "Host: a"), 400),
    (head("GET / HTTP/1.\u{0}", "Host: a"), 400),
    (head("GET / HTTP/01.1", "Host: a"), 400),
    (head("GET / HTPP/1.1", "Host: a"), 400),
    // Not HTTP.
    ("\u{16}\u{3}\u{1}", 400),
    ("{\"topic\":1}", 400),
    // Fields that must not come twice.
    (get("Authorization: Bearer a", "Authorization: Bearer b"), 400),
    (get("Content-Type: application/json", "Content-Type: text/plain"), 400),
]

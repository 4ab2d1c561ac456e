import Testing

@testable import Wire

@Suite("The request parser")
struct RequestParserTests {
    @Test("Requests of all sorts are read", arguments: goodRequests)
    func accepts(text: String) throws {
        let head = try #require(accepted(text))
        let bytes = Array(text.utf8)
        #expect(bytes[..<head.length].suffix(4).elementsEqual("\r\n\r\n".utf8))
        #expect(bytes.count - head.length <= 2)
    }

    @Test("What two parsers could read differently is refused", arguments: badRequests)
    func refuses(text: String, status: UInt16) throws {
        let failure = try #require(refused(text))
        #expect(failure.status == status, "\(failure.detail)")
        #expect(!failure.detail.description.isEmpty)
    }

    @Test("Where a request is cut does not matter")
    func cuts() {
        for text in goodRequests + badRequests.map(\.text) {
            let bytes = Array(text.utf8)
            let whole = parse(text)
            for first in 0...bytes.count {
                #expect(parse(bytes, cutAt: [first]) == whole, "\(text) cut at \(first)")
            }
        }
    }

    @Test("Where short requests are cut twice does not matter")
    func pairsOfCuts() {
        for text in goodRequests + badRequests.map(\.text) where text.utf8.count <= 60 {
            let bytes = Array(text.utf8)
            let whole = parse(text)
            for first in 0..<bytes.count {
                for second in first + 1..<bytes.count
                where parse(bytes, cutAt: [first, second]) != whole {
                    Issue.record("\(text) cut at \(first) and \(second)")
                }
            }
        }
    }

    @Test("Byte by byte the same comes out, at the last byte that is needed")
    func byteByByte() {
        for text in goodRequests {
            let bytes = Array(text.utf8)
            var parser = RequestParser()
            var end = 0
            var result = RequestParser.Result.incomplete
            while result == .incomplete && end < bytes.count {
                end += 1
                result = parser.parse(bytes.span.bytes.extracting(0..<end))
            }
            #expect(result == parse(text))
            #expect(accepted(text)?.length == end)
        }
    }

    @Test("After a reset the next pipelined request is read")
    func pipelined() {
        var buffer = ByteBuffer(get("X: 1") + head("PUT /2 HTTP/1.1", "Host: b"))
        var parser = RequestParser()
        #expect(!parser.hasBegun)
        guard case .head(let first) = parser.parse(buffer.bytes) else {
            Issue.record("no first request")
            return
        }
        #expect(first.method == .get && parser.hasBegun)
        buffer.consume(first.length)
        parser.reset()
        #expect(!parser.hasBegun)
        guard case .head(let second) = parser.parse(buffer.bytes) else {
            Issue.record("no second request")
            return
        }
        #expect(second.method == .put && second.length == buffer.count)
    }
}

@Suite("A request's head")
struct RequestHeadTests {
    @Test(
        "Methods are told by their exact letters",
        arguments: [
            ("GET", .get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
            ("OPTIONS", .options), ("PATCH", .patch), ("get", .other), ("Post", .other),
            ("TRACE", .other), ("GETS", .other), ("!#$%&'*+-.^_`|~09", .other),
        ] as [(String, RequestHead.Method)])
    func methods(word: String, method: RequestHead.Method) {
        #expect(accepted(head("\(word) / HTTP/1.1", "Host: a"))?.method == method)
    }

    @Test("Ranges name the bytes of their values")
    func ranges() throws {
        let text = get(
            "Authorization:  Bearer x y \t", "x-request-ID: id-1", "Accept: text/html",
            "Accept: */*", "If-None-Match: \"e1\"", "If-None-Match: \"e2\"")
        let head = try #require(accepted(text))
        let bytes = text.utf8.span.bytes
        #expect(bytes.text(in: head.target.range) == "/")
        #expect(bytes.text(in: head.authorization.range) == "Bearer x y")
        #expect(bytes.text(in: head.requestID.range) == "id-1")
        #expect(bytes.text(in: head.accept.range) == "text/html")
        #expect(bytes.text(in: head.ifNoneMatch.range) == "\"e1\"")
        let plain = try #require(accepted(get()))
        #expect(!plain.authorization.isPresent && !plain.requestID.isPresent)
        #expect(!plain.accept.isPresent && !plain.ifNoneMatch.isPresent)
    }

    @Test("Ranges count from the empty line that was passed over")
    func leadingLine() throws {
        let text = "\r\n" + get()
        let head = try #require(accepted(text))
        #expect(head.target == ByteRange(offset: 6, length: 1))
        #expect(head.length == text.utf8.count)
    }

    @Test(
        "A length is given by its digits",
        arguments: [
            ("0", 0), ("5", 5), ("0005", 5), ("9223372036854775807", Int.max),
        ])
    func contentLength(digits: String, length: Int) {
        #expect(accepted(get("Content-Length: \(digits)"))?.contentLength == length)
    }

    @Test("Without a length there is no body")
    func noLength() {
        #expect(accepted(get())?.contentLength == nil)
        #expect(accepted(get())?.isChunked == false)
        #expect(accepted(get("Transfer-Encoding: CHUNKED "))?.isChunked == true)
    }

    @Test(
        "The version and the Connection field say whether to stay",
        arguments: [
            ("1.1", nil, true), ("1.1", "close", false), ("1.1", "Keep-Alive", true),
            ("1.1", "keep-alive, CLOSE", false), ("1.1", "upgrade ,\tclose", false),
            ("1.1", "closed", true), ("1.1", "", true), ("1.0", nil, false),
            ("1.0", "close", false),
            ("1.0", "keep-alive", true), ("1.0", "foo, Keep-Alive", true),
            ("1.0", "keep-alive, close", false),
        ] as [(String, String?, Bool)])
    func keepAlive(version: String, connection: String?, stays: Bool) throws {
        var lines = "GET / HTTP/\(version)\r\nHost: a\r\n"
        if let connection { lines += "Connection: \(connection)\r\n" }
        let head = try #require(accepted(lines + "\r\n"))
        #expect(head.keepAlive == stays)
        #expect(head.minorVersion == (version == "1.1" ? 1 : 0))
    }

    @Test("Several Connection lines count as one list")
    func connectionLines() {
        #expect(accepted(get("Connection: a", "Connection: close"))?.keepAlive == false)
    }

    @Test(
        "Gzip is welcome by name, by star and by weight",
        arguments: [
            ("gzip", true), ("GZIP", true), ("x-gzip", true), ("br, gzip", true), ("*", true),
            ("gzip;q=1", true), ("gzip ; q=0.001", true), ("gzip;Q=0.5", true), ("", false),
            ("gzip;q=0", false), ("gzip;q=0.000", false), ("gzip; q=0, *", false),
            ("*, gzip;q=0", false), ("*;q=0", false), ("*;q=0, gzip", true), ("br", false),
            ("identity", false), ("gzipped", false), ("gzip;q=", false), ("gzip;x=1", false),
            ("deflate;q=1, gzip;q=0.2", true), ("gzip;", false),
        ])
    func acceptsGzip(value: String, welcome: Bool) {
        #expect(accepted(get("Accept-Encoding: \(value)"))?.acceptsGzip == welcome)
    }

    @Test("Without the field no coding is welcome; several lines are one list")
    func codingLines() {
        #expect(accepted(get())?.acceptsGzip == false)
        #expect(
            accepted(get("Accept-Encoding: br", "Accept-Encoding: gzip"))?.acceptsGzip == true)
    }

    @Test(
        "The content type is told without its parameters",
        arguments: [
            ("application/json", .json), ("Application/JSON", .json),
            ("application/json; charset=utf-8", .json), ("application/json ;x", .json),
            ("application/x-ndjson", .ndjson), ("application/ndjson", .ndjson), ("", .none),
            ("application/jsonx", .other), ("text/json", .other),
            ("application/problem+json", .other),
        ] as [(String, RequestHead.ContentType)])
    func contentType(value: String, type: RequestHead.ContentType) {
        #expect(accepted(get("Content-Type: \(value)"))?.contentType == type)
    }

    @Test(
        "A body's coding other than identity is told",
        arguments: [
            ("gzip", true), ("Identity", false), ("", false), ("identity, gzip", true),
        ])
    func contentEncoding(value: String, isEncoded: Bool) {
        #expect(accepted(get("Content-Encoding: \(value)"))?.hasContentEncoding == isEncoded)
    }

    @Test("Expectations are told apart")
    func expectations() {
        #expect(accepted(get("Expect: 100-Continue"))?.expectsContinue == true)
        #expect(accepted(get("Expect: 100-continue"))?.hasUnknownExpectation == false)
        #expect(accepted(get("Expect: tea"))?.hasUnknownExpectation == true)
        #expect(accepted(get("Expect: tea"))?.expectsContinue == false)
        let old = accepted(head("GET / HTTP/1.0", "Expect: 100-continue"))
        #expect(old?.expectsContinue == false)
    }

    @Test(
        "A request's id counts if it is short and visible",
        arguments: [
            ("a", true), (String(repeating: "x", count: 128), true), ("", false),
            (String(repeating: "x", count: 129), false), ("a b", false), ("\u{E9}", false),
        ])
    func requestID(value: String, counts: Bool) {
        #expect(accepted(get("X-Request-Id: \(value)"))?.requestID.isPresent == counts)
    }

    @Test("Names that only look like known ones are passed over")
    func lookAlikes() {
        let text = get(
            "Hosts: b", "Content-Lengths: x", "Content_Length: x", "Xontent-Length: x",
            "Content\u{7E}Length: x", "Transfer-Encodinh: x", "Aost: b")
        #expect(accepted(text)?.contentLength == nil)
    }

    @Test("All characters of a token are names, all others are refused")
    func tokens() {
        let tokens = Set("!#$%&'*+-.^_`|~".utf8).union(0x30...0x39).union(0x41...0x5A)
            .union(0x61...0x7A)
        for byte in UInt8.min...UInt8.max {
            #expect(byte.isToken == tokens.contains(byte), "\(byte)")
        }
    }
}

@Suite("The parser's limits")
struct RequestLimitTests {
    @Test("A target of the limit passes, one byte more is 414")
    func target() {
        let limit = 8 * 1024
        let path = "/" + String(repeating: "p", count: limit - 1)
        #expect(accepted(head("GET \(path) HTTP/1.1", "Host: a")) != nil)
        #expect(refused(head("GET \(path)p HTTP/1.1", "Host: a"))?.status == 414)
        #expect(refused("GET \(path)" + String(repeating: "p", count: 100))?.status == 414)
    }

    @Test("A head of the limit passes, one byte more is 431")
    func length() {
        let frame = get("X: ").utf8.count
        let filler = String(repeating: "f", count: 16 * 1024 - frame)
        #expect(accepted(get("X: " + filler)) != nil)
        #expect(refused(get("X: f" + filler))?.status == 431)
    }

    @Test("A head that never ends is refused at the limit, not later")
    func endless() {
        let limit = 16 * 1024
        let text = "GET / HTTP/1.1\r\nX: " + String(repeating: "f", count: limit)
        let bytes = Array(text.utf8)
        #expect(RequestParserTests().lastIncomplete(bytes) == limit - 1)
    }

    @Test("A hundred fields pass, one more is 431")
    func fields() {
        let fields = String(repeating: "X: y\r\n", count: 99)
        #expect(accepted("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n") != nil)
        #expect(refused("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n" + fields + "\r\n")?.status == 431)
    }
}

extension RequestParserTests {
    /// The longest beginning of `bytes` that could still become a request, byte by byte.
    func lastIncomplete(_ bytes: [UInt8]) -> Int {
        var parser = RequestParser()
        for end in 0...bytes.count
        where parser.parse(bytes.span.bytes.extracting(0..<end)) != .incomplete {
            return end - 1
        }
        return bytes.count
    }
}

import TestSupport
import Testing
import Wire

/// TCP has no messages: a request may be cut anywhere, and several may come at once.
@Suite("HTTP: requests in pieces")
struct HTTPSplitTests {
    private static let publish = Array(
        """
        POST /v1/messages HTTP/1.1\r
        Host: hub\r
        Content-Length: 43\r
        \r
        {"topic":"A_Changed","wid":0,"body":[1, 2]}
        """.utf8)

    private static let chunked = Array(
        """
        POST /v1/messages HTTP/1.1\r
        Host: hub\r
        Transfer-Encoding: chunked\r
        \r
        1;note="x"\r
        {\r
        1d\r
        "topic":"A_Changed","wid":0, \r
        0D\r
        "body":[1, 2]\r
        001\r
        }\r
        0\r
        Trailer: t\r
        \r

        """.utf8)

    @Test("A publish cut at any byte is stored once", arguments: [publish, chunked])
    func everyCut(request: [UInt8]) throws {
        let stepping = try HTTPStepping()
        let client = try stepping.hub.client()
        for cut in 1..<request.count {
            try stepping.send(request, cutAt: [cut], by: client)
            let answer = try client.answer()
            #expect(answer.status == 201, "cut at \(cut): \(answer.text)")
            #expect(answer["index"].integer == cut)
        }
    }

    @Test("A request cut at any two bytes is answered")
    func everyPairOfCuts() throws {
        let stepping = try HTTPStepping()
        let client = try stepping.hub.client()
        let request = Array(
            "POST /v1/messages HTTP/1.1\r\nHost:h\r\nContent-Length: 2\r\n\r\n{}".utf8)
        for first in 1..<request.count - 1 {
            for second in first + 1..<request.count {
                try stepping.send(request, cutAt: [first, second], by: client)
                let answer = try client.answer()
                #expect(answer.status == 422, "cut at \(first) and \(second)")
            }
        }
    }

    @Test("A request that comes byte by byte is answered", arguments: [publish, chunked])
    func byteByByte(request: [UInt8]) throws {
        let stepping = try HTTPStepping()
        let client = try stepping.hub.client()
        try stepping.send(request, cutAt: Array(1..<request.count), by: client)
        #expect(try client.answer().status == 201)
        let message = try client.pull(1)
        #expect(message["messages"].elements?.first?["body"]?.serialized() == "[1,2]")
    }

    @Test("Of two requests cut anywhere each is answered, in order")
    func twoRequests() throws {
        let stepping = try HTTPStepping()
        let client = try stepping.hub.client()
        let both = Array(
            "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        for cut in 1..<both.count {
            try stepping.send(both, cutAt: [cut], by: client)
            #expect(try client.answer().status == 200, "cut at \(cut)")
            #expect(try client.answer().status == 404, "cut at \(cut)")
        }
    }

    @Test("A chunked body too large for its first guess of memory is put together again")
    func largeChunks() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let text = String(repeating: "0123456789abcdef", count: 12_000)
        let body = Array("{\"topic\":\"A_B\",\"wid\":0,\"body\":\"\(text)\"}".utf8)
        var request = Array(
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        var random = SplitMix(7)
        var rest = body[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 1...5000, using: &random))
            rest = rest.dropFirst(chunk.count)
            request += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10]
        }
        try client.send(request + Array("0\r\n\r\n".utf8))
        #expect(try client.answer().status == 201)
        #expect(try client.pull(1)["messages"].elements?.first?["body"]?.text == text)
    }
}

import TestSupport
import Testing
import Wire

/// A page of another site must not be able to publish through its visitor's browser.
@Suite("HTTP: cross-site requests")
struct HTTPOriginTests {
    private let message = #"{"topic":"A_B","wid":0,"body":1}"#

    static let foreign = [
        "http://elsewhere.example", "https://hub.elsewhere.example", "null", "http://hub:8088",
        "http://hub.", "hub", "http://", "", "://hub", "http:/hub", "http://hub/",
    ]

    @Test("A change asked for by a page of another site is refused", arguments: foreign)
    func refused(origin: String) throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let answer = try client.request(
            "POST", "/v1/messages", message, type: "text/plain", fields: ["Origin": origin])
        expectProblem(answer, 403, "cross_origin")
        let put = try client.request(
            "PUT", "/v1/warehouses/5", #"{"name":"x"}"#, fields: ["Origin": origin])
        expectProblem(put, 403, "cross_origin")
        #expect(try client.get("/v1/warehouses")["head"].integer == 0)
    }

    @Test(
        "The hub's own page may change things",
        arguments: ["http://hub", "https://hub", "HTTP://HUB"])
    func allowed(origin: String) throws {
        let hub = try RunningHub()
        let answer = try hub.client().request(
            "POST", "/v1/messages", message, fields: ["Origin": origin])
        #expect(answer.status == 201)
    }

    @Test("The host that counts is that of an absolute target, else that of Host")
    func absoluteTarget() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        let own = try client.request(
            "POST", "http://other:81/v1/messages", message, fields: ["Origin": "http://other:81"])
        #expect(own.status == 201)
        let foreign = try client.request(
            "POST", "http://other:81/v1/messages", message, fields: ["Origin": "http://hub"])
        expectProblem(foreign, 403, "cross_origin")
        try client.send(
            "POST /v1/messages HTTP/1.0\r\n"
                + "Origin: http://hub\r\nContent-Length: 32\r\n\r\n\(message)"
        )
        expectProblem(try client.answer(), 403, "cross_origin")
    }

    @Test("Looking is open to all: a browser keeps the answer from the other page")
    func reading() throws {
        let hub = try RunningHub()
        let answer = try hub.client().request(
            "GET", "/v1/topics", fields: ["Origin": "http://elsewhere.example"])
        #expect(answer.status == 200)
        #expect(answer[field: "Access-Control-Allow-Origin"] == nil)
    }

    @Test("Two origins are one too many")
    func two() throws {
        let hub = try RunningHub()
        let client = try hub.client()
        try client.send(
            "POST /v1/messages HTTP/1.1\r\n"
                + "Host: hub\r\nOrigin: http://hub\r\nOrigin: http://x\r\n\r\n"
        )
        expectProblem(try client.answer(), 400, "malformed_request")
    }
}

import TestSupport
import Testing
import Wire

@Suite("HTTP: the log")
struct HTTPLogTests {
    @Test("Each line is one JSON object, and names the request in the client's own words")
    func lines() throws {
        let hub = try HubProcess(arguments: ["--log-level", "debug"])
        let client = try hub.client()
        let name = #"order-7","level":"error\"#
        #expect(try client.request("GET", "/nowhere", fields: ["X-Request-Id": name]).status == 404)
        #expect(eventually { hub.told.contains("order-7") })
        try hub.stop()
        let lines = try hub.told.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        #expect(lines.count >= 3)
        for line in lines {
            #expect(line["time"]?.text?.hasSuffix("Z") == true)
            #expect(["debug", "info", "warning", "error"].contains(line["level"]?.text))
            #expect(line["message"]?.text?.isEmpty == false)
        }
        let told = lines.filter { $0["request"]?.text == name }
        #expect(told.count == 1)
        #expect(told.first?["level"]?.text == "debug")
        #expect(told.first?["message"]?.text?.contains("404 not_found") == true)
    }

    @Test("Nothing that a client sends begins a line of its own", arguments: ["text", "json"])
    func forging(format: String) throws {
        let hub = try HubProcess(arguments: ["--log-level", "debug", "--log-format", format])
        let client = try hub.client()
        let forged = "\\u000a\\u2028\\u0085\\u009b31mFORGED"
        try client.request("POST", "/v1/messages", "{\"\(forged)\":1}")
        try client.request("POST", "/v1/warehouses/5/pull", "{\"session\":\"\(forged)\"}")
        for control in ["\u{1}", "\u{1B}[31m", "\u{7F}", "\r", "\n"] {
            let other = try hub.client()
            try other.send("GET /x HTTP/1.1\r\nHost: h\r\nX-Request-Id: a\(control)FORGED\r\n\r\n")
            expectProblem(try other.answer(), 400, "malformed_request")
        }
        try hub.stop()
        for line in hub.told.split(whereSeparator: \.isNewline) {
            #expect(line.hasPrefix("2") || line.hasPrefix("{\"time\""), "\(line)")
            #expect(
                !line.unicodeScalars.contains {
                    $0.value < 0x20 || (0x7F..<0xA0).contains($0.value)
                })
        }
    }
}

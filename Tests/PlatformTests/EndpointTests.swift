import Platform
import Testing

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "A text is read, and shown again in its short form",
        arguments: [
            ("127.0.0.1:8088", "127.0.0.1:8088", true),
            ("127.9.8.7:1", "127.9.8.7:1", true),
            ("localhost:8088", "127.0.0.1:8088", true),
            ("[::1]:8088", "[::1]:8088", true),
            ("[0:0:0:0:0:0:0:1]:0", "[::1]:0", true),
            ("[::ffff:127.0.0.1]:80", "127.0.0.1:80", true),
            ("[::ffff:10.1.2.3]:80", "10.1.2.3:80", false),
            ("0.0.0.0:80", "0.0.0.0:80", false),
            (":8088", "0.0.0.0:8088", false),
            ("[::]:65535", "[::]:65535", false),
            ("[2001:db8::7]:443", "[2001:db8::7]:443", false),
        ])
    func read(text: String, shown: String, isLoopback: Bool) throws {
        let endpoint = try Endpoint(text)
        #expect(endpoint.description == shown)
        #expect(endpoint.isLoopback == isLoopback)
        #expect(try Endpoint(shown).description == shown)
    }

    @Test(
        "A text that is no endpoint is refused with what is wrong",
        arguments: [
            ("8088", "has no port; write host:port"),
            ("127.0.0.1", "has no port; write host:port"),
            ("127.0.0.1:", "has no port from 0 to 65535"),
            ("127.0.0.1:65536", "has no port from 0 to 65535"),
            ("127.0.0.1:+80", "has no port from 0 to 65535"),
            ("127.0.0.1:http", "has no port from 0 to 65535"),
            ("::1:8088", "has no IP address before its port; IPv6 is written [::1]:8088"),
            ("[::1:8088", "has no IP address before its port"),
            ("[]:80", "has no IP address before its port"),
            ("example.com:80", "the only name known is localhost"),
            ("256.0.0.1:80", "has no IP address before its port"),
            ("127.1:80", "has no IP address before its port"),
            (" 127.0.0.1:80", "has no IP address before its port"),
        ])
    func refused(text: String, complaint: String) {
        let error = #expect(throws: Endpoint.Malformed.self) { try Endpoint(text) }
        #expect(error?.description.hasPrefix("address \"\(text)\" has no ") == true)
        #expect(error?.description.contains(complaint) == true)
    }

    @Test("The host is what the peers of one machine have in common")
    func host() throws {
        #expect(try Endpoint("10.0.0.7:50112").host == "10.0.0.7")
        #expect(try Endpoint("[2001:db8::7]:50112").host == "2001:db8::7")
    }

    @Test("Two endpoints are equal when address and port are")
    func equality() throws {
        #expect(try Endpoint("localhost:1") == Endpoint("127.0.0.1:1"))
        #expect(try Endpoint("localhost:1") != Endpoint("localhost:2"))
    }
}

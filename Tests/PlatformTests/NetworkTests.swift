import Platform
import Testing

/// Addresses without ports, and ranges of them.
@Suite("Networks")
struct NetworkTests {
    @Test(
        "An address is read, shown in its short form, and belongs to a site",
        arguments: [
            ("10.0.0.7", "10.0.0.7", "10.0.0.7"),
            ("::ffff:10.0.0.7", "10.0.0.7", "10.0.0.7"),
            ("0.0.0.0", "0.0.0.0", "0.0.0.0"),
            ("2001:DB8:0:0::7", "2001:db8::7", "2001:db8::/64"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("::1", "::1", "::/64"),
        ])
    func addresses(text: String, shown: String, site: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(address.description == shown)
        #expect(address.siteDescription == site)
        #expect(NetworkAddress(shown) == address)
        let brackets = address.isVersion4 ? shown : "[\(shown)]"
        #expect(try Endpoint("\(brackets):80").network == address)
    }

    @Test(
        "What is no address is none",
        arguments: [
            "", "localhost", "10.0.0", "10.0.0.7:80", "[::1]", "::1%lo", "10.0.0.07", "1.2.3.4 ",
            "unknown", "_hidden", "256.1.1.1", "10.0.0.7/8",
        ])
    func noAddress(text: String) {
        #expect(NetworkAddress(text) == nil)
    }

    @Test("Two addresses of one /64 are one site, two of IPv4 are two")
    func sites() throws {
        func site(_ text: String) throws -> NetworkAddress {
            try #require(NetworkAddress(text)).site
        }
        #expect(try site("2001:db8::1") == site("2001:db8::ffff:1:2:3"))
        #expect(try site("2001:db8::1") != site("2001:db8:0:1::1"))
        #expect(try site("10.0.0.7") != site("10.0.0.8"))
        #expect(try site("::ffff:10.0.0.7") == site("10.0.0.7"))
    }

    @Test(
        "A range has the addresses that begin as it does",
        arguments: [
            ("127.0.0.0/8", ["127.0.0.1", "127.255.255.255"], ["128.0.0.1", "126.9.9.9", "::1"]),
            ("10.1.2.3", ["10.1.2.3", "::ffff:10.1.2.3"], ["10.1.2.2", "10.1.2.4"]),
            ("10.1.2.2/31", ["10.1.2.2", "10.1.2.3"], ["10.1.2.1", "10.1.2.4"]),
            ("0.0.0.0/0", ["1.2.3.4", "255.255.255.255"], ["::1", "2001:db8::1"]),
            ("::/0", ["::1", "2001:db8::1"], ["1.2.3.4"]),
            ("::1/128", ["::1"], ["::2", "::", "127.0.0.1"]),
            ("2001:db8::/32", ["2001:db8:ffff::1"], ["2001:db9::1"]),
            ("2001:db8:0:8000::/49", ["2001:db8:0:ffff::1"], ["2001:db8:0:7fff::1"]),
            ("2001:db8::80/121", ["2001:db8::ff"], ["2001:db8::7f"]),
            ("2001:db8:0:1::/64", ["2001:db8:0:1:ffff::"], ["2001:db8:0:2::"]),
        ])
    func ranges(text: String, inside: [String], outside: [String]) throws {
        let prefix = try NetworkPrefix(text)
        for address in inside { #expect(prefix.contains(try #require(NetworkAddress(address)))) }
        for address in outside { #expect(!prefix.contains(try #require(NetworkAddress(address)))) }
    }

    @Test(
        "A text that is no range is refused with what is wrong",
        arguments: [
            ("10.0.0.1/8", "is an address within 10.0.0.0/8"),
            ("2001:db8::1/64", "is an address within 2001:db8::/64"),
            ("10.0.0.0/33", "must have a number from 0 to 32 behind its /"),
            ("::/129", "must have a number from 0 to 128 behind its /"),
            ("10.0.0.0/", "must have a number from 0 to 32 behind its /"),
            ("10.0.0.0/+8", "must have a number from 0 to 32 behind its /"),
            ("10.0.0.0/8/8", "must have a number from 0 to 32 behind its /"),
            ("ten", "is no IP address, such as 10.0.0.7 or 10.0.0.0/8"),
        ])
    func noRange(text: String, complaint: String) {
        let error = #expect(throws: NetworkPrefix.Malformed.self) { try NetworkPrefix(text) }
        #expect(error?.complaint == complaint)
    }

    @Test("A list of ranges may be empty")
    func lists() throws {
        #expect(try NetworkPrefix.list("").isEmpty)
        #expect(try NetworkPrefix.list("none").isEmpty)
        let two = [try NetworkPrefix("127.0.0.0/8"), try NetworkPrefix("::1")]
        #expect(try NetworkPrefix.list("127.0.0.0/8,::1/128") == two)
        #expect(try NetworkPrefix.list("127.0.0.0/8, ::1") == two)
        #expect(throws: NetworkPrefix.Malformed.self) { try NetworkPrefix.list("10.0.0.0/8,") }
        #expect(throws: NetworkPrefix.Malformed.self) { try NetworkPrefix.list("::1 ::2") }
    }
}

import Hub
import Platform
import TestSupport
import Testing

@testable import HubServer

/// The table of addresses: bounded, and nobody gains or loses by that.
@Suite("Callers") struct CallersTests {
    private func callers(
        connections: Int? = nil, addresses: Int = 1000, exempt: [NetworkPrefix] = [],
        proxies: [NetworkPrefix] = []
    ) throws -> Callers {
        var configuration = Configuration(
            listen: try Endpoint("127.0.0.1:0"), data: "", loops: 1, connections: 1)
        configuration.connectionsOfAddress = connections
        configuration.exempt = exempt
        configuration.trustedProxies = proxies
        return Callers(configuration, addresses: addresses, parts: 1)
    }

    private func address(_ text: String) throws -> NetworkAddress {
        try #require(NetworkAddress(text))
    }

    private func address(_ number: Int) throws -> NetworkAddress {
        try address(
            "2001:db8:\(String(number >> 16, radix: 16)):\(String(number & 0xFFFF, radix: 16))::1")
    }

    private static let rate = RequestRate(100, everySeconds: 60)

    @Test("One address is one caller while it is connected, and a fresh one afterwards")
    func connected() throws {
        let callers = try callers()
        let first = try #require(callers.enter(address("10.0.0.1"), now: 5))
        let second = try #require(callers.enter(address("::ffff:10.0.0.1"), now: 6))
        #expect(first === second)
        #expect(callers.find(try address("10.0.0.1"), now: 7) === first)
        #expect(callers.find(try address("10.0.0.2"), now: 7) !== first)
        callers.leave(first, now: 8)
        #expect(callers.find(try address("10.0.0.1"), now: 9) === first)
        callers.leave(first, now: 10)
        #expect(callers.count == 1)
        #expect(callers.find(try address("10.0.0.1"), now: 11) !== first)
    }

    @Test("Who has something to account for is remembered without a connection")
    func remembered() throws {
        let callers = try callers()
        let caller = try #require(callers.enter(address("10.0.0.1"), now: 0))
        _ = caller.wrongTokens.take(Self.rate, now: 0)
        callers.leave(caller, now: 1)
        #expect(callers.find(try address("10.0.0.1"), now: 2) === caller)
    }

    @Test("Connections count for each site, without exempt ones and trusted proxies")
    func counted() throws {
        let callers = try callers(
            connections: 2, exempt: [NetworkPrefix("2001:db8::1")],
            proxies: [NetworkPrefix("10.1.0.0/16")])
        let hosts = ["2001:db8::2", "2001:db8::3", "2001:db8::4"]
        let entered = try hosts.map { callers.enter(try address($0), now: 0) }
        #expect(entered[0] != nil && entered[0] === entered[1])
        #expect(entered[2] == nil)
        for _ in 0..<5 {
            #expect(callers.enter(try address("2001:db8::1"), now: 0)?.isExempt == true)
            #expect(callers.enter(try address("10.1.2.3"), now: 0)?.isExempt == false)
        }
        callers.leave(try #require(entered[0]), now: 0)
        #expect(callers.enter(try address("2001:db8::9"), now: 0) != nil)
        #expect(callers.enter(try address("2001:db8::9"), now: 0) == nil)
    }

    @Test("Addresses that ask once are forgotten, however many come")
    func forgotten() throws {
        let callers = try callers()
        for number in 0..<50_000 {
            let now = UInt64(number) * 1_000_000_000
            let caller = callers.find(try address(number), now: now)
            _ = caller.requests.take(Self.rate, now: now)
        }
        #expect(callers.count <= 200)
    }

    @Test("At the bound those go who have taken least; who is connected, or limited, stays")
    func bounded() throws {
        let callers = try callers(addresses: 1000)
        let connected = try #require(callers.enter(address("10.0.0.1"), now: 0))
        let limited = callers.find(try address("10.0.0.2"), now: 0)
        for _ in 0..<100 { _ = limited.wrongTokens.take(Self.rate, now: 0) }
        for number in 0..<20_000 {
            let caller = callers.find(try address(number), now: 1)
            _ = caller.requests.take(Self.rate, now: 1)
            #expect(callers.count <= 1002)
        }
        #expect(callers.find(try address("10.0.0.1"), now: 2) === connected)
        #expect(callers.find(try address("10.0.0.2"), now: 2) === limited)
        callers.leave(connected, now: 3)
    }

    @Test("Threads that come and go leave nothing behind, and never exceed the limit")
    func threads() throws {
        let callers = try callers(connections: 3)
        let most = try concurrently(4) { number in
            var refused = 0
            for round in 0..<5000 {
                let address = NetworkAddress("10.0.0.\(round % 3)")!
                guard let caller = callers.enter(address, now: 1) else {
                    refused += 1
                    continue
                }
                callers.leave(caller, now: 1)
            }
            return refused
        }
        #expect(most.count == 4)
        #expect(callers.count == 0)
    }
}

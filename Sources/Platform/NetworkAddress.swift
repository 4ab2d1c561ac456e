/// An IP address: who a peer is, whatever port it sends from.
package struct NetworkAddress: Hashable, Sendable {
    /// The halves of an IPv6 address, as numbers. IPv4 is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so
    /// that both versions are compared in one way.
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(version4 bits: UInt32) {
        self.init(high: 0, low: Self.version4 | UInt64(bits))
    }

    private static let version4: UInt64 = 0xFFFF << 32

    /// Reads `10.0.0.7` or `2001:db8::7`; nil: it is neither.
    package init?(_ text: some StringProtocol) {
        guard let endpoint = Endpoint(numeric: text) else { return nil }
        self = endpoint.network
    }

    package var isVersion4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Whether it is this machine's own: 127.0.0.0/8, or ::1 (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3).
    package var isLoopback: Bool {
        isVersion4 ? UInt32(truncatingIfNeeded: low) >> 24 == 127 : high == 0 && low == 1
    }

    /// What one site has: an address of IPv4, or the /64 of one of IPv6, within which every host
    /// may take as many addresses as it likes (RFC 4291, 2.5.4; RFC 8981).
    package var site: NetworkAddress {
        isVersion4 ? self : NetworkAddress(high: high, low: 0)
    }
}

extension NetworkAddress: CustomStringConvertible {
    /// In its short form (RFC 5952).
    package var description: String { Endpoint(self).host }

    /// The site, as one writes a network: `10.0.0.7`, `2001:db8::/64`.
    package var siteDescription: String {
        isVersion4 ? description : "\(site)/64"
    }
}

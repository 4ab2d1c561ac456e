/// A range of addresses that begin alike: `10.0.0.0/8`, `::1/128`, or one address alone.
package struct NetworkPrefix: Hashable, Sendable {
    private let base: NetworkAddress
    /// Bits that count, of 128.
    private let bits: Int

    /// A text that is no range, and what is wrong with it.
    package struct Malformed: Error, Equatable {
        /// Worded to follow the text: `is no …`.
        package let complaint: String
    }

    /// Reads an address, or an address, `/` and how many of its bits count (RFC 4632, section 3.1;
    /// RFC 4291, section 2.3).
    package init(_ text: some StringProtocol) throws(Malformed) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = NetworkAddress(parts[0]) else {
            throw Malformed(complaint: "is no IP address, such as 10.0.0.7 or 10.0.0.0/8")
        }
        let most = address.isVersion4 ? 32 : 128
        let length = parts.count == 1 ? most : Self.number(parts[1])
        guard let length, length <= most else {
            throw Malformed(complaint: "must have a number from 0 to \(most) behind its /")
        }
        bits = 128 - most + length
        base = address
        guard address.masked(bits) == address else {
            throw Malformed(complaint: "is an address within \(address.masked(bits))/\(length)")
        }
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        (1...3).contains(text.utf8.count)
            && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            ? Int(text) : nil
    }

    /// Whether the address is one of these; `::/0` are those of IPv6 only.
    package func contains(_ address: NetworkAddress) -> Bool {
        address.isVersion4 == base.isVersion4 && address.masked(bits) == base
    }

    /// Reads ranges with commas between them; `none` and nothing at all are no ranges.
    package static func list(_ text: String) throws(Malformed) -> [NetworkPrefix] {
        if text.isEmpty || text == "none" { return [] }
        var prefixes: [NetworkPrefix] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: " ")
            guard words.count == 1 else {
                throw Malformed(complaint: "must be addresses or networks with commas between them")
            }
            do throws(Malformed) { prefixes.append(try NetworkPrefix(words[0])) } catch {
                throw Malformed(complaint: "is wrong: \(words[0]) \(error.complaint)")
            }
        }
        return prefixes
    }
}

extension NetworkAddress {
    /// With all but its first `bits` bits cleared.
    fileprivate func masked(_ bits: Int) -> NetworkAddress {
        // A shift by 64 or more leaves nothing, which is what is meant.
        NetworkAddress(
            high: high & ~(UInt64.max >> UInt64(min(bits, 64))),
            low: low & ~(UInt64.max >> UInt64(max(0, bits - 64))))
    }
}

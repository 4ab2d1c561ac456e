// Unsafe: socket addresses are C structures which the kernel reads and writes by pointer.

import Glibc

/// An IP address and a port: where to listen, whom to connect to, or who a peer is.
///
/// Names are not looked up; the only one known is `localhost`.
package struct Endpoint: Hashable, Sendable {
    /// The address in network order, as in `in_addr` and `in6_addr`.
    private enum Address: Hashable {
        case version4(UInt32)
        case version6(UInt64, UInt64)
    }

    private let address: Address

    /// 0 asks the kernel for any free port.
    package let port: UInt16

    /// Reads `127.0.0.1:8088`, `[::1]:8088`, `localhost:8088` or `:8088`.
    ///
    /// `localhost` is 127.0.0.1. Without a host it is 0.0.0.0, all IPv4 addresses of the machine;
    /// `[::]` stands for all of both versions.
    package init(_ text: some StringProtocol) throws(Malformed) {
        guard let colon = text.lastIndex(of: ":") else {
            throw Malformed(text, "has no port; write host:port, such as 127.0.0.1:8088")
        }
        let digits = text[text.index(after: colon)...]
        guard let port = Self.port(digits) else {
            throw Malformed(text, "has no port from 0 to 65535 after its last colon")
        }
        guard let address = Self.address(text[..<colon]) else {
            throw Malformed(
                text,
                "has no IP address before its port; IPv6 is written [::1]:8088, "
                    + "and the only name known is localhost")
        }
        self.address = address
        self.port = port
    }

    /// Digits only: `UInt16.init` would also take a sign.
    private static func port(_ text: some StringProtocol) -> UInt16? {
        text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? UInt16(text) : nil
    }

    private static func address(_ host: some StringProtocol) -> Address? {
        if host.isEmpty { return .version4(0) }
        if host == "localhost" { return .version4(UInt32(0x7F00_0001).bigEndian) }
        if host.hasPrefix("["), host.hasSuffix("]") { return version6(host.dropFirst().dropLast()) }
        return version4(host)
    }

    private static func version4(_ host: some StringProtocol) -> Address? {
        var bytes: UInt32 = 0
        return inet_pton(AF_INET, String(host), &bytes) == 1 ? .version4(bytes) : nil
    }

    private static func version6(_ host: some StringProtocol) -> Address? {
        var bytes: (UInt64, UInt64) = (0, 0)
        return inet_pton(AF_INET6, String(host), &bytes) == 1
            ? .version6(bytes.0, bytes.1) : nil
    }

    /// Whether only programs of this machine can reach it: 127.0.0.0/8 and ::1 (RFC 6890).
    package var isLoopback: Bool {
        switch unmapped {
        case .version4(let bytes): UInt32(bigEndian: bytes) >> 24 == 127
        case .version6(let high, let low): high == 0 && UInt64(bigEndian: low) == 1
        }
    }

    /// The address alone; an IPv4 peer of a socket for both versions is one of IPv4.
    package var network: NetworkAddress {
        switch unmapped {
        case .version4(let bytes): NetworkAddress(version4: UInt32(bigEndian: bytes))
        case .version6(let high, let low):
            NetworkAddress(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
        }
    }

    /// - Parameter address: as it is written in an address of a page, but without brackets.
    init?(numeric address: some StringProtocol) {
        guard let address = Self.version4(address) ?? Self.version6(address) else { return nil }
        self.init(address, 0)
    }

    init(_ network: NetworkAddress) {
        self.init(.version6(network.high.bigEndian, network.low.bigEndian), 0)
    }

    /// An IPv4 peer of a socket that serves both versions comes as ::ffff:a.b.c.d (RFC 4291).
    private var unmapped: Address {
        guard case .version6(0, let low) = address else { return address }
        let bits = UInt64(bigEndian: low)
        return bits >> 32 == 0xFFFF
            ? .version4(UInt32(truncatingIfNeeded: bits).bigEndian) : address
    }
}

extension Endpoint: CustomStringConvertible {
    /// The form that `init` reads; an IPv4 address mapped into IPv6 is shown as IPv4.
    package var description: String {
        switch unmapped {
        case .version4(var bytes): "\(Self.text(AF_INET, &bytes)):\(port)"
        case .version6(let high, let low): "[\(Self.text(high, low))]:\(port)"
        }
    }

    /// The address alone, without the port: what peers of one machine have in common.
    package var host: String {
        switch unmapped {
        case .version4(var bytes): Self.text(AF_INET, &bytes)
        case .version6(let high, let low): Self.text(high, low)
        }
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        var bytes = (high, low)
        return text(AF_INET6, &bytes)
    }

    private static func text(_ family: Int32, _ bytes: UnsafeRawPointer) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { room in
            // Fails for another family or too little room only, and neither can be.
            String(cString: inet_ntop(family, bytes, room.baseAddress, socklen_t(room.count))!)
        }
    }
}

extension Endpoint {
    /// `AF_INET` or `AF_INET6`.
    var family: Int32 {
        switch address {
        case .version4: AF_INET
        case .version6: AF_INET6
        }
    }

    /// Lends the address as bind(2) and connect(2) want it.
    func withSocketAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        switch address {
        case .version4(let bytes):
            var form = sockaddr_in()
            form.sin_family = sa_family_t(AF_INET)
            form.sin_port = port.bigEndian
            form.sin_addr.s_addr = bytes
            return Self.lend(form, to: body)
        case .version6(let high, let low):
            var form = sockaddr_in6()
            form.sin6_family = sa_family_t(AF_INET6)
            form.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &form.sin6_addr) { field in
                field.storeBytes(of: high, as: UInt64.self)
                field.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
            }
            return Self.lend(form, to: body)
        }
    }

    private static func lend<Form, Result>(
        _ form: Form, to body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafeBytes(of: form) { bytes in
            body(
                bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }

    /// What the kernel filled in, by way of accept(2) or getsockname(2).
    init(_ storage: sockaddr_storage) {
        self = withUnsafeBytes(of: storage) { bytes in
            if Int32(storage.ss_family) == AF_INET6 {
                let form = bytes.load(as: sockaddr_in6.self)
                let (high, low) = withUnsafeBytes(of: form.sin6_addr) {
                    (
                        $0.loadUnaligned(as: UInt64.self),
                        $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                    )
                }
                return Endpoint(.version6(high, low), UInt16(bigEndian: form.sin6_port))
            }
            let form = bytes.load(as: sockaddr_in.self)
            return Endpoint(.version4(form.sin_addr.s_addr), UInt16(bigEndian: form.sin_port))
        }
    }

    private init(_ address: Address, _ port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension Endpoint {
    /// A text that is no endpoint, and what is wrong with it.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package let description: String
        /// What is wrong, worded to follow the text: `has no port; …`.
        package let complaint: String

        fileprivate init(_ text: some StringProtocol, _ complaint: String) {
            description = "address \"\(text)\" \(complaint)"
            self.complaint = complaint
        }
    }
}

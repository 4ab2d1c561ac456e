import Hub
import Platform
import Synchronization

/// The addresses that have connections, or have asked of late.
///
/// Looked up once a connection, and once a request behind a trusted proxy, under a lock of one part
/// of the table. An address is forgotten when it has no connection and nothing to account for: a
/// new entry would be the same. Beyond `Limits.addresses` of those without a connection the ones
/// with the least to account for go first; so no address is locked out by others, and what a flood
/// of addresses gains is a small part of what that many have anyway.
final class Callers: Sendable {
    fileprivate struct Key: Hashable {
        let address: NetworkAddress
        /// Exempt addresses are told apart by all of their bits: half a /64 may be exempt.
        let isExempt: Bool
    }

    fileprivate struct Entry {
        let caller: Caller
        var connections = 0
    }

    fileprivate struct Part {
        var entries: [Key: Entry] = [:]
        /// How many entries there may be until it is looked who can be forgotten.
        var mark = leastMark
    }

    fileprivate static let leastMark = 64
    private let parts: [Locked<Part>]
    private let idle: Int
    private let exempt: [NetworkPrefix]
    private let proxies: [NetworkPrefix]
    private let connections: Int?

    /// - Parameters:
    ///   - addresses: how many without a connection are remembered, about.
    ///   - parts: of the table, a lock each; a test makes it one.
    init(_ configuration: Configuration, addresses: Int = Limits.addresses, parts: Int = 16) {
        self.parts = (0..<parts).map { _ in Locked(Part()) }
        idle = addresses / parts
        exempt = configuration.exempt
        proxies = configuration.trustedProxies
        connections = configuration.connectionsOfAddress
    }

    /// Whether a peer of this address is believed whose requests it hands on.
    func isProxy(_ address: NetworkAddress) -> Bool { proxies.contains { $0.contains(address) } }

    /// Counts a connection from `address`.
    ///
    /// - Returns: nil if it has too many already; those of exempt addresses and of trusted proxies,
    ///   which speak for many, never are.
    func enter(_ address: NetworkAddress, now: UInt64) -> Caller? {
        let key = key(address)
        let limit = key.isExempt || isProxy(address) ? nil : connections
        return part(of: key).withLock { part -> Caller? in
            if let entry = part.entries[key], let limit, entry.connections >= limit { return nil }
            let caller = part.find(key, now: now, idle: idle)
            part.entries[key]!.connections += 1
            return caller
        }
    }

    /// A connection that `enter` has counted has ended.
    func leave(_ caller: Caller, now: UInt64) {
        let key = Key(address: caller.address, isExempt: caller.isExempt)
        part(of: key).withLock { part in
            part.entries[key]!.connections -= 1
            guard part.entries[key]!.connections == 0, caller.forgottenAt <= now else { return }
            part.entries[key] = nil
        }
    }

    /// Who asks through a proxy, which holds no connection for it.
    func find(_ address: NetworkAddress, now: UInt64) -> Caller {
        let key = key(address)
        return part(of: key).withLock { $0.find(key, now: now, idle: idle) }
    }

    /// The addresses known now.
    var count: Int { parts.reduce(0) { $0 + $1.withLock { $0.entries.count } } }

    private func key(_ address: NetworkAddress) -> Key {
        let isExempt = exempt.contains { $0.contains(address) }
        return Key(address: isExempt ? address : address.site, isExempt: isExempt)
    }

    private func part(of key: Key) -> Locked<Part> {
        // Hashes differ with every start: nobody can choose addresses of one part.
        parts[Int(UInt(bitPattern: key.hashValue) % UInt(parts.count))]
    }
}

extension Callers.Part {
    fileprivate mutating func find(_ key: Callers.Key, now: UInt64, idle: Int) -> Caller {
        if let entry = entries[key] { return entry.caller }
        if entries.count >= mark { forget(now: now, idle: idle) }
        let caller = Caller(key.address, isExempt: key.isExempt)
        entries[key] = Callers.Entry(caller: caller)
        return caller
    }

    /// Forgets who has nothing to account for; and if that is not enough, half of those without a
    /// connection. The next look comes after so many new ones that it costs each of them little.
    private mutating func forget(now: UInt64, idle: Int) {
        entries = entries.filter { $0.value.connections > 0 || $0.value.caller.forgottenAt > now }
        var others = entries.filter { $0.value.connections == 0 }
        if others.count > idle / 2 {
            let sorted = others.sorted { $0.value.caller.forgottenAt < $1.value.caller.forgottenAt }
            for (key, _) in sorted.dropLast(idle / 2) {
                entries[key] = nil
                others[key] = nil
            }
        }
        let most = entries.count - others.count + idle
        mark = max(Callers.leastMark, min(2 * entries.count, most))
    }
}

import Hub
import Synchronization

/// On whose account a connection holds memory.
enum Payer: Hashable {
    /// Whose token, or client certificate, its request bears.
    case token(ObjectIdentifier)
    /// Where no token is needed: the warehouse that pulls.
    case warehouse(UInt32)
}

/// What one connection holds of requests, or of answers, and on whose account it was counted.
struct Holding {
    fileprivate(set) var bytes = 0
    fileprivate(set) var payer: Payer?
}

/// Bytes that the connections of one loop hold, against the loop's share of what the hub may hold.
/// Half of the share is the most that one payer gets: what one client fills, others do not need.
///
/// Only the loop's thread adds; `/metrics` reads what it shows.
struct HeldBytes {
    private(set) var count = 0
    private var ofPayers: [Payer: Int] = [:]
    let share: Int
    private let shown: Metrics.Count

    /// - Parameters:
    ///   - total: bytes that all loops may hold.
    ///   - shown: where other threads read the count.
    init(of total: Int, loops: Int, shown: Metrics.Count) {
        share = max(total / loops, Limits.leastShare)
        self.shown = shown
    }

    /// Whether so many more would use up the share.
    func isFull(with more: Int = 0) -> Bool { count + more >= share }

    /// Whether so many more would use up the share, or what `payer` gets of it.
    func isFull(with more: Int = 0, for payer: Payer?) -> Bool {
        if isFull(with: more) { return true }
        guard let payer, !ofPayers.isEmpty, let bytes = ofPayers[payer] else { return false }
        return bytes + more >= share / 2
    }

    /// Counts that a connection holds so much now, for `payer`.
    mutating func set(_ holding: inout Holding, to bytes: Int, for payer: Payer?) {
        count += bytes - holding.bytes
        shown.value.store(count, ordering: .relaxed)
        add(-holding.bytes, to: holding.payer)
        add(bytes, to: payer)
        holding = Holding(bytes: bytes, payer: payer)
    }

    /// Who holds nothing is forgotten.
    private mutating func add(_ difference: Int, to payer: Payer?) {
        guard let payer, difference != 0 else { return }
        let bytes = ofPayers[payer, default: 0] + difference
        ofPayers[payer] = bytes > 0 ? bytes : nil
    }
}

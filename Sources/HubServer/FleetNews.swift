import Hub
import Platform
import Wire

/// The events that followers get: how all warehouses are, and then only those that changed.
/// Used by the pulse's thread.
struct FleetNews: ~Copyable {
    /// What followers know of a warehouse.
    private struct Told {
        /// Of all that somebody did, and of what only time did: as hashes.
        let essence: Int
        let passing: Int
        /// Monotonic nanoseconds.
        let at: UInt64
    }

    private var told: [UInt32: Told] = [:]
    private var newcomers: [Follower] = []
    private var now: UInt64 = 0
    private var changes = ByteBuffer(capacity: 4096)
    private var whole = ByteBuffer(capacity: 4096)
    private var warehouse = ByteBuffer(capacity: 1024)
    private var rounds = 0

    /// What only time has changed (the age of a lag, a rate that fades) is told so often.
    private static let passingNanoseconds: UInt64 = 10_000_000_000
    /// Rounds, of a second, from one comment line to the next: it tells a client that all is well,
    /// and a proxy that the answer is alive.
    private static let roundsPerComment = 15

    /// Nobody follows: nothing is remembered.
    mutating func forget() {
        if !told.isEmpty { told = [:] }
    }

    /// Begins a round.
    mutating func begin(_ newcomers: [Follower], now: UInt64) {
        self.newcomers = newcomers
        self.now = now
        changes.removeAll()
        whole.removeAll()
    }

    /// The next warehouse, as it is now.
    mutating func note(_ sight: WarehouseSight, trend: [UInt32]) {
        let wid = sight.warehouse.wid
        let next = Told(
            essence: sight.essence(trend: trend), passing: sight.passing, at: now)
        let isNews = isNews(next, after: told[wid])
        guard isNews || !newcomers.isEmpty else { return }
        warehouse.removeAll()
        sight.json(trend: trend).append(to: &warehouse)
        if !newcomers.isEmpty { Self.append(warehouse, to: &whole) }
        guard isNews else { return }
        Self.append(warehouse, to: &changes)
        told[wid] = next
    }

    private func isNews(_ next: Told, after last: Told?) -> Bool {
        guard let last else { return true }
        if next.essence != last.essence { return true }
        return next.passing != last.passing && now - last.at >= Self.passingNanoseconds
    }

    private static func append(_ warehouse: borrowing ByteBuffer, to list: inout ByteBuffer) {
        if !list.isEmpty { list.append(",") }
        list.append(contentsOf: warehouse)
    }

    /// Ends the round.
    ///
    /// - Parameter traffic: the hub as a whole, as JSON.
    mutating func end(at wall: Int64, head: Int64, traffic: JSONValue) -> News {
        var tail = ByteBuffer(capacity: 512)
        tail.append("event: traffic\ndata: ")
        traffic.append(to: &tail)
        tail.append("\n\n")
        rounds += 1
        if rounds % Self.roundsPerComment == 0 { tail.append(":\n\n") }
        var news = ByteBuffer(capacity: changes.count + 256)
        if !changes.isEmpty {
            Self.append(changes, isWhole: false, at: wall, head: head, to: &news)
        }
        news.append(contentsOf: tail)
        var first = ByteBuffer(capacity: newcomers.isEmpty ? 0 : whole.count + 256)
        if !newcomers.isEmpty {
            Self.append(whole, isWhole: true, at: wall, head: head, to: &first)
            first.append(contentsOf: tail)
        }
        changes.removeAll()
        changes.shrink(to: 1 << 20)
        whole.removeAll()
        whole.shrink(to: 1 << 20)
        return News(changes: news.array, whole: first.array, newcomers: newcomers)
    }

    private static func append(
        _ warehouses: borrowing ByteBuffer, isWhole: Bool, at wall: Int64, head: Int64,
        to events: inout ByteBuffer
    ) {
        events.append("event: fleet\ndata: {\"at\":")
        events.append(time: wall)
        events.append(isWhole ? ",\"full\":true,\"head\":" : ",\"full\":false,\"head\":")
        events.append(decimal: head)
        events.append(",\"warehouses\":[")
        events.append(contentsOf: warehouses)
        events.append("],\"gone\":[]}\n\n")
    }
}

extension ByteBuffer {
    fileprivate var array: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension WarehouseSight {
    /// As in the list, with how its lag went.
    func json(trend: [UInt32]) -> JSONValue {
        guard case .object(let members) = json else { return json }
        return .object(members + [.init("trend", .array(trend.map { .number(String($0)) }))])
    }

    /// A hash of all that is told of it but for what follows from the time alone, and the head.
    fileprivate func essence(trend: [UInt32]) -> Int {
        var hasher = Hasher()
        hasher.combine(warehouse.name)
        hasher.combine(state)
        hasher.combine(warehouse.committed)
        hasher.combine(warehouse.delivered)
        hasher.combine(lag.messages)
        hasher.combine(warehouse.lastPull)
        hasher.combine(warehouse.lastCommit)
        hasher.combine(session?.text)
        hasher.combine(warehouse.client.name)
        hasher.combine(warehouse.client.version)
        hasher.combine(warehouse.client.host)
        hasher.combine(warehouse.client.clockSkew)
        hasher.combine(warehouse.expectEverySeconds)
        hasher.combine(warehouse.letters?.dead ?? 0)
        hasher.combine(warehouse.letters?.parked ?? 0)
        hasher.combine(trend)
        return hasher.finalize()
    }

    /// A hash of what follows from the time alone.
    fileprivate var passing: Int {
        var hasher = Hasher()
        hasher.combine(lag.seconds)
        hasher.combine(rate)
        return hasher.finalize()
    }
}

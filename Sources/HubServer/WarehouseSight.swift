import Hub
import Wire

/// A warehouse as an operator sees it.
struct WarehouseSight {
    /// Without a word from the warehouse for so long it counts as silent, if nobody said how often
    /// it should pull: three polls of the client library.
    private static let silentSeconds: Int64 = 180
    /// A lag younger than this is no news.
    private static let laggingSeconds: Int64 = 60

    let warehouse: Warehouse
    let lag: Lag
    private let line: Line
    private let position: PositionState
    private let now: UInt64
    private let wall: Int64

    /// Messages of the line that are not committed, and the age of the oldest of them.
    struct Lag {
        static let none = Lag(messages: 0, seconds: 0)

        let messages: Int64
        let seconds: Int64
    }

    init(
        _ warehouse: Warehouse, line: Line, lag: Lag, position: PositionState, now: UInt64,
        wall: Int64
    ) {
        self.warehouse = warehouse
        self.line = line
        self.lag = lag
        self.position = position
        self.now = now
        self.wall = wall
    }

    /// All that `state` can be.
    static let states = [
        "ok", "lagging", "silent", "leaving", "archived", "paused", "retired", "never",
    ]

    /// One of `states`.
    var state: String {
        if warehouse.isRetired { return "retired" }
        if warehouse.isPaused { return "paused" }
        if warehouse.lastPull == 0 { return "never" }
        switch position {
        case .archived: return "archived"
        case .leaving: return "leaving"
        case .stored: break
        }
        let every = warehouse.expectEverySeconds
        let patience = every > 0 ? every : Self.silentSeconds
        // Whose pull is still waiting is not silent, however long it waits.
        if warehouse.openCalls == 0, (wall - warehouse.lastPull) / 1000 > patience {
            return "silent"
        }
        return lag.seconds > max(Self.laggingSeconds, every) ? "lagging" : "ok"
    }

    /// Messages a second that it gets done.
    var rate: Double { (warehouse.rate.value(now: now) * 10).rounded() / 10 }

    /// Whose lease lives.
    var session: SessionName? { warehouse.leaseLives(now) ? warehouse.holder : nil }

    var json: JSONValue {
        let rate = self.rate
        return [
            "wid": .number(String(warehouse.wid)), "name": .text(warehouse.name),
            "state": .text(state), "committed": .number(String(warehouse.committed)),
            "delivered": .number(String(warehouse.delivered)),
            "head": .number(String(line.head)),
            "lag": [
                "messages": .number(String(lag.messages)),
                "seconds": .number(String(lag.seconds)),
            ],
            "lastPull": .time(warehouse.lastPull), "lastCommit": .time(warehouse.lastCommit),
            "ratePerSecond": .number(String(rate)),
            "drainSeconds": lag.messages == 0
                ? 0 : rate > 0 ? .number(String(Int64(Double(lag.messages) / rate) + 1)) : .null,
            "session": session.map { .text($0.text) } ?? .null,
            "client": [
                "name": .text(warehouse.client.name), "version": .text(warehouse.client.version),
                "host": .text(warehouse.client.host),
            ],
            "clockSkew": warehouse.client.clockSkew.map { .number(String($0)) } ?? .null,
            "expectEverySeconds": .number(String(warehouse.expectEverySeconds)),
            "registered": .time(warehouse.registered),
            "deadLetters": .number(String(warehouse.letters?.dead ?? 0)),
            "parked": .number(String(warehouse.letters?.parked ?? 0)),
        ]
    }
}

extension Warehouse {
    /// Whether anybody waits for it to get on: it has pulled, and no operator has stopped it.
    var isAtWork: Bool { lastPull != 0 && !isPaused && !isRetired }
}

/// How far one message has got with one warehouse.
struct JourneySight {
    let warehouse: Warehouse
    let index: Int64
    let journey: Journey
    /// What its client has reported of it.
    let letter: DeadLetter?

    init(_ warehouse: Warehouse, index: Int64, _ journey: Journey, _ letter: DeadLetter?) {
        self.letter = letter
        self.warehouse = warehouse
        self.index = index
        self.journey = journey
    }

    private var state: String {
        // A dead letter is committed: its line goes on without it.
        if let letter, letter.state != .done { return letter.state.rawValue }
        if !warehouse.hasStarted { return "never" }
        if warehouse.committed >= index { return "committed" }
        return warehouse.delivered >= index ? "delivered" : "waiting"
    }

    var json: JSONValue {
        [
            "wid": .number(String(warehouse.wid)), "state": .text(state),
            "delivered": .time(warehouse.delivered >= index ? journey.delivered ?? 0 : 0),
            "committed": .time(warehouse.committed >= index ? journey.committed ?? 0 : 0),
            "dead": .time(letter?.died ?? 0),
            "deadLetter": letter.map { .number(String($0.number)) } ?? .null,
        ]
    }
}

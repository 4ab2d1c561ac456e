import Platform

/// What a load run does; the same for every thread.
struct BenchPlan: Sendable {
    enum Mode: String, CaseIterable, Sendable {
        case publish, batch, pull, mixed, client
    }

    /// Where pulls begin.
    enum Positions: String, CaseIterable, Sendable {
        /// Anywhere in the log, reading ahead without moving anything.
        case random
        /// Behind the page before, which is committed.
        case commit
    }

    var mode: Mode
    var endpoint: Endpoint
    /// The `Host` field.
    var host: String
    var token: String?
    /// Kept connections; for `client` so many tasks that share one.
    var connections: Int
    var threads: Int
    /// How long is measured, in seconds.
    var seconds: Int
    /// How long runs before that, in seconds.
    var warmup: Int
    /// Bytes of a body.
    var size: Int
    /// For `client`: the folder in which messages are kept until the hub has them; nil: none.
    var spool: String?
    var batchSize: Int
    var givesIDs: Bool
    var warehouses: Int
    var limit: Int
    var positions: Positions
    /// Messages a second that are published beside the pulls of `mixed`, over all connections.
    var rate: Int
    /// How many of the connections publish in `mixed`; the others pull.
    var mixedPublishers: Int
    /// The newest index at the start.
    var head = 0

    /// How many of the connections publish.
    var publishers: Int {
        switch mode {
        case .publish, .batch, .client: connections
        case .pull: 0
        case .mixed: mixedPublishers
        }
    }

    /// Nanoseconds between two messages of one publishing connection; 0: as fast as it goes.
    var interval: UInt64 {
        mode == .mixed ? UInt64(publishers) * 1_000_000_000 / UInt64(rate) : 0
    }

    /// What the connection of that number does.
    func load(connection: Int) -> any Load {
        guard connection >= publishers else { return PublishLoad(self, connection: connection) }
        let pullers = connections - publishers
        let own = stride(from: connection - publishers, to: warehouses, by: pullers).map { $0 + 1 }
        // More connections than warehouses: some share one.
        let shared = [1 + (connection - publishers) % warehouses]
        return PullLoad(self, wids: own.isEmpty ? shared : own)
    }
}

import Synchronization

/// What the hub counts. Loops and writer add to counters of their own; `/metrics` reads them all.
final class Metrics: Sendable {
    /// One loop's counters: only that loop adds, so no processor waits for another's.
    final class Loop: Sendable {
        private let counts: [Count]
        /// What the loop's connections hold now: see `HeldBytes`.
        let requestBytes = Count()
        let answerBytes = Count()

        init() {
            counts = Counter.allCases.map { _ in Count() }
        }

        func add(_ counter: Counter, _ count: Int = 1) {
            counts[counter.rawValue].value.wrappingAdd(count, ordering: .relaxed)
        }

        func value(_ counter: Counter) -> Int {
            counts[counter.rawValue].value.load(ordering: .relaxed)
        }
    }

    final class Count: Sendable {
        let value = Atomic(0)
    }

    enum Counter: Int, CaseIterable {
        case connectionsOpened, connectionsClosed, connectionsRefused, connectionsCutOff, requests,
            handshakes, handshakesFailed, published, duplicates, pulls, handedOut, letterReports,
            refusals, failures, waitsBegun, waitsEnded, connectionsLimited, limitedRequests

        var name: StaticString {
            switch self {
            case .connectionsOpened: "message_center_connections_opened_total"
            case .connectionsClosed: "message_center_connections_closed_total"
            case .connectionsRefused: "message_center_connections_refused_total"
            case .connectionsCutOff: "message_center_connections_cut_off_total"
            case .connectionsLimited: "message_center_connections_limited_total"
            case .limitedRequests: "message_center_requests_limited_total"
            case .requests: "message_center_requests_total"
            case .handshakes: "message_center_tls_handshakes_total"
            case .handshakesFailed: "message_center_tls_handshakes_failed_total"
            case .published: "message_center_messages_published_total"
            case .duplicates: "message_center_messages_duplicate_total"
            case .pulls: "message_center_pulls_total"
            case .handedOut: "message_center_messages_handed_out_total"
            case .letterReports: "message_center_dead_letter_reports_total"
            case .refusals: "message_center_requests_refused_total"
            case .failures: "message_center_requests_failed_total"
            case .waitsBegun: "message_center_waits_begun_total"
            case .waitsEnded: "message_center_waits_ended_total"
            }
        }

        var help: StaticString {
            switch self {
            case .connectionsOpened: "Connections accepted."
            case .connectionsClosed: "Connections ended."
            case .connectionsRefused: "Connections refused because there were too many."
            case .connectionsCutOff: "Connections ended because their answers were not taken."
            case .connectionsLimited: "Connections refused because their address had too many."
            case .limitedRequests: "Requests answered 429: address or token had asked too often."
            case .requests: "Requests answered."
            case .handshakes: "TLS handshakes done."
            case .handshakesFailed: "Connections that failed to do a TLS handshake."
            case .published: "Messages stored."
            case .duplicates: "Messages sent again under an id already stored."
            case .pulls: "Pulls begun."
            case .handedOut: "Messages handed to warehouses."
            case .letterReports: "Reports of dead letters taken."
            case .refusals: "Requests answered with a status from 400 to 499."
            case .failures: "Requests answered with a status of 500 or above."
            case .waitsBegun: "Pulls that began to wait."
            case .waitsEnded: "Pulls that have stopped waiting."
            }
        }
    }

    let loops: [Loop]
    let archive = ArchiveFigures()
    private let commits = Atomic(0)
    private let commitFailures = Atomic(0)
    private let commitNanoseconds = Atomic(0)
    private let committed = Atomic(0)
    private let logFrames = Atomic(0)
    private let listsBytes = Atomic(0)
    private let otherCommits = Atomic(0)

    init(loops: Int) {
        self.loops = (0..<loops).map { _ in Loop() }
    }

    func noteCommit(messages: Int, nanoseconds: UInt64, failed: Bool) {
        commits.wrappingAdd(failed ? 0 : 1, ordering: .relaxed)
        commitFailures.wrappingAdd(failed ? 1 : 0, ordering: .relaxed)
        committed.wrappingAdd(messages, ordering: .relaxed)
        commitNanoseconds.wrappingAdd(Int(nanoseconds), ordering: .relaxed)
    }

    /// Notes a transaction of the writer's in which nobody's request was.
    func noteOtherCommit() { otherCommits.wrappingAdd(1, ordering: .relaxed) }

    /// Transactions so far, of whatever kind.
    var commitCount: Int {
        commits.load(ordering: .relaxed) + otherCommits.load(ordering: .relaxed)
    }

    func noteLists(bytes: Int) {
        listsBytes.store(bytes, ordering: .relaxed)
    }

    func noteLog(frames: Int) {
        logFrames.store(frames, ordering: .relaxed)
    }

    /// Connections open now, on all loops.
    var openConnections: Int { total(.connectionsOpened) - total(.connectionsClosed) }

    /// Bytes of requests that connections hold now, on all loops.
    var requestBytes: Int {
        loops.reduce(0) { $0 + $1.requestBytes.value.load(ordering: .relaxed) }
    }

    /// Bytes of answers that connections hold now, on all loops.
    var answerBytes: Int {
        loops.reduce(0) { $0 + $1.answerBytes.value.load(ordering: .relaxed) }
    }

    func total(_ counter: Counter) -> Int {
        loops.reduce(0) { $0 + $1.value(counter) }
    }

    /// The writer's counters, by name, with their help.
    var writer: [(name: StaticString, help: StaticString, kind: StaticString, value: Double)] {
        [
            (
                "message_center_commits_total", "Transactions committed.", "counter",
                Double(commits.load(ordering: .relaxed))
            ),
            (
                "message_center_commit_failures_total", "Transactions rolled back.", "counter",
                Double(commitFailures.load(ordering: .relaxed))
            ),
            (
                "message_center_commit_seconds_total", "Time spent in transactions.", "counter",
                Double(commitNanoseconds.load(ordering: .relaxed)) / 1e9
            ),
            (
                "message_center_committed_messages_total", "Messages committed.", "counter",
                Double(committed.load(ordering: .relaxed))
            ),
            (
                "message_center_lists_bytes",
                "Memory of the lists that say which warehouse sees which message.", "gauge",
                Double(listsBytes.load(ordering: .relaxed))
            ),
            (
                "message_center_wal_frames", "Frames of 4 KiB in the write-ahead log.", "gauge",
                Double(logFrames.load(ordering: .relaxed))
            ),
        ]
    }
}

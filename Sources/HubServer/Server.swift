import Hub
import HubSQLite
package import Platform
import TLS

/// One hub: its threads, started and stopped in order.
///
///     let server = try Server(configuration)
///     …                     // it serves
///     server.stop()         // returns when everything is on disk
///
/// Made and stopped on one thread.
package final class Server {
    /// Why a hub cannot start, in words for its operator, with what to do.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Where it listens: with the port that the kernel chose if 0 was asked for.
    package let endpoint: Endpoint

    private let hub: HubState
    private let lock: FileLock
    private let checkpointer: Checkpointer
    private let loops: [OSThread]
    private let writer: OSThread
    private let admin: OSThread
    private let desk: OSThread
    private let checkpoints: OSThread
    private let archiver: OSThread
    private let watch: Watch
    private let watching: OSThread
    private let pulse: OSThread

    /// What is wrong with the files that `configuration` names; nil: nothing. Nothing is started.
    package static func mistake(in configuration: Configuration) -> String? {
        do throws(TLSFailure) {
            _ = try configuration.tls?.context()
            return nil
        } catch {
            return error.description
        }
    }

    /// Opens the data and begins to serve.
    ///
    /// - Parameters:
    ///   - clock: the wall clock, which a test may move.
    ///   - telling: is told in words what a start is at that may take long.
    package init(
        _ configuration: Configuration, clock: WallClock = WallClock(),
        telling: (String) -> Void = { _ in }
    ) throws(Failure) {
        let begun = MonotonicClock.now()
        let log = Log(
            level: configuration.logLevel, format: configuration.logFormat, clock: clock)
        do {
            try Self.makeFolder(configuration.data)
            lock = try FileLock(path: configuration.data + "/hub.lock")
            let tokens = try TokenFile(data: configuration.data)
            try Self.checkOpenness(configuration, tokens)
            let tls = try configuration.tls?.context()
            if let limit = try? DescriptorLimit.raise(), limit < configuration.connections {
                log.info(
                    "at most \(limit) files may be open: fewer connections than "
                        + "\(configuration.connections) fit"
                )
            }
            var store = try SQLiteStore(
                path: configuration.data + "/hub.db",
                busyTimeoutMilliseconds: configuration.busyMilliseconds,
                telling: {
                    log.info("\($0)")
                    telling($0)
                },
                freshHub: Self.newIdentity())
            telling("reads \(configuration.data)/hub.db")
            let epochs = ReaderEpochs(readers: configuration.loops + 4)
            let lines = Lines(epochs: epochs)
            let state = try store.load(into: lines)
            let version = try tokens.version()
            let reader = try SQLiteReader(path: configuration.data + "/hub.db")
            // Also where their file was lost: a hub that had tokens is not open without it.
            let authority = try tokens.authority(
                isLocal: configuration.listen.isLoopback,
                wasEverDefined: try reader.carriedMark() != 0)
            hub = try HubState(
                configuration: configuration, log: log, clock: clock, state: state, lines: lines,
                epochs: epochs, authority: Replaceable(authority),
                tls: tls.map { Replaceable($0) })
            (endpoint, loops) = try Self.startLoops(hub)
            writer = try Self.startWriter(hub, store, state)
            admin = try Self.startAdmin(hub)
            desk = try Self.startDesk(hub)
            checkpointer = Checkpointer(hub: hub)
            checkpoints = try OSThread.start(name: "checkpoint") { [checkpointer] in
                checkpointer.run()
            }
            archiver = try Self.startArchiver(hub, state)
            watch = try Watch(hub: hub)
            watching = try Self.startWatch(
                watch, TokenWatch(hub: hub, tokens: tokens, version: version, reader: reader))
            pulse = try Self.startPulse(hub)
        } catch {
            throw Self.failure(error, configuration)
        }
        hub.condition.serve()
        log.info(
            "hub \(hub.hub) listens on http\(hub.tls == nil ? "" : "s")://\(endpoint), "
                + "data in \(configuration.data), "
                + "head \(hub.lines.head), \(hub.warehouses.count) warehouses, ready after "
                + "\((MonotonicClock.now() - begun) / 1_000_000) ms"
        )
        tellOfCertificate()
        if configuration.tls == nil, !configuration.listen.isLoopback {
            log.warning(
                """
                there is no TLS: tokens and messages can be read on the way; give \
                --tls-certificate and --tls-key, or let only a proxy reach this address
                """)
        }
        if hub.authority.value.isOpen {
            log.warning("no token is defined: everybody on this machine may do everything")
        } else if hub.authority.value.isEmpty {
            log.warning(TokenWatch.lastGone)
        }
    }

    // MARK: The start

    private static func makeFolder(_ path: String) throws(Failure) {
        do throws(Errno) { try Folder.make(path) } catch {
            throw Failure(description: "the data folder \(path) cannot be made: \(error)")
        }
    }

    /// An open hub is nobody's business but this machine's.
    private static func checkOpenness(
        _ configuration: Configuration, _ tokens: TokenFile
    ) throws {
        guard !configuration.listen.isLoopback, try tokens.list().isEmpty else { return }
        throw Failure(
            description: """
                no token is defined, so the hub would be open to everybody at \
                \(configuration.listen): make a token with `message-center token create --data \
                \(configuration.data) --role admin --name you`, put tokens.db back from a backup \
                if there were some, or listen on 127.0.0.1
                """)
    }

    /// A new hub's name and the tag of its ids, both random.
    package static func newIdentity() -> (hub: String, tag: UInt32) {
        let word = Random.word()
        let name = String(word, radix: 16)
        let tag = UInt32(truncatingIfNeeded: Random.word()) & (1 << HubIDs.tagBits - 1)
        return (String(repeating: "0", count: 16 - name.count) + name, tag)
    }

    private static func startLoops(_ hub: HubState) throws -> (Endpoint, [OSThread]) {
        var endpoint = hub.configuration.listen
        var threads: [OSThread] = []
        for number in hub.loops.indices {
            let listener = try Listener(endpoint, sharing: number == 0 ? .shared : .joined)
            // The others share the port that the kernel chose for the first.
            endpoint = listener.localEndpoint
            let loop = try EventLoop(
                number: number, hub: hub, listener: listener,
                reader: SQLiteReader(path: hub.databasePath))
            threads.append(try Self.start("loop \(number)", loop) { $0.run() })
        }
        return (endpoint, threads)
    }

    private static func startWriter(
        _ hub: HubState, _ store: SQLiteStore, _ state: StoreState
    ) throws -> OSThread {
        try start("writer", WriterThread(hub: hub, store: store, state: state)) { $0.run() }
    }

    private static func startAdmin(_ hub: HubState) throws -> OSThread {
        let admin = AdminReader(hub: hub, reader: try SQLiteReader(path: hub.databasePath))
        return try start("admin", admin) { $0.run() }
    }

    private static func startDesk(_ hub: HubState) throws -> OSThread {
        let desk = ArchiveDesk(hub: hub, reader: try SQLiteReader(path: hub.databasePath))
        return try start("archive desk", desk) { $0.run() }
    }

    private static func startArchiver(_ hub: HubState, _ state: StoreState) throws -> OSThread {
        let archiver = Archiver(
            hub: hub, reader: try SQLiteReader(path: hub.databasePath), digest: state.lastDigest)
        return try start("archiver", archiver) { $0.run() }
    }

    private static func startWatch(_ watch: Watch, _ tokens: TokenWatch) throws -> OSThread {
        try start("watch", tokens) { watch.run($0) }
    }

    private static func startPulse(_ hub: HubState) throws -> OSThread {
        let pulse = Pulse(hub: hub, reader: try SQLiteReader(path: hub.databasePath))
        return try start("pulse", pulse) { $0.run() }
    }

    /// Hands `worker`, made here, over to a thread of its own.
    private static func start<Worker>(
        _ name: String, _ worker: Worker, _ run: @escaping @Sendable (Worker) -> Void
    ) throws(Errno) -> OSThread {
        let handOver = HandOver(worker)
        return try OSThread.start(name: name) { run(handOver.take()) }
    }

    private static func failure(_ error: any Error, _ configuration: Configuration) -> Failure {
        switch error {
        case let failure as Failure: failure
        case FileLock.Failure.held(_, let process):
            Failure(
                description: """
                    another hub\(process.map { " (process \($0))" } ?? "") runs on \
                    \(configuration.data): stop it, or give this one a --data of its own
                    """)
        case let error as Errno where error == .addressInUse:
            Failure(
                description: """
                    \(configuration.listen) is in use by another program: stop it, or choose \
                    another port with --listen
                    """)
        case let failure as TLSFailure: Failure(description: failure.description)
        case let error as Errno where error == .accessDenied && configuration.listen.port < 1024:
            Failure(
                description: """
                    \(configuration.listen): ports below 1024 are not this user's; choose another \
                    with --listen, or see "With systemd" in docs/operating.md
                    """)
        case StoreFailure.full:
            Failure(description: "the disk of \(configuration.data) is full: make room there")
        case StoreFailure.busy:
            Failure(
                description: """
                    another program holds \(configuration.data)/hub.db: end it, then start again
                    """)
        case StoreFailure.damaged(let detail):
            Failure(
                description: """
                    \(configuration.data)/hub.db is damaged: \(detail). Nothing was changed; \
                    restore a backup, or see docs/operating.md
                    """)
        case StoreFailure.disk(let detail), StoreFailure.other(let detail):
            Failure(description: detail)
        default:
            Failure(description: "the hub cannot start: \(error)")
        }
    }

    // MARK: While it serves

    /// How the hub is, in a line for people.
    package var state: String {
        if let reason = hub.condition.reasonNotReady { return "not ready: \(reason)" }
        return """
            listens on \(hub.tls == nil ? "http" : "https")://\(endpoint), head \(hub.lines.head), \
            \(hub.warehouses.count) warehouses
            """
    }

    /// One who asks whether the hub's threads turn.
    package func vigil() -> Vigil { Vigil(hub) }

    // MARK: Reloading

    /// Reads the certificate, its key and the clients' authorities again. Connections go on; those
    /// that come have the new ones. Where the files are not good, the old ones stay, and the log
    /// tells why. For the thread that made the server.
    package func reload() {
        guard let files = hub.configuration.tls, let shared = hub.tls else {
            return hub.log.info("there is nothing to read again: this hub speaks no TLS")
        }
        do throws(TLSFailure) {
            let next = try files.context()
            // A list that was lost on the way would bring back whoever it has taken out.
            if shared.value.revocationLists > 0, next.revocationLists == 0 {
                throw TLSFailure(
                    """
                    \(files.clientAuthorities ?? "") holds no revocation list any more, so revoked \
                    certificates would count again: put it back, or start the hub anew
                    """)
            }
            shared.replace(next)
            for loop in hub.loops { _ = loop.post(.credentials) }
            hub.log.info("the certificate is read again")
            tellOfCertificate()
        } catch {
            hub.log.error("the certificate stays as it was: \(error)")
        }
    }

    private func tellOfCertificate() {
        guard let tls = hub.tls?.value, let certificate = tls.certificate else { return }
        if tls.authorities > 0 {
            hub.log.info(
                "clients' certificates: authorities \(tls.authorities), "
                    + "revocation lists \(tls.revocationLists)")
        }
        let days = (certificate.ends - hub.clock.nowMilliseconds() / 1000) / 86_400
        guard days < Limits.certificateDays else { return }
        hub.log.warning(
            days < 0
                ? "the certificate has expired: clients refuse it; renew it, then send SIGHUP"
                : "the certificate expires in \(days) day\(days == 1 ? "" : "s"): renew it, "
                    + "then send SIGHUP")
    }

    // MARK: The end

    /// Stops in order: not ready first, then waiting pulls are answered, commits finished, and
    /// everything is on disk when this returns.
    package func stop() {
        hub.log.info("stopping")
        hub.condition.stop()
        for loop in hub.loops { _ = loop.post(.stop) }
        for loop in loops { loop.join() }
        hub.looks.close()
        admin.join()
        hub.desk.close()
        desk.join()
        hub.archiver.close()
        archiver.join()
        hub.pulse.close()
        pulse.join()
        watch.end()
        watching.join()
        checkpointer.end()
        checkpoints.join()
        hub.writer.close()
        writer.join()
        hub.log.info("stopped, head \(hub.lines.head)")
    }
}

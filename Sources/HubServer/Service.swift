import Glibc
package import Platform

/// A hub as the service of a manager, such as systemd: tells it how the hub starts, serves and
/// stops, and that it turns. Without a manager it only starts the hub.
///
/// Used by the main thread alone.
package final class Service {
    private let notifier: ServiceNotifier?
    private let log: Log
    private let step: UInt64
    private var next = UInt64.max
    private var vigil: Vigil?
    private var lateNames: Set<String> = []

    /// How long the manager is asked to wait for a start that gets on, and how often.
    private static let startPatience: UInt64 = 60_000_000_000
    private static let startStep: UInt64 = 5_000_000_000
    /// How often the state is told where no watchdog waits.
    private static let stateStep: UInt64 = 10_000_000_000

    /// - Parameter notifier: nil: there is no manager.
    package init(_ notifier: ServiceNotifier?, log: Log) {
        self.notifier = notifier
        self.log = log
        // A thread that is late at one look is most often back at the next: so it may pause for
        // half the watchdog's time, and the manager hears of the hub in time all the same.
        step = notifier?.watchdogPeriod.map { $0 / 4 } ?? Self.stateStep
    }

    // MARK: Start and stop

    /// Starts the hub, and tells what is done meanwhile, or why it failed.
    package func start(_ configuration: Configuration) throws(Server.Failure) -> Server {
        guard let notifier else { return try Server(configuration) }
        let patience = StartPatience(notifier, every: Self.startStep, longer: Self.startPatience)
        let server: Server
        do throws(Server.Failure) {
            defer { patience.end() }
            server = try Server(configuration) { notifier.tell(.status($0)) }
        } catch {
            notifier.tell(.status(error.description))
            throw error
        }
        vigil = notifier.watchdogPeriod == nil ? nil : server.vigil()
        notifier.tell(.ready, .mainProcess(getpid()), .status(server.state))
        look(server)
        return server
    }

    package func stop(_ server: Server) {
        notifier?.tell(.stopping, .status("ends what was begun"))
        server.stop()
    }

    /// Reads anew what can be read anew while the hub serves.
    package func reload(_ server: Server) {
        notifier?.tell(.reloading(at: MonotonicClock.now()))
        server.reload()
        notifier?.tell(.ready)
    }

    // MARK: The watch

    /// Milliseconds until `look` is due; -1: never.
    package var patience: Int32 {
        guard next != .max else { return -1 }
        let now = MonotonicClock.now()
        return next > now ? Int32(clamping: (next - now) / 1_000_000 + 1) : 0
    }

    /// Tells how the hub is, if it is time, and that it turns, unless a thread does not.
    package func look(_ server: Server) {
        let now = MonotonicClock.now()
        guard let notifier, next == .max || now >= next else { return }
        next = now + step
        notifier.tell(.status(server.state))
        guard vigil != nil else { return }
        let late = vigil!.look(now)
        tellLate(late, now)
        if late.allSatisfy(\.waitsForDevice) { notifier.tell(.aliveness) }
    }

    private func tellLate(_ late: [Vigil.Late], _ now: UInt64) {
        for thread in late where !lateNames.contains(thread.name) {
            let seconds = Double((now - thread.since) / 10_000_000) / 100
            if thread.waitsForDevice {
                log.error("the \(thread.name) has waited for the disk for \(seconds) s")
            } else {
                log.error(
                    """
                    the \(thread.name) has not turned for \(seconds) s: the watchdog of the \
                    service manager hears nothing until it does
                    """)
            }
        }
        let names = Set(late.map(\.name))
        for name in lateNames.subtracting(names).sorted() {
            log.info("the \(name) turns again")
        }
        lateNames = names
    }
}

/// Asks the manager for more time as long as a start gets on, on a thread of its own.
private final class StartPatience {
    private let thread: OSThread?
    private let bell: Mailbox<Void>?

    /// - Parameters:
    ///   - step: nanoseconds between two looks at the starting thread, which is the caller.
    ///   - longer: nanoseconds to ask for each time.
    init(_ notifier: ServiceNotifier, every step: UInt64, longer: UInt64) {
        bell = try? Mailbox(capacity: 1)
        let main = ThreadSight.currentThread
        thread = try? OSThread.start(name: "start") { [bell] in
            guard let bell else { return }
            var seen: ThreadSight?
            while !bell.isClosed {
                // Neither at work nor at the disk: then the manager may end its patience.
                let sight = ThreadSight(of: main)
                if sight != seen || sight?.waitsForDevice == true { notifier.tell(.longer(longer)) }
                seen = sight
                bell.wait(milliseconds: Int32(clamping: step / 1_000_000))
            }
        }
    }

    /// Returns when nothing more will be asked for.
    func end() {
        bell?.close()
        thread?.join()
    }
}

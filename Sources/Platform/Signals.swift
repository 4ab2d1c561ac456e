// Unsafe: signal sets are C structures, filled by pointer.

import CLinux
import Glibc

/// A signal this program acts on; signal(7).
package enum Signal: Equatable, Sendable {
    /// SIGTERM: stop in order.
    case terminate
    /// SIGINT, Control-C: stop in order.
    case interrupt
    /// SIGHUP: read the configuration again.
    case hangUp

    fileprivate init?(_ number: Int32) {
        switch number {
        case SIGTERM: self = .terminate
        case SIGINT: self = .interrupt
        case SIGHUP: self = .hangUp
        default: return nil
        }
    }
}

/// The signals of `Signal`, read like a file instead of breaking in anywhere; signalfd(2).
package struct Signals: ~Copyable, Sendable {
    private let signalfd: Descriptor

    /// Takes the signals over. To be called by the main thread before any other thread starts:
    /// the others inherit that these signals are blocked, and so none of them is interrupted.
    ///
    /// SIGPIPE is ignored for the whole process: a peer that has gone is an error of `send`.
    /// Programs started by this one inherit both, unless posix_spawn(3) is told otherwise.
    package init() throws(Errno) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        let code = pthread_sigmask(SIG_BLOCK, &set, nil)
        if code != 0 { throw Errno(code) }
        _ = signal(SIGPIPE, SIG_IGN)
        signalfd = try Descriptor(owning: SystemCall.blocking { clinux_signalfd(&set) })
    }

    /// The next signal, waiting for it -1 for ever; `nil` when the time is over.
    package borrowing func wait(milliseconds: Int32) throws(Errno) -> Signal? {
        let fd = signalfd.raw
        guard try Readiness.wait(fd, for: POLLIN, milliseconds) else { return nil }
        guard let number = try SystemCall.nonBlocking({ clinux_signalfd_read(fd) }) else {
            return nil
        }
        return Signal(number)
    }
}

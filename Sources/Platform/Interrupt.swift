// Unsafe: a signal set is a C structure, filled by pointer.

import Glibc
import Synchronization

/// Control-C during long work: the first one is noted, so that the work can end where nothing is
/// half done; the second ends the program at once. signal(7).
package enum Interrupt {
    private static let noted = Atomic(false)

    /// The exit status of what a signal has ended, as shells have it: 128 and SIGINT.
    private static let status: Int32 = 130

    /// Takes SIGINT over. Called by the main thread of a program that does one thing; safe to call
    /// again.
    package static func watch() {
        _ = noted.load(ordering: .relaxed)
        _ = signal(SIGINT) { _ in
            // Nothing here but what signal-safety(7) allows.
            if Interrupt.noted.exchange(true, ordering: .relaxed) { _exit(Interrupt.status) }
        }
        // Whoever has started this program may have blocked it.
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        _ = pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Whether Control-C was pressed since `watch`.
    package static var isNoted: Bool { noted.load(ordering: .relaxed) }
}

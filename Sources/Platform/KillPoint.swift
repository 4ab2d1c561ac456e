import Glibc
import Synchronization

/// Places at which a test has the process end at once, as a crash would, or a thread stay for ever,
/// as a fault in the program could make it; in debug builds only.
///
/// The variable `MESSAGE_CENTER_KILL_AT` of the environment names one, and perhaps how many times
/// it is passed before: `archive.synced` or `archive.synced:3`. So does `MESSAGE_CENTER_HANG_AT`. A
/// program that ships does not look.
package enum KillPoint {
    #if DEBUG
    /// A place chosen, and how many times it is passed before.
    private struct Choice {
        let name: String
        let left: Int

        init?(_ variable: String) {
            guard let text = getenv(variable).map({ String(cString: $0) }) else { return nil }
            let words = text.split(separator: ":", maxSplits: 1)
            guard let name = words.first else { return nil }
            self.name = String(name)
            left = words.count > 1 ? Int(words[1]) ?? 0 : 0
        }
    }

    private static let end = Choice("MESSAGE_CENTER_KILL_AT")
    private static let hang = Choice("MESSAGE_CENTER_HANG_AT")
    private static let (endPasses, hangPasses) = (Count(), Count())

    private final class Count: Sendable {
        private let passes = Atomic(0)

        func next() -> Int { passes.wrappingAdd(1, ordering: .relaxed).newValue }
    }
    #endif

    /// Ends the process by SIGKILL, or never returns, if this is the place chosen. Any thread.
    package static func pass(_ name: @autoclosure () -> String) {
        #if DEBUG
        if let end, end.name == name(), endPasses.next() > end.left {
            kill(getpid(), SIGKILL)
            pause()
        }
        if let hang, hang.name == name(), hangPasses.next() > hang.left {
            while true { pause() }
        }
        #endif
    }
}

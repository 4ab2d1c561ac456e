import Glibc
import Synchronization

/// Places at which a test has the process end at once, as a crash would; in debug builds only.
///
/// The variable `MESSAGE_CENTER_KILL_AT` of the environment names one, and perhaps how many times
/// it is passed before: `archive.synced` or `archive.synced:3`. A program that ships does not look.
package enum KillPoint {
    #if DEBUG
    /// The place chosen, and how many times it is passed before.
    private static let chosen: (name: String, left: Int)? = {
        guard let text = getenv("MESSAGE_CENTER_KILL_AT").map({ String(cString: $0) }) else {
            return nil
        }
        let words = text.split(separator: ":", maxSplits: 1)
        guard let name = words.first else { return nil }
        return (String(name), words.count > 1 ? Int(words[1]) ?? 0 : 0)
    }()

    private static let passes = Atomic(0)
    #endif

    /// Ends the process by SIGKILL if this is the place chosen. Any thread.
    package static func pass(_ name: @autoclosure () -> String) {
        #if DEBUG
        guard let chosen, chosen.name == name() else { return }
        if passes.wrappingAdd(1, ordering: .relaxed).newValue > chosen.left {
            kill(getpid(), SIGKILL)
            pause()
        }
        #endif
    }
}

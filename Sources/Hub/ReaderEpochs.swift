import Synchronization

/// Tells the writer when every reading thread has let go of what it saw before.
///
/// A reading thread holds what it takes out of the lists (lines, views) only between `enter` and
/// `leave`: within one tick of a loop, or one slice of longer work. The writer first takes memory
/// out of readers' sight, then notes where each of them is (`Moment`), and frees it once each one
/// that was inside has come out. Nobody waits for anybody.
package final class ReaderEpochs: Sendable {
    /// One for each reading thread, in the order of their numbers.
    package let readers: [Reader]

    /// - Parameter readers: how many threads read: the loops and all others that take lines.
    package init(readers: Int) {
        self.readers = (0..<readers).map { _ in Reader() }
    }

    /// One thread's sign. Used by that thread only.
    package final class Reader: Sendable {
        /// Odd while the thread is inside. Alone on its cache lines (processors fetch two of 64
        /// bytes at a time), so that a tick disturbs no other thread.
        private let before = Padding()
        private let epoch = Atomic<UInt64>(0)
        private let after = Padding()

        fileprivate init() {}

        /// From here to `leave` nothing that the thread finds is freed.
        package func enter() {
            let value = epoch.load(ordering: .relaxed)
            assert(value % 2 == 0, "a reader enters once")
            epoch.store(value + 1, ordering: .releasing)
            // The sign is up before anything is looked at: pairs with the fence in `moment`.
            atomicMemoryFence(ordering: .sequentiallyConsistent)
        }

        /// The thread holds nothing any more.
        package func leave() {
            let value = epoch.load(ordering: .relaxed)
            assert(value % 2 == 1, "a reader leaves what it entered")
            epoch.store(value + 1, ordering: .releasing)
        }

        /// Runs `body` inside.
        package func reading<Result, Failure: Error>(
            _ body: () throws(Failure) -> Result
        ) throws(Failure) -> Result {
            enter()
            defer { leave() }
            return try body()
        }

        fileprivate var now: UInt64 { epoch.load(ordering: .acquiring) }
    }

    /// 128 bytes that nobody uses.
    private struct Padding: Sendable {
        private typealias Words = (UInt64, UInt64, UInt64, UInt64)
        private let words: (Words, Words, Words, Words) = (
            (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0)
        )
    }

    /// Where each reader was when something was taken out of sight.
    package struct Moment: Sendable {
        /// By reader: the odd epoch to be over, 0 for one that has passed.
        fileprivate var inside: [UInt64]
    }

    /// Notes where the readers are. Called by the writer, after it took things out of sight.
    package func moment() -> Moment {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return Moment(
            inside: readers.map { reader in
                let now = reader.now
                return now % 2 == 1 ? now : 0
            })
    }

    /// Whether every reader that was inside at `moment` has come out since.
    package func havePassed(_ moment: inout Moment) -> Bool {
        for (number, reader) in readers.enumerated() where moment.inside[number] != 0 {
            guard reader.now != moment.inside[number] else { return false }
            moment.inside[number] = 0
        }
        return true
    }
}

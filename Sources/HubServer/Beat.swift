import Platform
import Synchronization

/// Whether a thread still turns: it is asked by its mail, and answers when it comes to read it.
final class Beat: Sendable {
    private let answered = Atomic(0)
    private let answerer = Atomic<Int32>(0)

    /// Answers given so far.
    var answers: Int { answered.load(ordering: .acquiring) }

    /// Who answered last; nil: nobody has yet.
    var thread: Int32? {
        let thread = answerer.load(ordering: .relaxed)
        return thread == 0 ? nil : thread
    }

    /// Called by the thread that is asked.
    func answer() {
        answerer.store(ThreadSight.currentThread, ordering: .relaxed)
        answered.wrappingAdd(1, ordering: .releasing)
    }
}

/// Asks every loop and the writer, again and again, whether they turn. Owned by one thread.
///
/// The other threads are not asked: they are at work for minutes where much is to be read, and
/// messages come in and go out without them.
package struct Vigil {
    /// A thread that was asked long enough ago, and has not answered.
    package struct Late: Equatable, Sendable {
        package let name: String
        /// Since when the question waits, in monotonic nanoseconds.
        package let since: UInt64
        /// The disk keeps it: whoever ends the process gains nothing by it, for the next one would
        /// wait for the same disk, and have to start besides.
        package let waitsForDevice: Bool
    }

    private struct Asked {
        let name: String
        let beat: Beat
        let post: () -> Bool
        /// How many answers there are once the present question is answered.
        var due = 0
        var isPosted = false
        var since: UInt64 = 0

        /// Puts the question into the mail; where the box is full, the next time.
        mutating func ask() {
            if !isPosted { isPosted = post() }
        }
    }

    private var threads: [Asked] = []

    init(_ hub: HubState) {
        for (number, mailbox) in hub.loops.enumerated() {
            threads.append(
                Asked(name: "loop \(number)", beat: hub.beats.loops[number]) {
                    mailbox.post(.beat)
                })
        }
        threads.append(
            Asked(name: "writer", beat: hub.beats.writer) { [writer = hub.writer] in
                writer.post(.beat)
            })
    }

    /// Looks who has answered what was asked at the look before, and asks those anew.
    ///
    /// - Returns: those who have not.
    package mutating func look(_ now: UInt64) -> [Late] {
        var late: [Late] = []
        for place in threads.indices {
            if threads[place].beat.answers >= threads[place].due {
                threads[place].due = threads[place].beat.answers + 1
                threads[place].isPosted = false
                threads[place].since = now
            } else {
                late.append(Self.late(threads[place]))
            }
            threads[place].ask()
        }
        return late
    }

    private static func late(_ asked: Asked) -> Late {
        let sight = asked.beat.thread.flatMap(ThreadSight.init(of:))
        return Late(
            name: asked.name, since: asked.since, waitsForDevice: sight?.waitsForDevice ?? false)
    }
}

/// The beats of a hub's threads.
final class Beats: Sendable {
    let loops: [Beat]
    let writer = Beat()

    init(loops: Int) {
        self.loops = (0..<loops).map { _ in Beat() }
    }
}

import Hub
import Platform

/// Samples that are taken and not yet on disk: the newest end of the charts.
///
/// The pulse adds, the writer takes away what it has kept, the admin reader looks.
final class SampleLog: Sendable {
    /// Beyond it the oldest go: for so long the store took none, and has worse to tell.
    private static let capacity = 360

    private let samples = Locked<[Sample]>([])

    /// Oldest first.
    var pending: [Sample] { samples.withLock { $0 } }

    func note(_ sample: Sample) {
        samples.withLock { samples in
            if samples.count == Self.capacity { samples.removeFirst() }
            samples.append(sample)
        }
    }

    /// The store has all up to `last`, the end of what was pending.
    func kept(through last: Sample) {
        samples.withLock { samples in
            guard let place = samples.lastIndex(of: last) else { return }
            samples.removeSubrange(...place)
        }
    }
}

/// How often samples are taken; a test makes it often.
package struct Sampling: Sendable {
    /// Milliseconds from one sample to the next.
    package var step: Int64 = 10_000
    /// Samples that the writer keeps in one transaction, and that make one coarse sample: a hub
    /// that idles writes once a minute.
    package var perFlush = 6
    /// Milliseconds from one round of events to the next.
    package var news: Int64 = 1000

    package init() {}
}
